package report

import (
	"cmp"
	"errors"
	"strings"
	"time"

	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/internal/text"
	"github.com/idconnect-go/upgrade/internal/version"
)

// State says where a step stands.
type State string

// The states of a step.
const (
	Done    State = "done"
	ToDo    State = "to do"
	Blocked State = "blocked"
	Running State = "running"
	Failed  State = "failed"
	NotRun  State = "not run"
	// Interrupted is no failure: the same again goes on.
	Interrupted State = "interrupted"
)

// Where says on which machine a step runs: the folders of source and target
// are often on two.
type Where string

// The machines. What runs anywhere needs only the servers' addresses.
const (
	WhereSource Where = "source"
	WhereTarget Where = "target"
	WhereAny    Where = "any"
)

// Plan is what a run would do.
type Plan struct {
	Source ServerSeen `json:"source"`
	Target ServerSeen `json:"target"`
	// Steps are the chosen steps in their order.
	Steps    []StepPlan         `json:"steps"`
	Findings preflight.Findings `json:"findings"`
}

// StepPlan is where one step stands before the run.
type StepPlan struct {
	Name  string `json:"name"`
	Where Where  `json:"where"`
	// State is [Done], [ToDo] or [Blocked]; Detail says why, in words.
	State  State  `json:"state"`
	Detail string `json:"detail"`
	// Findings are those of the plan that concern this step.
	Findings preflight.Findings `json:"findings,omitempty"`
}

// String returns the step on one line.
func (s StepPlan) String() string { return stepLine(s.Name, s.State, s.Detail) }

// String returns the step and its result on one line.
func (s StepResult) String() string { return stepLine(s.Name, s.State, s.Detail) }

func stepLine(name string, state State, detail string) string {
	return text.Line(name + ": " + text.Because(string(state), detail))
}

// ServerSeen is what a server said of itself.
type ServerSeen struct {
	URL string `json:"url"`
	// State is in words, such as "ready"; Version is "" where it is not known.
	State   string `json:"state"`
	Version string `json:"version,omitempty"`
}

// Said is the version and the state of the server in words, as far as they are known:
// "OpenIDM 7.1.0, ready"; "version not known" where neither is.
func (s ServerSeen) Said() string { return cmp.Or(s.said(), "version not known") }

func (s ServerSeen) said() string {
	version := ""
	if s.Version != "" {
		version = "OpenIDM " + s.Version
	}
	return text.List(version, s.State)
}

// String returns the server on one line.
func (s ServerSeen) String() string { return strings.TrimRight(s.URL+"   "+s.said(), " ") }

// Blocked reports whether a finding blocks the run.
func (p Plan) Blocked() bool { return len(p.Findings.Blocking()) > 0 }

// Report returns a report of the plan alone.
func (p Plan) Report() *Report {
	now := time.Now()
	r := &Report{
		Version: Version, Tool: version.Module(), Started: now, Ended: now, Outcome: "planned",
		Source: p.Source, Target: p.Target, Findings: p.Findings,
	}
	for _, s := range p.Steps {
		r.Steps = append(r.Steps, &StepResult{Name: s.Name, State: s.State, Detail: s.Detail})
	}
	if p.Blocked() {
		r.Outcome, r.Error = "blocked", preflight.ErrBlocked.Error()
		var known interface{ Remedy() string }
		if errors.As(preflight.ErrBlocked, &known) {
			r.Remedy = known.Remedy()
		}
	}
	return r
}
