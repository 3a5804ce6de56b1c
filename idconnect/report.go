package idconnect

import (
	"bytes"

	"github.com/idconnect-go/upgrade/idconnect/verify"

	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// the schema

// ReportVersion is the version of the JSON form of [Report]; it grows when a
// member changes its meaning or goes. New members do not change it.
const ReportVersion = 1

// ReportSchema is the JSON Schema (2020-12) of the JSON form of [Report]; that
// of a [verify.Report] alone is its #/$defs/verify. It names every member: one
// that it does not know is newer than this package.
//
//go:embed report.schema.json
var ReportSchema string

// Report is what a run did and proved. It holds no secret and, of records,
// only their ids. It can be written as text, JSON, a page of HTML and as the
// JUnit XML that CI systems read; [Report.Save] writes all four.
type Report struct {
	Version  int           `json:"version"`
	Started  time.Time     `json:"started"`
	Ended    time.Time     `json:"ended"`
	Source   ServerSeen    `json:"source"`
	Target   ServerSeen    `json:"target"`
	Steps    []*StepResult `json:"steps"`
	Findings Findings      `json:"findings"`
	// Verify is nil when that step was not reached.
	Verify *verify.Report `json:"verify,omitempty"`
	// Outcome is "done", "blocked", "differences", "interrupted" or "failed";
	// that of a plan is "planned" where nothing blocks.
	Outcome string `json:"outcome"`
	// Error says what failed, and Remedy what to do, where something did.
	Error  string `json:"error,omitempty"`
	Remedy string `json:"remedy,omitempty"`
}

// StepResult is what became of one step.
type StepResult struct {
	Name    string     `json:"name"`
	State   State      `json:"state"`
	Detail  string     `json:"detail,omitempty"`
	Started *time.Time `json:"started,omitempty"`
	Ended   *time.Time `json:"ended,omitempty"`
}

func (r *run) newReport() *Report {
	return &Report{Version: ReportVersion, Started: time.Now()}
}

func (rep *Report) fromPlan(p Plan) {
	rep.Source, rep.Target, rep.Findings = p.Source, p.Target, p.Findings
	for _, s := range p.Steps {
		state := s.State
		if state == ToDo {
			state = NotRun
		}
		rep.Steps = append(rep.Steps, &StepResult{Name: s.Name, State: state, Detail: s.Detail})
	}
}

func (rep *Report) step(name string) *StepResult {
	for _, s := range rep.Steps {
		if s.Name == name {
			return s
		}
	}
	s := &StepResult{Name: name}
	rep.Steps = append(rep.Steps, s)
	return s
}

// remedier is an error that knows what to do about it.
type remedier interface{ Remedy() string }

// RemedyOf returns what to do about an error, "" where nothing better is known
// than its text.
func RemedyOf(err error) string {
	var r remedier
	if errors.As(err, &r) {
		return r.Remedy()
	}
	return remedyOfKnown(err)
}

func (rep *Report) end(err error) *Report {
	rep.Ended = time.Now()
	switch {
	case err == nil:
		rep.Outcome = "done"
		return rep
	case errors.Is(err, ErrBlocked):
		rep.Outcome = "blocked"
	case errors.Is(err, ErrDifferences):
		rep.Outcome = "differences"
	case isInterrupt(err):
		rep.Outcome = "interrupted"
	default:
		rep.Outcome = "failed"
	}
	rep.Error, rep.Remedy = err.Error(), RemedyOf(err)
	return rep
}

// Report makes a report of a plan alone.
func (p Plan) Report() *Report {
	rep := &Report{Version: ReportVersion, Started: time.Now(), Outcome: "planned"}
	rep.Ended = rep.Started
	rep.fromPlan(p)
	for i, s := range p.Steps {
		rep.Steps[i].State = s.State // nothing was to be run
	}
	if p.Blocked() {
		rep.end(ErrBlocked)
	}
	return rep
}

// ReportOf makes a report of a comparison alone; err is what [Verify] or
// [Upgrade.Compare] returned beside it. It is nil where r is.
func ReportOf(r *verify.Report, err error) *Report {
	if r == nil {
		return nil
	}
	rep := &Report{
		Version: ReportVersion, Started: r.Started, Verify: r,
		Source: ServerSeen{URL: r.Source}, Target: ServerSeen{URL: r.Target},
	}
	if err == nil && !r.Same() {
		err = ErrDifferences
	}
	rep.end(err)
	if !r.Ended.IsZero() {
		rep.Ended = r.Ended
	}
	return rep
}

// MarshalJSON writes lists that are empty as [].
func (rep Report) MarshalJSON() ([]byte, error) {
	type plain Report
	if rep.Steps == nil {
		rep.Steps = []*StepResult{}
	}
	if rep.Findings == nil {
		rep.Findings = Findings{}
	}
	return json.Marshal(plain(rep))
}

// WriteJSON writes the report in the form that [ReportSchema] describes.
func (rep *Report) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(rep)
}

// Save writes report.html, report.json, report.txt and junit.xml into a folder,
// which is made where it is missing, each file whole or not at all. They can be
// read by their owner and group: ids of users are personal data.
func (rep *Report) Save(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	for _, f := range []struct {
		name  string
		write func(io.Writer) error
	}{
		{"report.json", rep.WriteJSON}, {"report.txt", rep.WriteText},
		{"report.html", rep.WriteHTML}, {"junit.xml", rep.WriteJUnit},
	} {
		var content bytes.Buffer
		if err := f.write(&content); err != nil {
			return fmt.Errorf("report: %s: %w", f.name, err)
		}
		if err := writeFile(filepath.Join(dir, f.name), content.Bytes(), 0o640); err != nil {
			return fmt.Errorf("report: %w", err)
		}
	}
	return nil
}
