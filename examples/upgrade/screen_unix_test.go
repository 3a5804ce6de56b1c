//go:build unix

package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/creack/pty"
	"github.com/rivo/uniseg"
)

var colour = regexp.MustCompile("\x1b\\[[0-9]+m")

// rows are what stays on a terminal of an output: a row is written over from its beginning, behind a return. None may
// be wider than the terminal, whenever it was there.
func rows(t *testing.T, out string, width int) (left []string) {
	t.Helper()
	for l := range strings.SplitSeq(strings.TrimSuffix(strings.ReplaceAll(out, "\r\n", "\n"), "\n"), "\n") {
		var row []rune
		for part := range strings.SplitSeq(colour.ReplaceAllString(l, ""), "\r") {
			if n := uniseg.StringWidth(part); n > width {
				t.Errorf("%d of %d columns: %q", n, width, part)
			}
			if strings.ContainsRune(part, '\x1b') {
				t.Errorf("an escape: %q", part)
			}
			at := 0
			for _, r := range part {
				for range uniseg.StringWidth(string(r)) {
					row = append(row, ' ')[:max(len(row), at+1)]
					row[at] = r
					at++
				}
			}
		}
		left = append(left, strings.TrimRight(string(row), " "))
	}
	return left
}

// onScreen runs the command on a terminal of so many columns.
func onScreen(t *testing.T, columns int, env []string, args ...string) string {
	t.Helper()
	s := around{size: &pty.Winsize{Rows: 50, Cols: uint16(columns)}, env: env}.start(t, args...)
	_ = s.exit(t)
	s.tty.WriteString("\x04") // the end
	s.await(t, "\x04")
	return strings.TrimSuffix(s.text(), "\x04")
}

// TestScreen: however wide a terminal is, no row is wider, and what runs leaves nothing behind.
func TestScreen(t *testing.T) {
	t.Parallel()
	args := []string{"-steps", "java,verify", "-java-home", "testdata", "-source-url", "https://localhost:1/openidm/",
		"-target-url", "https://localhost:2/openidm/"}
	passwords := []string{"IDC_SOURCE_PASSWORD=hush-hush", "IDC_TARGET_PASSWORD=hush-hush"}
	for _, columns := range []int{40, 60, 80, 120, 200} {
		for _, command := range [][]string{
			{"plan"}, {"plan", "-quiet"}, {"plan", "-v"}, {"status"}, {"run"}, {"run", "-quiet"},
		} {
			all := rows(t, onScreen(t, columns, passwords, append(command, args...)...), columns)
			got := strings.Join(all, "\n")
			if strings.Contains(got, " | ") || strings.Contains(got, "looking at") {
				t.Errorf("%d columns, %v: a spinner is left:\n%s", columns, command, got)
			}
			if !strings.Contains(got, "JAVA-MISSING") {
				t.Errorf("%d columns, %v:\n%s", columns, command, got)
			}
		}
	}
	for name, env := range map[string]string{"without colour": "NO_COLOR=1", "dumb": "TERM=dumb"} {
		out := onScreen(t, 80, append(passwords, env), append([]string{"plan"}, args...)...)
		moves := strings.Contains(strings.ReplaceAll(out, "\r\n", ""), "\r")
		if strings.Contains(out, "\x1b") || name == "dumb" && moves {
			t.Errorf("%s: %q", name, out)
		}
	}
}

// TestDemoScreen: the demonstration on a terminal of 80 columns fits a page, too.
func TestDemoScreen(t *testing.T) {
	t.Parallel()
	short, err := os.MkdirTemp("/tmp", "d") // a path that is folded has rows of its own
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(short)
	out := onScreen(t, 80, []string{"TMPDIR=" + short}, "demo", "-users", "300")
	all := rows(t, out, 80)
	if len(all) > 45 {
		t.Errorf("%d rows", len(all))
	}
	headings := 0
	for _, r := range all {
		if strings.HasPrefix(r, "== ") && strings.HasSuffix(r, " ==") {
			headings++
		}
	}
	if got := strings.Join(all, "\n"); headings != 7 || !strings.Contains(got, "Rolled back: ") {
		t.Errorf("%d headings:\n%s", headings, got)
	}
	if keep := os.Getenv("DEMO_SCREEN"); keep != "" { // to look at
		if err := os.WriteFile(keep, []byte(out), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
