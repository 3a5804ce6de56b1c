package report

import (
	"fmt"
	"io"

	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/internal/redact"
	"github.com/idconnect-go/upgrade/internal/text"
)

// planIndent is where findings stand in a plan, below the names of the steps.
const planIndent = 15

// WriteText writes the plan as plain text: what was seen, and what to do.
func (p Plan) WriteText(w io.Writer) error { return write(w, p.Blocks()) }

// Blocks returns the plan as text, for a program that lays it out by itself.
func (p Plan) Blocks() []Block {
	p = redact.Show(redact.Redactor{}, p)
	var b blocks
	for _, f := range p.Findings {
		if isOpen(f) {
			b.finding(0, f, "")
			b.empty()
		}
	}
	b.servers(p.Source, p.Target)
	b.empty()
	// The rows stand apart, and have the columns of all.
	name, state := 0, 0
	for _, s := range p.Steps {
		name, state = max(name, len(s.Name)), max(state, len(s.State))
	}
	blocked := 0
	for i, s := range p.Steps {
		detail := s.Detail
		if s.Where != WhereAny {
			detail += "  [" + string(s.Where) + " machine]"
		}
		b.table([][]Cell{{
			{Text: fmt.Sprintf("%3d %-*s", i+1, name, s.Name)},
			{fmt.Sprintf("%-*s", state, s.State), s.State.Tone()},
			{Text: detail},
		}})
		if s.State == Blocked {
			blocked++
		}
		for _, f := range s.Findings {
			if !isOpen(f) {
				b.finding(planIndent, f, s.Detail)
			}
		}
	}
	b.empty()
	if blocked == 0 {
		b.line(0, 0, Good, "No step is blocked. Nothing was changed.")
	} else {
		b.line(0, 0, Care, text.Number(blocked, "step is", "steps are")+" blocked, nothing was changed.")
	}
	return b
}

// isOpen reports whether a finding is a request without an outcome, which a plan begins with.
func isOpen(f preflight.Finding) bool { return f.Code == preflight.Codes.RequestOpen.Code }

// finding adds a finding, but for what was said already.
func (b *blocks) finding(indent int, f preflight.Finding, said string) {
	b.line(indent, indent+2, severityTones[f.Severity], string(f.Severity)+": "+f.Code)
	if f.Seen != said {
		b.labelled(indent+2, "seen", f.Seen)
	}
	b.labelled(indent+2, "why", f.Why)
	b.labelled(indent+2, "remedy", f.Remedy)
	b.labelled(indent+2, "doc", f.Doc)
}
