package text

import (
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	// MaxOutside bounds a text from outside, in bytes.
	MaxOutside = 2 << 10
	// MaxLines bounds a text of ours that quotes several of them.
	MaxLines = 8 * MaxOutside
)

// Line makes a text from outside safe to show: printable, on one line, and
// bounded by MaxOutside. A text that is cut says so, and how long it was.
func Line(s string) string { return bounded(s, len(s), MaxOutside, Printable) }

// LineOf is Line for the beginning of a text of size bytes.
func LineOf(s string, size int) string { return bounded(s, size, MaxOutside, Printable) }

// LinesOf is LineOf for a text that may have several lines, bounded by MaxLines.
func LinesOf(s string, size int) string { return bounded(s, size, MaxLines, printableLines) }

func bounded(s string, size, limit int, printable func(string) string) string {
	if size <= limit && len(s) <= limit {
		if s = printable(s); len(s) <= limit {
			return s
		}
	}
	note := fmt.Sprintf("… (cut, of %s bytes)", Grouped(int64(size)))
	limit -= len(note)
	s = printable(upTo(s, limit))
	return upTo(s, limit) + note
}

// upTo is the beginning of s, limit bytes at most, whose last rune is whole.
func upTo(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}

func printableLines(s string) string {
	lines := strings.Split(strings.TrimRight(s, "\r\n"), "\n")
	for i, l := range lines {
		lines[i] = Printable(strings.TrimRight(l, "\r"))
	}
	return strings.Join(lines, "\n")
}

// JSONWriter returns a writer of JSON in which every rune that is not printable
// is escaped: the data stay as they are, and a terminal that shows them is not
// steered. Each Write must end between runes, as those of encoding/json do.
func JSONWriter(w io.Writer) io.Writer { return jsonWriter{w} }

type jsonWriter struct{ w io.Writer }

func (j jsonWriter) Write(p []byte) (int, error) {
	if _, err := j.w.Write(EscapeJSON(p)); err != nil {
		return 0, err
	}
	return len(p), nil
}

// EscapeJSON escapes what is not printable in JSON, apart from its line breaks.
func EscapeJSON(p []byte) []byte {
	var out []byte
	done := 0
	for i := 0; i < len(p); {
		r, size := rune(p[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRune(p[i:])
		}
		if r != '\n' && !unicode.IsPrint(r) {
			out = append(out, p[done:i]...)
			for _, u := range utf16.Encode([]rune{r}) {
				out = fmt.Appendf(out, `\u%04x`, u)
			}
			done = i + size
		}
		i += size
	}
	if done == 0 {
		return p
	}
	return append(out, p[done:]...)
}
