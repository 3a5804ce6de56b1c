package report

import (
	"fmt"
	"strconv"
	"strings"

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
			v.Lead += text.Number(int64(n), "finding has", "findings have") + " to be resolved first."
		}
	case "interrupted":
		v.Tone, v.Title = Care, "The "+what+" was interrupted"
		v.Lead = "Run the same command again to resume."
		if done, all := v.stepsDone(); all > 0 {
			v.Lead = fmt.Sprintf("%d of %s done; run the same command again to resume.", done,
				text.Number(int64(all), "step is", "steps are"))
		}
	case "failed":
		v.Title = "The " + what + " failed"
		if s := v.failedStep(); s != "" {
			v.Title += " in the step " + s
		}
		v.Lead = "Completed steps are kept: remove the cause, then run the same command again to resume."
	case "differences":
		v.Title = "The servers differ"
		if !v.ofComparison() {
			v.Title = "The upgrade ran, but the servers differ"
		}
		v.Lead = v.sums.differences()
	case "done":
		switch {
		case v.Verify == nil:
			v.Tone, v.Title = Care, "Done, but not verified"
			v.Lead = "The chosen steps are done. The records of the two servers were not compared."
		case v.sums.failedChecks > 0 || v.sums.failedRecords > 0:
			v.Title = "No difference was found, but there are failures"
			v.Lead = v.sums.same() + " " + v.sums.wrong()
		case len(v.sums.open) > 0:
			v.Tone, v.Title = Care, "No difference was found, but not everything was checked"
			v.Lead = v.sums.same()
		case v.ofComparison():
			v.Tone, v.Title, v.Lead = Good, "Both servers hold the same records", v.sums.same()
		default:
			v.Tone, v.Title, v.Lead = Good, "The upgrade is done and verified", v.sums.same()
		}
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

// sums are the counts of a comparison over all collections.
type sums struct {
	source, target                                 int64 // records of the collections that were checked
	checked                                        int   // collections
	missing, extra, changed, duplicate, unreadable int64
	failedChecks                                   int
	failedRecords                                  int64
	explained                                      bool     // expected changes were seen
	unsure                                         []string // the codes of those that are not known for sure
	// open is what was not checked, a line each.
	open []string
}

func sumsOf(r *verify.Report) (s sums) {
	if r == nil {
		return s
	}
	s.open = append(s.open, r.Notes...)
	for i := range r.Collections {
		c := &r.Collections[i]
		if c.Absent {
			continue
		}
		if !c.Checked {
			s.open = append(s.open, c.Name+" "+c.Verdict())
			continue
		}
		s.checked++
		s.source += c.SourceCount
		s.target += c.TargetCount
		s.missing += c.MissingCount
		s.extra += c.ExtraCount
		s.changed += c.ChangedCount
		s.duplicate += c.DuplicateCount
		s.unreadable += c.Unreadable
		s.expect(c.Expected)
		if n := c.NotCheckedValues; n > 0 {
			s.open = append(s.open,
				fmt.Sprintf("%s of %s differ in their ciphertext and could not be decrypted",
					text.Number(n, "encrypted value", "encrypted values"), c.Name))
		}
	}
	for _, c := range r.Checks {
		switch c.Result {
		case verify.CheckPassed:
		case verify.CheckFailed:
			s.failedChecks++
		default:
			s.open = append(s.open, withReason(c.Name+" not checked", c.Detail))
		}
	}
	if f := r.Failed; f != nil {
		s.failedRecords = f.Count
		if !f.Checked {
			s.open = append(s.open, withReason("failed records of the migration not checked", f.Reason))
		}
	}
	return s
}

func (s *sums) total() int64 {
	return s.missing + s.extra + s.changed + s.duplicate + s.unreadable
}

// same says what a comparison without a difference proves.
func (s *sums) same() string {
	if s.source == 0 {
		return "Neither server has records in the collections compared."
	}
	return fmt.Sprintf("All %s of the source are in the target, with the same content%s.",
		text.Number(s.source, "record", "records"), s.but())
}

// differences says how the servers differ.
func (s *sums) differences() string {
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
	switch {
	case len(parts) > 0:
		return fmt.Sprintf("%s of the source compared: %s.", text.Number(s.source, "record", "records"),
			strings.Join(parts, ", "))
	case s.checked == 0:
		return "No collection could be compared, so nothing is verified."
	}
	return strings.TrimSpace("What could be compared is the same, but not everything could be. " + s.wrong())
}

// wrong says what is, apart from differences.
func (s *sums) wrong() string {
	var parts []string
	if s.failedChecks > 0 {
		parts = append(parts, text.Number(int64(s.failedChecks), "check", "checks")+" failed.")
	}
	if s.failedRecords > 0 {
		parts = append(parts, "The migration could not copy "+text.Number(s.failedRecords, "record",
			"records")+".")
	}
	return strings.Join(parts, " ")
}
