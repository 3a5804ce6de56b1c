package summary_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/idconnect-go/upgrade/examples/summary"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/idconnect/report"
	"github.com/idconnect-go/upgrade/idconnect/verify"
)

// hostile is what a server may put wherever it may choose a text.
const hostile = "1. <script>a|b</script>\r\n# h\n```\n| x | y |\n- [ ] t **b** _i_ `c` ~~s~~ [l](http://a.b) ![i](x) " +
	"@all #1 :tada: www.example.com &lt; \\| </code></details> $x$ https://a.b \x1b[2J --> a@b.c"

// sample has a text wherever there may be one, and so many records that differ.
func sample(text string, n int) *report.Report {
	now := time.Date(2026, time.March, 14, 20, 14, 0, 0, time.UTC)
	r := &report.Report{Version: report.Version, Started: now, Ended: now.Add(time.Minute), Outcome: "differences",
		Source: report.ServerSeen{URL: text, State: text, Version: text}, Tool: text, Error: text, Remedy: text}
	began, ended := now, now.Add(1234*time.Millisecond)
	v := &verify.Report{Notes: []string{text}, Off: []string{text}, Accept: []string{text}}
	c := verify.CollectionReport{Name: text, Resource: text, Checked: true, Reason: text, SourceCount: 12408,
		MissingCount: int64(n), ChangedCount: int64(n), ExtraCount: 1}
	v.Failed = &verify.FailedRecords{Checked: true, Count: int64(n), Repair: text}
	for i := range n {
		id := fmt.Sprint(text, i)
		c.Missing = append(c.Missing, id)
		c.Changed = append(c.Changed, verify.Change{ID: id, Members: []string{text, "sn"}})
		v.Failed.Records = append(v.Failed.Records, verify.FailedRecord{Mapping: text, ID: id, Reason: text})
	}
	v.Collections = append(v.Collections, c)
	for range max(n/10, 1) {
		r.Steps = append(r.Steps, &report.StepResult{Name: text, State: report.Failed, Detail: text, Started: &began,
			Ended: &ended})
		v.Collections = append(v.Collections, verify.CollectionReport{Name: text, Reason: text})
		v.Checks = append(v.Checks, verify.Check{Code: text, Name: text, Result: verify.CheckFailed, Detail: text,
			Remedy: text})
		for _, s := range []preflight.Severity{preflight.Blocks, preflight.Warns, preflight.Informs} {
			r.Findings = append(r.Findings, preflight.Finding{Code: text, Severity: s, Step: text, Seen: text,
				Why: text, Remedy: text})
		}
	}
	r.Verify = v
	return r
}

func markdown(t *testing.T, r *report.Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := r.Write(&b, summary.Markdown); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// ours are the tags that the summary writes, and what each line may begin with.
var (
	ours   = regexp.MustCompile(`</?(code|details|summary)>|<!-- A report on Salesforce Identity Connect\. -->`)
	begins = regexp.MustCompile("^(|#{2,3} .*|\\| .*|\\|( --- \\|)+|- (\\[ \\] \\*\\*)?([A-Za-z&<]|\\d+[^.)\\d]).*|" +
		"<details><summary>.*</summary>|</details>|<!-- .*|<code>.*|\\*\\*(What to do|Repair):\\*\\* .*|" +
		"and [\\d,]+ more|[A-Z].*|\\d+[^.)\\d].*)$")
	ourMarks = strings.NewReplacer("- [ ] **", "", "** (", "(", "**What to do:**", "", "**Repair:**", "")
	// What Markdown could take for its own, but for what the summary writes.
	marks = regexp.MustCompile("[`_\\[\\]~@\\\\!$]|://|:tada|www\\.|&[a-z]|\\*")
)

// checkMarkdown holds a summary to what a hostile text must not add to it.
func checkMarkdown(t *testing.T, text string) {
	t.Helper()
	if strings.Contains(ours.ReplaceAllString(text, ""), "<") {
		t.Errorf("another tag in\n%s", ours.ReplaceAllString(text, ""))
	}
	for _, tag := range []string{"code", "details", "summary"} {
		if open, closed := strings.Count(text, "<"+tag+">"), strings.Count(text, "</"+tag+">"); open != closed {
			t.Errorf("<%s> is there %d times, and closed %d times", tag, open, closed)
		}
	}
	columns := 0
	for line := range strings.SplitSeq(text, "\n") {
		if !begins.MatchString(line) {
			t.Fatalf("a line begins in another way: %.200q", line)
		}
		plain := ours.ReplaceAllString(line, "")
		plain = ourMarks.Replace(plain)
		if m := marks.FindString(plain); m != "" {
			t.Errorf("%q in %q", m, line)
		}
		if n := strings.Count(line, "|"); columns > 0 && n > 0 && n != columns {
			t.Errorf("%d columns, not %d: %q", n-1, columns-1, line)
		} else {
			columns = n
		}
	}
}

// No text that a server chose is markup, and each table has its columns.
func TestHostile(t *testing.T) {
	t.Parallel()
	for _, outcome := range []string{"differences", "failed", "blocked", "interrupted", "planned"} {
		r := sample(hostile, 3)
		r.Outcome = outcome
		text := markdown(t, r)
		checkMarkdown(t, text)
		if strings.Count(text, "&#60;script&#62;a&#124;b") < 20 {
			t.Errorf("%s: the texts are not shown\n%s", outcome, text)
		}
	}
}

// However much there is, GitHub takes it.
func TestBounded(t *testing.T) {
	t.Parallel()
	text := markdown(t, sample(strings.Repeat(hostile, 2), 800))
	checkMarkdown(t, text)
	if len(text) > 256<<10 || len(text) < 100<<10 {
		t.Errorf("%d KiB", len(text)>>10)
	}
	if !strings.Contains(text, "There was no room for the rest") {
		t.Error("it does not say that there is more")
	}
	if text := markdown(t, sample("name", 800)); strings.Count(text, "- and 780 more\n") != 3 {
		t.Errorf("the lists do not say how many more there are:\n%s", text)
	}
}

// What is written for a person to read.
func TestMarkdown(t *testing.T) {
	t.Parallel()
	text := markdown(t, sample("name", 1))
	checkMarkdown(t, text)
	for _, want := range []string{
		"## ❌ The upgrade ran, but the servers differ\n", "| Source | OpenIDM name, name <code>name</code> |\n",
		"| Date | 14 March 2026, 20:15 UTC |\n| Time taken | 1m0s |\n| Made by | idconnect-go/upgrade, name |\n",
		"- [ ] **name** (name): name\n", "| name | failed | 1.234s | name |\n",
		"| name | 12,408 | 0 | 1 missing, 1 extra, 1 changed: name |\n", "0 of 1 passed.\n",
		"<details><summary>1 name missing from the target</summary>\n\n- <code>name0</code>\n\n</details>\n",
		"- <code>name0 (name, sn)</code>\n", "- <code>name: name0</code> name\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

// GitHub's file is added to, up to its limit, and Save writes one beside the others.
func TestAppend(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "step")
	r := sample("name", 1)
	for range 2 {
		if err := summary.Append(file, r); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil || strings.Count(string(got), "\n## ❌ The upgrade ran") != 2 {
		t.Errorf("%v: %s", err, got)
	}
	if err := os.WriteFile(file, bytes.Repeat([]byte("x"), 1<<20-20), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := summary.Append(file, r); err == nil || !strings.Contains(err.Error(), "1 MiB") {
		t.Errorf("above the limit: %v", err)
	}
	if info, err := os.Stat(file); err != nil || info.Size() != 1<<20-20 {
		t.Errorf("written all the same: %v, %v", info, err)
	}
	if err := summary.Append(filepath.Join(dir, "none", "step"), r); err == nil {
		t.Error("a folder that is not there")
	}
	for range 2 { // the second replaces the first
		if err := r.Save(filepath.Join(dir, "report"), summary.Markdown); err != nil {
			t.Fatal(err)
		}
	}
}
