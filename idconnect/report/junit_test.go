package report

import (
	"bytes"
	"encoding/xml"
	"io"
	"regexp"
	"slices"
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
	tests, skips := 0, 0
	for _, s := range doc.Suites {
		f, e, skipped := 0, 0, 0
		names := map[string]bool{}
		for _, c := range s.Cases {
			switch {
			case c.Failure != nil:
				f++
			case c.Error != nil:
				e++
			case c.Skipped != nil:
				skipped++
			}
			names[c.Name] = true
		}
		if s.Tests != len(s.Cases) || s.Failures != f || s.Errors != e || s.Skipped != skipped || s.Tests == 0 {
			t.Errorf("%s counts %d, %d, %d, %d", s.Name, s.Tests, s.Failures, s.Errors, s.Skipped)
		}
		tests, failed, skips = tests+s.Tests, failed+f+e, skips+skipped
	}
	if doc.Tests != tests || doc.Failures+doc.Errors != failed || doc.Skipped != skips {
		t.Errorf("counts %d tests, %d failures, %d errors, %d skipped", doc.Tests, doc.Failures, doc.Errors,
			doc.Skipped)
	}
	return failed
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
	} {
		rep := sampleDone()
		spoil(rep.Verify)
		var b bytes.Buffer
		if err := rep.Write(&b, JUnit); err != nil {
			t.Fatal(err)
		}
		if failed := checkJUnit(t, b.Bytes()); failed != 2 { // it, and the outcome
			t.Errorf("%s: %d failures", name, failed)
		}
	}
}
