// Package yamlfile reads YAML files that people write, and compares them with a
// JSON Schema. Each mistake has its line and column, what is wrong and what to
// write instead; no text of a secret is repeated. Begin with [Parse].
package yamlfile

import (
	"fmt"
	"strings"

	"github.com/idconnect-go/upgrade/internal/text"
)

// maxProblems is how many problems are shown at once.
const maxProblems = 25

// Problem is one mistake in a file.
type Problem struct {
	File string `json:"file"`
	// Line and Column count from 1, Column in characters.
	Line   int `json:"line"`
	Column int `json:"column"`
	// At is the place in the file, as in installations[3].source.url.
	At string `json:"at,omitempty"`
	// Text says what is wrong, Write what to write instead.
	Text  string `json:"text"`
	Write string `json:"write,omitempty"`
}

func (p Problem) String() string {
	s := fmt.Sprintf("%s:%d:%d: ", p.File, p.Line, p.Column)
	if p.At != "" {
		s += p.At + ": "
	}
	s += p.Text
	switch {
	case strings.HasPrefix(p.Write, "for example "):
		s += "; " + p.Write
	case p.Write != "":
		s += "; write " + p.Write
	}
	return text.Line(s)
}

// Problems are all mistakes in a file, in the order of the lines.
type Problems []Problem

func (ps Problems) Error() string {
	lines := make([]string, 0, len(ps))
	for i, p := range ps {
		if i == maxProblems {
			lines = append(lines, fmt.Sprintf("and %d more", len(ps)-i))
			break
		}
		lines = append(lines, p.String())
	}
	return strings.Join(lines, "\n")
}

// maxShown bounds a text of the file that is repeated, in characters.
const maxShown = 60

func clip(s string) string {
	if r := []rune(s); len(r) > maxShown {
		return string(r[:maxShown]) + "…"
	}
	return s
}
