package idconnect

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/idconnect/verify"
	"github.com/idconnect-go/upgrade/internal/text"
)

// verdict is what a report says, in words for somebody who does not know the
// steps.
type verdict struct {
	mood  mood
	title string
	// lead is one or two sentences below the title.
	lead string
	// open is what was not proved, a line each.
	open []string
}

// mood is how good the news is. Its text is the name of a colour in the page.
type mood string

const (
	moodGood mood = "good" // proved
	moodCare mood = "care" // nothing is wrong, and something is open
	moodBad  mood = "bad"  // something is wrong
)

// alone says that the report is of a comparison without a run.
func (rep *Report) alone() bool { return rep.Verify != nil && len(rep.Steps) == 0 }

func (rep *Report) verdict() verdict {
	sums := sumsOf(rep.Verify)
	v := verdict{mood: moodBad}
	what := "upgrade"
	if rep.alone() {
		what = "comparison"
	}
	switch rep.Outcome {
	case "planned":
		v.mood, v.title, v.lead = moodGood, "Ready for the upgrade", "Nothing blocks. Nothing was changed yet."
		for _, f := range rep.Findings {
			if f.Severity == preflight.Warns {
				v.mood = moodCare
			}
		}
		if v.mood == moodCare {
			v.lead = "Nothing blocks, but there are warnings. Nothing was changed yet."
		}
	case "blocked":
		v.mood, v.title = moodCare, "The upgrade cannot start yet"
		v.lead = "Nothing was changed. "
		switch n := len(rep.Findings.Blocking()); n {
		case 0:
			v.lead += "Something is in the way."
		default:
			v.lead += text.Number(int64(n), "finding has", "findings have") + " to be settled first."
		}
	case "interrupted":
		v.mood, v.title = moodCare, "The "+what+" was interrupted"
		v.lead = "The same command goes on where it stopped."
		if done, all := rep.stepsDone(); all > 0 {
			v.lead = fmt.Sprintf("%d of %s done; the same command goes on where it stopped.", done, text.Number(int64(all), "step is", "steps are"))
		}
	case "failed":
		v.title = "The " + what + " failed"
		if s := rep.failedStep(); s != "" {
			v.title += " in the step " + s
		}
		v.lead = "What was done stays done: when the cause is removed, the same command goes on there."
	case "differences":
		v.title = "The servers differ"
		if !rep.alone() {
			v.title = "The upgrade ran, but the servers differ"
		}
		v.lead = sums.differences()
	case "done":
		switch {
		case rep.Verify == nil:
			v.mood, v.title = moodCare, "Done, but not proved"
			v.lead = "The chosen steps are done. The records of the two servers were not compared."
		case sums.failedChecks > 0 || sums.failedRecords > 0:
			v.title = "No difference was found, but something is wrong"
			v.lead = sums.same() + " " + sums.wrong()
		case len(sums.open) > 0:
			v.mood, v.title = moodCare, "No difference was found, but not everything was checked"
			v.lead = sums.same()
		case rep.alone():
			v.mood, v.title, v.lead = moodGood, "Both servers hold the same records", sums.same()
		default:
			v.mood, v.title, v.lead = moodGood, "The upgrade is done and proved", sums.same()
		}
	default:
		v.title = "The outcome is " + strconv.Quote(rep.Outcome)
	}
	v.open = sums.open
	return v
}

func (rep *Report) stepsDone() (done, all int) {
	for _, s := range rep.Steps {
		if s.State == Done {
			done++
		}
	}
	return done, len(rep.Steps)
}

func (rep *Report) failedStep() string {
	for _, s := range rep.Steps {
		if s.State == Failed {
			return s.Name
		}
	}
	return ""
}

// reportSums are the counts of a comparison over all collections.
type reportSums struct {
	source, target                                 int64 // records of the collections that were checked
	checked                                        int   // collections
	missing, extra, changed, duplicate, unreadable int64
	failedChecks                                   int
	failedRecords                                  int64
	// open is what was not checked, a line each.
	open []string
}

func sumsOf(r *verify.Report) (s reportSums) {
	if r == nil {
		return s
	}
	for i := range r.Collections {
		c := &r.Collections[i]
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
		if n := c.NotCheckedValues; n > 0 {
			s.open = append(s.open, fmt.Sprintf("%s of %s differ in their ciphertext and could not be opened", text.Number(n, "encrypted value", "encrypted values"), c.Name))
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

func withReason(what, reason string) string {
	if reason == "" {
		return what
	}
	return what + ": " + reason
}

func (s *reportSums) total() int64 {
	return s.missing + s.extra + s.changed + s.duplicate + s.unreadable
}

// same says what a comparison without a difference proves.
func (s *reportSums) same() string {
	if s.source == 0 {
		return "Both servers have no records in what was compared."
	}
	return fmt.Sprintf("All %s of the source are in the target, with the same content.", text.Number(s.source, "record", "records"))
}

// differences says how the servers differ.
func (s *reportSums) differences() string {
	var parts []string
	for _, n := range []struct {
		count     int64
		one, many string
	}{
		{s.missing, "is missing in the target", "are missing in the target"}, {s.extra, "is only in the target", "are only in the target"},
		{s.changed, "is changed", "are changed"}, {s.duplicate, "is there more than once", "are there more than once"},
		{s.unreadable, "cannot be read", "cannot be read"},
	} {
		if n.count > 0 {
			parts = append(parts, text.Number(n.count, n.one, n.many))
		}
	}
	switch {
	case len(parts) > 0:
		return fmt.Sprintf("%s of the source compared: %s.", text.Number(s.source, "record", "records"), strings.Join(parts, ", "))
	case s.checked == 0:
		return "No collection could be compared, so nothing is proved."
	}
	return strings.TrimSpace("What could be compared is the same, but that is not a proof. " + s.wrong())
}

// wrong says what is, apart from differences.
func (s *reportSums) wrong() string {
	var parts []string
	if s.failedChecks > 0 {
		parts = append(parts, text.Number(int64(s.failedChecks), "check", "checks")+" failed.")
	}
	if s.failedRecords > 0 {
		parts = append(parts, "The migration could not copy "+text.Number(s.failedRecords, "record", "records")+".")
	}
	return strings.Join(parts, " ")
}
