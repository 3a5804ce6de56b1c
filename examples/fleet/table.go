package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/idconnect-go/upgrade/examples/fleet/flow"
	"github.com/idconnect-go/upgrade/internal/text"
)

// watch shows the fleet until it ends: on a terminal as a table that is redrawn,
// elsewhere as a line for each change. It waits for an engine that is
// unreachable, and says so.
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
			s.Engine = "the engine is not responding since " + since.Format(time.TimeOnly) +
				"; workers wait for it and then continue"
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
			// Redraw from the top, and clear the rest of each line and of the screen.
			// The last column stays free: text there would be cleared, too.
			drawn := "\x1b[H" + strings.Join(s.lines(max(width-1, 1), height-1), "\x1b[K\n") + "\x1b[K\x1b[J"
			if _, err := io.WriteString(a.out, drawn); err != nil {
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
		text.Sleep(ctx, 2*time.Second)
	}
}

// summary is one line.
func (s *Snapshot) summary() string {
	if s.Engine != "" {
		return s.Name + ": " + s.Engine
	}
	out := fmt.Sprintf("%s: %s: %s", s.Name, s.Phase, countsText(s.Totals))
	if n := len(s.Troubled()); n > 0 {
		out += fmt.Sprintf("; %d need attention", n)
	}
	return out
}

// lines returns the table in at most height lines of width columns; 0 is no limit.
// Installations that need attention come first, then those in progress. Rows that
// do not fit are counted.
func (s *Snapshot) lines(width, height int) []string {
	head := []string{fmt.Sprintf("%s  %s  %s", s.Name, s.Time.Format(time.RFC3339), s.Phase)}
	if s.Engine != "" {
		head = append(head, s.Engine)
	}
	total := fmt.Sprintf("%d installations", len(s.Rows))
	if s.Left > 0 {
		total += fmt.Sprintf(", about %s left", s.Left)
	}
	total += ": " + countsText(s.Totals)
	head = append(head, bar(s, width), total)
	if len(s.NoWorker) > 0 {
		head = append(head, "no worker: "+strings.Join(s.NoWorker, ", "))
	}
	if height > 0 {
		head = head[:min(len(head), height)]
	}
	room := height - len(head)
	troubled := s.Troubled()
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
	out := append(head, section("needs attention", troubled, share, height == 0)...)
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
	state := 11
	for _, r := range shown {
		state = max(state, len(r.State))
	}
	for _, r := range shown {
		out = append(out, r.line(state))
	}
	if n := len(rows) - len(shown); n > 0 {
		out = append(out, fmt.Sprintf("  and %d more: -json, or fleet report", n))
	}
	return out
}

// line is a row; the column of its state has so many characters.
func (r Row) line(state int) string {
	line := fmt.Sprintf("  %-20s %-*s %-10s", r.ID, state, r.State, r.Step)
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

// bar is a progress bar of the installations that have ended: # done, ~ the same as
// far as compared, ! anything else.
func bar(s *Snapshot, width int) string {
	if width == 0 || width > 80 {
		width = 80
	}
	width = max(width-8, 10)
	n := max(len(s.Rows), 1)
	done := s.Totals[flow.Done] * width / n
	failed := min(((s.bad()+s.Totals[flow.Interrupted])*width+n-1)/n, width-done)
	partly := min((s.Totals[flow.Partly]*width+n-1)/n, width-done-failed)
	return fmt.Sprintf("[%s%s%s%s] %3d%%", strings.Repeat("#", done), strings.Repeat("~", partly),
		strings.Repeat("!", failed), strings.Repeat(".", width-done-failed-partly), 100*s.Totals[flow.Done]/n)
}

// fit makes a line safe for a terminal and cuts it at width.
func fit(line string, width int) string {
	line = text.Printable(line)
	if width <= 0 || utf8.RuneCountInString(line) <= width {
		return line
	}
	return string([]rune(line)[:max(width-1, 0)]) + "…"
}
