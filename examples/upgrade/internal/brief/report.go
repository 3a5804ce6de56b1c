package brief

import (
	"fmt"
	"slices"
	"strings"

	"github.com/idconnect-go/upgrade/examples/upgrade/internal/layout"
	"github.com/idconnect-go/upgrade/idconnect/changes"
	"github.com/idconnect-go/upgrade/idconnect/report"
	"github.com/idconnect-go/upgrade/idconnect/verify"
	"github.com/idconnect-go/upgrade/internal/text"
)

// few is how much of a list is shown.
const few = 5

// Report is a report for a person who wants to know whether all is well, and if not, what to do. Its error is left out:
// the command prints that.
func Report(v *report.View, program string) []report.Block {
	var l lines
	l.add(0, report.Strong, v.Title+".")
	r := v.Verify
	if r == nil || v.Verdict.Differences > 0 || v.Error != "" {
		l.add(0, v.Tone, v.Lead)
	} else {
		l.same(v)
	}
	switch {
	case v.Outcome == "blocked", v.Outcome == "planned":
		l.findings(v.Findings, nil, program)
	case v.Error == "": // nothing that was warned of came true
		l.byHand(v.Findings, program)
	default:
		l.warned(v.Findings)
	}
	if r != nil {
		l.collections(r)
		l.checks(r)
		l.failed(r.Failed)
		l.some("Not compared", report.Care, v.Open)
		if len(v.Open) > 0 && v.Verdict.Differences == 0 && len(v.Verdict.Failures) == 0 && v.Outcome != "interrupted" {
			l.add(0, "", "remedy: "+v.Remedy)
		}
	}
	return l
}

// same says what was compared, where nothing differs.
func (l *lines) same(v *report.View) {
	words := "All " + text.Plural(v.Verdict.Source, "record") +
		" of the source are in the target, with the same content."
	if n, all := passed(v.Verify); all > 0 {
		words += fmt.Sprintf(" Acceptance checks: %d of %d passed.", n, all)
	}
	l.add(0, report.Good, words)
	if all, sure := expected(v.Verify); len(all) > 0 {
		words := "Changed by the migration, as expected: " + strings.Join(all, ", ") + "."
		if !sure {
			words += " Not all of these are known for sure: see verify -v."
		}
		l.add(0, "", words)
	}
	if n := len(v.Verdict.Accepted); n > 0 {
		l.add(0, report.Care, "Accepted without being compared: "+strings.Join(v.Aside[:n], "; "))
	}
}

// expected are the codes of the changes that were seen, and whether all of them are known from the source text.
func expected(r *verify.Report) (out []string, sure bool) {
	sure = true
	for i := range r.Collections {
		for _, e := range r.Collections[i].Expected {
			if e.Records == 0 {
				continue
			}
			sure = sure && e.Sure == changes.Read
			if !slices.Contains(out, e.Code) {
				out = append(out, e.Code)
			}
		}
	}
	return out, sure
}

func passed(r *verify.Report) (n, all int) {
	for i := range r.Checks {
		if r.Checks[i].Result == verify.CheckPassed {
			n++
		}
	}
	return n, len(r.Checks)
}

// ReportLine is a report in one or two sentences.
func ReportLine(v *report.View) []report.Block {
	var l lines
	words := v.Title + "."
	if r := v.Verify; r != nil && v.Error == "" {
		n := v.Verdict.Source
		words = fmt.Sprintf("%s. %s of the source compared.", v.Title, text.Plural(n, "record"))
	} else {
		words += " " + v.Lead
	}
	l.add(0, v.Tone, words)
	l.blocking(v.Findings.Blocking(), nil, "")
	return l
}

// collections are those that differ.
func (l *lines) collections(r *verify.Report) {
	for i := range r.Collections {
		c := &r.Collections[i]
		if !c.Checked || c.Differences() == 0 {
			continue
		}
		l.empty()
		l.add(0, report.Bad, fmt.Sprintf("%s: %s (%s in the source, %s in the target)", c.Name, c.Result(),
			text.Grouped(c.SourceCount), text.Grouped(c.TargetCount)))
		for _, list := range []struct {
			what  string
			ids   []string
			count int64
		}{
			{"missing", c.Missing, c.MissingCount}, {"only in the target", c.Extra, c.ExtraCount},
			{"changed", changed(c.Changed), c.ChangedCount}, {"more than once", c.Duplicates, c.DuplicateCount},
		} {
			if list.count > 0 {
				l.add(2, "", list.what+": "+someOf(list.ids, list.count))
			}
		}
	}
}

func changed(all []verify.Change) (ids []string) {
	for _, c := range all {
		id := c.ID
		if len(c.Members) > 0 {
			id += " (" + strings.Join(c.Members, ", ") + ")"
		}
		ids = append(ids, id)
	}
	return ids
}

// someOf lists the first of so many.
func someOf(all []string, count int64) string {
	var shown []string
	for _, one := range all[:min(few, len(all))] {
		shown = append(shown, layout.Cut(text.Printable(one), 120))
	}
	words := strings.Join(shown, ", ")
	if rest := count - int64(len(shown)); rest > 0 {
		words += " and " + text.Grouped(rest) + " more"
	}
	return words
}

// checks are the acceptance checks that did not pass.
func (l *lines) checks(r *verify.Report) {
	for i := range r.Checks {
		c := &r.Checks[i]
		if c.Result != verify.CheckFailed { // what was not checked is said below
			continue
		}
		l.empty()
		l.add(0, report.Bad, "check failed: "+c.Name+": "+c.Detail)
		l.labelled("remedy", c.Remedy)
	}
}

func (l *lines) failed(f *verify.FailedRecords) {
	if f == nil || f.Count == 0 && f.Repair == "" {
		return
	}
	l.empty()
	if f.Count > 0 {
		l.add(0, report.Bad, "The migration could not copy "+text.Plural(f.Count, "record")+".")
	}
	for _, r := range f.Records[:min(few, len(f.Records))] {
		words := text.Because(r.Mapping+": "+r.ID, r.Reason)
		if r.Missing {
			words += " (missing from the target)"
		}
		l.add(2, "", words)
	}
	l.more(f.Count - int64(min(few, len(f.Records))))
	if f.Repair != "" {
		l.add(0, "", "repair: "+f.Repair)
	}
}

func (l *lines) some(title string, tone report.Tone, all []string) {
	if len(all) == 0 {
		return
	}
	l.empty()
	l.add(0, report.Strong, title)
	for _, one := range all[:min(few, len(all))] {
		l.add(2, tone, one)
	}
	l.more(int64(len(all) - few))
}

// more says how many of a list are not shown.
func (l *lines) more(rest int64) {
	if rest > 0 {
		l.add(2, report.Faint, "and "+text.Grouped(rest)+" more")
	}
}

// Results are what a rollback did, a line each.
func Results(all []report.StepResult) []report.Block {
	var l lines
	var rows [][]report.Cell
	for _, r := range all {
		rows = append(rows, []report.Cell{{Text: r.Name}, {Text: string(r.State), Tone: r.State.Tone()},
			{Text: text.Printable(r.Detail)}})
	}
	if len(rows) > 0 {
		l.table(rows)
	}
	return l
}

// ResultsLine is what a rollback did, in a sentence.
func ResultsLine(all []report.StepResult) []report.Block {
	var l lines
	done := 0
	for _, r := range all {
		if r.State == report.Done {
			done++
		}
	}
	switch {
	case len(all) == 0:
		l.add(0, report.Good, "Nothing to roll back.")
	case done == len(all):
		l.add(0, report.Good, "Rolled back: "+text.Plural(done, "step")+" undone. 2.1 is as it was.")
	default:
		l.add(0, report.Bad, fmt.Sprintf("Rolled back in part: %d of %s undone.", done, text.Plural(len(all), "step")))
	}
	return l
}
