package setup

import "strings"

// LineWriter cuts what is written into lines.
type LineWriter struct {
	part []byte
	emit func(string)
}

// Lines hands on each line that is written, without blanks at its end; empty ones
// are left out, and one of more than 4,096 bytes is cut in two.
func Lines(emit func(string)) *LineWriter { return &LineWriter{emit: emit} }

const longestLine = 4096

func (w *LineWriter) Write(p []byte) (int, error) {
	for _, c := range p {
		if c == '\n' || len(w.part) == longestLine {
			w.Flush()
		}
		if c != '\n' && c != '\r' {
			w.part = append(w.part, c)
		}
	}
	return len(p), nil
}

// Flush hands on what is left of a line.
func (w *LineWriter) Flush() {
	if s := strings.TrimRight(string(w.part), " "); s != "" {
		w.emit(s)
	}
	w.part = w.part[:0]
}
