package report

import (
	"bytes"
	"encoding/xml"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/idconnect/internal/verdict"
	"github.com/idconnect-go/upgrade/idconnect/verify"
)

// junitForm is what the schema of Jenkins's xunit plug-in (junit-10.xsd) allows
// of each element: what may be in it, and its attributes, those that must be
// there with a "!".
var junitForm = map[string]struct{ in, attributes string }{
	"testsuites": {"", "name time tests failures errors skipped"},
	"testsuite":  {"testsuites", "name! tests! failures! errors! skipped time timestamp"},
	"testcase":   {"testsuite", "name! classname time"},
	"failure":    {"testcase", "type message"},
	"error":      {"testcase", "type message"},
	"skipped":    {"testcase", "type message"},
	"system-out": {"testcase", ""},
}

func (t *junitTime) UnmarshalText(text []byte) error {
	s, err := strconv.ParseFloat(string(text), 64)
	*t = timeOfSeconds(s)
	return err
}

// checkJUnit reads the XML as a CI system does and returns how many cases
// failed, errors included.
func checkJUnit(t *testing.T, text []byte) (failed int) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(text)) // strict: characters that XML does not have are errors
	var open []string
	for {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		switch e := token.(type) {
		case xml.StartElement:
			name := e.Name.Local
			form, ok := junitForm[name]
			parent := ""
			if len(open) > 0 {
				parent = open[len(open)-1]
			}
			if !ok || parent != form.in {
				t.Fatalf("%s in %q", name, parent)
			}
			have := map[string]bool{}
			for _, a := range e.Attr {
				have[a.Name.Local] = true
				if !slices.Contains(strings.Fields(strings.ReplaceAll(form.attributes, "!", "")),
					a.Name.Local) {
					t.Errorf("%s has %s", name, a.Name.Local)
				}
				if a.Name.Local == "time" && !regexp.MustCompile(`^\d+\.\d{3}$`).MatchString(a.Value) {
					t.Errorf("%s takes %s", name, a.Value)
				}
			}
			for _, a := range strings.Fields(form.attributes) {
				if must, is := strings.CutSuffix(a, "!"); is && !have[must] {
					t.Errorf("%s has no %s", name, must)
				}
			}
			open = append(open, name)
		case xml.EndElement:
			open = open[:len(open)-1]
		}
	}
	var doc junitSuites
	if err := xml.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	var all junitSuite
	for _, s := range doc.Suites {
		checkSuite(t, s)
		all.Tests, all.Failures, all.Errors = all.Tests+s.Tests, all.Failures+s.Failures, all.Errors+s.Errors
		all.Skipped, all.Time = all.Skipped+s.Skipped, all.Time+s.Time
	}
	if doc.Tests != all.Tests || doc.Failures != all.Failures || doc.Errors != all.Errors ||
		doc.Skipped != all.Skipped || doc.Time != all.Time {
		t.Errorf("counts %d tests, %d failures, %d errors, %d skipped in %v ms; the suites have %+v", doc.Tests,
			doc.Failures, doc.Errors, doc.Skipped, doc.Time, all)
	}
	return all.Failures + all.Errors
}

// checkSuite counts its cases, each of which has a name of its own and one result.
func checkSuite(t *testing.T, s junitSuite) {
	t.Helper()
	var want junitCounts
	want.Tests = len(s.Cases)
	names := map[string]bool{}
	for _, c := range s.Cases {
		results := 0
		for _, r := range []struct {
			is    *junitResult
			count *int
		}{{c.Failure, &want.Failures}, {c.Error, &want.Errors}, {c.Skipped, &want.Skipped}} {
			if r.is != nil {
				*r.count++
				results++
				if r.is.Message == "" {
					t.Errorf("%s: %s says nothing", s.Name, c.Name)
				}
			}
		}
		if results > 1 || c.Name == "" || c.Class == "" || names[c.Name] {
			t.Errorf("%s: %q has %d results, or its name is another's", s.Name, c.Name, results)
		}
		names[c.Name] = true
		want.Time += c.Time
	}
	if s.Tests != want.Tests || s.Failures != want.Failures || s.Errors != want.Errors ||
		s.Skipped != want.Skipped || s.Time != want.Time || s.Tests == 0 {
		t.Errorf("%s counts %d, %d, %d, %d in %v ms; its cases are %+v", s.Name, s.Tests, s.Failures, s.Errors,
			s.Skipped, s.Time, want)
	}
}

// The XML is red exactly where something is wrong.
func TestReportJUnit(t *testing.T) {
	t.Parallel()
	eachSample(t, func(t *testing.T, rep *Report) {
		var b bytes.Buffer
		if err := rep.Write(&b, JUnit); err != nil {
			t.Fatal(err)
		}
		failed := checkJUnit(t, b.Bytes())
		good := slices.Contains([]string{"done", "planned", string(verdict.Partly)}, rep.Outcome)
		if good != (failed == 0) {
			t.Errorf("%s, and %d failures", rep.Outcome, failed)
		}
		for _, not := range []string{"\x1b", "\x00", "\u202E", "&#x1B;", "<script"} {
			if bytes.Contains(b.Bytes(), []byte(not)) {
				t.Errorf("holds %q", not)
			}
		}
		if b.Len() > 100<<10 {
			t.Errorf("%d KB", b.Len()>>10)
		}
	})
	for name, spoil := range map[string]func(*verify.Report){
		"a check failed":       func(r *verify.Report) { r.Checks[0].Result = verify.CheckFailed },
		"a record failed":      func(r *verify.Report) { r.Failed.Count = 1 },
		"a collection differs": func(r *verify.Report) { r.Collections[0].ExtraCount = 1 },
		"a record failed, and so is missing": func(r *verify.Report) {
			r.Collections[0].MissingCount, r.Collections[0].Missing = 1, []string{"a"}
			r.Failed.Count = 1
			r.Failed.Records = []verify.FailedRecord{{ID: "a", Collection: "users", Missing: true}}
		},
		"no record": func(r *verify.Report) {
			for i := range r.Collections {
				r.Collections[i].SourceCount, r.Collections[i].TargetCount = 0, 0
			}
		},
	} {
		rep := sampleDone()
		spoil(rep.Verify)
		err := rep.Verify.Verdict().Outcome.Err()
		rep.Steps[7].State, rep.Steps[7].Detail = Failed, err.Error()
		sampleVerdict(rep, false)
		var b bytes.Buffer
		if err := rep.Write(&b, JUnit); err != nil {
			t.Fatal(err)
		}
		if failed := checkJUnit(t, b.Bytes()); failed != 1 {
			t.Errorf("%s: %d failures", name, failed)
		}
	}
	for name, rep := range map[string]*Report{"failed": sampleFailed(), "locked": sampleLocked(),
		"interrupted": sampleInterrupted(), "blocked": sampleBlocked()} {
		var b bytes.Buffer
		if err := rep.Write(&b, JUnit); err != nil {
			t.Fatal(err)
		}
		if failed, want := checkJUnit(t, b.Bytes()), max(1, len(rep.Findings.Blocking())); failed != want {
			t.Errorf("%s: %d failures, want %d", name, failed, want)
		}
	}
}

// The times of the cases add up to that of the run, whose comparison is made of its
// collections and checks.
func TestReportJUnitTimes(t *testing.T) {
	t.Parallel()
	rep := sampleDone()
	rep.Verify.Collections[0].Seconds, rep.Verify.Checks[1].Seconds = 60.5, 2.25
	var b bytes.Buffer
	if err := rep.Write(&b, JUnit); err != nil {
		t.Fatal(err)
	}
	checkJUnit(t, b.Bytes())
	for _, want := range []string{`skipped="0" time="868.220">`,
		`name="outcome" classname="identity-connect.run" time="4.000"`,
		`name="migrate" classname="identity-connect.steps" time="672.000"`,
		`name="verify" classname="identity-connect.steps" time="11.250"`,
		`name="users" classname="identity-connect.collections" time="60.500"`,
		`name="AD-INFORMATION Active Directory information" classname="identity-connect.checks" time="2.250"`} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %s in\n%.2000s", want, &b)
		}
	}
}
