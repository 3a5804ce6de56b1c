//go:build unix

package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/creack/pty"
)

// screen is as much of a terminal as the table needs: what does not fit on it
// is an error.
type screen struct {
	rows     []string
	row, col int
	outside  bool
}

func (s *screen) write(t *testing.T, text string, width, height int) {
	t.Helper()
	for len(text) > 0 {
		if rest, ok := strings.CutPrefix(text, "\x1b[H"); ok {
			s.row, s.col, text = 0, 0, rest
			continue
		}
		for len(s.rows) <= s.row {
			s.rows = append(s.rows, "")
		}
		line := []rune(s.rows[s.row])
		if rest, ok := strings.CutPrefix(text, "\x1b[K"); ok {
			s.rows[s.row], text = string(line[:min(s.col, len(line))]), rest
			continue
		}
		if rest, ok := strings.CutPrefix(text, "\x1b[J"); ok {
			s.rows, text = s.rows[:s.row+1], rest
			continue
		}
		r := []rune(text)[0]
		text = text[len(string(r)):]
		switch r {
		case '\r':
			s.col = 0
		case '\n':
			s.row++
		case '\x1b':
			t.Fatalf("an unknown sequence: %q", text[:min(len(text), 10)])
		default:
			for len(line) <= s.col {
				line = append(line, ' ')
			}
			line[s.col] = r
			s.rows[s.row] = string(line)
			s.col++
		}
		s.outside = s.outside || s.row >= height || s.col >= width
	}
}

// TestWatchOnTerminal: under a pseudo-terminal the table of thousands of
// installations stays within its lines and columns, says that the engine is
// gone and keeps what it said last, follows a new size, and ends with the
// fleet.
func TestWatchOnTerminal(t *testing.T) {
	master, tty, err := pty.Open()
	must(t, err)
	defer master.Close()
	var drawn bytes.Buffer
	read := make(chan error, 1)
	go func() { // the terminal, outside of the bubble
		_, err := io.Copy(&drawn, master)
		read <- err
	}()
	size := func(width, height uint16) { must(t, pty.Setsize(tty, &pty.Winsize{Cols: width, Rows: height})) }
	size(80, 24)
	sizes := [][2]int{{80, 24}, {80, 24}, {40, 12}}
	looks := 0
	synctest.Test(t, func(t *testing.T) {
		look := func(context.Context) (*Snapshot, error) {
			defer func() { looks++ }()
			s := bigSnapshot(5000)
			switch looks {
			case 1:
				return nil, context.DeadlineExceeded
			case 2:
				size(40, 12)
				s.Phase, s.Under = "has ended", false
			}
			return s, nil
		}
		began := time.Now()
		if err := (&app{out: tty, err: io.Discard}).watch(t.Context(), "emea", look, false); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); looks != 3 || took < 4*time.Second {
			t.Errorf("%d looks in %v", looks, took)
		}
	})
	must(t, tty.Close())
	<-read // an error on Linux, when the other end is closed
	frames := strings.Split(drawn.String(), "\x1b[H")[1:]
	if len(frames) != 3 {
		t.Fatalf("%d pictures: %q", len(frames), drawn.String())
	}
	var s screen
	var shown []string
	for i, frame := range frames {
		s.write(t, "\x1b[H"+frame, sizes[i][0], sizes[i][1])
		if s.outside {
			t.Errorf("picture %d is larger than %v:\n%s", i, sizes[i], strings.Join(s.rows, "\n"))
		}
		shown = append(shown, strings.Join(s.rows, "\n"))
	}
	for i, want := range []string{"5000 installations", "the engine is not responding since", "has ended"} {
		if !strings.Contains(shown[i], want) || !strings.Contains(shown[i], "needs attention") {
			t.Errorf("picture %d does not say %q:\n%s", i, want, shown[i])
		}
	}
	if !strings.Contains(shown[1], "5000 installations") {
		t.Errorf("what was known is gone with the engine:\n%s", shown[1])
	}
	// Not on a terminal it is a line for each change.
	var lines bytes.Buffer
	ended := bigSnapshot(10)
	ended.Under = false
	look := func(context.Context) (*Snapshot, error) { return ended, nil }
	must(t, (&app{out: &lines, err: io.Discard}).watch(t.Context(), "emea", look, false))
	if strings.Count(lines.String(), "\n") != 1 || strings.Contains(lines.String(), "\x1b") {
		t.Errorf("%q", lines.String())
	}
	if os.Getenv("FLEET_SHOW") != "" {
		t.Log("\n" + strings.Join(shown, "\n---\n"))
	}
}
