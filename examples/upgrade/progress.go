package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/idconnect/report"
	"github.com/idconnect-go/upgrade/internal/text"
)

// progress shows the events of a run. Calls do not overlap.
type progress interface {
	event(idconnect.Event)
	end()
}

// newProgress shows events as bars on a terminal, as plain lines elsewhere, and
// as lines of JSON with -log json.
func (a *app) newProgress(logLevel string) progress {
	if logLevel == "json" {
		return jsonProgress{slog.New(slog.NewJSONHandler(text.JSONWriter(a.err), nil))}
	}
	if f, ok := a.err.(*os.File); ok && term.IsTerminal(int(f.Fd())) && logLevel == "" {
		return &barProgress{w: a.err}
	}
	return &lineProgress{w: a.err}
}

// jsonProgress writes one line of JSON for each event.
type jsonProgress struct{ log *slog.Logger }

func (p jsonProgress) event(e idconnect.Event) {
	level := slog.LevelInfo
	switch {
	case e.State == report.Failed, e.Finding != nil && e.Finding.Severity == preflight.Blocks:
		level = slog.LevelError
	case e.Finding != nil && e.Finding.Severity == preflight.Warns:
		level = slog.LevelWarn
	}
	p.log.LogAttrs(context.Background(), level, "event", slog.Any("event", e))
}

func (jsonProgress) end() {}

// line is the text of an event, "" for one that is not shown.
func line(e idconnect.Event) string {
	switch e.Kind {
	case idconnect.EventStep:
		return fmt.Sprintf("%-10s %-8s %s\n", e.Step, e.State, e.Detail)
	case idconnect.EventNotice:
		return fmt.Sprintf("%-10s %s\n", e.Step, e.Detail)
	case idconnect.EventOutput:
		return fmt.Sprintf("%-10s | %s\n", e.Step, e.Detail)
	}
	return ""
}

// lineProgress writes plain lines, with counts at most twice a second.
type lineProgress struct {
	w    io.Writer
	mu   sync.Mutex
	last time.Time
}

func (p *lineProgress) event(e idconnect.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if e.Kind != idconnect.EventProgress {
		io.WriteString(p.w, line(e))
		return
	}
	if time.Since(p.last) < 500*time.Millisecond {
		return
	}
	p.last = time.Now()
	total := ""
	if e.Total > 0 {
		total = fmt.Sprintf(" of %d", e.Total)
	}
	if s := speed(e.Rate, e.Left, e.Unit); s != "" {
		total += ", " + s
	}
	fmt.Fprintf(p.w, "%-10s %d%s %s\n", e.Step, e.Done, total, e.Detail)
}

func (p *lineProgress) end() {}

// barProgress draws a progress bar below the lines, or a spinner where the
// total is unknown.
type barProgress struct {
	w    io.Writer
	mu   sync.Mutex
	bar  *progressbar.ProgressBar
	what string // the step, and in verify the collection
}

func (p *barProgress) event(e idconnect.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if e.Kind != idconnect.EventProgress {
		if l := line(e); l != "" {
			p.clear()
			io.WriteString(p.w, l)
		}
		return
	}
	what := e.Step
	if e.Step == idconnect.StepVerify {
		what += " " + e.Detail
	}
	if p.bar == nil || p.what != what || e.Total != p.bar.GetMax64() && e.Total > 0 {
		p.clear()
		p.what, p.bar = what, newBar(p.w, what, e)
	}
	p.bar.Set64(e.Done)
}

func newBar(w io.Writer, what string, e idconnect.Event) *progressbar.ProgressBar {
	total := e.Total
	if total <= 0 {
		total = -1
	}
	options := []progressbar.Option{
		progressbar.OptionSetWriter(w), progressbar.OptionSetDescription(fmt.Sprintf("%-18s", what)),
		progressbar.OptionSetWidth(20), progressbar.OptionThrottle(100 * time.Millisecond),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionShowCount(), progressbar.OptionSetPredictTime(true), progressbar.OptionSpinnerType(14),
		// 0 turns the spinner without a goroutine of its own.
		progressbar.OptionSetSpinnerChangeInterval(0),
	}
	if e.Unit == "bytes" {
		options = append(options, progressbar.OptionShowBytes(true))
	} else {
		options = append(options, progressbar.OptionShowIts(), progressbar.OptionSetItsString(e.Unit))
	}
	return progressbar.NewOptions64(total, options...)
}

func (p *barProgress) clear() {
	if p.bar != nil {
		p.bar.Clear()
		p.bar = nil
		io.WriteString(p.w, "\r\x1b[K")
	}
}

func (p *barProgress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
}
