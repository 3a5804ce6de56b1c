package idconnect

import (
	"bytes"
	"context"
	"flag"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/rivo/uniseg"

	"github.com/idconnect-go/upgrade/idconnect/verify"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestReportGolden compares what is written with testdata/report;
// -update writes that anew.
func TestReportGolden(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		file   string
		sample string
		write  func(*Report, io.Writer) error
	}{
		{"done.txt", "done", (*Report).WriteText},
		{"differences.txt", "differences", (*Report).WriteText},
		{"differences-40.txt", "differences", func(r *Report, w io.Writer) error { return r.WriteTextFor(w, TextOptions{Width: 40}) }},
		{"blocked-80-colour.txt", "blocked", func(r *Report, w io.Writer) error { return r.WriteTextFor(w, TextOptions{Width: 80, Colour: true}) }},
		{"failed.txt", "failed", (*Report).WriteText},
		{"hostile.txt", "hostile", (*Report).WriteText},
		{"differences.html", "differences", (*Report).WriteHTML},
		{"hostile.html", "hostile", (*Report).WriteHTML},
		{"differences.xml", "differences", (*Report).WriteJUnit},
		{"hostile.xml", "hostile", (*Report).WriteJUnit},
		{"differences.json", "differences", (*Report).WriteJSON},
	} {
		var b bytes.Buffer
		if err := c.write(samples()[c.sample], &b); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join("testdata", "report", c.file)
		got := strings.Replace(b.String(), htmlStyle, "/* report.css */", 1)
		got = regexp.MustCompile(`sha256-.*?=&`).ReplaceAllString(got, "sha256-…&")
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(strings.ReplaceAll(string(want), "\r\n", "\n"), got); d != "" {
			t.Errorf("%s (go test ./idconnect -run TestReportGolden -update writes it anew):\n%s", c.file, d)
		}
	}
}

// However wide a terminal is, no line is wider, nothing but colour is an
// escape, and colour changes nothing else.
func TestReportTextWidth(t *testing.T) {
	t.Parallel()
	colour := regexp.MustCompile("\x1b\\[[0-9]+m")
	eachSample(t, func(t *testing.T, rep *Report) {
		if rep.Verify != nil && len(rep.Verify.Collections) > 0 {
			rep.Verify.Collections[0].Name = "使用者\U0001F469\u200D\U0001F680e\u0301"
		}
		words := ""
		for _, width := range []int{0, 20, 32, 40, 60, 80, 200} {
			var plain, coloured bytes.Buffer
			if err := rep.WriteTextFor(&plain, TextOptions{Width: width}); err != nil {
				t.Fatal(err)
			}
			if err := rep.WriteTextFor(&coloured, TextOptions{Width: width, Colour: true}); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(plain.String(), colour.ReplaceAllString(coloured.String(), "")); d != "" {
				t.Fatalf("%d columns, with colour:\n%s", width, d)
			}
			for line := range strings.Lines(plain.String()) {
				line = strings.TrimSuffix(line, "\n")
				if n := uniseg.StringWidth(line); width > 0 && n > width {
					t.Errorf("%d columns: %d in %q", width, n, line)
				}
				if strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }) || strings.HasSuffix(line, " ") {
					t.Errorf("%d columns: %q", width, line)
				}
			}
			// Nothing is lost by folding.
			all := strings.Join(strings.Fields(plain.String()), "")
			if words == "" {
				words = all
			}
			if d := cmp.Diff(words, all); d != "" {
				t.Errorf("%d columns:\n%s", width, d)
			}
		}
	})
}

// A comparison that did not come to its end is not said to be without a
// difference, whatever the finished collections say.
func TestReportOfComparison(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err     error
		spoil   bool
		outcome string
		mood    mood
		says    string
	}{
		{nil, false, "done", moodGood, "no difference"},
		{nil, true, "differences", moodBad, "not proved to be the same"},
		{ErrDifferences, true, "differences", moodBad, "not proved to be the same"},
		{context.Canceled, false, "interrupted", moodCare, "the comparison did not come to its end"},
		{io.ErrUnexpectedEOF, false, "failed", moodBad, "the comparison did not come to its end"},
	} {
		r := sampleVerify()
		if c.spoil {
			r.Collections[2].ExtraCount = 1
		}
		rep := ReportOf(r, c.err)
		var b bytes.Buffer
		if err := rep.WriteText(&b); err != nil {
			t.Fatal(err)
		}
		if rep.Outcome != c.outcome || rep.verdict().mood != c.mood || !strings.HasSuffix(b.String(), "\n"+c.says+"\n") {
			t.Errorf("%v: %s, %+v\n%s", c.err, rep.Outcome, rep.verdict(), &b)
		}
	}
	if ReportOf(nil, nil) != nil {
		t.Error("a report of nothing")
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
		if v := rep.verdict(); v.mood != moodCare || len(v.open) != 1 {
			t.Errorf("%s: %+v", name, v)
		}
	}
	for name, spoil := range map[string]func(*verify.Report){
		"check":  func(r *verify.Report) { r.Checks[2].Result = verify.CheckFailed },
		"failed": func(r *verify.Report) { r.Failed.Count = 3 },
	} {
		rep := sampleDone()
		spoil(rep.Verify)
		if v := rep.verdict(); v.mood != moodBad {
			t.Errorf("%s: %+v", name, v)
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
