package command

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Columns that help is written for, and the one at which texts begin.
const (
	columns = 80
	column  = 24
)

// WriteHelp lists the commands, by groups.
func (p *Program) WriteHelp(out io.Writer) error {
	var h help
	h.wrap(0, p.About+".")
	h.printf("\nusage: %s COMMAND [flags]\n", p.Name)
	for _, g := range p.Groups {
		h.heading(g.Title, func(h *help) {
			for i := range p.Commands {
				if c := &p.Commands[i]; c.Group == g.Name {
					h.row(p.line(c), c.Short, 20)
				}
			}
		})
	}
	for _, note := range p.Notes {
		h.WriteByte('\n')
		h.wrap(0, note)
	}
	h.example([]string{p.Name + " " + p.Example})
	h.exits(p.Exits)
	h.printf("\nFor the flags of a command, run: %s help COMMAND\n", p.Name)
	_, err := io.WriteString(out, h.String())
	return err
}

// line is a command with its arguments.
func (p *Program) line(c *Command) string {
	return strings.Join(append([]string{c.Name}, c.Arguments...), " ")
}

func (p *Program) synopsis(c *Command) string {
	if c.Synopsis != "" {
		return p.Name + " " + c.Synopsis
	}
	words := []string{p.Name, c.Name}
	if len(p.FlagsOf(c)) > 0 {
		words = append(words, "[flags]")
	}
	return strings.Join(append(words, c.Arguments...), " ")
}

// WriteHelpOf says what a command does, and which flags it uses, by groups.
func (p *Program) WriteHelpOf(out io.Writer, c *Command) error {
	var h help
	about := cmp.Or(c.About, c.Short)
	h.wrap(0, strings.ToUpper(about[:1])+about[1:]+".")
	h.printf("\nusage: %s\n", p.synopsis(c))
	if c.Choices != nil && !c.Any {
		h.WriteByte('\n')
		h.wrap(0, strings.Trim(c.Arguments[0], "[]")+" is one of "+listed(c.Choices, "and")+".")
	}
	for _, g := range p.Groups {
		h.heading(g.Title, func(h *help) {
			for _, f := range p.FlagsOf(c) {
				if f.Group == g.Name {
					h.row(strings.TrimSuffix("-"+f.Name+" "+f.Value, " "), f.text(), column)
				}
			}
		})
	}
	if len(p.ignored(c)) > 0 {
		h.WriteByte('\n')
		h.wrap(0, "Flags that describe the site and that this command has no use for are accepted, so that "+
			"one line of flags serves all commands.")
	}
	var examples []string
	for _, e := range c.Examples {
		examples = append(examples, p.Name+" "+e)
	}
	h.example(examples)
	h.exits(slices.DeleteFunc(slices.Clone(p.Exits), func(e Exit) bool { return !slices.Contains(c.Exits, e.Code) }))
	_, err := io.WriteString(out, h.String())
	return err
}

// text is what help says of a flag.
func (f *Flag) text() string {
	s := f.Help
	if len(f.Choices) > 0 {
		s += ": " + strings.Join(f.Choices, ", ")
	}
	if d := cmp.Or(f.Default, f.held()); d != "" {
		s += " (default: " + d + ")"
	}
	if _, ok := f.Into.(*[]string); ok {
		s += "; repeatable"
	}
	return s
}

// help is a page of help.
type help struct{ strings.Builder }

func (h *help) printf(format string, args ...any) { fmt.Fprintf(&h.Builder, format, args...) }

// heading writes a title above what body writes, and nothing where that is nothing.
func (h *help) heading(title string, body func(*help)) {
	var below help
	body(&below)
	if below.Len() > 0 {
		h.printf("\n%s\n%s", title, below.String())
	}
}

// row writes a name, and a text at the column.
func (h *help) row(name, text string, at int) {
	head := "  " + name
	if len(head) > at-2 {
		h.printf("%s\n%s", head, strings.Repeat(" ", at))
	} else {
		h.printf("%-*s", at, head)
	}
	h.wrap(at, text)
}

// wrap writes a text whose first line is indented already.
func (h *help) wrap(indent int, text string) {
	at := indent
	for i, word := range strings.Fields(text) {
		switch {
		case i == 0:
		case at+1+len([]rune(word)) > columns:
			h.printf("\n%s", strings.Repeat(" ", indent))
			at = indent
		default:
			h.WriteByte(' ')
			at++
		}
		h.WriteString(word)
		at += len([]rune(word))
	}
	h.WriteByte('\n')
}

// example writes command lines, broken before a flag where they are long.
func (h *help) example(lines []string) {
	if len(lines) == 0 {
		return
	}
	h.WriteString("\nExample\n")
	for _, line := range lines {
		at := 2
		h.WriteString("  ")
		for i, part := range strings.Split(line, " -") {
			if i > 0 {
				part = "-" + part
				if at+1+len(part) > columns-2 {
					h.WriteString(" \\\n      ")
					at = 6
				} else {
					h.WriteByte(' ')
					at++
				}
			}
			h.WriteString(part)
			at += len(part)
		}
		h.WriteByte('\n')
	}
}

func (h *help) exits(all []Exit) {
	h.heading("Exit codes", func(h *help) {
		for _, e := range all {
			h.printf("  %-4d ", e.Code)
			h.wrap(7, e.Means)
		}
	})
}
