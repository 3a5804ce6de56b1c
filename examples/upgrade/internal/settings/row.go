package settings

import (
	"strings"

	"github.com/idconnect-go/upgrade/examples/upgrade/internal/command"
)

// group is a heading of flags in help.
type group string

const (
	what       group = "what"
	servers    group = "servers"
	secrets    group = "passwords"
	steps      group = "steps"
	checks     group = "checks"
	comparison group = "comparison"
	output     group = "output"
)

// row is a flag, as the tables have it.
type row command.Flag

// own is a flag of these commands alone. Use is its name and what its value is called,
// as help shows them; a switch has no value.
func (g group) own(use, commands string, into any, help string) row {
	name, value, _ := strings.Cut(use, " ")
	return row{Name: name, Value: value, Group: string(g), Commands: strings.Fields(commands), Into: into, Help: help}
}

// flag is one that the other commands of the site accept, too.
func (g group) flag(use, commands string, into any, help string) row {
	r := g.own(use, commands, into, help)
	r.Family = site
	return r
}

// or is what help says of the default.
func (r row) or(text string) row {
	r.Default = text
	return r
}

func (r row) check(f func(value string) error) row {
	r.Check = f
	return r
}

func (r row) path(f func(value string) error) row {
	r.Path = f
	return r
}

func (r row) choice(noun string, choices []string) row {
	r.Noun, r.Choices = noun, choices
	return r
}

func (r row) list(noun string, choices []string) row {
	r.List = true
	return r.choice(noun, choices)
}
