package main

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/rivo/uniseg"
)

// look is how a cell is drawn.
type look struct {
	colour    int
	bold, dim bool
}

func (l look) class() string {
	var c []string
	if l.colour != 0 {
		c = append(c, fmt.Sprintf("c%d", l.colour))
	}
	if l.bold {
		c = append(c, "b")
	}
	if l.dim {
		c = append(c, "d")
	}
	return strings.Join(c, " ")
}

// cell is a character and how wide it is; the cell behind a wide one is empty.
type cell struct {
	text  string
	width int
	look  look
}

// screen is a terminal that never scrolls.
type screen struct {
	columns     int
	lines       [][]cell
	row, column int
	look        look
	left        string // of an escape sequence or a character that is not whole yet
}

func newScreen(columns int) *screen { return &screen{columns: columns} }

// Write takes what a program writes.
func (s *screen) Write(b []byte) (int, error) {
	text := s.left + string(b)
	s.left = ""
	for text != "" {
		if text[0] == '\x1b' {
			n := sequence(text)
			if n == 0 {
				s.left = text
				break
			}
			s.escape(text[:n])
			text = text[n:]
			continue
		}
		cluster, rest, width, _ := uniseg.FirstGraphemeClusterInString(text, -1)
		text = rest
		s.put(cluster, width)
	}
	return len(b), nil
}

// sequence is the length of the escape sequence that a text begins with, 0 if it is not whole.
func sequence(text string) int {
	if len(text) < 2 {
		return 0
	}
	if text[1] != '[' {
		return 2
	}
	for i := 2; i < len(text); i++ {
		if text[i] >= '@' && text[i] <= '~' {
			return i + 1
		}
	}
	return 0
}

func (s *screen) escape(seq string) {
	numbers := strings.Trim(seq[1:len(seq)-1], "[?")
	n, _ := strconv.Atoi(numbers)
	switch seq[len(seq)-1] {
	case 'm':
		for number := range strings.SplitSeq(numbers, ";") {
			n, _ := strconv.Atoi(number)
			s.shade(n)
		}
	case 'K':
		line := s.line()
		if n == 2 {
			*line = nil
		} else {
			*line = (*line)[:min(len(*line), s.column)]
		}
	case 'A':
		s.row = max(0, s.row-max(1, n))
	case 'B':
		s.row += max(1, n)
	case 'G':
		s.column = max(0, n-1)
	case 'J':
		s.line()
		s.lines = s.lines[:s.row+1]
		s.lines[s.row] = s.lines[s.row][:min(len(s.lines[s.row]), s.column)]
	}
}

func (s *screen) shade(n int) {
	switch {
	case n == 0:
		s.look = look{}
	case n == 1:
		s.look.bold = true
	case n == 2:
		s.look.dim = true
	case n == 22:
		s.look.bold, s.look.dim = false, false
	case n == 39:
		s.look.colour = 0
	case colours[n] != "":
		s.look.colour = n
	}
}

// line is the one that the cursor is on.
func (s *screen) line() *[]cell {
	for len(s.lines) <= s.row {
		s.lines = append(s.lines, nil)
	}
	return &s.lines[s.row]
}

func (s *screen) put(cluster string, width int) {
	switch cluster {
	case "\r\n", "\n":
		s.row, s.column = s.row+1, 0
		s.line()
		return
	case "\r":
		s.column = 0
		return
	case "\b":
		s.column = max(0, s.column-1)
		return
	}
	if width == 0 {
		return
	}
	if s.column+width > s.columns {
		s.row, s.column = s.row+1, 0
	}
	line := s.line()
	for len(*line) < s.column+width {
		*line = append(*line, cell{text: " ", width: 1})
	}
	(*line)[s.column] = cell{cluster, width, s.look}
	for i := 1; i < width; i++ {
		(*line)[s.column+i] = cell{}
	}
	s.column += width
}

// stretch is a part of a line that is drawn alike.
type stretch struct {
	at, width int
	text      string
	look      look
}

// runs leaves out what is blank.
func runs(line []cell) (out []stretch) {
	for i, c := range line {
		blank := strings.TrimSpace(c.text) == ""
		last := len(out) - 1
		switch {
		case blank && (last < 0 || out[last].at+out[last].width != i || i+1 < len(line) && line[i+1].text == " "),
			blank && i+1 == len(line):
		case last >= 0 && out[last].look == c.look && out[last].at+out[last].width == i:
			out[last].text += c.text
			out[last].width += max(1, c.width)
		case !blank:
			out = append(out, stretch{i, c.width, c.text, c.look})
		}
	}
	return out
}

func sorted(m map[int]string) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		for _, k := range slices.Sorted(maps.Keys(m)) {
			if !yield(k, m[k]) {
				return
			}
		}
	}
}
