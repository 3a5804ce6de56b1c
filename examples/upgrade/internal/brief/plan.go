// Package brief says in a few lines what a plan or a report says: the verdict, what stands
// in the way, and what a person has to do. Nothing that is wrong is left out; what is well
// is counted. Begin with [Plan] and [Report]; the whole is in their own Blocks.
package brief

import (
	"fmt"
	"slices"
	"strings"

	"github.com/idconnect-go/upgrade/examples/upgrade/internal/layout"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/idconnect/report"
	"github.com/idconnect-go/upgrade/internal/text"
)

// lines are laid out one below the other.
type lines []report.Block

func (l *lines) add(indent int, tone report.Tone, words string) {
	hang := 0
	if indent > 0 {
		hang = indent + 2
	}
	*l = append(*l, layout.Line(indent, hang, tone, printable(words)))
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

// Plan is a plan for a person who wants to know whether the upgrade can begin. Program is
// what people type to see more.
func Plan(p report.Plan, program string) []report.Block {
	var l lines
	l.servers(p.Source, p.Target)
	l.empty()
	var rows [][]report.Cell
	var there []string
	said := map[string]bool{} // in the lines of the steps
	for i, s := range p.Steps {
		detail := s.Detail
		if blocking := s.Findings.Blocking(); len(blocking) > 0 {
			detail = blocking[0].Seen + " (" + codes(blocking, blocks) + ")"
			said[blocking[0].Seen] = true
		}
		rows = append(rows, []report.Cell{{Text: fmt.Sprintf("%3d %s", i+1, s.Name)},
			{Text: string(s.State), Tone: s.State.Tone()}, {Text: text.Printable(detail)}})
		if s.Where == report.WhereTarget {
			there = append(there, s.Name)
		}
	}
	l.table(rows)
	if len(there) > 0 {
		l.add(4, report.Faint, "on the target's machine: "+strings.Join(there, ", "))
	}
	for _, f := range p.Findings {
		if f.Code == preflight.Codes.ValuesOpen.Code { // the proof before anything changes
			l.add(4, report.Good, f.Seen)
		}
	}
	l.findings(p.Findings, said, program)
	l.empty()
	if blocking := p.Findings.Blocking(); len(blocking) > 0 {
		l.add(0, report.Bad, blockedWords(blocking))
		return l
	}
	return append(l, PlanLine(p)...)
}

func blockedWords(blocking preflight.Findings) string {
	return fmt.Sprintf("Blocked by %s. Nothing was changed. Do what is said there, then run the same command again.",
		codes(blocking, blocks))
}

// PlanLine is a plan in one or two sentences, after what blocks it.
func PlanLine(p report.Plan) []report.Block {
	var l lines
	if blocking := p.Findings.Blocking(); len(blocking) > 0 {
		l.blocking(blocking, nil, "")
		l.add(0, report.Bad, blockedWords(blocking))
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
		{{Text: "source"}, {Text: text.Printable(source.URL)}, {Text: text.Printable(source.Said())}},
		{{Text: "target"}, {Text: text.Printable(target.URL)}, {Text: text.Printable(target.Said())}},
	})
}

func (l *lines) table(rows [][]report.Cell) { *l = append(*l, report.Block{Rows: rows}) }

// findings are what blocks, in full but for what was said, then warnings, and by their codes what only a person can
// look at.
func (l *lines) findings(all preflight.Findings, said map[string]bool, program string) {
	l.blocking(all.Blocking(), said, program)
	l.warnings(all)
	if slices.ContainsFunc(all, isByHand) {
		l.empty()
	}
	l.byHand(all, program)
}

func (l *lines) labelled(label, words string) {
	if words != "" {
		l.add(2, "", label+": "+words)
	}
}

// blocking are findings that block, but for what was said of them: in full where a program can say more.
func (l *lines) blocking(all preflight.Findings, said map[string]bool, program string) {
	whole := program != ""
	for _, f := range all {
		if whole {
			l.empty()
		}
		l.add(0, report.Bad, "blocks: "+f.Code)
		if !said[f.Seen] {
			l.add(2, "", f.Seen)
		}
		if whole {
			l.labelled("why", f.Why)
		}
		l.labelled("remedy", f.Remedy)
		if whole {
			l.labelled("more", program+" explain "+f.Code)
		}
	}
}

// warnings are the findings that may matter. A remedy that was said is not said again.
func (l *lines) warnings(all preflight.Findings) {
	said := map[string]bool{}
	for _, f := range all.Blocking() {
		said[f.Remedy] = true
	}
	for _, f := range all {
		if f.Severity != preflight.Warns {
			continue
		}
		l.empty()
		l.add(0, report.Care, "warns: "+f.Code)
		l.add(2, "", f.Seen)
		if !said[f.Remedy] {
			said[f.Remedy] = true
			l.labelled("remedy", f.Remedy)
		}
	}
}

// warned are the codes of warnings that may explain a failure.
func (l *lines) warned(all preflight.Findings) {
	if some := codes(all, func(f preflight.Finding) bool { return f.Severity == preflight.Warns }); some != "" {
		l.add(0, report.Care, "Preflight warned of "+some+".")
	}
}

func isByHand(f preflight.Finding) bool { return f.Severity == preflight.Informs && f.Remedy != "" }

// byHand are the codes of what only a person can look at.
func (l *lines) byHand(all preflight.Findings, program string) {
	if some := codes(all, isByHand); some != "" {
		l.add(0, report.Care, "Only you can check: "+some+". How: "+program+" plan -v")
	}
}

// codes are those of some findings, each once.
func codes(all preflight.Findings, some func(preflight.Finding) bool) string {
	var out []string
	for _, f := range all {
		if some(f) && !slices.Contains(out, f.Code) {
			out = append(out, f.Code)
		}
	}
	return strings.Join(out, ", ")
}

func blocks(f preflight.Finding) bool { return f.Severity == preflight.Blocks }
