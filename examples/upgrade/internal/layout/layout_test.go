package layout

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/rivo/uniseg"

	"github.com/idconnect-go/upgrade/idconnect/report"
	"github.com/idconnect-go/upgrade/internal/await"
)

var update = flag.Bool("update", false, "write the golden files anew")

// savedReports are the golden reports of the package report, by name.
func savedReports(t *testing.T) map[string]*report.Report {
	t.Helper()
	paths, err := filepath.Glob("../../../../idconnect/report/testdata/*.json")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]*report.Report{}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var r report.Report
		if err := json.Unmarshal(text, &r); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if r.Verify != nil {
			for _, c := range r.Verify.Collections {
				for i := range c.Values { // which the file has on several lines
					v := &c.Values[i]
					v.Source, v.Target = compact(t, v.Source), compact(t, v.Target)
				}
			}
		}
		out[strings.TrimSuffix(filepath.Base(path), ".json")] = &r
	}
	if len(out) < 10 {
		t.Fatalf("%d reports", len(out))
	}
	thousands := *out["differences"]
	compared := *thousands.Verify
	compared.Collections = slices.Clone(compared.Collections)
	users := &compared.Collections[0]
	users.Missing = slices.Repeat(users.Missing, 1000/len(users.Missing))
	thousands.Verify = &compared
	out["thousands"] = &thousands
	return out
}

func compact(t *testing.T, value json.RawMessage) json.RawMessage {
	t.Helper()
	if value == nil {
		return nil
	}
	var b bytes.Buffer
	if err := json.Compact(&b, value); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func laidOut(t *testing.T, o Layout, all []report.Block) string {
	t.Helper()
	var b bytes.Buffer
	if err := o.Write(&b, all); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// What a terminal shows is in testdata/report; -update writes that anew.
func TestLayoutGolden(t *testing.T) {
	t.Parallel()
	reports := savedReports(t)
	for _, c := range []struct {
		file, sample string
		o            Layout
	}{
		{"differences-40.txt", "differences", Layout{Width: 40}},
		{"blocked-80-colour.txt", "blocked", Layout{Width: 80, Colour: true}},
	} {
		path := filepath.Join("testdata", "report", c.file)
		got := laidOut(t, c.o, reports[c.sample].View().Blocks())
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(strings.ReplaceAll(string(want), "\r\n", "\n"), got); d != "" {
			t.Errorf("%s:\n%s", c.file, d)
		}
	}
}

// Without a width and colour a report is laid out as the package writes it.
func TestLayoutPlain(t *testing.T) {
	t.Parallel()
	for name, r := range savedReports(t) {
		var b bytes.Buffer
		if err := r.Write(&b, report.Text); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(b.String(), laidOut(t, Layout{}, r.View().Blocks())); d != "" {
			t.Errorf("%s:\n%s", name, d)
		}
	}
}

var anyColour = regexp.MustCompile("\x1b\\[[0-9]+m")

// However wide a terminal is, no line is wider, nothing but colour is an
// escape, and colour changes nothing else.
func TestLayoutWidth(t *testing.T) {
	t.Parallel()
	for name, r := range savedReports(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if r.Verify != nil && len(r.Verify.Collections) > 0 {
				r.Verify.Collections[0].Name = "使用者\U0001F469\u200D\U0001F680e\u0301"
			}
			checkWidths(t, r.View().Blocks())
		})
	}
}

// A plan is as narrow as a terminal, too.
func TestLayoutPlanWidth(t *testing.T) {
	t.Parallel()
	r := savedReports(t)["blocked"]
	p := report.Plan{Source: r.Source, Target: r.Target, Findings: r.Findings}
	for _, s := range r.Steps {
		p.Steps = append(p.Steps, report.StepPlan{
			Name: s.Name, Where: report.WhereTarget, State: s.State, Detail: s.Detail,
			Findings: r.Findings.Of(s.Name),
		})
	}
	checkWidths(t, p.Blocks())
	got := laidOut(t, Layout{Width: 80}, p.Blocks())
	if !strings.Contains(got, "\n          blocks: DISK-SPACE\n            seen: ") {
		t.Errorf("findings are not indented by an eighth of the width:\n%s", got)
	}
}

func checkWidths(t *testing.T, all []report.Block) {
	t.Helper()
	words := ""
	for _, width := range []int{0, 20, 32, 40, 60, 80, 200} {
		plain := laidOut(t, Layout{Width: width}, all)
		coloured := laidOut(t, Layout{Width: width, Colour: true}, all)
		if d := cmp.Diff(plain, anyColour.ReplaceAllString(coloured, "")); d != "" {
			t.Fatalf("%d columns, with colour:\n%s", width, d)
		}
		for line := range strings.Lines(plain) {
			line = strings.TrimSuffix(line, "\n")
			if n := uniseg.StringWidth(line); width > 0 && n > width {
				t.Errorf("%d columns: %d in %q", width, n, line)
			}
			hidden := strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsPrint(r) })
			if hidden || strings.HasSuffix(line, " ") {
				t.Errorf("%d columns: %q", width, line)
			}
		}
		// Nothing is lost by folding.
		got := strings.Join(strings.Fields(plain), "")
		if words == "" {
			words = got
		}
		if d := cmp.Diff(words, got); d != "" {
			t.Errorf("%d columns:\n%s", width, d)
		}
	}
}

// long are texts that need folding in different ways.
func long(size int) map[string]string {
	repeated := func(s string) string { return strings.Repeat(s, size/len(s)) }
	return map[string]string{
		"one word":        repeated("x"),
		"short words":     repeated("word "),
		"one character":   "e" + repeated("\u0301"),
		"wide characters": repeated("使用者"),
		"short lines":     repeated("line\n"),
	}
}

// A text of a million bytes is folded in a second or so: the time grows with
// its length, not with its square.
func TestLayoutLong(t *testing.T) {
	t.Parallel()
	for name, text := range long(1_000_000) {
		began := time.Now()
		laidOut(t, Layout{Width: 40}, []report.Block{{Rows: [][]report.Cell{{{Text: text}}}}})
		if took := time.Since(began); took > await.Patience {
			t.Errorf("%s: %v", name, took)
		}
	}
}

func BenchmarkLayout(b *testing.B) {
	for _, size := range []int{4 << 10, 64 << 10, 1 << 20} {
		for name, text := range long(size) {
			b.Run(fmt.Sprintf("%s/%d", name, size), func(b *testing.B) {
				b.SetBytes(int64(len(text)))
				all := []report.Block{{Rows: [][]report.Cell{{{Text: text}}}}}
				for b.Loop() {
					if err := (Layout{Width: 40}).Write(io.Discard, all); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
