package report

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/idconnect-go/upgrade/idconnect/internal/verdict"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/idconnect/verify"
	"github.com/idconnect-go/upgrade/internal/text"
)

// fillVerdict fills in the verdict.
func (v *View) fillVerdict() {
	v.Tone = Bad
	what := "upgrade"
	if v.ofComparison() {
		what = "comparison"
	}
	switch v.Outcome {
	case "planned":
		v.Tone, v.Title, v.Lead = Good, "Ready for the upgrade", "Nothing blocks it. Nothing was changed."
		if n := v.severe(preflight.Warns); n > 0 {
			v.Tone = Care
			warnings := "warning"
			if n > 1 {
				warnings = text.Plural(n, "warning")
			}
			v.Lead = "Nothing blocks it, but read the " + warnings + ". Nothing was changed."
		}
	case "blocked":
		v.Tone, v.Title, v.Lead = Care, "The upgrade cannot start yet", "Nothing was changed."
		if n := v.severe(preflight.Blocks); n > 0 {
			v.Lead = text.Number(n, "finding has", "findings have") + " to be resolved first. " + v.Lead
		}
	case "interrupted":
		v.Tone, v.Title = Care, "The "+what+" was interrupted"
		v.Lead = "Nothing is lost: to resume, run the same command again."
		if done, all := v.stepsDone(); all > 0 {
			v.Lead = fmt.Sprintf("%d of %s done. To resume, run the same command again.", done,
				text.Number(int64(all), "step is", "steps are"))
		}
	case "failed":
		v.Title = "The " + what + " failed"
		if s := v.failedStep(); s != "" {
			v.Title = "The " + what + " failed in the step " + s
		}
		v.Lead = "Remove the cause, then run the same command again."
		if done, _ := v.stepsDone(); done > 0 {
			v.Lead = "The steps that are done stay done. Remove the cause, then run the same command again to resume."
		}
	case "done", string(verdict.Different), string(verdict.Partly), string(verdict.Nothing):
		v.compared()
	default:
		v.Title = "The outcome is " + strconv.Quote(v.Outcome)
	}
}

func (v *View) severe(s preflight.Severity) (n int64) {
	for _, f := range v.Findings {
		if f.Severity == s {
			n++
		}
	}
	return n
}

func (v *View) stepsDone() (done, all int) {
	for _, s := range v.Steps {
		if s.State == Done {
			done++
		}
	}
	return done, len(v.Steps)
}

func (v *View) failedStep() string {
	for _, s := range v.Steps {
		if s.State == Failed {
			return s.Name
		}
	}
	return ""
}

// compared says what the comparison of a run that came to its end proves.
func (v *View) compared() {
	ran := ""
	if !v.ofComparison() {
		ran = "The upgrade ran, but "
	}
	v.Tone = Care
	switch v.Verdict.Outcome {
	case "":
		v.Title = "Done, but not verified"
		v.Lead = "The steps that were chosen are done. The records of the two servers were not compared."
	case verdict.Same:
		v.Tone, v.Title, v.Lead = Good, "The upgrade is done and verified", v.same("")
		if ran == "" {
			v.Title = "Both servers hold the same records"
		}
		if n := len(v.Verdict.Accepted); n > 0 {
			v.Lead += " Not compared, but accepted: " + verdict.Numbers(v.Verdict.Accepted) + "."
		}
	case verdict.Partly:
		v.Title = ran + "not everything was compared"
		if ran == "" {
			v.Title = "No difference was found, but not everything was compared"
		}
		v.Lead = v.same(" that could be compared") + v.notCompared()
	case verdict.Nothing:
		v.Tone, v.Title = Bad, text.Capital(ran+"there was nothing to compare")
		v.Lead = "Neither server showed a record, so nothing is verified." + v.notCompared()
	default:
		v.Tone, v.Title, v.Lead = Bad, text.Capital(ran+"the servers differ"), v.differences()
	}
}

// notCompared is a sentence about what is open, after a blank; "" if nothing is.
func (v *View) notCompared() string {
	if len(v.Verdict.Open) == 0 {
		return ""
	}
	return " Not compared: " + verdict.Numbers(v.Verdict.Open) + "."
}

// causeAndToDo say what failed and what to do about it, where the verdict does not.
func (v *View) causeAndToDo() (cause, todo string) {
	var compared verdict.Error
	if errors.As(v.Verdict.Outcome.Err(), &compared) && v.Outcome == string(compared.Outcome) {
		// What the error says is for somebody without the report at hand.
		if cause = v.Error; cause == v.Outcome || strings.HasSuffix(cause, compared.Error()) {
			cause = ""
		}
		if todo = v.Remedy; todo != compared.Remedy() {
			return cause, todo
		}
		switch compared.Outcome {
		case verdict.Different:
			return cause, "repair the records and checks that are named below, then verify again"
		case verdict.Partly:
			return cause, "remove what kept the rest from being compared, then verify again; or look at it yourself, " +
				"then verify again and accept it by the code beside it"
		}
		return cause, todo
	}
	if cause = v.Error; cause == v.Outcome || cause == preflight.ErrBlocked.Error() {
		cause = ""
	}
	if v.Outcome != "interrupted" {
		todo = v.Remedy
	}
	return cause, todo
}

// itemLines are items for people, with their codes.
func itemLines(items []verdict.Item, before string) (lines []string) {
	for _, i := range items {
		line := before + i.Says
		if i.Code != "" {
			line += " (" + i.Code + ")"
		}
		lines = append(lines, line)
	}
	return lines
}

// same says what a comparison without a difference proves.
func (v *View) same(which string) string {
	all, are := "All "+text.Grouped(v.Verdict.Source)+" records", " are"
	if v.Verdict.Source == 1 {
		all, are = "The one record", " is"
	}
	return all + " of the source" + which + are + " in the target with the same content" + v.but() + "."
}

// differences says how the servers differ.
func (v *View) differences() string {
	var all verify.CollectionReport
	for i := range v.Verify.Collections {
		if c := &v.Verify.Collections[i]; c.Checked {
			all.MissingCount, all.ExtraCount = all.MissingCount+c.MissingCount, all.ExtraCount+c.ExtraCount
			all.ChangedCount, all.Unreadable = all.ChangedCount+c.ChangedCount, all.Unreadable+c.Unreadable
			all.DuplicateCount += c.DuplicateCount
		}
	}
	var parts []string
	for _, n := range []struct {
		count     int64
		one, many string
	}{
		{all.MissingCount, "is missing from the target", "are missing from the target"},
		{all.ExtraCount, "is only in the target", "are only in the target"},
		{all.ChangedCount, "has changed", "have changed"},
		{all.DuplicateCount, "occurs more than once", "occur more than once"},
		{all.Unreadable, "cannot be read", "cannot be read"},
	} {
		if n.count > 0 {
			parts = append(parts, text.Number(n.count, n.one, n.many))
		}
	}
	lead := "No record was compared."
	switch {
	case len(parts) > 0:
		lead = text.Plural(v.Verdict.Source, "record") + " of the source compared: " + text.Listed(parts) + "."
	case v.Verdict.Source+v.Verdict.Target > 0:
		lead = v.same(" that could be compared")
	}
	var failed []string
	for _, kind := range []struct{ kind, one, many string }{
		{"check", "check failed", "checks failed"},
		{"failed record", "record was lost by the migration", "records were lost by the migration"},
	} {
		var n int64
		for _, i := range v.Verdict.Failures {
			if i.Kind == kind.kind {
				n += i.Count
			}
		}
		if n > 0 {
			failed = append(failed, text.Number(n, kind.one, kind.many))
		}
	}
	if len(failed) > 0 {
		lead += " " + text.Listed(failed) + "."
	}
	return lead + v.notCompared()
}

// counting says why the count of the migration and that of the comparison differ.
func (v *View) counting() string {
	if v.Verify == nil || v.Verdict.Source == 0 {
		return ""
	}
	var migrated int64
	for _, s := range v.Steps {
		migrated = max(migrated, s.Records)
	}
	if migrated == 0 || migrated == v.Verdict.Source {
		return ""
	}
	var read []string
	for _, c := range v.Verify.Collections {
		if c.Checked && c.SourceCount > 0 {
			read = append(read, text.Grouped(c.SourceCount)+" "+c.Name)
		}
	}
	return fmt.Sprintf("%s migrated, %s compared: the target counts what its mappings processed, the comparison "+
		"what it read from the source (%s), so the two numbers need not agree.",
		text.Number(migrated, "record", "records"), text.Grouped(v.Verdict.Source), text.Listed(read))
}
