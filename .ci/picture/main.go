// Picture runs a command under a pseudo-terminal and writes what is on its screen at
// the end as an SVG:
//
//	go run ./.ci/picture -o docs/demo.svg -columns 100 idcupgrade demo
//
// It knows of a terminal what the command line uses: colours, bold, lines that are
// written again.
package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/creack/pty"
)

func main() {
	out := flag.String("o", "", "`file` to write")
	columns := flag.Int("columns", 100, "width of the terminal")
	shown := flag.String("as", "", "`command` to show as the first line (default: the command's name and arguments)")
	flag.Parse()
	if err := run(*out, *shown, *columns, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "picture:", err)
		os.Exit(1)
	}
}

func run(out, shown string, columns int, command []string) error {
	if out == "" || len(command) == 0 {
		return errors.New("needs -o FILE and a command")
	}
	if shown == "" {
		shown = strings.Join(append([]string{filepath.Base(command[0])}, command[1:]...), " ")
	}
	screen := newScreen(columns)
	fmt.Fprintf(screen, "\x1b[1;32m$\x1b[0m \x1b[1m%s\x1b[0m\r\n", shown)
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Env = append(os.Environ(), "TERM=xterm-256color", "NO_COLOR=")
	terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 200, Cols: uint16(columns)})
	if err != nil {
		return err
	}
	defer terminal.Close()
	if _, err := io.Copy(screen, terminal); err != nil && !errors.Is(err, syscall.EIO) { // how a terminal ends
		return err
	}
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("%s: %w", shown, err)
	}
	return os.WriteFile(out, screen.svg(), 0o644)
}

// Sizes of a cell and of the frame, in pixels.
const (
	cellWidth, cellHeight = 8, 18
	padding, bar          = 16, 30
)

// colours are those of a dark terminal, readable on a light page and a dark one.
var colours = map[int]string{
	30: "#6e7681", 31: "#ff7b72", 32: "#56d364", 33: "#e3b341", 34: "#79c0ff", 35: "#d2a8ff", 36: "#56d4dd",
	37: "#e6edf3", 90: "#8b949e", 91: "#ffa198", 92: "#7ee787", 93: "#f2cc60", 94: "#a5d6ff", 95: "#e2c5ff",
	96: "#76e3ea", 97: "#ffffff",
}

func (s *screen) svg() []byte {
	lines := s.lines
	for len(lines) > 0 && len(lines[len(lines)-1]) == 0 {
		lines = lines[:len(lines)-1]
	}
	width, height := s.columns*cellWidth+2*padding, len(lines)*cellHeight+bar+padding
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img">
<title>%s in a terminal</title>
<style>text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;fill:#e6edf3;`+
		`white-space:pre}.b{font-weight:700}.d{opacity:.7}`, width, height, width, height, "The demonstration")
	for code, colour := range sorted(colours) {
		fmt.Fprintf(&b, ".c%d{fill:%s}", code, colour)
	}
	fmt.Fprintf(&b, `</style>
<rect x=".5" y=".5" width="%d" height="%d" rx="8" fill="#0d1117" stroke="#8b949e" stroke-opacity=".5"/>
<g fill="#6e7681"><circle cx="20" cy="16" r="5"/><circle cx="38" cy="16" r="5"/><circle cx="56" cy="16" r="5"/></g>
`, width-1, height-1)
	for i, line := range lines {
		y := bar + (i+1)*cellHeight - 5
		for _, run := range runs(line) {
			class := ""
			if c := run.look.class(); c != "" {
				class = fmt.Sprintf(` class="%s"`, c)
			}
			// The length holds columns where a viewer has another font.
			fmt.Fprintf(&b, `<text x="%d" y="%d" textLength="%d"%s>`,
				padding+run.at*cellWidth, y, run.width*cellWidth, class)
			xml.EscapeText(&b, []byte(run.text))
			b.WriteString("</text>\n")
		}
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}
