package report

import (
	"io"
	"strings"
	"unicode/utf8"
)

// Block is a part of a report or a plan as text: a line, an empty line, which
// has no rows, or a table. A program that writes for a terminal folds and
// colours it; [Text] writes it as it is. Its texts are printable.
type Block struct {
	// Indent is how many blanks stand before each row, Hang how many before
	// what follows a line break in the text of a line.
	Indent, Hang int
	// Rows are the rows of a table, with as many cells each. A line has one row
	// of one cell. Only the last cell of a row may have several lines.
	Rows [][]Cell
}

// Cell is a text of a [Block].
type Cell struct {
	Text string
	Tone Tone
}

// blocks are laid out one below the other.
type blocks []Block

func (b *blocks) empty() { *b = append(*b, Block{}) }

// line adds a line, the lines below its first after hang blanks.
func (b *blocks) line(indent, hang int, tone Tone, text string) {
	*b = append(*b, Block{indent, hang, [][]Cell{{{text, tone}}}})
}

// labelled adds a text after its label, unless it is "".
func (b *blocks) labelled(indent int, label, text string) {
	if text != "" {
		b.line(indent, indent+2, "", label+": "+text)
	}
}

func (b *blocks) table(rows [][]Cell) { *b = append(*b, Block{Rows: rows}) }

func write(w io.Writer, all []Block) error {
	var b strings.Builder
	for _, block := range all {
		if len(block.Rows) == 0 {
			b.WriteByte('\n')
		}
		widths := make([]int, 8)
		for _, row := range block.Rows {
			for i, c := range row[:len(row)-1] {
				widths[i] = max(widths[i], utf8.RuneCountInString(c.Text))
			}
		}
		for _, row := range block.Rows {
			column := block.Indent
			line := strings.Repeat(" ", column)
			for i, c := range row[:len(row)-1] {
				line += c.Text + strings.Repeat(" ", widths[i]-utf8.RuneCountInString(c.Text)+2)
				column += widths[i] + 2
			}
			hang := block.Hang
			if len(row) > 1 {
				hang = column
			}
			for i, l := range strings.Split(row[len(row)-1].Text, "\n") {
				if i > 0 {
					line = strings.Repeat(" ", hang)
				}
				b.WriteString(strings.TrimRight(line+l, " ") + "\n")
			}
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
