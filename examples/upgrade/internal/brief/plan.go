// Package brief says in a few lines what a plan or a report says: the verdict, what stands in the way, and what a person
// has to do. Nothing that is wrong is left out; what is well is counted. Begin with [Plan] and [Report]; the whole is in
// their own Blocks.
package brief

import (
	"fmt"
	"slices"
	"strings"

	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/idconnect/report"
	"github.com/idconnect-go/upgrade/internal/text"
)

// lines are laid out one below the other.
type lines []report.Block

func (l *lines) add(indent int, tone report.Tone, words string) {
	*l = append(*l, report.Block{Indent: indent, Hang: indent + 2, Rows: [][]report.Cell{{{Text: printable(words),
		Tone: tone}}}})
}

func (l *lines) empty() { *l = append(*l, report.Block{}) }

// printable keeps line breaks: remedies have them.
func printable(s string) string {
	parts := strings.Split(s, "\n")
	for i, p := range parts {
		parts[i] = text.Printable(p)
	}
	return strings.Join(parts, "\n")
}

// Plan is a plan for a person who wants to know whether the upgrade can begin.
func Plan(p report.Plan) []report.Block {
	var l lines
	l.servers(p.Source, p.Target)
	l.empty()
	var rows [][]report.Cell
	var there []string
	for i, s := range p.Steps {
		detail := s.Detail
		if blocking := s.Findings.Blocking(); len(blocking) > 0 {
			detail = "see " + strings.Join(codes(blocking), ", ")
		}
		rows = append(rows, []report.Cell{{Text: fmt.Sprintf("%3d %s", i+1, s.Name)},
			{Text: string(s.State), Tone: toneOf(s.State)}, {Text: text.Printable(detail)}})
		if s.Where == report.WhereTarget {
			there = append(there, s.Name)
		}
	}
	l.table(rows)
	if len(there) > 0 {
		l.add(4, report.Faint, "on the target's machine: "+strings.Join(there, ", "))
	}
	l.findings(p.Findings, "plan -v")
	l.empty()
	return append(l, PlanLine(p)...)
}

// PlanLine is a plan in one or two sentences.
func PlanLine(p report.Plan) []report.Block {
	var l lines
	if blocking := p.Findings.Blocking(); len(blocking) > 0 {
		l.add(0, report.Bad, fmt.Sprintf("Blocked by %s. Nothing was changed.", strings.Join(codes(blocking), ", ")))
		return l
	}
	var todo []string
	for _, s := range p.Steps {
		if s.State != report.Done {
			todo = append(todo, s.Name)
		}
	}
	what := "Nothing is left to do."
	if len(todo) > 0 {
		what = fmt.Sprintf("Ready. %s to do: %s.", text.Plural(len(todo), "step"), strings.Join(todo, ", "))
	}
	l.add(0, report.Good, what+" Nothing was changed.")
	return l
}

func (l *lines) servers(source, target report.ServerSeen) {
	l.table([][]report.Cell{
		{{Text: "source"}, {Text: text.Printable(source.URL)}, {Text: seen(source)}},
		{{Text: "target"}, {Text: text.Printable(target.URL)}, {Text: seen(target)}},
	})
}

func seen(s report.ServerSeen) string {
	if s.Version == "" {
		return text.Printable(s.State)
	}
	return text.Printable(strings.TrimSuffix("OpenIDM "+s.Version+", "+s.State, ", "))
}

func (l *lines) table(rows [][]report.Cell) { *l = append(*l, report.Block{Rows: rows}) }

// findings are what blocks, in full, then warnings, and by their codes what only a person can look at.
func (l *lines) findings(all preflight.Findings, more string) {
	for _, f := range all {
		if f.Severity == preflight.Blocks {
			l.empty()
			l.add(0, report.Bad, "blocks: "+f.Code)
			l.add(2, "", f.Seen)
			l.labelled("why", f.Why)
			l.labelled("remedy", f.Remedy)
			l.labelled("doc", f.Doc)
		}
	}
	l.rest(all, more)
}

func (l *lines) labelled(label, words string) {
	if words != "" {
		l.add(2, "", label+": "+words)
	}
}

// rest are the findings that do not block.
func (l *lines) rest(all preflight.Findings, more string) {
	warned := false
	for _, f := range all {
		if f.Severity != preflight.Warns {
			continue
		}
		if !warned {
			l.empty()
			warned = true
		}
		l.add(0, report.Care, "warns: "+f.Code+": "+f.Seen)
		l.labelled("remedy", f.Remedy)
	}
	var byHand preflight.Findings
	for _, f := range all {
		if f.Severity == preflight.Informs && f.Remedy != "" {
			byHand = append(byHand, f)
		}
	}
	if len(byHand) > 0 {
		if !warned {
			l.empty()
		}
		l.add(0, report.Care, "Only you can check: "+strings.Join(codes(byHand), ", ")+". To read how: upgrade "+more)
	}
}

// codes are those of the findings, each once.
func codes(all preflight.Findings) (out []string) {
	for _, f := range all {
		if !slices.Contains(out, f.Code) {
			out = append(out, f.Code)
		}
	}
	return out
}

func toneOf(s report.State) report.Tone {
	switch s {
	case report.Done:
		return report.Good
	case report.Failed:
		return report.Bad
	case report.Blocked, report.Running, report.Interrupted:
		return report.Care
	}
	return report.Faint
}
