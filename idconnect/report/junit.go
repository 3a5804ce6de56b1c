package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/idconnect-go/upgrade/idconnect/internal/verdict"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/idconnect/verify"
	"github.com/idconnect-go/upgrade/internal/text"
)

// junitIDs is how many ids of a list stand in the JUnit XML: CI systems keep
// and show the whole of it.
const junitIDs = 100

type junitSuites struct {
	XMLName xml.Name `xml:"testsuites"`
	Name    string   `xml:"name,attr"`
	junitCounts
	Suites []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name string `xml:"name,attr"`
	junitCounts
	Timestamp string      `xml:"timestamp,attr"`
	Cases     []junitCase `xml:"testcase"`
}

type junitCounts struct {
	Tests    int       `xml:"tests,attr"`
	Failures int       `xml:"failures,attr"`
	Errors   int       `xml:"errors,attr"`
	Skipped  int       `xml:"skipped,attr"`
	Time     junitTime `xml:"time,attr"`
}

func (c *junitCounts) add(o junitCounts) {
	c.Tests, c.Failures, c.Errors = c.Tests+o.Tests, c.Failures+o.Failures, c.Errors+o.Errors
	c.Skipped, c.Time = c.Skipped+o.Skipped, c.Time+o.Time
}

// junitCase passed where it has none of the three.
type junitCase struct {
	Name    string       `xml:"name,attr"`
	Class   string       `xml:"classname,attr"`
	Time    junitTime    `xml:"time,attr"`
	Skipped *junitResult `xml:"skipped"`
	Error   *junitResult `xml:"error"`
	Failure *junitResult `xml:"failure"`
	Out     string       `xml:"system-out,omitempty"`
}

type junitResult struct {
	Type    string `xml:"type,attr,omitempty"`
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// junitTime is in milliseconds; it is written in seconds.
type junitTime int64

func timeOf(d time.Duration) junitTime {
	return junitTime(max(d, 0).Round(time.Millisecond).Milliseconds())
}

func timeOfSeconds(s float64) junitTime { return timeOf(time.Duration(s * float64(time.Second))) }

func (t junitTime) MarshalText() ([]byte, error) {
	return fmt.Appendf(nil, "%d.%03d", t/1000, t%1000), nil
}

func writeJUnit(w io.Writer, rep *View) error {
	var suites []junitSuite
	add := func(name string, cases []junitCase) {
		if len(cases) > 0 {
			suites = append(suites, junitSuiteOf(name, rep.Started, cases))
		}
	}
	add("steps", junitSteps(rep))
	add("findings", junitFindings(rep.Findings))
	if r := rep.Verify; r != nil {
		var collections, checks []junitCase
		for i := range r.Collections {
			collections = append(collections, junitCollection(&r.Collections[i]))
		}
		for i := range r.Checks {
			checks = append(checks, junitCheck(&r.Checks[i]))
		}
		add("collections", collections)
		add("checks", checks)
		if r.Failed != nil {
			add("failed-records", []junitCase{junitFailed(r.Failed, rep.Verdict.Failures)})
		}
		add("not-compared", junitItems(slices.Concat(rep.Verdict.Open, rep.Verdict.Accepted),
			"encrypted value", "mark of the servers"))
		add("turned-off", junitItems(rep.Verdict.Aside, "item"))
	}
	doc := junitSuites{Name: "Identity Connect"}
	for _, s := range suites {
		doc.add(s.junitCounts)
	}
	outcome := junitOutcome(rep, doc.Failures+doc.Errors > 0)
	// That of preflight, and of what belongs to no case.
	outcome.Time = max(timeOf(rep.Ended.Sub(rep.Started))-doc.Time, 0)
	run := junitSuiteOf("run", rep.Started, []junitCase{outcome})
	doc.add(run.junitCounts)
	doc.Suites = append([]junitSuite{run}, suites...)
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(doc); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// junitSuiteOf counts the cases, and gives each a name of its own.
func junitSuiteOf(name string, began time.Time, cases []junitCase) junitSuite {
	s := junitSuite{Name: name, Timestamp: began.UTC().Format("2006-01-02T15:04:05"), Cases: cases}
	s.Tests = len(cases)
	seen := map[string]int{}
	for i := range cases {
		c := &cases[i]
		c.Class = "identity-connect." + name
		if seen[c.Name]++; seen[c.Name] > 1 {
			c.Name = fmt.Sprintf("%s (%d)", c.Name, seen[c.Name])
		}
		s.Time += c.Time
		switch {
		case c.Failure != nil:
			s.Failures++
		case c.Error != nil:
			s.Errors++
		case c.Skipped != nil:
			s.Skipped++
		}
	}
	return s
}

// junitOutcome fails only where no other case does: one failure is one, once.
func junitOutcome(rep *View, failed bool) junitCase {
	c := junitCase{Name: "outcome"}
	says := rep.Title + ". " + rep.Lead
	switch {
	case rep.Outcome == "done", rep.Outcome == "planned":
		c.Out = says
	case rep.Outcome == string(verdict.Partly):
		c.Skipped = &junitResult{rep.Outcome, says, rep.ToDo}
	case failed:
		c.Skipped = &junitResult{rep.Outcome, says, "what failed is a case of another suite"}
	default:
		text := rep.Cause
		if rep.ToDo != "" {
			text = strings.TrimSpace(text + "\nremedy: " + rep.ToDo)
		}
		c.Failure = &junitResult{rep.Outcome, says, text}
	}
	return c
}

func junitSteps(rep *View) (cases []junitCase) {
	for _, s := range rep.Steps {
		c := junitCase{Name: s.Name}
		if s.Started != nil && s.Ended != nil {
			c.Time = timeOf(s.Ended.Sub(*s.Started))
		}
		if r := rep.Verify; r != nil && s.Name == "verify" { // which is made of these
			for i := range r.Collections {
				c.Time -= timeOfSeconds(r.Collections[i].Seconds)
			}
			for i := range r.Checks {
				c.Time -= timeOfSeconds(r.Checks[i].Seconds)
			}
			c.Time = max(c.Time, 0)
		}
		verdictSays := rep.Outcome == string(rep.Verdict.Outcome) // in cases of their own
		switch {
		case s.State == Done:
			c.Out = s.Detail
		case s.State == Failed && !verdictSays:
			c.Error = &junitResult{Type: string(s.State), Message: s.Detail}
		default: // a step that is blocked has a finding that fails
			c.Skipped = &junitResult{Message: text.Because(string(s.State), s.Detail)}
		}
		cases = append(cases, c)
	}
	return cases
}

func junitFindings(findings preflight.Findings) (cases []junitCase) {
	for _, f := range findings {
		c := junitCase{Name: f.Code}
		var text []string
		for _, l := range []struct{ label, text string }{{"step", f.Step}, {"why", f.Why},
			{"remedy", f.Remedy}, {"doc", f.Doc}} {
			if l.text != "" {
				text = append(text, l.label+": "+l.text)
			}
		}
		if f.Severity == preflight.Blocks {
			c.Failure = &junitResult{f.Code, f.Seen, strings.Join(text, "\n")}
		} else {
			c.Out = string(f.Severity) + ": " + f.Seen + "\n" + strings.Join(text, "\n")
		}
		cases = append(cases, c)
	}
	return cases
}

func junitCollection(c *verify.CollectionReport) junitCase {
	out := junitCase{Name: c.Name, Time: timeOfSeconds(c.Seconds)}
	switch {
	case !c.Checked:
		out.Skipped = &junitResult{Message: c.Verdict()}
	case c.Differences() > 0:
		var b strings.Builder
		for _, list := range listsOf(c) {
			b.WriteString(list.what + ":\n")
			shown := list.records[:min(junitIDs, len(list.records))]
			for _, r := range shown {
				b.WriteString("  " + r.ID + "\n")
			}
			if rest := more(list.count, len(shown)); rest != "" {
				b.WriteString("  " + rest + "\n")
			}
		}
		out.Failure = &junitResult{"differences", c.Verdict(), b.String()}
	default:
		out.Out = text.Plural(c.SourceCount, "record") + ": " + c.Verdict()
	}
	return out
}

func junitCheck(c *verify.Check) junitCase {
	out := junitCase{Name: strings.TrimSpace(c.Code + " " + c.Name), Time: timeOfSeconds(c.Seconds)}
	switch c.Result {
	case verify.CheckPassed:
		out.Out = strings.TrimSpace(counts(c) + "\n" + c.Detail)
	case verify.CheckFailed:
		out.Failure = &junitResult{c.Code, c.Detail, strings.TrimSpace(counts(c) + "\n" + c.Remedy)}
	default:
		out.Skipped = &junitResult{Message: text.Because(string(verify.CheckNotChecked), c.Detail)}
	}
	return out
}

// junitItems are the items of some kinds that no other suite has.
func junitItems(items []verdict.Item, kinds ...string) (cases []junitCase) {
	for _, i := range items {
		if slices.Contains(kinds, i.Kind) {
			cases = append(cases, junitCase{Name: i.Code, Skipped: &junitResult{Message: i.Says}})
		}
	}
	return cases
}

// junitFailed fails if the migration lost a record that is not missing in a case
// of a collection.
func junitFailed(f *verify.FailedRecords, failures []verdict.Item) junitCase {
	out := junitCase{Name: "failed records"}
	var lost int64
	for _, i := range failures {
		if i.Kind == "failed record" {
			lost += i.Count
		}
	}
	var b strings.Builder
	shown := f.Records[:min(junitIDs, len(f.Records))]
	for _, r := range shown {
		b.WriteString(r.Mapping + ": " + r.ID + "\n")
	}
	if rest := more(f.Count, len(shown)); rest != "" {
		b.WriteString(rest + "\n")
	}
	for _, r := range f.Records {
		if r.Missing {
			lost--
		}
	}
	says := strings.TrimSuffix(failedWords(f), ":")
	switch {
	case lost > 0:
		out.Failure = &junitResult{"failed records", says, b.String() + f.Repair}
	case !f.Checked:
		out.Skipped = &junitResult{Message: says}
	default:
		out.Out = strings.TrimSpace(says + "\n" + b.String() + f.Repair)
	}
	return out
}
