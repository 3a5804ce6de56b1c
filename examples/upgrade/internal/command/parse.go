package command

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/idconnect-go/upgrade/examples/internal/spelling"
)

// Parsed is a command as it was typed.
type Parsed struct {
	Command *Command
	// Arguments are as many as the command has names for them.
	Arguments []string

	program *Program
	given   map[string]string
}

// Given reports whether a flag was typed.
func (p *Parsed) Given(name string) bool {
	_, ok := p.given[name]
	return ok
}

// Uses reports whether a flag means something to the command.
func (p *Parsed) Uses(name string) bool {
	f := p.program.taken(p.Command, name)
	return f != nil && f.usedBy(p.Command)
}

// Typed are the flags that were typed, and their last values.
func (p *Parsed) Typed() map[string]string { return maps.Clone(p.given) }

// ErrHelp means that help was asked for.
var ErrHelp = flag.ErrHelp

// Parse sets the flags of a command, which stand before, between and after its
// arguments, with one dash or two. The error is [ErrHelp] or a *[Mistake], which
// names all values that are wrong.
func (p *Program) Parse(c *Command, args []string) (*Parsed, error) {
	out := &Parsed{Command: c, program: p, given: map[string]string{}}
	var wrong error // of the value that stopped the parser
	f := flag.NewFlagSet(c.Name, flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.Usage = func() {}
	for _, one := range p.takes(c) {
		define := f.Func
		if one.Value == "" {
			define = f.BoolFunc
		}
		define(one.Name, "", func(s string) error {
			out.given[one.Name] = s
			wrong = p.checkForm(c, &one, s)
			return wrong
		})
	}
	for {
		wrong = nil
		if err := f.Parse(args); errors.Is(err, flag.ErrHelp) {
			return nil, err
		} else if err != nil {
			if wrong == nil {
				wrong = p.explain(c, err)
			}
			return nil, wrong
		}
		typed := args[:len(args)-f.NArg()]
		if args = f.Args(); len(args) == 0 {
			break
		}
		if n := len(typed); n > 0 && typed[n-1] == "--" { // no flags follow
			out.Arguments = append(out.Arguments, args...)
			break
		}
		out.Arguments, args = append(out.Arguments, args[0]), args[1:]
	}
	errs := []error{p.checkArguments(c, out.Arguments)}
	for _, one := range out.Arguments {
		if c.Check != nil {
			if err := c.Check(one); err != nil {
				errs = append(errs, mistakeAt(one, err))
			}
		}
	}
	for _, one := range p.FlagsOf(c) {
		if value, ok := out.given[one.Name]; ok {
			errs = append(errs, one.check(c, value))
		}
	}
	return out, Join(errs...)
}

// checkForm sets a flag's value, and says what is wrong with its form.
func (p *Program) checkForm(c *Command, f *Flag, s string) error {
	if f.Value != "" && strings.HasPrefix(s, "-") {
		// -source-dir -target-dir DIR: the first value is missing.
		name := strings.TrimPrefix(strings.TrimPrefix(s, "-"), "-")
		if name, _, _ = strings.Cut(name, "="); p.taken(c, name) != nil {
			return &Mistake{fmt.Sprintf("-%s needs a value, and is followed by -%s", f.Name, name), f.typed()}
		}
	}
	if f.Value != "" && s == "" {
		return &Mistake{fmt.Sprintf("-%s: its value is empty", f.Name), f.typed()}
	}
	if err := f.set(s); err != nil {
		return f.wrong(s, err)
	}
	return nil
}

// Set sets a flag that was not typed, as a configuration file does. A flag that was
// typed stays as it is.
func (p *Parsed) Set(name, value string) error {
	f := p.program.taken(p.Command, name)
	if f == nil {
		return p.program.explain(p.Command, fmt.Errorf("%s%s", notDefined, name))
	}
	if p.Given(name) {
		return nil
	}
	if err := p.program.checkForm(p.Command, f, value); err != nil {
		return err
	}
	if f.usedBy(p.Command) {
		return f.check(p.Command, value)
	}
	return nil
}

// check says what is wrong with a value of the right form.
func (f *Flag) check(c *Command, s string) error {
	var errs []error
	if f.Choices != nil {
		words := []string{s}
		if f.List {
			words = strings.Split(s, ",")
		}
		for _, word := range words {
			if word = strings.TrimSpace(word); !slices.Contains(f.Choices, word) {
				errs = append(errs, &Mistake{fmt.Sprintf("-%s: unknown %s %q", f.Name, f.Noun, word),
					oneOf(word, f.Choices)})
			}
		}
	}
	checks := []func(string) error{f.Check, f.Path}
	if c.AnyPath {
		checks = checks[:1]
	}
	for _, wrongIn := range checks {
		if wrongIn != nil {
			if err := wrongIn(s); err != nil {
				errs = append(errs, f.wrong(s, err))
			}
		}
	}
	return Join(errs...)
}

// wrong says where a mistake is. An address is not repeated: it may hold a password.
func (f *Flag) wrong(value string, err error) error {
	if f.Value == "url" || f.Value == "urls" {
		return mistakeAt("-"+f.Name, err)
	}
	return mistakeAt("-"+f.Name+" "+value, err)
}

func mistakeAt(where string, err error) error {
	m := &Mistake{What: err.Error()}
	errors.As(err, &m)
	return &Mistake{where + ": " + m.What, m.Hint}
}

// typed is how a flag is given a value.
func (f *Flag) typed() string { return fmt.Sprintf("type -%s %s", f.Name, strings.ToUpper(f.Value)) }

// What package flag says of what it does not know, and of a value that is missing.
const (
	notDefined = "flag provided but not defined: -"
	noValue    = "flag needs an argument: -"
)

// explain turns what package flag says into a mistake.
func (p *Program) explain(c *Command, err error) error {
	said := err.Error()
	if name, ok := strings.CutPrefix(said, noValue); ok {
		if f := p.taken(c, name); f != nil {
			return &Mistake{fmt.Sprintf("-%s needs a value", name), f.typed()}
		}
	}
	name, ok := strings.CutPrefix(said, notDefined)
	if !ok {
		return &Mistake{What: said}
	}
	var others []string
	for _, f := range p.Flags {
		if f.Name == name {
			others = f.Commands
		}
	}
	if others != nil {
		return &Mistake{fmt.Sprintf("%s has no flag -%s, which belongs to %s", c.Name, name, listed(others, "and")), ""}
	}
	var names []string
	for _, f := range p.FlagsOf(c) {
		names = append(names, "-"+f.Name)
	}
	m := &Mistake{What: "unknown flag -" + name}
	if like := spelling.Near("-"+name, names); like != nil {
		m.Hint = "did you mean " + listed(like, "or") + "?"
	}
	return m
}

// checkArguments says which arguments are missing, or too many.
func (p *Program) checkArguments(c *Command, args []string) error {
	needed := len(slices.DeleteFunc(slices.Clone(c.Arguments), func(n string) bool { return n[0] == '[' }))
	switch {
	case len(args) > len(c.Arguments):
		m := &Mistake{What: fmt.Sprintf("unexpected argument %q", args[len(c.Arguments)])}
		if p.taken(c, strings.TrimLeft(args[len(c.Arguments)], "-")) != nil {
			m.Hint = "did you mean -" + strings.TrimLeft(args[len(c.Arguments)], "-") + "?"
		}
		return m
	case len(args) < needed:
		return &Mistake{fmt.Sprintf("%s needs %s", c.Name, listed(c.Arguments[len(args):needed], "and")),
			"type " + p.synopsis(c)}
	case len(args) > 0 && c.Choices != nil && !c.Any && !slices.Contains(c.Choices, args[0]):
		return &Mistake{fmt.Sprintf("%s: unknown %s %q", c.Name,
			strings.ToLower(strings.Trim(c.Arguments[0], "[]")), args[0]), oneOf(args[0], c.Choices)}
	}
	return nil
}

// See adds where the flags of a command are listed, if nothing better is said.
func (p *Program) See(c *Command, err error) error {
	var m *Mistake
	if errors.As(err, &m) && m.Hint == "" {
		m.Hint = fmt.Sprintf("for what %s takes, run: %s help %s", c.Name, p.Name, c.Name)
	}
	return err
}

// Unknown says that there is no such command.
func (p *Program) Unknown(name string) error {
	var names []string
	for _, c := range p.Commands {
		names = append(names, c.Name)
	}
	m := &Mistake{fmt.Sprintf("unknown command %q", name), fmt.Sprintf("for a list of commands, run: %s help", p.Name)}
	if strings.HasPrefix(name, "-") {
		m.What, m.Hint = "a flag stands before the command: "+name, "type "+p.Name+" COMMAND "+name
		return m
	}
	if like := spelling.Near(name, names); like != nil {
		m.Hint = "did you mean " + p.Name + " " + strings.Join(like, ", or "+p.Name+" ") + "?"
	}
	return m
}

// oneOf is a hint for a word that is none of the choices.
func oneOf(word string, choices []string) string {
	known := "known are " + strings.Join(choices, ", ")
	like := spelling.Near(word, choices)
	switch {
	case len(choices) > many && like == nil:
		return ""
	case len(choices) > many:
		return "did you mean " + listed(like, "or") + "?"
	case like != nil:
		return "did you mean " + listed(like, "or") + "? " + strings.ToUpper(known[:1]) + known[1:]
	}
	return known
}

// many choices are not listed.
const many = 20

// listed is "a, b and c".
func listed(words []string, and string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " " + and + " " + words[last]
}
