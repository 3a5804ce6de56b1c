//go:build unix

package layout

import (
	"os"
	"testing"

	"github.com/creack/pty"
)

// Colour and folding are for terminals that want them.
func TestLayout(t *testing.T) {
	t.Parallel()
	ours, theirs, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer ours.Close()
	defer theirs.Close()
	if err := pty.Setsize(theirs, &pty.Winsize{Rows: 24, Cols: 40}); err != nil {
		t.Fatal(err)
	}
	file, err := os.Create(t.TempDir() + "/out")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for name, c := range map[string]struct {
		out  *os.File
		env  map[string]string
		want Layout
	}{
		"terminal":       {theirs, nil, Layout{Width: 40, Colour: true}},
		"NO_COLOR":       {theirs, map[string]string{"NO_COLOR": "1"}, Layout{Width: 40}},
		"NO_COLOR empty": {theirs, map[string]string{"NO_COLOR": ""}, Layout{Width: 40, Colour: true}},
		"dumb":           {theirs, map[string]string{"TERM": "dumb"}, Layout{Width: 40}},
		"file":           {file, nil, Layout{}},
	} {
		if got := For(c.out, func(n string) string { return c.env[n] }); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}
