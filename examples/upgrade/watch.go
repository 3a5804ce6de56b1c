package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/internal/text"
	"github.com/idconnect-go/upgrade/migration"
)

// watch shows the migration until it ends: on a terminal as one line that is
// overwritten, elsewhere as one line for each poll.
func (a *app) watch(ctx context.Context, v *call, interval time.Duration) error {
	if v.Upgrade.Target.Credentials.Password.IsZero() {
		missing := &idconnect.MissingError{Field: "Target.Credentials.Password", Step: idconnect.StepMigrate}
		if err := a.complete(ctx, v, nil, []*idconnect.MissingError{missing}); err != nil {
			return err
		}
	}
	show := watchLines(a.out)
	if v.JSON {
		e := json.NewEncoder(text.JSONWriter(a.out))
		show = func(w idconnect.Watched, _ bool) error { return e.Encode(w) }
	} else if f, ok := a.out.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		show = watchInPlace(f, func() int {
			width, _, err := term.GetSize(int(f.Fd()))
			if err != nil || width <= 0 {
				return 80
			}
			return width
		})
	}
	var last error
	for look, err := range v.Upgrade.Watch(ctx, interval) {
		last = err
		if look.Time.IsZero() {
			break // nothing was polled
		}
		// The caller prints the error.
		if e := show(look, err != nil || look.Phase == migration.PhaseComplete); e != nil {
			return errors.Join(err, e)
		}
	}
	return last
}

func watchLines(w io.Writer) func(idconnect.Watched, bool) error {
	return func(look idconnect.Watched, _ bool) error {
		_, err := fmt.Fprintf(w, "%s  %s\n", look.Time.Format(time.TimeOnly), watchText(look))
		return err
	}
}

func watchInPlace(w io.Writer, width func() int) func(idconnect.Watched, bool) error {
	return func(look idconnect.Watched, last bool) error {
		// A wrapped line could not be overwritten.
		line := []rune(watchText(look))
		line = line[:min(len(line), max(width()-1, 1))]
		end := ""
		if last {
			end = "\n"
		}
		_, err := fmt.Fprintf(w, "\r\x1b[K%s%s", string(line), end)
		return err
	}
}

// watchText describes a poll in one line.
func watchText(w idconnect.Watched) string {
	phase := string(w.Phase)
	switch {
	case phase == "" && w.Waiting:
		phase = "a run is in progress, the target is not responding yet"
	case phase == "":
		phase = "the target is not responding"
	case w.Waiting:
		phase += ", a run is in progress"
	}
	parts := []string{"migrate: " + phase}
	if w.Down > 0 {
		parts = append(parts, fmt.Sprintf("the target has not responded for %v", w.Down.Round(time.Second)))
	}
	switch {
	case w.Processed < 0:
	case w.Total > 0:
		parts = append(parts, fmt.Sprintf("%d of %d records (%d%%)", w.Processed, w.Total, 100*w.Processed/w.Total))
	default:
		parts = append(parts, fmt.Sprintf("%d records", w.Processed))
	}
	if w.Failed > 0 {
		parts = append(parts, fmt.Sprintf("%d failed", w.Failed))
	}
	if text := speed(w.Rate, w.Left, "records"); text != "" {
		parts = append(parts, text)
	}
	return strings.Join(parts, ", ")
}

// speed describes a rate and the time left, "" while unknown.
func speed(rate float64, left time.Duration, unit string) string {
	if rate <= 0 {
		return ""
	}
	text := fmt.Sprintf("%.0f %s/s", rate, unit)
	if unit == "bytes" {
		text = fmt.Sprintf("%.1f MB/s", rate/1e6)
	}
	if left > 0 {
		text += ", " + max(left.Round(time.Second), time.Second).String() + " left"
	}
	return text
}
