// Package command describes a program's commands and flags as data. What is typed
// is parsed and completed from that description, and help is written from it. Begin
// with [Program].
package command

import (
	"errors"
	"slices"
	"strings"
)

// Program is a program of several commands.
type Program struct {
	// Name is what people typed to start it.
	Name string
	// About is its first sentence, and Notes are paragraphs after the list of
	// commands.
	About string
	Notes []string
	// Example is a command line, without the program's name.
	Example string

	Commands []Command
	Flags    []Flag
	// Groups are the headings of commands, and of flags, in their order.
	Groups []Group
	// Exits says what each exit code means.
	Exits []Exit
}

// Group is a heading in help.
type Group struct{ Name, Title string }

// Exit is an exit code.
type Exit struct {
	Code  int
	Means string
}

// Command is one command of a program.
type Command struct {
	Name, Group string
	// Short is its line in the list of commands, and About its sentence, "" for
	// Short. Neither begins with a capital or ends with a dot.
	Short, About string
	// Arguments are their names, such as FILE; [FILE] may be missing, but only as the
	// last.
	Arguments []string
	// Choices are the values that the argument may have; with Any, others, too.
	Choices []string
	Any     bool
	// Check says what is wrong with an argument.
	Check func(argument string) error
	// Synopsis replaces the one that is made from the arguments.
	Synopsis string
	// Examples are command lines, without the program's name.
	Examples []string
	// Exits are the codes with which it ends.
	Exits []int
	// Family takes the shared flags of its other members, too, and ignores those
	// that it has no use for: one line of flags then serves several commands.
	Family string
	// AnyPath takes paths that lead nowhere: the command is about what is wrong.
	AnyPath bool
}

// Flag is a flag of some of the commands.
type Flag struct {
	Name, Group string
	// Value is what its value is called, "" for a switch: file, folder, url.
	Value string
	Help  string
	// Default is what help says of it, "" for what Into holds.
	Default string
	// Commands use it. Family, unless "", is one whose other commands accept it.
	Commands []string
	Family   string
	// Choices are the values that it may have; with List, those between commas. Each
	// is a Noun.
	Choices []string
	List    bool
	Noun    string
	// Check says what is wrong with a value that was given, apart from its form, and
	// Path what is wrong with what is there, if it is a path.
	Check, Path func(value string) error
	// Into gets the value: a *string, *bool, *int, *time.Duration, or *[]string for
	// one that is repeatable.
	Into any
}

// Mistake is something wrong in what was typed.
type Mistake struct {
	What string // is wrong, and where
	Hint string // what to type instead
}

func (m *Mistake) Error() string { return m.What }

// Remedy says what to type instead.
func (m *Mistake) Remedy() string { return m.Hint }

// Join makes one mistake of all that there are, nil of none. Errors of other kinds
// are mistakes without a hint.
func Join(errs ...error) error {
	var what, hints []string
	for _, err := range errs {
		if err == nil {
			continue
		}
		hint := ""
		var m *Mistake
		if errors.As(err, &m) {
			hint = m.Hint
		}
		if !slices.Contains(what, err.Error()) {
			what = append(what, err.Error())
		}
		if hint != "" && !slices.Contains(hints, hint) {
			hints = append(hints, hint)
		}
	}
	if len(what) == 0 {
		return nil
	}
	return &Mistake{What: strings.Join(what, "; "), Hint: strings.Join(hints, "; ")}
}

// Find returns a command, and nil where there is none of that name.
func (p *Program) Find(name string) *Command {
	for i := range p.Commands {
		if p.Commands[i].Name == name {
			return &p.Commands[i]
		}
	}
	return nil
}

// FlagsOf returns the flags that a command uses.
func (p *Program) FlagsOf(c *Command) []Flag {
	return p.flags(func(f *Flag) bool { return f.usedBy(c) })
}

func (p *Program) flags(keep func(*Flag) bool) (kept []Flag) {
	for i := range p.Flags {
		if keep(&p.Flags[i]) {
			kept = append(kept, p.Flags[i])
		}
	}
	return kept
}

func (f *Flag) usedBy(c *Command) bool { return slices.Contains(f.Commands, c.Name) }

// ignored are the flags that a command takes and has no use for.
func (p *Program) ignored(c *Command) []Flag {
	used := p.FlagsOf(c)
	return p.flags(func(f *Flag) bool {
		own := slices.ContainsFunc(used, func(u Flag) bool { return u.Name == f.Name })
		return f.Family != "" && f.Family == c.Family && !own
	})
}

// takes are the flags that a command uses or ignores.
func (p *Program) takes(c *Command) []Flag { return append(p.FlagsOf(c), p.ignored(c)...) }

// taken is the flag of that name that a command takes, or nil.
func (p *Program) taken(c *Command, name string) *Flag {
	for _, f := range p.takes(c) {
		if f.Name == name {
			return &f
		}
	}
	return nil
}
