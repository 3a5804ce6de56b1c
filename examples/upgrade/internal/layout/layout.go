// Package layout lays out reports and plans for a terminal. Begin with [Layout].
package layout

import (
	"io"
	"strings"

	"github.com/rivo/uniseg"

	"github.com/idconnect-go/upgrade/idconnect/report"
)

// Layout renders reports and plans for a terminal. The zero value is for files:
// no colour and no wrapping.
type Layout struct {
	// Width wraps lines at that many columns; 0 is never, and the minimum is
	// 20. A word is split only if it alone is wider.
	Width int
	// Colour emphasises with escape sequences (ECMA-48). No information is
	// carried by colour alone.
	Colour bool
}

// Line is a block of one line of text. What does not fit is continued at hang.
func Line(indent, hang int, tone report.Tone, text string) report.Block {
	return report.Block{Indent: indent, Hang: hang, Rows: [][]report.Cell{{{Text: text, Tone: tone}}}}
}

// colours are the SGR parameters of each tone.
var colours = map[report.Tone]string{
	report.Strong: "1", report.Faint: "2", report.Bad: "31", report.Good: "32", report.Care: "33",
}

// Write writes a report or a plan.
func (o Layout) Write(w io.Writer, all []report.Block) error {
	if o.Width != 0 {
		o.Width = max(o.Width, 20)
	}
	p := &page{Layout: o}
	for _, b := range all {
		indent, hang := p.narrowed(b.Indent), p.narrowed(b.Hang)
		switch {
		case len(b.Rows) == 0:
			p.newline()
		case len(b.Rows) == 1 && len(b.Rows[0]) == 1:
			c := b.Rows[0][0]
			p.line(indent, hang, c.Tone, c.Text)
		default:
			p.table(indent, b.Rows)
		}
	}
	_, err := io.WriteString(w, p.b.String())
	return err
}

// deep is the indent from which narrow terminals get less.
const deep = 15

// narrowed is an indent that fits the terminal's width.
func (p *page) narrowed(indent int) int {
	if p.Width == 0 || indent < deep {
		return indent
	}
	return indent - deep + min(deep, max(p.Width/8, 4))
}

// page lays out lines for a terminal.
type page struct {
	Layout
	b strings.Builder
}

func (p *page) newline() { p.b.WriteByte('\n') }

// Paint colours a text, where colours are used.
func (o Layout) Paint(t report.Tone, text string) string {
	if !o.Colour || t == "" || text == "" {
		return text
	}
	return "\x1b[" + colours[t] + "m" + text + "\x1b[0m"
}

// Cut shortens a text of one line to so many columns of a terminal, and marks the cut with "…".
func Cut(text string, columns int) string {
	if uniseg.StringWidth(text) <= columns {
		return text
	}
	if columns <= 1 {
		return "…"
	}
	head, _, width := cutWidth(text, columns-1)
	if width > columns-1 { // one character that is too wide
		head = ""
	}
	return head + "…"
}

// line writes text, indented, and wraps it. Continuation lines, also those after
// a line break in text, are indented by hang.
func (p *page) line(indent, hang int, t report.Tone, text string) {
	p.b.WriteString(strings.Repeat(" ", indent))
	p.fold(indent, hang, t, text)
}

// fold is line with the cursor already at column.
func (p *page) fold(column, hang int, t report.Tone, words string) {
	if p.Width > 0 {
		hang = min(hang, p.Width/2)
	}
	first := true
	for part := range strings.SplitSeq(words, "\n") {
		for _, l := range p.folded(part, column, hang, first) {
			if !first {
				p.b.WriteString(strings.Repeat(" ", hang))
			}
			p.b.WriteString(p.Paint(t, l))
			p.newline()
			first = false
		}
	}
}

// folded splits printable text into lines.
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
			end() // the word fits on a line of its own
		}
		for n > left {
			head, rest, width := cutWidth(bare, left)
			b.WriteString(head)
			end()
			bare, n = rest, n-width
		}
		b.WriteString(bare)
		left -= n
		// Continuation lines do not begin with a blank.
		if strings.HasSuffix(word, " ") && (b.Len() > 0 || len(lines) == 0) {
			b.WriteByte(' ')
			left--
		}
	}
	end()
	return lines
}

// cutWidth splits text after as many characters as fit into columns, but at
// least one. width is that of head.
func cutWidth(text string, columns int) (head, rest string, width int) {
	rest, state := text, -1
	for rest != "" {
		_, after, w, next := uniseg.FirstGraphemeClusterInString(rest, state)
		if width+w > columns && len(rest) < len(text) {
			break
		}
		rest, state, width = after, next, width+w
	}
	return text[:len(text)-len(rest)], rest, width
}

// narrowRest is the minimum width of the last cell of a row. With less room it
// is written below the others.
const narrowRest = 26

// table writes rows in columns. The last cell of a row may be long: it is wrapped
// beside the others or, on a narrow terminal, below them.
func (p *page) table(indent int, rows [][]report.Cell) {
	var widths []int
	for _, row := range rows {
		for i, c := range row[:len(row)-1] {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], uniseg.StringWidth(c.Text))
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
				s := c.Text
				if i == last-1 && (below || row[last].Text == "") {
					p.b.WriteString(p.Paint(c.Tone, strings.TrimRight(s, " ")))
					break
				}
				gap := widths[i] - uniseg.StringWidth(s) + 2
				p.b.WriteString(p.Paint(c.Tone, s) + strings.Repeat(" ", gap))
			}
		}
		switch {
		case row[last].Text == "":
			p.newline()
		case below:
			p.newline()
			p.line(indent+4, indent+4, row[last].Tone, row[last].Text)
		default:
			p.fold(at, at, row[last].Tone, row[last].Text)
		}
	}
}

// packed writes cells that do not fit on one line, with as many on each line as
// fit.
func (p *page) packed(indent int, cells []report.Cell) {
	column := indent
	for i, c := range cells {
		s := c.Text
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
			p.b.WriteString(p.Paint(c.Tone, l))
			w = uniseg.StringWidth(l)
		}
		column += w
	}
}
