package flow

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/report"
	"github.com/idconnect-go/upgrade/idconnect/verify"
)

// comparison is a report of one collection and what a row of a table changes.
func comparison(change func(*verify.Report)) *verify.Report {
	v := &verify.Report{Collections: []verify.CollectionReport{
		{Name: "users", Checked: true, SourceCount: 3, TargetCount: 3},
	}}
	change(v)
	return v
}

// TestPublicVerdict: what is left out of a report for the engine does not change
// what its comparison proves, nor its outcome in the JSON form.
func TestPublicVerdict(t *testing.T) {
	const code = "SALESFORCE-ORGS"
	skipped := verify.Check{Code: code, Result: verify.CheckNotChecked}
	for name, c := range map[string]struct {
		verify *verify.Report
		want   string
	}{
		"same":         {comparison(func(*verify.Report) {}), Done},
		"a difference": {comparison(func(v *verify.Report) { v.Collections[0].MissingCount = 1 }), Differences},
		"a failed check": {comparison(func(v *verify.Report) {
			v.Checks = []verify.Check{{Code: code, Result: verify.CheckFailed}}
		}), Differences},
		"a lost record": {comparison(func(v *verify.Report) {
			v.Failed = &verify.FailedRecords{Checked: true, Count: 1}
		}), Differences},
		"a failed record that is there": {comparison(func(v *verify.Report) {
			v.Failed = &verify.FailedRecords{Checked: true, Count: 1,
				Records: []verify.FailedRecord{{Collection: "users"}}}
		}), Done},
		"a skipped check": {comparison(func(v *verify.Report) { v.Checks = []verify.Check{skipped} }), Partly},
		"one that is accepted": {comparison(func(v *verify.Report) {
			v.Checks, v.Accept = []verify.Check{skipped}, []string{code}
		}), Done},
		"closed values":     {comparison(func(v *verify.Report) { v.Collections[0].NotCheckedValues = 2 }), Partly},
		"a note":            {comparison(func(v *verify.Report) { v.Notes = []string{hush} }), Partly},
		"failed not looked": {comparison(func(v *verify.Report) { v.Failed = &verify.FailedRecords{} }), Partly},
		"no record": {comparison(func(v *verify.Report) {
			v.Collections[0].SourceCount, v.Collections[0].TargetCount = 0, 0
		}), Nothing},
	} {
		want := c.verify.Verdict().Outcome
		out := public(&report.Report{Outcome: c.want, Verify: c.verify})
		if got := out.Verify.Verdict().Outcome; got != want {
			t.Errorf("%s: %s, not %s", name, got, want)
		}
		b, err := json.Marshal(out)
		if err != nil {
			t.Fatal(err)
		}
		var back struct{ Outcome string }
		if err := json.Unmarshal(b, &back); err != nil || back.Outcome != c.want {
			t.Errorf("%s: the outcome is %q in JSON, not %q (%v)", name, back.Outcome, c.want, err)
		}
		if err := want.Err(); err != nil {
			if f := comparisonFault(err); f == nil || outcomeOfFault(f.Type) != string(want) || f.Remedy == "" {
				t.Errorf("%s: %+v", name, f)
			}
		} else if comparisonFault(err) != nil || comparisonFault(errors.New("x")) != nil {
			t.Errorf("%s: a fault of no comparison", name)
		}
		if r := (&Result{Outcome: c.want, Report: out}); r.Lead() == "" {
			t.Errorf("%s: nothing is said of it", name)
		}
	}
}

// TestExitCode: the four outcomes of a comparison, and fleets in which they are
// mixed with each other and with the rest.
func TestExitCode(t *testing.T) {
	for _, c := range []struct {
		counts map[string]int
		all    int
		plan   bool
		want   int
	}{
		{map[string]int{Done: 2}, 2, false, 0},
		{map[string]int{Ready: 2}, 2, true, 0},
		{map[string]int{Differences: 1}, 1, false, 1},
		{map[string]int{Partly: 1}, 1, false, 4},
		{map[string]int{Nothing: 1}, 1, false, 5},
		{map[string]int{Done: 3, Partly: 1}, 4, false, 4},
		{map[string]int{Done: 3, Nothing: 1}, 4, false, 5},
		{map[string]int{Partly: 3, Nothing: 1}, 4, false, 5},
		{map[string]int{Partly: 3, Nothing: 1, Differences: 1}, 5, false, 1},
		{map[string]int{Done: 1, Partly: 1, Failed: 1}, 3, false, 1},
		{map[string]int{Partly: 1, GivenUp: 1}, 2, false, 1},
		{map[string]int{Partly: 1, Interrupted: 1}, 2, false, 1},
		{map[string]int{Partly: 1}, 2, false, 1}, // one was not started
		{map[string]int{Partly: 1, Blocked: 1}, 2, false, 1},
		{map[string]int{Blocked: 2}, 2, false, 3},
		{map[string]int{Blocked: 1, Ready: 1}, 2, true, 3},
		{map[string]int{Blocked: 1, Done: 1}, 2, false, 1},
		{map[string]int{}, 2, false, 1},
	} {
		if got := ExitCode(c.counts, c.all, c.plan); got != c.want {
			t.Errorf("%v of %d, plan %v: %d, not %d", c.counts, c.all, c.plan, got, c.want)
		}
	}
	for want, err := range map[string]error{Differences: idconnect.ErrDifferences, Partly: idconnect.ErrPartlyCompared,
		Nothing: idconnect.ErrNothingCompared} {
		if got := ExitCode(map[string]int{want: 1}, 1, false); got != idconnect.ExitCode(err) {
			t.Errorf("%s: %d, but one installation ends with %d", want, got, idconnect.ExitCode(err))
		}
	}
}

// TestMergedReport: an earlier run is one before this workflow, not an earlier step
// of it; the module's version and what an earlier run did are kept.
func TestMergedReport(t *testing.T) {
	at := func(minute int) time.Time { return time.Date(2026, 3, 14, 20, minute, 0, 0, time.UTC) }
	earlier := at(1)
	var r Result
	for _, rep := range []*report.Report{
		{Started: at(10), Ended: at(11), Steps: []*report.StepResult{{Name: "prepare"}, {Name: "migrate"}}},
		{Started: at(12), Ended: at(13), FirstStarted: at(5), Tool: "v1.2.3",
			Steps: []*report.StepResult{{Name: "prepare", EarlierStarted: &earlier, EarlierEnded: &earlier}}},
		{Started: at(14), Ended: at(15), FirstStarted: at(12), Tool: "v1.2.3",
			Steps: []*report.StepResult{{Name: "migrate", Records: 7}}},
	} {
		r.add(Looked{Report: public(rep)})
	}
	rep := r.Report
	if !rep.Started.Equal(at(10)) || !rep.Ended.Equal(at(15)) || !rep.FirstStarted.Equal(at(5)) ||
		rep.Tool != "v1.2.3" || len(rep.Steps) != 2 || rep.Steps[1].Records != 7 ||
		rep.Steps[0].EarlierStarted == nil || !rep.Steps[0].EarlierEnded.Equal(earlier) {
		t.Errorf("%+v", rep)
	}
	var first Result
	first.add(Looked{Report: public(&report.Report{Started: at(10)})})
	first.add(Looked{Report: public(&report.Report{Started: at(14), FirstStarted: at(12)})})
	if !first.Report.FirstStarted.IsZero() {
		t.Errorf("the first run has one before it: %v", first.Report.FirstStarted)
	}
	if out := public(&report.Report{Tool: hush}); out.Tool != "" {
		t.Errorf("%q gets into a history", out.Tool)
	}
}
