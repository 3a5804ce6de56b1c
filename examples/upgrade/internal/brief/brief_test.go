package brief_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rivo/uniseg"

	"github.com/idconnect-go/upgrade/examples/upgrade/internal/brief"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/layout"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/idconnect/report"
)

func saved(t *testing.T, name string) *report.Report {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../../../../idconnect/report/testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var r report.Report
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	return &r
}

func shown(t *testing.T, width int, all []report.Block) string {
	t.Helper()
	var b bytes.Buffer
	if err := (layout.Layout{Width: width}).Write(&b, all); err != nil {
		t.Fatal(err)
	}
	for l := range strings.Lines(b.String()) {
		if n := uniseg.StringWidth(strings.TrimRight(l, "\n")); width > 0 && n > width {
			t.Errorf("%d of %d columns: %q", n, width, l)
		}
	}
	return b.String()
}

// TestReport: each outcome says what it is, what is wrong and what to do, on one page of a terminal.
func TestReport(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		says, not []string
		most      int // rows of 80 columns
	}{
		"done": {
			[]string{"13,425 records", "4 of 4 passed", "USER-ROLES, LINK-QUALIFIER", "verify -v", "CHECK-BY-HAND"},
			[]string{"STORE-UNVERIFIED", "warns"}, 8,
		},
		"comparison": {[]string{"Both servers hold the same records"}, []string{"Findings"}, 6},
		"blocked": {
			[]string{"blocks: SOURCE-CERT-NAME", "blocks: DISK-SPACE", "remedy: make room", "warns: STORE-UNVERIFIED",
				"upgrade explain DISK-SPACE"},
			[]string{"https://"}, 30,
		},
		"differences": {
			[]string{"users: 9 missing", "(108 in the source, 105 in the target)", "m-9e3779b1-4c1d-0000", "and 4 more",
				"check failed: Users and their links", "could not copy 9 records", "repair: ",
				"COLLECTION-ASSIGNMENTS"},
			[]string{"m-f6f4b6fc", "blocks: "}, 50,
		},
		"reservations": {
			[]string{"not everything was compared", "1,240 encrypted values",
				"VALUES-USERS", "FAILED-RECORDS", "remedy: "},
			nil, 25,
		},
		"failed":      {[]string{"failed in the step setup", "Preflight warned of STORE-UNVERIFIED"}, nil, 6},
		"interrupted": {[]string{"was interrupted", "6 of 8 steps"}, []string{"remedy"}, 6},
		"locked":      {[]string{"cannot start yet"}, nil, 4},
		"bare":        {[]string{"not verified"}, nil, 4},
		"planned":     {[]string{"warns: STORE-UNVERIFIED"}, nil, 12},
		"hostile":     {[]string{"the servers differ"}, []string{"\x1b", "\u202e", strings.Repeat("x", 300)}, 90},
	} {
		v := saved(t, name).View()
		whole := strings.Join(strings.Fields(shown(t, 0, brief.Report(v, "upgrade"))), " ")
		for _, want := range c.says {
			if !strings.Contains(whole, want) {
				t.Errorf("%s: no %q in\n%s", name, want, whole)
			}
		}
		for _, no := range c.not {
			if strings.Contains(whole, no) {
				t.Errorf("%s: %q in\n%s", name, no, whole)
			}
		}
		if got := shown(t, 80, brief.Report(v, "upgrade")); strings.Count(got, "\n") > c.most {
			t.Errorf("%s: %d rows, at most %d:\n%s", name, strings.Count(got, "\n"), c.most, got)
		}
		for _, width := range []int{40, 60, 120, 200} {
			shown(t, width, brief.Report(v, "upgrade"))
			shown(t, width, brief.ReportLine(v))
		}
		line := shown(t, 0, brief.ReportLine(v))
		if !strings.Contains(line, v.Title) || len(v.Findings.Blocking()) == 0 && strings.Count(line, "\n") != 1 {
			t.Errorf("%s: in a sentence: %s", name, line)
		}
	}
}

// TestPlan: a plan says whether the upgrade can begin, and if not, why and what to do.
func TestPlan(t *testing.T) {
	t.Parallel()
	r := saved(t, "blocked")
	p := report.Plan{Source: r.Source, Target: r.Target, Findings: r.Findings}
	for _, s := range r.Steps {
		p.Steps = append(p.Steps, report.StepPlan{Name: s.Name, Where: report.WhereTarget, State: report.ToDo,
			Detail: s.Detail, Findings: r.Findings.Of(s.Name)})
	}
	got := shown(t, 80, brief.Plan(p, "upgrade"))
	for _, want := range []string{
		"(DISK-SPACE", "blocks: SOURCE-CERT-NAME\n", "  why: ", "  remedy: ", "on the target's machine: prepare,",
		"Blocked by SOURCE-CERT-NAME, DISK-SPACE. Nothing was changed.",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	for _, seen := range []string{"311 MB are free below", "found: the certificate names"} {
		if n := strings.Count(shown(t, 120, brief.Plan(p, "upgrade")), seen); n != 1 {
			t.Errorf("%q stands there %d times", seen, n)
		}
	}
	if line := shown(t, 0, brief.PlanLine(p)); strings.Contains(line, "why: ") || !strings.Contains(line, "remedy: ") {
		t.Errorf("in a sentence: %s", line)
	}
	p.Findings = preflight.Findings{}
	for i := range p.Steps {
		p.Steps[i].Findings = nil
	}
	p.Steps[0].State = report.Done
	if got := shown(t, 0, brief.PlanLine(p)); got != "Ready. 7 steps to do: unpack, stores, java, setup, "+
		"configure, migrate, verify. Nothing was changed.\n" {
		t.Error(got)
	}
}

// TestResults: a rollback that stops says how far it came.
func TestResults(t *testing.T) {
	t.Parallel()
	all := []report.StepResult{{Name: "stores", State: report.Done, Detail: "put back"},
		{Name: "unpack", State: report.Failed, Detail: "in use"}}
	if got := shown(t, 80, brief.Results(all)); got != "stores  done    put back\nunpack  failed  in use\n" {
		t.Error(got)
	}
	if got := shown(t, 80, brief.ResultsLine(all)); !strings.Contains(got, "in part: 1 of 2 steps undone") {
		t.Error(got)
	}
	if got := shown(t, 80, brief.ResultsLine(nil)); !strings.Contains(got, "Nothing to roll back") {
		t.Error(got)
	}
}
