package report

import (
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
		v.Tone, v.Title, v.Lead = Good, "Ready for the upgrade", "No finding blocks it. Nothing was changed."
		for _, f := range v.Findings {
			if f.Severity == preflight.Warns {
				v.Tone = Care
			}
		}
		if v.Tone == Care {
			v.Lead = "No finding blocks it, but there are warnings. Nothing was changed."
		}
	case "blocked":
		v.Tone, v.Title = Care, "The upgrade cannot start yet"
		v.Lead = "Nothing was changed. "
		switch n := len(v.Findings.Blocking()); n {
		case 0:
			v.Lead += "See the error for the cause."
		default:
			v.Lead += text.Number(n, "finding has", "findings have") + " to be resolved first."
		}
	case "interrupted":
		v.Tone, v.Title = Care, "The "+what+" was interrupted"
		v.Lead = "Run the same command again to resume."
		if done, all := v.stepsDone(); all > 0 {
			v.Lead = fmt.Sprintf("%d of %s done; run the same command again to resume.", done,
				text.Number(all, "step is", "steps are"))
		}
	case "failed":
		v.Title = "The " + what + " failed"
		if s := v.failedStep(); s != "" {
			v.Title += " in the step " + s
		}
		v.Lead = "Completed steps are kept: remove the cause, then run the same command again to resume."
	case "done", string(verdict.Different), string(verdict.Partly), string(verdict.Nothing):
		v.compared()
	default:
		v.Title = "The outcome is " + strconv.Quote(v.Outcome)
	}
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
	switch v.Verdict.Outcome {
	case "":
		v.Tone, v.Title = Care, "Done, but not verified"
		v.Lead = "The chosen steps are done. The records of the two servers were not compared."
	case verdict.Same:
		v.Tone, v.Title, v.Lead = Good, "The upgrade is done and verified", v.sums.same("")
		if ran == "" {
			v.Title = "Both servers hold the same records"
		}
		if n := len(v.Verdict.Accepted); n > 0 {
			v.Lead += " Accepted without being compared: " + verdict.Numbers(v.Verdict.Accepted) + "."
		}
	case verdict.Partly:
		v.Tone, v.Title = Care, text.Capital(ran+"the servers are the same only as far as compared")
		v.Lead = v.sums.same(" that were compared") + " Not compared: " + verdict.Numbers(v.Verdict.Open) + "."
	case verdict.Nothing:
		v.Title = text.Capital(ran + "there was nothing to compare")
		v.Lead = "No record was seen on either server, so nothing is verified."
		if len(v.Verdict.Open) > 0 {
			v.Lead += " Not compared: " + verdict.Numbers(v.Verdict.Open) + "."
		}
	default:
		v.Title = text.Capital(ran + "the servers differ")
		v.Lead = v.differences()
	}
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

// sums are the counts of a comparison over all collections.
type sums struct {
	source                                         int64 // records of the collections that were checked
	missing, extra, changed, duplicate, unreadable int64
	explained                                      bool     // expected changes were seen
	unsure                                         []string // the codes of those that are not known for sure
}

func sumsOf(r *verify.Report) (s sums) {
	if r == nil {
		return s
	}
	for i := range r.Collections {
		c := &r.Collections[i]
		if !c.Checked {
			continue
		}
		s.source += c.SourceCount
		s.missing += c.MissingCount
		s.extra += c.ExtraCount
		s.changed += c.ChangedCount
		s.duplicate += c.DuplicateCount
		s.unreadable += c.Unreadable
		s.expect(c.Expected)
	}
	return s
}

// same says what a comparison without a difference proves.
func (s *sums) same(which string) string {
	return fmt.Sprintf("All %s of the source%s are in the target, with the same content%s.",
		text.Plural(s.source, "record"), which, s.but())
}

// differences says how the servers differ.
func (v *View) differences() string {
	s := &v.sums
	var parts []string
	for _, n := range []struct {
		count     int64
		one, many string
	}{
		{s.missing, "is missing in the target", "are missing in the target"}, {s.extra,
			"is only in the target", "are only in the target"},
		{s.changed, "is changed", "are changed"}, {s.duplicate, "is there more than once",
			"are there more than once"},
		{s.unreadable, "cannot be read", "cannot be read"},
	} {
		if n.count > 0 {
			parts = append(parts, text.Number(n.count, n.one, n.many))
		}
	}
	lead := "No record was compared."
	switch {
	case len(parts) > 0:
		lead = fmt.Sprintf("%s of the source compared: %s.", text.Plural(s.source, "record"),
			strings.Join(parts, ", "))
	case v.Verdict.Source+v.Verdict.Target > 0:
		lead = s.same(" that were compared")
	}
	if n := len(v.Verdict.Failures); n > 0 {
		lead += " Failed: " + verdict.Numbers(v.Verdict.Failures) + "."
	}
	if n := len(v.Verdict.Open); n > 0 {
		lead += " Not compared: " + verdict.Numbers(v.Verdict.Open) + "."
	}
	return lead
}
