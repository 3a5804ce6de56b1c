package report

import (
	_ "embed" // the schema
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/idconnect-go/upgrade/idconnect/internal/verdict"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/idconnect/verify"
)

// Version is the version of the JSON form of [Report]. It grows when a member
// changes its meaning or is removed; new members do not change it.
const Version = 1

// Schema is the JSON Schema (2020-12) of the JSON form of [Report]; that of a
// [verify.Report] alone is its #/$defs/verify. It names every member: one that
// it does not know is newer than this package.
//
//go:embed report.schema.json
var Schema string

// Report is what a run did and proved. It holds no secret and, of records,
// only their ids, unless the comparison was asked for values. Its texts may
// have been chosen by a server or a file: use [Report.View] to show them.
type Report struct {
	// Version is the constant of that name.
	Version int       `json:"version"`
	Started time.Time `json:"started"`
	Ended   time.Time `json:"ended"`
	// FirstStarted is when an earlier run began to change something; zero if this
	// run is the first.
	FirstStarted time.Time `json:"firstStarted,omitzero"`
	// Tool is the version of this module that made the report, such as "v1.2.3"; ""
	// if the program was built without one.
	Tool string `json:"tool,omitempty"`
	// Source and Target are the servers as they answered preflight.
	Source ServerSeen `json:"source"`
	Target ServerSeen `json:"target"`
	// Steps are the chosen steps in their order; none for a comparison alone.
	Steps    []*StepResult      `json:"steps"`
	Findings preflight.Findings `json:"findings"`
	// Verify is nil when that step was not reached.
	Verify *verify.Report `json:"verify,omitempty"`
	// Outcome is "done", "blocked", "interrupted" or "failed"; that of a plan is
	// "planned" where nothing blocks. Where the servers were compared and are not
	// [verdict.Same], it is the outcome of the comparison instead of "done".
	Outcome string `json:"outcome"`
	// Error says what failed, and Remedy what to do, where something did.
	Error  string `json:"error,omitempty"`
	Remedy string `json:"remedy,omitempty"`
}

// StepResult is the result of one step.
type StepResult struct {
	Name  string `json:"name"`
	State State  `json:"state"`
	// Detail is what the step did or why it failed, in words.
	Detail  string     `json:"detail,omitempty"`
	Started *time.Time `json:"started,omitempty"`
	Ended   *time.Time `json:"ended,omitempty"`
	// EarlierStarted and EarlierEnded are when an earlier run performed the step,
	// nil if none did. EarlierEnded is nil, too, if that run did not see its end.
	EarlierStarted *time.Time `json:"earlierStarted,omitempty"`
	EarlierEnded   *time.Time `json:"earlierEnded,omitempty"`
	// Records is the target's own count of the records that the step migrate
	// processed; 0 if it did not say.
	Records int64 `json:"records,omitempty"`
}

// span is when the step was performed, over all runs: a step of an earlier run is
// only checked in this one. Both are zero if that is not known.
func (s *StepResult) span() (from, to time.Time) {
	if s.Started != nil && s.Ended != nil {
		from, to = *s.Started, *s.Ended
	}
	switch earlier := s.EarlierStarted; {
	case earlier == nil:
	case s.EarlierEnded == nil && !to.IsZero():
		from = *earlier
	case s.EarlierEnded != nil && s.EarlierEnded.Sub(*earlier) > to.Sub(from):
		from, to = *earlier, *s.EarlierEnded
	}
	return from, to
}

// began is when the first run began.
func (r *Report) began() time.Time {
	if r.FirstStarted.IsZero() || r.FirstStarted.After(r.Started) {
		return r.Started
	}
	return r.FirstStarted
}

// took is the time from the beginning of the first run, 0 if that is not known.
func (r *Report) took() time.Duration {
	if r.began().IsZero() {
		return 0
	}
	return max(r.Ended.Sub(r.began()), 0)
}

// settled returns the report with the outcome that its comparison has, whatever
// stands there: all formats begin with it.
func (r Report) settled() Report {
	if r.Verify == nil || !slices.Contains([]string{"done", string(verdict.Different), string(verdict.Partly),
		string(verdict.Nothing)}, r.Outcome) {
		return r
	}
	before := r.Outcome
	r.Outcome = "done"
	var compared verdict.Error
	if !errors.As(r.Verify.Verdict().Outcome.Err(), &compared) {
		r.Error, r.Remedy = "", ""
	} else if r.Outcome = string(compared.Outcome); r.Outcome != before || r.Error == "" {
		r.Error, r.Remedy = compared.Error(), compared.Remedy()
	}
	return r
}

// MarshalJSON writes lists that are empty as [].
func (r Report) MarshalJSON() ([]byte, error) {
	type plain Report
	r = r.settled()
	if r.Steps == nil {
		r.Steps = []*StepResult{}
	}
	if r.Findings == nil {
		r.Findings = preflight.Findings{}
	}
	return json.Marshal(plain(r))
}

// ofComparison reports whether the report is of a comparison without a run.
func (r *Report) ofComparison() bool { return r.Verify != nil && len(r.Steps) == 0 }
