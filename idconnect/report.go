package idconnect

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// ReportVersion is the version of the JSON form of [Report]; it grows when a
// member changes its meaning or goes.
const ReportVersion = 1

// Report is what a run did and proved. It holds no secret and, of records,
// only their ids.
type Report struct {
	Version  int           `json:"version"`
	Started  time.Time     `json:"started"`
	Ended    time.Time     `json:"ended"`
	Source   ServerSeen    `json:"source"`
	Target   ServerSeen    `json:"target"`
	Steps    []*StepResult `json:"steps"`
	Findings Findings      `json:"findings"`
	// Verify is nil when that step was not reached.
	Verify *VerifyReport `json:"verify,omitempty"`
	// Outcome is "done", "blocked", "differences", "interrupted" or "failed".
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

// WriteText writes the report for a person.
func (rep *Report) WriteText(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Upgrade of Identity Connect: %s\n", rep.Outcome)
	fmt.Fprintf(&b, "source  %s\ntarget  %s\n", rep.Source, rep.Target)
	fmt.Fprintf(&b, "from %s to %s\n\n", rep.Started.Format(time.RFC3339), rep.Ended.Format(time.RFC3339))
	for i, s := range rep.Steps {
		took := ""
		if s.Started != nil && s.Ended != nil {
			took = fmt.Sprintf("  (%s)", s.Ended.Sub(*s.Started).Round(time.Millisecond))
		}
		fmt.Fprintf(&b, "%3d %-10s %-8s %s%s\n", i+1, s.Name, s.State, s.Detail, took)
	}
	if len(rep.Findings) > 0 {
		b.WriteString("\nFindings\n")
	}
	for _, f := range rep.Findings {
		fmt.Fprintf(&b, "  %-8s %-10s %s\n", f.Severity, f.Step, f)
	}
	if rep.Error != "" {
		fmt.Fprintf(&b, "\nerror: %s\n", rep.Error)
	}
	if rep.Remedy != "" {
		fmt.Fprintf(&b, "remedy: %s\n", rep.Remedy)
	}
	if rep.Verify != nil {
		b.WriteString("\n")
		if err := rep.Verify.WriteText(&b); err != nil {
			return err
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Save writes report.json and report.txt into a folder, which is made where it
// is missing, each file whole or not at all.
func (rep *Report) Save(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	j, err := json.MarshalIndent(rep, "", "  ")
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	var text strings.Builder
	if err := rep.WriteText(&text); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	for _, f := range []struct {
		name    string
		content []byte
	}{{"report.json", append(j, '\n')}, {"report.txt", []byte(text.String())}} {
		// Ids of users are personal data: not for everybody on the machine.
		if err := writeFile(filepath.Join(dir, f.name), f.content, 0o640); err != nil {
			return fmt.Errorf("report: %w", err)
		}
	}
	return nil
}
