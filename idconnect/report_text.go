package idconnect

import (
	"fmt"
	"io"
	"strings"

	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/internal/text"

	"github.com/rivo/uniseg"

	"github.com/idconnect-go/upgrade/idconnect/verify"
)

// TextOptions say for what reports are written as text. The zero value is for
// a file: no colour, and lines as long as they are.
type TextOptions struct {
	// Width folds lines at so many columns, 0 never. Below 20 it is 20. An id
	// is cut in two only where it alone is wider.
	Width int
	// Colour marks good and bad news with the escape sequences of terminals
	// (ECMA-48). Nothing is said by colour alone.
	Colour bool
}

// tone is a colour of a terminal.
type tone string

const (
	plainTone tone = ""
	boldTone  tone = "1"
	dimTone   tone = "2"
	redTone   tone = "31"
	greenTone tone = "32"
	careTone  tone = "33"
)

func toneOf(m mood) tone {
	switch m {
	case moodGood:
		return greenTone
	case moodCare:
		return careTone
	}
	return redTone
}

func toneOfState(s State) tone {
	switch s {
	case Done:
		return greenTone
	case Failed:
		return redTone
	case Blocked, Running:
		return careTone
	}
	return dimTone
}

func toneOfSeverity(s preflight.Severity) tone {
	switch s {
	case preflight.Blocks:
		return redTone
	case preflight.Warns:
		return careTone
	}
	return plainTone
}

func toneOfCheck(r verify.CheckResult) tone {
	switch r {
	case verify.CheckPassed:
		return greenTone
	case verify.CheckFailed:
		return redTone
	}
	return careTone
}

// page lays out lines for a terminal. What is given to it is made printable.
type page struct {
	TextOptions
	b strings.Builder
}

func newPage(o TextOptions) *page {
	if o.Width != 0 {
		o.Width = max(o.Width, 20)
	}
	return &page{TextOptions: o}
}

// to writes what was laid out.
func (p *page) to(w io.Writer) error {
	_, err := io.WriteString(w, p.b.String())
	return err
}

// newline begins a new line, and a second one is an empty line.
func (p *page) newline() { p.b.WriteByte('\n') }

func (p *page) paint(t tone, text string) string {
	if !p.Colour || t == plainTone || text == "" {
		return text
	}
	return "\x1b[" + string(t) + "m" + text + "\x1b[0m"
}

// line writes text after so many blanks. What does not fit goes on below,
// after hang blanks; a line break in the text is one there, too.
func (p *page) line(indent, hang int, t tone, text string) {
	p.b.WriteString(strings.Repeat(" ", indent))
	p.fold(indent, hang, t, text)
}

// fold is line where the cursor is in a column already.
func (p *page) fold(column, hang int, t tone, words string) {
	if p.Width > 0 {
		hang = min(hang, p.Width/2)
	}
	first := true
	for part := range strings.SplitSeq(strings.TrimRight(words, "\r\n"), "\n") {
		for _, l := range p.folded(text.Printable(strings.TrimRight(part, "\r")), column, hang, first) {
			if !first {
				p.b.WriteString(strings.Repeat(" ", hang))
			}
			p.b.WriteString(p.paint(t, l))
			p.newline()
			first = false
		}
	}
}

// folded cuts text, which is printable, into lines.
func (p *page) folded(text string, column, hang int, first bool) []string {
	if p.Width == 0 {
		return []string{strings.TrimRight(text, " ")}
	}
	var lines []string
	var b strings.Builder
	room := p.Width - hang
	left := room
	if first {
		left = p.Width - column
	}
	end := func() {
		lines = append(lines, strings.TrimRight(b.String(), " "))
		b.Reset()
		left = room
	}
	for word := range strings.SplitAfterSeq(text, " ") {
		bare := strings.TrimSuffix(word, " ")
		n := uniseg.StringWidth(bare)
		if n > left && b.Len() > 0 {
			end()
		}
		if n > left && n <= room && len(lines) == 0 && first {
			end() // the column is too far to the right for this word
		}
		for n > left {
			head, rest := cutWidth(bare, left)
			b.WriteString(head)
			end()
			bare, n = rest, uniseg.StringWidth(rest)
		}
		b.WriteString(bare)
		left -= n
		if strings.HasSuffix(word, " ") && (b.Len() > 0 || len(lines) == 0) { // none at the beginning of what goes on
			b.WriteByte(' ')
			left--
		}
	}
	end()
	return lines
}

// cutWidth cuts text before what does not fit into so many columns. It takes
// one character at least, and never half of one.
func cutWidth(text string, columns int) (head, rest string) {
	rest, state := text, -1
	for rest != "" {
		_, after, width, next := uniseg.FirstGraphemeClusterInString(rest, state)
		if columns -= width; columns < 0 && len(rest) < len(text) {
			break
		}
		rest, state = after, next
	}
	return text[:len(text)-len(rest)], rest
}

// cell is one of a table.
type cell struct {
	text string
	tone tone
}

// narrowRest is how many columns the last cell of a row must have; where there
// are fewer it goes below the others.
const narrowRest = 26

// table writes rows whose last cells may be long: it is folded beside the
// others or, on a narrow terminal, below them.
func (p *page) table(indent int, rows [][]cell) {
	var widths []int
	for _, row := range rows {
		for i, c := range row[:len(row)-1] {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], uniseg.StringWidth(text.Printable(c.text)))
		}
	}
	at := indent
	for _, w := range widths {
		at += w + 2
	}
	below := p.Width > 0 && p.Width-at < narrowRest
	for _, row := range rows {
		last := len(row) - 1
		p.b.WriteString(strings.Repeat(" ", indent))
		if p.Width > 0 && at-2 > p.Width {
			p.packed(indent, row[:last])
		} else {
			for i, c := range row[:last] {
				s := text.Printable(c.text)
				p.b.WriteString(p.paint(c.tone, s))
				if i < last-1 || row[last].text != "" && !below {
					p.b.WriteString(strings.Repeat(" ", widths[i]-uniseg.StringWidth(s)+2))
				}
			}
		}
		switch {
		case row[last].text == "":
			p.newline()
		case below:
			p.newline()
			p.line(indent+4, indent+4, row[last].tone, row[last].text)
		default:
			p.fold(at, at, row[last].tone, row[last].text)
		}
	}
}

// packed writes cells that do not fit into one line, as many beside each other
// as do.
func (p *page) packed(indent int, cells []cell) {
	column := indent
	for i, c := range cells {
		s := text.Printable(c.text)
		w := uniseg.StringWidth(s)
		switch {
		case i == 0:
		case column+2+w > p.Width:
			column = indent + 2
			p.b.WriteString("\n" + strings.Repeat(" ", column))
		default:
			p.b.WriteString("  ")
			column += 2
		}
		for j, l := range p.folded(s, column, indent+2, true) {
			if j > 0 {
				p.b.WriteString("\n" + strings.Repeat(" ", indent+2))
				column = indent + 2
			}
			p.b.WriteString(p.paint(c.tone, l))
			w = uniseg.StringWidth(l)
		}
		column += w
	}
}

// labelled writes a text after its label, folded beside it.
func (p *page) labelled(indent int, label, text string) {
	if text != "" {
		p.line(indent, indent+2, plainTone, label+": "+text)
	}
}

// more says how many of a list are not shown.
func (p *page) more(indent int, count int64, shown int) {
	if n := count - int64(shown); n > 0 {
		p.line(indent, indent, dimTone, fmt.Sprintf("and %d more", n))
	}
}
