package report

import (
	_ "embed" // the schema
	"encoding/json"
	"time"

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
	// Source and Target are the servers as they answered preflight.
	Source ServerSeen `json:"source"`
	Target ServerSeen `json:"target"`
	// Steps are the chosen steps in their order; none for a comparison alone.
	Steps    []*StepResult      `json:"steps"`
	Findings preflight.Findings `json:"findings"`
	// Verify is nil when that step was not reached.
	Verify *verify.Report `json:"verify,omitempty"`
	// Outcome is "done", "blocked", "differences", "interrupted" or "failed";
	// that of a plan is "planned" where nothing blocks.
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
}

// MarshalJSON writes lists that are empty as [].
func (r Report) MarshalJSON() ([]byte, error) {
	type plain Report
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
