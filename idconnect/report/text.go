package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/idconnect/verify"
	"github.com/idconnect-go/upgrade/internal/text"
)

func writeText(w io.Writer, v *View) error { return write(w, v.Blocks()) }

// Blocks returns the report as text, for a program that lays it out by itself.
func (v *View) Blocks() []Block {
	var b blocks
	what := "Upgrade"
	if v.ofComparison() {
		what = "Comparison"
	}
	b.line(0, 2, Strong, what+" of Identity Connect: "+v.Outcome)
	b.line(0, 0, v.Tone, v.Title+". "+v.Lead)
	b.empty()
	b.servers(v.Source, v.Target)
	b.times(v)
	if v.Cause != "" {
		b.empty()
		b.line(0, 2, Bad, "error: "+v.Cause)
	} else if v.ToDo != "" {
		b.empty()
	}
	b.labelled(0, "remedy", v.ToDo)
	b.byHand(v.ByHand)
	b.steps(v.Steps)
	b.findings(v.Findings)
	if v.Verify != nil {
		b.empty()
		b.comparison(v)
		b.empty()
		b.items("Not compared", Care, v.Open)
		b.items("Left out, with no effect on the verdict", "", v.Aside)
		switch {
		case v.Outcome == "interrupted" || v.Outcome == "failed":
			b.line(0, 0, Care, "the comparison was not completed")
		default:
			b.line(0, 0, v.Tone, "verdict: "+string(v.Verdict.Outcome))
		}
	}
	return b
}

func (b *blocks) times(v *View) {
	at := func(t time.Time) string { return t.Format(time.RFC3339) }
	when := "at " + at(v.Started)
	if took := v.Ended.Sub(v.Started); took > 0 {
		when = fmt.Sprintf("from %s to %s (%s)", at(v.Started), at(v.Ended), text.Duration(took))
	}
	b.line(0, 2, "", when)
	if began := v.began(); began.Before(v.Started) {
		b.line(0, 2, "", fmt.Sprintf("the first run began at %s; all runs took %s", at(began), text.Duration(v.Took)))
	}
	if v.Tool != "" {
		b.line(0, 2, "", "made by idconnect-go/upgrade, "+v.Tool)
	}
}

func (b *blocks) byHand(all preflight.Findings) {
	if len(all) == 0 {
		return
	}
	b.empty()
	b.line(0, 2, Strong, "Still to do by hand")
	for _, f := range all {
		b.line(2, 6, "", "[ ] "+sentence(f.Remedy))
		b.line(6, 6, Faint, f.Seen+" ("+f.Code+")")
	}
}

func (b *blocks) items(title string, tone Tone, lines []string) {
	if len(lines) == 0 {
		return
	}
	b.line(0, 2, Strong, title)
	for _, line := range lines {
		b.line(2, 4, tone, line)
	}
	b.empty()
}

func (b *blocks) servers(source, target ServerSeen) {
	b.table([][]Cell{{{Text: "source"}, {Text: source.String()}}, {{Text: "target"}, {Text: target.String()}}})
}

func (b *blocks) steps(steps []*StepResult) {
	if len(steps) == 0 {
		return
	}
	b.empty()
	var rows [][]Cell
	for i, s := range steps {
		detail := s.Detail
		if s.Started != nil && s.Ended != nil {
			detail = strings.TrimSpace(detail + "  (" + text.Duration(s.Ended.Sub(*s.Started)) + ")")
		}
		rows = append(rows, []Cell{
			{Text: fmt.Sprintf("%3d %s", i+1, s.Name)}, {string(s.State), s.State.Tone()}, {Text: detail},
		})
	}
	b.table(rows)
}

func (b *blocks) findings(findings preflight.Findings) {
	findings = slices.DeleteFunc(slices.Clone(findings), byHand)
	if len(findings) == 0 {
		return
	}
	b.empty()
	b.line(0, 2, Strong, "Findings")
	for _, f := range findings {
		b.line(2, 4, severityTones[f.Severity], fmt.Sprintf("%s: %s (%s)", f.Severity, f.Code, f.Step))
		b.line(4, 4, "", f.Seen)
		b.labelled(4, "remedy", f.Remedy)
	}
}

func (b *blocks) comparison(v *View) {
	r := v.Verify
	rows := [][]Cell{{{"collection", Strong}, {"source", Strong}, {"target", Strong}, {"result", Strong}}}
	for i := range r.Collections {
		c := &r.Collections[i]
		source, target := text.Grouped(c.SourceCount), text.Grouped(c.TargetCount)
		if !c.Checked {
			source, target = "-", "-"
		}
		rows = append(rows, []Cell{{Text: c.Name}, {Text: source}, {Text: target},
			{verdictOf(c), toneOfCollection(c)}})
	}
	if len(r.Collections) > 0 {
		b.table(rows)
	}
	if v.Counting != "" {
		b.empty()
		b.line(0, 0, "", v.Counting)
	}
	if all := expectedChanges(r); len(all) > 0 {
		b.empty()
		b.line(0, 2, Strong, "What a migration is expected to change")
		for _, one := range all {
			b.line(2, 4, one.Tone, one.Text)
		}
	}
	for i := range r.Collections {
		b.lists(&r.Collections[i])
		b.values(&r.Collections[i])
	}
	b.checks(r.Checks)
	b.failed(r.Failed)
}

func (b *blocks) lists(c *verify.CollectionReport) {
	for _, list := range listsOf(c) {
		b.empty()
		b.line(0, 2, Strong, c.Name+", "+list.what+":")
		for _, d := range list.records {
			text := d.ID
			if len(d.Members) > 0 {
				text += " (" + strings.Join(d.Members, ", ") + ")"
			}
			b.line(2, 4, "", text)
		}
		b.more(list.count, len(list.records))
	}
}

func (b *blocks) values(c *verify.CollectionReport) {
	if len(c.Values) == 0 {
		return
	}
	b.empty()
	b.line(0, 2, Strong, c.Name+", values that differ:")
	for i := range c.Values {
		v := &c.Values[i]
		b.line(2, 4, "", v.ID+" ("+v.Member+"): "+valueWords(v))
	}
}

func (b *blocks) checks(checks []verify.Check) {
	if len(checks) == 0 {
		return
	}
	b.empty()
	rows := [][]Cell{{{"check", Strong}, {"result", Strong}, {"seen", Strong}}}
	var open int64
	for i := range checks {
		c := &checks[i]
		seen := counts(c)
		if c.Detail != "" && seen != "" {
			seen += "; "
		}
		seen += c.Detail
		if c.Remedy != "" {
			seen += "\nremedy: " + c.Remedy
		}
		rows = append(rows, []Cell{{Text: c.Name}, {string(c.Result), toneOfCheck(c.Result)}, {Text: seen}})
		if c.Result == verify.CheckNotChecked {
			open++
		}
	}
	b.table(rows)
	if open > 0 {
		b.line(0, 0, Care, text.Plural(open, "check")+" skipped: verify these manually in the 7.1.6 UI")
	}
}

func (b *blocks) failed(f *verify.FailedRecords) {
	if f == nil {
		return
	}
	b.empty()
	b.line(0, 2, Strong, sentence(failedWords(f)))
	for _, r := range f.Records {
		words := text.Because(r.Mapping+": "+r.ID, r.Reason)
		if r.Missing {
			words += " (missing from the target)"
		}
		b.line(2, 4, "", words)
	}
	b.more(f.Count, len(f.Records))
	b.labelled(0, "repair", f.Repair)
}

func (b *blocks) more(count int64, shown int) {
	if rest := more(count, shown); rest != "" {
		b.line(2, 2, Faint, rest)
	}
}
