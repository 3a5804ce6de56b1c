package report

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the page and its style
	"encoding/base64"
	"html/template"
	"io"
	"strings"
	"time"

	"github.com/idconnect-go/upgrade/idconnect/verify"
	"github.com/idconnect-go/upgrade/internal/text"
)

//go:embed report.html
var htmlTemplate string

//go:embed report.css
var htmlStyle string

var htmlPage = template.Must(template.New("report").Parse(htmlTemplate))

// What the page holds at most, whatever servers say: it stays a page that a
// browser opens at once and a printer prints. What is left out is counted, and
// in report.json.
const (
	htmlListIDs     = 200  // ids of one list
	htmlAllIDs      = 4000 // ids of all lists, and failed records
	htmlRows        = 200  // rows of a table, findings, and lines of what is open
	htmlMembers     = 12   // names of members of one record
	htmlLong        = 2000 // characters of a text
	htmlShort       = 160  // characters of an id or a name
	htmlOpenIDs     = 24   // a longer list is folded up
	htmlScale       = 1000 // units of the width of a picture
	htmlVisible     = 6    // units of the smallest part that is drawn
	htmlLateStart   = 0.02 // share of the time before the first step that is explained
	htmlTimeFormat  = "2 January 2006, 15:04:05"
	htmlClockFormat = "15:04:05"
	htmlDayFormat   = "2 January, 15:04"
	htmlClockLimit  = 20 * time.Hour // a longer time is shown with its days
)

func writeHTML(w io.Writer, v *View) error {
	var b bytes.Buffer
	if err := htmlPage.Execute(&b, htmlViewOf(v)); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}

// htmlView is what the page shows: clipped, in words.
type htmlView struct {
	Policy, Kind, Title, Lead string
	Mood                      Tone
	Style                     template.CSS
	About                     []htmlAbout
	Facts                     []htmlFact
	Error, Remedy             []string
	ByHand                    []htmlFinding
	MoreByHand                int
	Open, Aside               []string
	MoreOpen, MoreAside       int
	Times                     []htmlTime
	Compared                  *htmlCompared
	Steps                     []htmlStep
	Late                      string // time before the first step
	Runs                      bool   // there were several
	Axis                      []string
	Findings                  []htmlFinding
	MoreFindings              int
	FindingsFirst             bool // they are the news
	Checks                    []htmlCheck
	MoreChecks                int
	ChecksWords               string
	Failed                    *htmlFailed
	Lists                     []htmlLists
	Values                    bool // some are shown
	Version                   int
}

type htmlFact struct{ Label, Value string }

// htmlAbout is a line of the head: a server, or what else the page is about.
type htmlAbout struct{ Label, Value, URL string }

type htmlTime struct{ Label, Value, At string }

type htmlCompared struct {
	Counting string
	Bars     []htmlBar
	Legend   []htmlPart
	Rows     []htmlRow
	MoreRows int
	Expected []expectedChange
	Resumed  bool
}

// htmlBar is the picture of one collection.
type htmlBar struct {
	Name, Words string
	Parts       []htmlPart
}

type htmlPart struct {
	Class, Words string
	X, Width     int
}

type htmlRow struct {
	Name, Resource, Source, Target                 string
	Missing, Extra, Changed, Duplicate, Unreadable string
	Mood                                           Tone
	Result, Reason                                 string
}

type htmlStep struct {
	Number                          int
	Name, State, Mood, Took, Detail string
	Earlier                         string // which run performed it, if not the last
	Timed                           bool
	X, Width                        int
	Words                           string
}

type htmlFinding struct {
	Code, Severity, Step, Seen, Why, Remedy, Doc, Link string
	Mood                                               string
}

type htmlCheck struct {
	Tab, Name, Code, Source, Target, Result, Detail, Remedy string
	Mood                                                    Tone
}

type htmlFailed struct {
	Words, Repair string
	Records       []htmlFailedRecord
	More          string
}

type htmlFailedRecord struct{ ID, Mapping, Reason, Collection, Missing string }

// htmlLists are the lists of one collection.
type htmlLists struct {
	Name  string
	Lists []htmlList
}

type htmlList struct {
	Kind, Words, More string
	Open              bool
	Records           []htmlRecord
}

type htmlRecord struct{ ID, Members string }

func clipped(s string, n int) string {
	if len(s) <= n {
		return s
	}
	runes := 0
	for i := range s {
		if runes++; runes > n {
			return s[:i] + "…"
		}
	}
	return s
}

func short(s string) string { return clipped(s, htmlShort) }

func long(s string) string { return clipped(s, htmlLong) }

// paragraphs are the lines of a text.
func paragraphs(s string) (out []string) {
	for l := range strings.SplitSeq(clipLines(s), "\n") {
		if l = long(strings.TrimSpace(l)); l != "" {
			out = append(out, l)
		}
	}
	return out
}

func clipLines(s string) string {
	lines := strings.SplitN(s, "\n", 21)
	return strings.Join(lines[:min(20, len(lines))], "\n")
}

func first[T any](list []T, n int) (head []T, more int) {
	head = list[:min(n, len(list))]
	return head, len(list) - len(head)
}

// firstLong are the first lines of a list, and how many more there are.
func firstLong(lines []string) (head []string, more int) {
	lines, more = first(lines, htmlRows)
	for _, line := range lines {
		head = append(head, long(line))
	}
	return head, more
}

func htmlViewOf(rep *View) htmlView {
	sum := sha256.Sum256([]byte(htmlStyle))
	v := htmlView{
		Policy: "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
			"'; base-uri 'none'; form-action 'none'",
		Style: template.CSS(htmlStyle),
		Kind:  "Upgrade report", Title: short(rep.Title), Lead: long(rep.Lead), Mood: rep.Tone,
		Version: rep.Version, Error: paragraphs(rep.Cause), Remedy: paragraphs(sentence(rep.ToDo)),
	}
	switch {
	case rep.ofComparison():
		v.Kind = "Comparison report"
	case rep.Outcome == "planned":
		v.Kind = "Plan of an upgrade"
	}
	v.FindingsFirst = rep.Outcome == "blocked" || rep.Outcome == "planned"
	v.Open, v.MoreOpen = firstLong(rep.Open)
	v.Aside, v.MoreAside = firstLong(rep.Aside)
	v.addSteps(rep)
	v.addFindings(rep)
	if rep.Verify != nil {
		v.addComparison(rep)
		v.addChecks(rep.Verify.Checks)
		v.addLists(rep.Verify)
	}
	v.addHead(rep)
	return v
}

// htmlMood is the class of a tone that is no news with other.
func htmlMood(t Tone, other string) string {
	switch t {
	case Good, Care, Bad:
		return string(t)
	}
	return other
}

func (v *htmlView) addComparison(rep *View) {
	r := rep.Verify
	c := &htmlCompared{Resumed: r.Resumed, Counting: rep.Counting}
	rows, more := first(r.Collections, htmlRows)
	c.MoreRows = more
	used := map[string]bool{}
	for i := range rows {
		got := &rows[i]
		row := htmlRow{Name: short(got.Name), Resource: short(got.Resource), Reason: long(sentence(got.Reason)),
			Mood: Tone(htmlMood(toneOfCollection(got), "none"))}
		if got.Checked {
			row.Source, row.Target = text.Grouped(got.SourceCount), text.Grouped(got.TargetCount)
			row.Missing, row.Extra = text.Grouped(got.MissingCount), text.Grouped(got.ExtraCount)
			row.Changed, row.Duplicate = text.Grouped(got.ChangedCount), text.Grouped(got.DuplicateCount)
			row.Unreadable = text.Grouped(got.Unreadable)
			bar := htmlBarOf(got)
			for _, p := range bar.Parts {
				used[p.Class] = true
			}
			c.Bars = append(c.Bars, bar)
		}
		row.Result = resultOf(got)
		c.Rows = append(c.Rows, row)
	}
	for _, p := range []htmlPart{
		{Class: "same", Words: "the same"}, {Class: "missing", Words: "missing from the target"},
		{Class: "changed", Words: "changed"},
		{Class: "extra", Words: "only in the target"}, {Class: "other", Words: "more than once or unreadable"},
	} {
		if used[p.Class] {
			c.Legend = append(c.Legend, p)
		}
	}
	c.Expected, _ = first(expectedChanges(r), htmlRows)
	for i, one := range c.Expected {
		c.Expected[i].Words = long(one.Words)
	}
	if len(c.Rows) > 0 {
		v.Compared = c
	}
}

// bar is the picture of what both servers have: parts of its width, in the
// order of the legend, each wide enough to be seen.
func htmlBarOf(c *verify.CollectionReport) htmlBar {
	same := max(c.SourceCount-c.MissingCount-c.ChangedCount-c.DuplicateCount-c.Unreadable, 0)
	bar := htmlBar{Name: short(c.Name)}
	var all int64
	var words []string
	parts := []struct {
		class, words string
		count        int64
	}{
		{"same", "the same", same}, {"missing", "missing", c.MissingCount},
		{"changed", "changed", c.ChangedCount}, {"extra", "only in the target", c.ExtraCount},
		{"other", "more than once or unreadable", c.DuplicateCount + c.Unreadable},
	}
	for _, p := range parts {
		all += p.count
	}
	x, widest := 0, 0
	for _, p := range parts {
		if p.count == 0 {
			continue
		}
		words = append(words, text.Grouped(p.count)+" "+p.words)
		width := max(int(float64(htmlScale)*float64(p.count)/float64(all)), htmlVisible)
		bar.Parts = append(bar.Parts, htmlPart{Class: p.class, Words: p.words, Width: width})
		if x += width; width > bar.Parts[widest].Width {
			widest = len(bar.Parts) - 1
		}
	}
	if len(bar.Parts) > 0 {
		bar.Parts[widest].Width += htmlScale - x // what the small parts took, and roundings
	}
	x = 0
	for i := range bar.Parts {
		bar.Parts[i].X = x
		x += bar.Parts[i].Width
	}
	if n := c.NotCheckedValues; n > 0 {
		words = append(words, text.Number(n, "encrypted value", "encrypted values")+" not compared")
	}
	if bar.Words = strings.Join(words, ", "); bar.Words == "" {
		bar.Words = "no records"
	}
	return bar
}
