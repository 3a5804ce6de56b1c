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
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Skipped  int          `xml:"skipped,attr"`
	Time     string       `xml:"time,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name      string      `xml:"name,attr"`
	Tests     int         `xml:"tests,attr"`
	Failures  int         `xml:"failures,attr"`
	Errors    int         `xml:"errors,attr"`
	Skipped   int         `xml:"skipped,attr"`
	Time      string      `xml:"time,attr"`
	Timestamp string      `xml:"timestamp,attr"`
	Cases     []junitCase `xml:"testcase"`
}

// junitCase passed where it has none of the three.
type junitCase struct {
	Name    string       `xml:"name,attr"`
	Class   string       `xml:"classname,attr"`
	Time    string       `xml:"time,attr"`
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

func writeJUnit(w io.Writer, rep *View) error {
	took := rep.Ended.Sub(rep.Started)
	outcome := junitCase{Name: "outcome", Time: junitTime(took)}
	switch rep.Outcome {
	case "done", "planned":
		outcome.Out = rep.Title + ". " + rep.Lead
	case string(verdict.Partly):
		outcome.Skipped = junitSays(rep.Outcome, rep.Title+". "+rep.Lead, rep.cause())
	default:
		text := rep.cause()
		if todo := rep.todo(); todo != "" {
			text += "\nremedy: " + todo
		}
		outcome.Failure = junitSays(rep.Outcome, rep.Title+". "+rep.Lead, text)
	}
	doc := junitSuites{Name: "Identity Connect", Time: junitTime(took)}
	add := func(name string, time string, cases []junitCase) {
		if len(cases) == 0 {
			return
		}
		s := junitSuite{Name: name, Tests: len(cases), Time: time,
			Timestamp: rep.Started.UTC().Format("2006-01-02T15:04:05"), Cases: cases}
		for i := range cases {
			cases[i].Class = "identity-connect." + name
			switch c := cases[i]; {
			case c.Failure != nil:
				s.Failures++
			case c.Error != nil:
				s.Errors++
			case c.Skipped != nil:
				s.Skipped++
			}
		}
		doc.Tests, doc.Failures = doc.Tests+s.Tests, doc.Failures+s.Failures
		doc.Errors, doc.Skipped = doc.Errors+s.Errors, doc.Skipped+s.Skipped
		doc.Suites = append(doc.Suites, s)
	}
	add("run", junitTime(took), []junitCase{outcome})
	add("steps", junitTime(took), junitSteps(rep.Steps))
	add("findings", junitTime(0), junitFindings(rep.Findings))
	if r := rep.Verify; r != nil {
		took := junitTime(r.Ended.Sub(r.Started))
		var collections, checks []junitCase
		for i := range r.Collections {
			collections = append(collections, junitCollection(&r.Collections[i]))
		}
		for i := range r.Checks {
			checks = append(checks, junitCheck(&r.Checks[i]))
		}
		add("collections", took, collections)
		add("checks", junitTime(0), checks)
		if r.Failed != nil {
			add("failed-records", junitTime(0), []junitCase{junitFailed(r.Failed, rep.Verdict.Failures)})
		}
		add("not-compared", junitTime(0), junitItems(slices.Concat(rep.Verdict.Open, rep.Verdict.Accepted),
			"encrypted value", "mark of the servers"))
		add("turned-off", junitTime(0), junitItems(rep.Verdict.Aside, "item"))
	}
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

func junitSteps(steps []*StepResult) (cases []junitCase) {
	for _, s := range steps {
		c := junitCase{Name: s.Name, Time: junitTime(0)}
		if s.Started != nil && s.Ended != nil {
			c.Time = junitTime(s.Ended.Sub(*s.Started))
		}
		switch s.State {
		case Done:
			c.Out = s.Detail
		case Failed:
			c.Error = junitSays(string(s.State), s.Detail, "")
		default: // a step that is blocked has a finding that fails
			c.Skipped = junitSays("", withReason(string(s.State), s.Detail), "")
		}
		cases = append(cases, c)
	}
	return cases
}

func junitFindings(findings preflight.Findings) (cases []junitCase) {
	seen := map[string]int{}
	for _, f := range findings {
		name := f.Code
		if seen[f.Code]++; seen[f.Code] > 1 {
			name = fmt.Sprintf("%s %d", f.Code, seen[f.Code])
		}
		c := junitCase{Name: name, Time: junitTime(0)}
		var text []string
		for _, l := range []struct{ label, text string }{{"step", f.Step}, {"why", f.Why},
			{"remedy", f.Remedy}, {"doc", f.Doc}} {
			if l.text != "" {
				text = append(text, l.label+": "+l.text)
			}
		}
		if f.Severity == preflight.Blocks {
			c.Failure = junitSays(f.Code, f.Seen, strings.Join(text, "\n"))
		} else {
			c.Out = string(f.Severity) + ": " + f.Seen + "\n" + strings.Join(text, "\n")
		}
		cases = append(cases, c)
	}
	return cases
}

func junitCollection(c *verify.CollectionReport) junitCase {
	out := junitCase{Name: c.Name, Time: junitTime(0)}
	switch {
	case !c.Checked:
		out.Skipped = junitSays("", c.Verdict(), "")
	case c.Differences() > 0:
		var b strings.Builder
		for _, list := range listsOf(c) {
			if list.count == 0 {
				continue
			}
			fmt.Fprintf(&b, "%s:\n", list.what)
			shown := list.records[:min(junitIDs, len(list.records))]
			for _, r := range shown {
				b.WriteString("  " + r.ID + "\n")
			}
			if n := list.count - int64(len(shown)); n > 0 {
				fmt.Fprintf(&b, "  and %s more\n", text.Grouped(n))
			}
		}
		out.Failure = junitSays("differences", c.Verdict(), b.String())
	default:
		out.Out = text.Plural(c.SourceCount, "record") + ": " + c.Verdict()
	}
	return out
}

func junitCheck(c *verify.Check) junitCase {
	out := junitCase{Name: strings.TrimSpace(c.Code + " " + c.Name), Time: junitTime(0)}
	switch c.Result {
	case verify.CheckPassed:
		out.Out = strings.TrimSpace(counts(c) + "\n" + c.Detail)
	case verify.CheckFailed:
		out.Failure = junitSays(c.Code, c.Detail, strings.TrimSpace(counts(c)+"\n"+c.Remedy))
	default:
		out.Skipped = junitSays("", withReason(string(verify.CheckNotChecked), c.Detail), "")
	}
	return out
}

// junitItems are the items of some kinds that no other suite has.
func junitItems(items []verdict.Item, kinds ...string) (cases []junitCase) {
	for _, i := range items {
		if slices.Contains(kinds, i.Kind) {
			cases = append(cases, junitCase{Name: fmt.Sprintf("%s %d", i.Code, len(cases)+1), Time: junitTime(0),
				Skipped: junitSays("", i.Says, "")})
		}
	}
	return cases
}

func junitFailed(f *verify.FailedRecords, failures []verdict.Item) junitCase {
	out := junitCase{Name: "failed records", Time: junitTime(0)}
	lost := slices.ContainsFunc(failures, func(i verdict.Item) bool { return i.Kind == "failed record" })
	switch {
	case lost:
		var b strings.Builder
		shown := f.Records[:min(junitIDs, len(f.Records))]
		for _, r := range shown {
			fmt.Fprintf(&b, "%s: %s\n", r.Mapping, r.ID)
		}
		if n := f.Count - int64(len(shown)); n > 0 {
			fmt.Fprintf(&b, "and %d more\n", n)
		}
		out.Failure = junitSays("failed records", strings.TrimSuffix(failedWords(f), ":"), b.String()+f.Repair)
	case !f.Checked:
		out.Skipped = junitSays("", failedWords(f), "")
	default:
		out.Out = strings.TrimSuffix(failedWords(f), ":")
	}
	return out
}

func junitSays(kind, message, text string) *junitResult {
	return &junitResult{kind, message, text}
}

// junitTime is in seconds.
func junitTime(d time.Duration) string { return fmt.Sprintf("%.3f", max(d, 0).Seconds()) }
