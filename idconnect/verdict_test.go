package idconnect_test

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/examples/summary"
	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/report"
	"github.com/idconnect-go/upgrade/idconnect/verify"
)

// verdictCases are comparisons with the exit code that they have to end with.
var verdictCases = []struct {
	name  string
	spoil func(r *verify.Report)
	code  int
	open  int // what was not compared and lowers the verdict
}{
	{"same", func(*verify.Report) {}, 0, 0},
	{"expected to be absent", func(r *verify.Report) {
		collection(r).Checked, collection(r).Absent = false, true
	}, 0, 0},
	{"turned off", func(r *verify.Report) { r.Off = []string{"GROUPS"} }, 0, 0},
	{"accepted", func(r *verify.Report) {
		r.Checks[0].Result, r.Accept = verify.CheckNotChecked, []string{"GROUPS"}
	}, 0, 0},
	{"accepted value", func(r *verify.Report) {
		collection(r).NotCheckedValues, r.Accept = 3, []string{"VALUES-ROLES"}
	}, 0, 0},
	{"failed, and there all the same", func(r *verify.Report) {
		r.Failed.Count, r.Failed.Records = 1, []verify.FailedRecord{{ID: "a", Collection: "users"}}
	}, 0, 0},

	{"missing", func(r *verify.Report) { collection(r).MissingCount = 1 }, 1, 0},
	{"unreadable", func(r *verify.Report) { collection(r).Unreadable = 1 }, 1, 0},
	{"check failed", func(r *verify.Report) { r.Checks[0].Result = verify.CheckFailed }, 1, 0},
	{"failed check accepted", func(r *verify.Report) {
		r.Checks[0].Result, r.Accept = verify.CheckFailed, []string{"GROUPS"}
	}, 1, 0},
	{"record lost", func(r *verify.Report) { r.Failed.Count = 1 }, 1, 0},
	{"different and open", func(r *verify.Report) {
		r.Collections[0].ExtraCount, collection(r).NotCheckedValues = 1, 2
	}, 1, 1},

	{"value closed", func(r *verify.Report) { collection(r).NotCheckedValues = 3 }, 4, 1},
	{"collection refused", func(r *verify.Report) {
		collection(r).Checked, collection(r).Blocked = false, true
	}, 4, 1},
	{"collection not shown", func(r *verify.Report) { collection(r).Checked = false }, 4, 1},
	{"check not made", func(r *verify.Report) { r.Checks[0].Result = verify.CheckNotChecked }, 4, 1},
	{"check without a result", func(r *verify.Report) { r.Checks[0].Result = "" }, 4, 1},
	{"failed records not known", func(r *verify.Report) { r.Failed.Checked = false }, 4, 1},
	{"servers not told apart", func(r *verify.Report) { r.Notes = []string{"which is which"} }, 4, 1},
	{"another accepted", func(r *verify.Report) {
		collection(r).NotCheckedValues, r.Accept = 3, []string{"VALUES-USERS"}
	}, 4, 1},

	{"no record", func(r *verify.Report) {
		for i := range r.Collections {
			r.Collections[i].SourceCount, r.Collections[i].TargetCount = 0, 0
		}
	}, 5, 0},
	{"everything refused", func(r *verify.Report) {
		for i := range r.Collections {
			r.Collections[i] = verify.CollectionReport{Name: "x", Blocked: true}
		}
	}, 5, 2},
	{"no collection", func(r *verify.Report) { r.Collections = nil }, 5, 0},
}

func collection(r *verify.Report) *verify.CollectionReport { return &r.Collections[1] }

// TestVerdict: the error, the exit code, JSON, JUnit, the page, its colour and the
// summary say the same of a comparison, with and without a run.
func TestVerdict(t *testing.T) {
	t.Parallel()
	for _, c := range verdictCases {
		r := &verify.Report{Collections: []verify.CollectionReport{
			{Name: "users", Checked: true, SourceCount: 7, TargetCount: 7},
			{Name: "roles", Checked: true, SourceCount: 3, TargetCount: 3}},
			Checks: []verify.Check{{Code: "GROUPS", Name: "groups", Result: verify.CheckPassed}},
			Failed: &verify.FailedRecords{Checked: true}}
		c.spoil(r)
		alone := idconnect.ReportOf(r, nil)
		run := *alone
		run.Steps = []*report.StepResult{{Name: "verify", State: report.Done}}
		for _, rep := range []*report.Report{alone, &run} {
			checkVerdict(t, c.name, rep, c.code, c.open)
		}
		stale := run
		stale.Outcome, stale.Error, stale.Remedy = "done", "", "" // whoever said so
		checkVerdict(t, c.name, &stale, c.code, c.open)
	}
}

func checkVerdict(t *testing.T, name string, rep *report.Report, code, open int) {
	t.Helper()
	want := map[int]struct {
		err     error
		outcome string
		tone    report.Tone
	}{
		0: {nil, "done", report.Good},
		1: {idconnect.ErrDifferences, "differences", report.Bad},
		4: {idconnect.ErrPartlyCompared, "same as far as compared", report.Care},
		5: {idconnect.ErrNothingCompared, "nothing to compare", report.Bad},
	}[code]
	verdict := rep.Verify.Verdict()
	err := verdict.Outcome.Err()
	if !errors.Is(err, want.err) || idconnect.ExitCode(err) != code || verdict.Outcome.ExitCode() != code ||
		idconnect.ExitCode(&idconnect.StepError{Step: "verify", Err: err}) != code && code != 0 ||
		rep.Verify.Same() != (code == 0) {
		t.Errorf("%s: %v, exit code %d", name, err, idconnect.ExitCode(err))
	}
	var document struct {
		Outcome, Error string
		Verify         struct {
			Verdict struct {
				Outcome string
				Open    []any
			}
		}
	}
	var b bytes.Buffer
	must(t, rep.Write(&b, report.JSON))
	must(t, json.Unmarshal(b.Bytes(), &document))
	inside := document.Verify.Verdict
	if document.Outcome != want.outcome || (document.Error == "") != (code == 0) || len(inside.Open) != open ||
		inside.Outcome != want.outcome && code != 0 || code == 0 && inside.Outcome != "same" {
		t.Errorf("%s: JSON says %+v", name, document)
	}
	var suites struct {
		Failures int `xml:"failures,attr"`
		Errors   int `xml:"errors,attr"`
		Skipped  int `xml:"skipped,attr"`
	}
	b.Reset()
	must(t, rep.Write(&b, report.JUnit))
	must(t, xml.Unmarshal(b.Bytes(), &suites))
	if (suites.Failures+suites.Errors > 0) != (code == 1 || code == 5) || code == 4 && suites.Skipped < open+1 {
		t.Errorf("%s: JUnit says %+v", name, suites)
	}
	v := rep.View()
	if v.Tone != want.tone || len(v.Open) != open {
		t.Errorf("%s: %s: %s (%s), open %q", name, v.Tone, v.Title, v.Lead, v.Open)
	}
	b.Reset()
	must(t, rep.Write(&b, report.HTML))
	page := b.String()
	if !strings.Contains(page, `<body class="mood-`+string(want.tone)+`"`) || !strings.Contains(page, v.Title) {
		t.Errorf("%s: the page says something else", name)
	}
	b.Reset()
	must(t, rep.Write(&b, summary.Markdown))
	mark := map[int]string{0: "✅", 1: "❌", 4: "⚠️", 5: "❌"}[code]
	if text := b.String(); !strings.Contains(text, "\n## "+mark+" "+v.Title+"\n") ||
		strings.Contains(text, "### Not compared") != (open > 0) ||
		strings.Contains(text, "**What to do:**") != (code != 0) {
		t.Errorf("%s: the summary says\n%s", name, text)
	}
}

// TestExitCode: what is no comparison has its own.
func TestExitCode(t *testing.T) {
	t.Parallel()
	for err, want := range map[error]int{nil: 0, context.Canceled: 130, errors.New("x"): 1} {
		if got := idconnect.ExitCode(err); got != want {
			t.Errorf("%v: %d", err, got)
		}
	}
}
