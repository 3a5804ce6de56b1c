package report

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idconnect-go/upgrade/idconnect/verify"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestReportGolden compares what is written with testdata; -update writes that
// anew.
func TestReportGolden(t *testing.T) {
	t.Parallel()
	for name, rep := range documents() {
		goldens := map[string]Format{}
		if name != "thousands" {
			goldens[name+".json"] = JSON
		}
		switch name {
		case "differences", "hostile":
			goldens[name+".html"], goldens[name+".xml"], goldens[name+".txt"] = HTML, JUnit, Text
		case "done", "failed":
			goldens[name+".txt"] = Text
		}
		for file, f := range goldens {
			golden(t, rep, file, f)
		}
	}
	var b bytes.Buffer
	if err := samplePlan().WriteText(&b); err != nil {
		t.Fatal(err)
	}
	compareGolden(t, "plan.txt", b.String())
}

func golden(t *testing.T, rep *Report, file string, f Format) {
	t.Helper()
	var b bytes.Buffer
	if err := rep.Write(&b, f); err != nil {
		t.Fatal(err)
	}
	got := strings.Replace(b.String(), htmlStyle, "/* report.css */", 1)
	compareGolden(t, file, regexp.MustCompile(`sha256-.*?=&`).ReplaceAllString(got, "sha256-…&"))
}

func compareGolden(t *testing.T, file, got string) {
	t.Helper()
	path := filepath.Join("testdata", file)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(strings.ReplaceAll(string(want), "\r\n", "\n"), got); d != "" {
		t.Errorf("%s (go test ./idconnect/report -run TestReportGolden -update writes it anew):\n%s", file, d)
	}
}

// A comparison that was not completed is not said to be without a
// difference, whatever the finished collections say.
func TestReportOfComparison(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		outcome string
		spoil   bool
		tone    Tone
		says    string
	}{
		{"done", false, Good, "verdict: same"},
		{"differences", true, Bad, "verdict: differences"},
		{"interrupted", false, Care, "the comparison was not completed"},
		{"failed", false, Bad, "the comparison was not completed"},
	} {
		r := sampleVerify()
		if c.spoil {
			r.Collections[2].ExtraCount = 1
		}
		rep := sampleOf(r, c.outcome)
		var b bytes.Buffer
		if err := rep.Write(&b, Text); err != nil {
			t.Fatal(err)
		}
		if v := rep.View(); v.Tone != c.tone || !strings.HasSuffix(b.String(), "\n"+c.says+"\n") {
			t.Errorf("%s: %+v\n%s", c.outcome, v, &b)
		}
	}
}

// What was not checked is never a proof.
func TestVerdictReservations(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*verify.Report){
		"check":      func(r *verify.Report) { r.Checks[2].Result = verify.CheckNotChecked },
		"unknown":    func(r *verify.Report) { r.Checks[2].Result = "" },
		"collection": func(r *verify.Report) { r.Collections[3].Checked = false },
		"values":     func(r *verify.Report) { r.Collections[0].NotCheckedValues = 1 },
		"failed":     func(r *verify.Report) { r.Failed.Checked = false },
	} {
		rep := sampleDone()
		spoil(rep.Verify)
		if v := rep.View(); v.Tone != Care || len(v.Open) != 1 {
			t.Errorf("%s: %+v", name, v)
		}
	}
	for name, spoil := range map[string]func(*verify.Report){
		"check":  func(r *verify.Report) { r.Checks[2].Result = verify.CheckFailed },
		"failed": func(r *verify.Report) { r.Failed.Count = 3 },
	} {
		rep := sampleDone()
		spoil(rep.Verify)
		if v := rep.View(); v.Tone != Bad {
			t.Errorf("%s: %+v", name, v)
		}
	}
}

func TestFormatWithoutFields(t *testing.T) {
	for want, format := range map[string]Format{
		"report: the format's field Write is nil":  {File: "report.csv"},
		"report: the format's field File is empty": {Write: Text.Write},
	} {
		for name, err := range map[string]error{
			"Save":       sampleDifferences(1, 1).Save(t.TempDir(), format),
			"CheckFiles": CheckFiles(t.TempDir(), format),
		} {
			if err == nil || err.Error() != want {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func TestReportSave(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a", "report")
	for range 2 { // the second replaces the first
		if err := sampleDifferences(3, 5).Save(dir); err != nil {
			t.Fatal(err)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		if info.Size() == 0 || runtime.GOOS != "windows" && info.Mode() != 0o640 {
			t.Errorf("%s: %v, %d bytes", e.Name(), info.Mode(), info.Size())
		}
	}
	if d := cmp.Diff([]string{"junit.xml", "report.html", "report.json", "report.txt"}, names); d != "" {
		t.Error(d)
	}
}
