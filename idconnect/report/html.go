package report

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the page and its style
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"net/url"
	"reflect"
	"strings"
	"time"

	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/idconnect/verify"
	"github.com/idconnect-go/upgrade/internal/text"
)

//go:embed report.html
var htmlTemplate string

//go:embed report.css
var htmlStyle string

// What the page holds at most, whatever servers say: it stays a page that a
// browser opens at once and a printer prints. What is left out is counted, and
// in report.json.
const (
	htmlListIDs = 200  // ids of one list
	htmlAllIDs  = 4000 // ids of all lists, and failed records
	htmlRows    = 200  // rows of a table, findings, and lines of what is open
	htmlMembers = 12   // names of members of one record
	htmlLong    = 2000 // characters of a text
	htmlShort   = 160  // characters of an id or a name
	htmlOpenIDs = 24   // a longer list is folded up
)

// htmlPage shows an [htmlView]. Every text goes through short or long, or a function
// that does.
var htmlPage = template.Must(template.New("report").Funcs(template.FuncMap{
	"policy": htmlPolicy,
	"style":  func() template.CSS { return template.CSS(htmlStyle) },
	// Texts.
	"short":      short,
	"long":       long,
	"sentence":   func(s string) string { return long(sentence(s)) },
	"paragraphs": paragraphs,
	"link":       link,
	// Numbers and times.
	"grouped":  func(n any) string { return text.Grouped(reflect.ValueOf(n).Int()) },
	"side":     side,
	"duration": text.Duration,
	"date":     func(t time.Time) string { return moment(t, "2 January 2006, 15:04") },
	"second":   func(t time.Time) string { return moment(t, "2 January 2006, 15:04:05") },
	"iso":      func(t time.Time) string { return t.Format(time.RFC3339) },
	// Lists.
	"top":  top,
	"rest": rest,
	"more": more,
	// What is said of a part of the report.
	"mood":     mood,
	"result":   resultOf,
	"expected": expectedChanges,
	"passed":   passedWords,
	"failed":   failedSentence,
	"bars":     htmlBars,
	"legend":   htmlLegend,
}).Parse(htmlTemplate))

// htmlPolicy lets the page have its own style, and nothing else.
func htmlPolicy() string {
	sum := sha256.Sum256([]byte(htmlStyle))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; base-uri 'none'; form-action 'none'"
}

// htmlView is a report, with what the page alone has.
type htmlView struct {
	*View
	Kind          string
	FindingsFirst bool               // they are the news
	Others        preflight.Findings // than those by hand, in the order of their severity
	Began         time.Time          // of the first run
	Runs          bool               // there were several
	LastTook      time.Duration
	StepsDone     int
	Timeline      htmlTimeline
	Lists         []htmlLists
	FailedShown   []verify.FailedRecord
	Values        bool // some are shown
}

func writeHTML(w io.Writer, v *View) error {
	page := htmlView{View: v, Kind: "Upgrade report", Began: v.began(), LastTook: v.Ended.Sub(v.Started)}
	switch {
	case v.ofComparison():
		page.Kind = "Comparison report"
	case v.Outcome == "planned":
		page.Kind = "Plan of an upgrade"
	}
	page.FindingsFirst = v.Outcome == "blocked" || v.Outcome == "planned"
	page.Runs = page.Began.Before(v.Started)
	page.StepsDone, _ = v.stepsDone()
	for _, s := range []preflight.Severity{preflight.Blocks, preflight.Warns, preflight.Informs} {
		for _, f := range v.Findings {
			if f.Severity == s && !byHand(f) {
				page.Others = append(page.Others, f)
			}
		}
	}
	page.Timeline = v.timeline()
	if v.Verify != nil {
		page.addLists(v.Verify)
	}
	var b bytes.Buffer
	if err := htmlPage.Execute(&b, page); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}

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

// short and long clip names and texts; both take any kind of string.
func short(s any) string { return clipped(reflect.ValueOf(s).String(), htmlShort) }

func long(s string) string { return clipped(s, htmlLong) }

// paragraphs are the first 20 lines of a text.
func paragraphs(s string) (out []string) {
	lines := strings.SplitN(s, "\n", 21)
	for _, l := range lines[:min(20, len(lines))] {
		if l = long(strings.TrimSpace(l)); l != "" {
			out = append(out, l)
		}
	}
	return out
}

// top is the part of a list that the page has room for, and rest the number of the others.
func top(list any) any {
	v := reflect.ValueOf(list)
	return v.Slice(0, min(v.Len(), htmlRows)).Interface()
}

func rest(list any) int { return max(reflect.ValueOf(list).Len()-htmlRows, 0) }

// side is what a check counted on one server.
func side(n int64) string {
	if n < 0 {
		return "–"
	}
	return text.Grouped(n)
}

// moment is a time in a layout without a zone, and its zone.
func moment(t time.Time, layout string) string {
	if _, offset := t.Zone(); offset == 0 {
		return t.Format(layout) + " UTC"
	}
	return t.Format(layout + " -07:00")
}

// mood is the class of what has a tone.
func mood(of any) string {
	var tone Tone
	plain := "none"
	switch of := of.(type) {
	case State:
		tone, plain = of.Tone(), "wait"
	case preflight.Severity:
		tone = severityTones[of]
	case verify.CheckResult:
		tone = toneOfCheck(of)
	case verify.CollectionReport:
		tone = toneOfCollection(&of)
	}
	switch tone {
	case Good, Care, Bad:
		return string(tone)
	}
	return plain
}

// link is an address that the page leads to, "" where it would lead elsewhere.
func link(s string) string {
	if u, err := url.Parse(s); err == nil && u.Scheme == "https" && u.Host != "" {
		return u.String()
	}
	return ""
}

func passedWords(checks []verify.Check) string {
	passed := 0
	for _, c := range checks {
		if c.Result == verify.CheckPassed {
			passed++
		}
	}
	switch passed {
	case len(checks):
		return fmt.Sprintf("all %d passed", passed)
	case 0:
		return "none passed"
	}
	return fmt.Sprintf("%d of %d passed", passed, len(checks))
}

func failedSentence(f *verify.FailedRecords) string {
	if f.Checked && f.Count == 0 {
		return "The migration copied every record: it reports none as failed."
	}
	return long(text.Capital(strings.TrimSuffix(failedWords(f), ":")) + ".")
}
