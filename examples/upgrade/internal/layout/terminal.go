package layout

import (
	"io"
	"os"
	"runtime"

	"golang.org/x/term"
)

// For returns how reports are written to out: wrapped and coloured on a
// terminal, and as they are elsewhere. NO_COLOR (no-color.org) and TERM=dumb
// switch colour off. On Windows only Windows Terminal gets colour.
func For(out io.Writer, env func(string) string) Layout {
	f, ok := out.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return Layout{}
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		width = 0
	}
	colour := env("NO_COLOR") == "" && env("TERM") != "dumb"
	if runtime.GOOS == "windows" && env("WT_SESSION") == "" {
		colour = false
	}
	return Layout{Width: width, Colour: colour}
}
