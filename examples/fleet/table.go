package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/idconnect-go/upgrade/examples/fleet/flow"
)

// watch shows the fleet until it has ended: on a terminal as a table that is
// drawn anew, else a line whenever something changed. An engine that is gone
// is said, and waited for.
func (a *app) watch(
	ctx context.Context, name string, look func(context.Context) (*Snapshot, error), asJSON bool,
) error {
	screen, onTerminal := a.out.(*os.File)
	onTerminal = onTerminal && term.IsTerminal(int(screen.Fd())) && !asJSON
	var last *Snapshot
	var since time.Time
	said := ""
	for {
		try, cancel := context.WithTimeout(ctx, 20*time.Second)
		s, err := look(try)
		cancel()
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && !gone(err):
			return err
		case err != nil:
			if since.IsZero() {
				since = time.Now()
			}
			if s = last; s == nil {
				s = &Snapshot{Name: name, Left: -1}
			}
			s.Engine = "the engine does not answer since " + since.Format(time.TimeOnly) +
				"; workers wait for it and go on"
		default:
			since, last = time.Time{}, s
		}
		switch {
		case asJSON:
			if err := json.NewEncoder(a.out).Encode(s); err != nil {
				return err
			}
		case onTerminal:
			width, height, sizeErr := term.GetSize(int(screen.Fd()))
			if sizeErr != nil {
				width, height = 80, 24
			}
			// To the top, each line to its end, and nothing below; the last column
			// stays free, as what is behind it would be taken for it.
			text := "\x1b[H" + strings.Join(s.lines(max(width-1, 1), height-1), "\x1b[K\n") + "\x1b[K\x1b[J"
			if _, err := io.WriteString(a.out, text); err != nil {
				return err
			}
		default:
			if line := s.summary(); line != said {
				said = line
				fmt.Fprintln(a.out, line)
			}
		}
		if err == nil && !s.Under {
			if onTerminal {
				fmt.Fprintln(a.out)
			}
			return nil
		}
		sleep(ctx, 2*time.Second)
	}
}

// summary is one line.
func (s *Snapshot) summary() string {
	if s.Engine != "" {
		return s.Name + ": " + s.Engine
	}
	out := fmt.Sprintf("%s: %s: %s", s.Name, s.Phase, s.totals())
	if n := len(s.troubled()); n > 0 {
		out += fmt.Sprintf("; %d need a look", n)
	}
	return out
}

func (s *Snapshot) totals() string {
	var parts []string
	for _, state := range []string{flow.Done, running, waiting, looking, flow.Ready, notBegun, flow.Blocked,
		flow.Differences, flow.Failed, flow.GivenUp, flow.Interrupted} {
		if n := s.Totals[state]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, state))
		}
	}
	return strings.Join(parts, ", ")
}

// lines are the table in at most so many lines of so many columns; 0: as many
// as are needed. What does not fit is counted: first comes what needs a look,
// then what runs.
func (s *Snapshot) lines(width, height int) []string {
	head := []string{fmt.Sprintf("%s  %s  %s", s.Name, s.Time.Format(time.RFC3339), s.Phase)}
	if s.Engine != "" {
		head = append(head, s.Engine)
	}
	total := fmt.Sprintf("%d installations", len(s.Rows))
	if s.Left > 0 {
		total += fmt.Sprintf(", about %s left", s.Left)
	}
	total += ": " + s.totals()
	head = append(head, bar(s, width), total)
	if len(s.NoWorker) > 0 {
		head = append(head, "no worker: "+strings.Join(s.NoWorker, ", "))
	}
	if height > 0 {
		head = head[:min(len(head), height)]
	}
	room := height - len(head)
	troubled := s.troubled()
	var active []Row
	for _, r := range s.Rows {
		if (r.State == running || r.State == looking) && r.Stuck == "" {
			active = append(active, r)
		}
	}
	share := room
	if height > 0 && len(active) > 0 {
		share = max(room-min(len(active)+1, room/2), 0)
	}
	out := append(head, section("needs a look", troubled, share, height == 0)...)
	out = append(out, section("under way", active, height-len(out), height == 0)...)
	for i := range out {
		out[i] = fit(out[i], width)
	}
	return out
}

// section is a heading and as many rows as there is room for.
func section(title string, rows []Row, room int, all bool) []string {
	if len(rows) == 0 || !all && room < 2 {
		return nil
	}
	shown := rows
	if !all && len(rows) > room-1 {
		shown = rows[:max(room-2, 0)]
	}
	out := []string{title}
	for _, r := range shown {
		out = append(out, r.line())
	}
	if n := len(rows) - len(shown); n > 0 {
		out = append(out, fmt.Sprintf("  and %d more: -json, or fleet report", n))
	}
	return out
}

func (r Row) line() string {
	line := fmt.Sprintf("  %-20s %-11s %-10s", r.ID, r.State, r.Step)
	switch {
	case r.Stuck != "":
		line += " " + r.Stuck
		if r.Try > 1 {
			line += fmt.Sprintf(" (try %d)", r.Try)
		}
	case r.Code != "":
		line += " " + r.Code
	case r.Total > 0:
		line += fmt.Sprintf(" %d of %d %s", r.Done, r.Total, r.Unit)
		if r.Left > 0 {
			line += ", " + r.Left.Round(time.Second).String() + " left"
		}
	case r.Done > 0:
		line += fmt.Sprintf(" %d %s", r.Done, r.Unit)
	}
	if r.Remedy != "" {
		line += ": " + r.Remedy
	}
	return strings.TrimRight(line, " ")
}

// bar is how many of them have ended, done or not.
func bar(s *Snapshot, width int) string {
	if width == 0 || width > 80 {
		width = 80
	}
	width = max(width-8, 10)
	n := max(len(s.Rows), 1)
	bad := 0
	for _, state := range []string{flow.Blocked, flow.Differences, flow.Failed, flow.GivenUp, flow.Interrupted} {
		bad += s.Totals[state]
	}
	done := s.Totals[flow.Done] * width / n
	failed := min((bad*width+n-1)/n, width-done)
	return fmt.Sprintf("[%s%s%s] %3d%%", strings.Repeat("#", done), strings.Repeat("!", failed),
		strings.Repeat(".", width-done-failed), 100*s.Totals[flow.Done]/n)
}

// plain takes out what would steer a terminal, or cannot be seen.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '\uFFFD'
	}, text)
}

// fit cuts a line for a terminal.
func fit(line string, width int) string {
	line = plain(line)
	if width <= 0 || utf8.RuneCountInString(line) <= width {
		return line
	}
	return string([]rune(line)[:max(width-1, 0)]) + "…"
}
