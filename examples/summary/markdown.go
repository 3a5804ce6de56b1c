package summary

import (
	"fmt"
	"regexp"
	"strings"
)

// prose writes a text so that Markdown shows its characters: what could begin a
// tag, a link, a cell, a mention or an emphasis is a character reference, which
// never is markup. It is one line, of a length that a reader takes in.
func prose(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	n := 0
	for i := range s {
		if n++; n > maxText {
			s = s[:i] + "…"
			break
		}
	}
	var b strings.Builder
	number := len(ordered.FindString(s))
	for i, r := range s {
		next := s[min(i+1, len(s)):]
		switch {
		case strings.ContainsRune("\\`*_{}[]<>|~&@#$!^", r),
			// Of a list, a heading or a line below one.
			i == 0 && strings.ContainsRune("-+=", r), i > 0 && i == number-1,
			// Of an address or an emoji.
			r == ':' && next != "" && next[0] != ' ',
			r == '.' && wwwBefore.MatchString(s[:i]):
			fmt.Fprintf(&b, "&#%d;", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

var (
	wwwBefore = regexp.MustCompile(`(?i)www$`)
	ordered   = regexp.MustCompile(`^\d+[.)]`) // the beginning of an item of a list
)

// code is prose in the type of a program, where GitHub looks for no mentions.
func code(s string) string {
	if s == "" {
		return ""
	}
	return "<code>" + prose(s) + "</code>"
}

func section(title, text string) string {
	if text == "" {
		return ""
	}
	return "\n### " + title + "\n\n" + text
}

// details are folded up. The empty line below the summary lets Markdown follow.
func details(title, text string) string {
	return "\n<details><summary>" + title + "</summary>\n\n" + text + "\n</details>\n"
}

// list has its first lines, and how many more there are: of all, if given.
func list(lines []string, limit int, all ...int64) string {
	n := int64(len(lines))
	if len(all) > 0 {
		n = max(n, all[0])
	}
	lines = lines[:min(limit, len(lines)):min(limit, len(lines))]
	if more := n - int64(len(lines)); more > 0 {
		lines = append(lines, "- and "+grouped(more)+" more")
	}
	if len(lines) == 0 {
		return ""
	}
	return strings.Join(lines, "\n") + "\n"
}

// table has cells that are written already.
type table struct {
	rows [][]string
	more int64
}

func (t *table) row(cells ...string) {
	if len(t.rows) == maxRows {
		t.more++
		return
	}
	t.rows = append(t.rows, cells)
}

// under writes the table below its head; it is "" without a row.
func (t *table) under(titles ...string) string {
	if len(t.rows) == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "| %s |\n|%s\n", strings.Join(titles, " | "), strings.Repeat(" --- |", len(titles)))
	for _, cells := range t.rows {
		fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | "))
	}
	if t.more > 0 {
		fmt.Fprintf(&b, "\nand %s more\n", grouped(t.more))
	}
	return b.String()
}
