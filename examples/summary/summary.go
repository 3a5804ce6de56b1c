// Package summary writes a report as Markdown, for the step summary of a GitHub
// workflow. It is also the example of a format of one's own: it uses nothing but
// what package report exports. Begin with [Markdown] and [Append].
package summary

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/idconnect/report"
	"github.com/idconnect-go/upgrade/idconnect/verify"
)

// What a summary holds at most. GitHub drops the whole summary of a step above
// 1 MiB.
const (
	maxStep  = 1 << 20   // bytes of a step's file
	maxBytes = 256 << 10 // of one report
	maxRows  = 50        // of a table or a list
	maxIDs   = 20        // of the ids of one kind
	maxText  = 400       // characters of a text
)

// Markdown is Markdown as GitHub reads it, of 256 KiB at most. Texts that a server
// or a file chose are shown as they are: none of them makes a link, a tag or a cell.
var Markdown = report.Format{
	File: "summary.md", Mark: mark, Write: write,
}

const mark = "<!-- A report on Salesforce Identity Connect. -->\n"

// Append adds a report to the file that GitHub names in GITHUB_STEP_SUMMARY. It
// writes nothing if the file would become larger than GitHub takes.
func Append(file string, r *report.Report) error {
	var b bytes.Buffer
	if err := r.Write(&b, Markdown); err != nil {
		return fmt.Errorf("step summary: %w", err)
	}
	info, err := os.Stat(file)
	if err == nil && info.Size()+int64(b.Len())+1 > maxStep {
		err = errors.New("there is no room: a step has 1 MiB")
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("step summary %s: %w", file, err)
	}
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("step summary: %w", err)
	}
	// What stands there may end in the middle of a line.
	_, err = f.Write(append([]byte("\n"), b.Bytes()...))
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("step summary: %w", err)
	}
	return nil
}

// page takes blocks while there is room for them: a block is shown as a whole.
type page struct {
	b    strings.Builder
	left int
}

func (p *page) add(block string) {
	const rest = 200 // for the line that says so
	switch {
	case block == "":
	case p.b.Len()+len(block)+rest > maxBytes:
		p.left++
	default:
		p.b.WriteString(block)
	}
}

func write(w io.Writer, v *report.View) error {
	p := &page{}
	p.add(mark)
	p.add(head(v))
	p.add(byHand(v.ByHand))
	first := v.Outcome == "blocked" || v.Outcome == "planned"
	if first {
		p.add(findings(v.Findings))
	}
	p.add(items("Not compared", v.Open))
	p.add(items("Left out", v.Aside))
	if v.Verify != nil {
		p.add(collections(v))
		p.add(checks(v.Verify.Checks))
		p.add(failed(v.Verify.Failed))
		for i := range v.Verify.Collections {
			lists(p, &v.Verify.Collections[i])
		}
	}
	p.add(steps(v.Steps))
	if !first {
		p.add(findings(v.Findings))
	}
	if p.left > 0 {
		p.b.WriteString("There was no room for the rest: see the files of the report.\n")
	}
	_, err := io.WriteString(w, p.b.String())
	return err
}

var marks = map[report.Tone]string{report.Good: "✅", report.Care: "⚠️", report.Bad: "❌"}

func head(v *report.View) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n## %s %s\n\n%s\n\n", marks[v.Tone], prose(v.Title), prose(v.Lead))
	if v.ToDo != "" {
		fmt.Fprintf(&b, "**What to do:** %s\n\n", prose(v.ToDo))
	}
	if v.Cause != "" {
		fmt.Fprintf(&b, "%s\n\n", code(v.Cause))
	}
	t := table{}
	for _, s := range []struct {
		label  string
		server report.ServerSeen
	}{{"Source", v.Source}, {"Target", v.Target}} {
		if s.server == (report.ServerSeen{}) {
			continue
		}
		t.row(s.label, prose(s.server.Said())+" "+code(s.server.URL))
	}
	t.row("Date", v.Ended.Format("2 January 2006, 15:04 MST"))
	if v.Took > 0 {
		t.row("Time taken", took(v.Took))
	}
	if v.Tool != "" {
		t.row("Made by", "idconnect-go/upgrade, "+prose(v.Tool))
	}
	return b.String() + t.under("", "")
}

func byHand(all preflight.Findings) string {
	var lines []string
	for _, f := range all {
		lines = append(lines, fmt.Sprintf("- [ ] **%s** (%s): %s", prose(f.Remedy), prose(f.Code), prose(f.Seen)))
	}
	return section("Still to do by hand", list(lines, maxRows))
}

func items(title string, all []string) string {
	var lines []string
	for _, i := range all {
		lines = append(lines, "- "+prose(i))
	}
	return section(title, list(lines, maxRows))
}

func findings(all preflight.Findings) string {
	t := table{}
	for _, f := range all {
		if f.Severity != preflight.Informs {
			t.row(prose(f.Code), prose(string(f.Severity)), prose(f.Seen), prose(f.Remedy))
		}
	}
	return section("Findings", t.under("Code", "", "Seen", "What to do"))
}

func steps(all []*report.StepResult) string {
	t := table{}
	for _, s := range all {
		time := ""
		if s.Started != nil && s.Ended != nil {
			time = took(s.Ended.Sub(*s.Started))
		}
		t.row(prose(s.Name), prose(string(s.State)), time, prose(s.Detail))
	}
	return section("Steps", t.under("Step", "State", "Time", ""))
}

func collections(v *report.View) string {
	t := table{}
	for _, c := range v.Verify.Collections {
		source, target := "–", "–"
		if c.Checked {
			source, target = grouped(c.SourceCount), grouped(c.TargetCount)
		}
		t.row(prose(c.Name), source, target, prose(c.Verdict()))
	}
	text := t.under("Collection", "Source", "Target", "Result")
	if v.Counting != "" && text != "" {
		text += "\n" + prose(v.Counting) + "\n"
	}
	return section("Records", text)
}

func checks(all []verify.Check) string {
	passed := 0
	t := table{}
	for _, c := range all {
		if c.Result == verify.CheckPassed {
			passed++
			continue
		}
		t.row(prose(c.Name)+" "+code(c.Code), prose(string(c.Result)), prose(c.Detail), prose(c.Remedy))
	}
	if len(all) == 0 {
		return ""
	}
	return section("Checks", fmt.Sprintf("%d of %d passed.\n\n", passed, len(all))+
		t.under("Check", "Result", "Seen", "What to do"))
}

func failed(f *verify.FailedRecords) string {
	if f == nil || f.Count == 0 {
		return ""
	}
	var lines []string
	for _, r := range f.Records {
		lines = append(lines, strings.TrimSuffix("- "+code(r.Mapping+": "+r.ID)+" "+prose(r.Reason), " "))
	}
	text := details(grouped(f.Count)+" failed in the migration", list(lines, maxIDs, f.Count))
	if f.Repair != "" {
		text += "\n**Repair:** " + prose(f.Repair) + "\n"
	}
	return text
}

// lists are the ids of a collection, each kind a block of its own.
func lists(p *page, c *verify.CollectionReport) {
	for _, l := range []struct {
		what  string
		ids   []string
		count int64
	}{
		{"missing from the target", c.Missing, c.MissingCount}, {"only in the target", c.Extra, c.ExtraCount},
		{"changed", changed(c), c.ChangedCount}, {"more than once", c.Duplicates, c.DuplicateCount},
	} {
		if l.count == 0 {
			continue
		}
		var lines []string
		for _, id := range l.ids {
			lines = append(lines, "- "+code(id))
		}
		p.add(details(grouped(l.count)+" "+prose(c.Name)+" "+l.what, list(lines, maxIDs, l.count)))
	}
}

func changed(c *verify.CollectionReport) (ids []string) {
	for _, r := range c.Changed {
		id := r.ID
		if len(r.Members) > 0 {
			id += " (" + strings.Join(r.Members, ", ") + ")"
		}
		ids = append(ids, id)
	}
	return ids
}

// grouped is a count with commas.
func grouped(n int64) string {
	digits := strconv.FormatInt(n, 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

func took(d time.Duration) string {
	if d >= 10*time.Second {
		return d.Round(time.Second).String()
	}
	return d.Round(time.Millisecond).String()
}
