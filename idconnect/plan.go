package idconnect

import (
	"context"
	"strings"
	"sync"

	"github.com/idconnect-go/upgrade/idconnect/preflight"
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

// text is what a plan adds to a step that is bound to a machine.
func (w Where) text() string {
	if w == WhereAny {
		return ""
	}
	return "  [" + string(w) + " machine]"
}

// StepPlan is where one step stands before the run.
type StepPlan struct {
	Name     string             `json:"name"`
	Where    Where              `json:"where"`
	State    State              `json:"state"`
	Detail   string             `json:"detail"`
	Findings preflight.Findings `json:"findings,omitempty"`
}

// Plan is what [Upgrade.Run] would do.
type Plan struct {
	Source   ServerSeen         `json:"source"`
	Target   ServerSeen         `json:"target"`
	Steps    []StepPlan         `json:"steps"`
	Findings preflight.Findings `json:"findings"`
}

// ServerSeen is what a server said of itself.
type ServerSeen struct {
	URL     string `json:"url"`
	State   string `json:"state"`
	Version string `json:"version,omitempty"`
	// answered: something speaks TLS there.
	answered bool
}

func (s ServerSeen) String() string {
	out := s.URL + "   "
	if s.Version != "" {
		out += "OpenIDM " + s.Version + ", "
	}
	return strings.TrimRight(out+s.State, " ,")
}

// Blocked says whether a finding blocks the run.
func (p Plan) Blocked() bool { return len(p.Findings.Blocking()) > 0 }

// Preflight looks for everything that would make the chosen steps fail. It
// changes nothing. The error is one of the fields of u; what is wrong with the
// world is a finding.
func (u *Upgrade) Preflight(ctx context.Context) (preflight.Findings, error) {
	p, err := u.Plan(ctx)
	return p.Findings, err
}

// Plan says for each chosen step whether it is done, to do or blocked, and
// why. It changes nothing.
func (u *Upgrade) Plan(ctx context.Context) (Plan, error) {
	r, err := u.start()
	if err != nil {
		return Plan{}, err
	}
	defer r.close()
	p := r.plan(ctx)
	return p, ctx.Err()
}

// Status is Plan without the demand that everything a run needs is given:
// what cannot be seen is said, not asked for.
func (u *Upgrade) Status(ctx context.Context) (Plan, error) {
	if err := u.Validate(); err != nil {
		return Plan{}, err
	}
	r, err := u.open()
	if err != nil {
		return Plan{}, err
	}
	defer r.close()
	p := r.plan(ctx)
	return p, ctx.Err()
}

func (r *run) plan(ctx context.Context) Plan {
	p := Plan{Source: ServerSeen{URL: r.u.sourceURL()}, Target: ServerSeen{URL: r.u.targetURL()}}
	r.preflight(ctx, &p)
	var wait sync.WaitGroup
	p.Steps = make([]StepPlan, 0, len(steps))
	for _, s := range steps {
		if !r.u.chosen(s.name) {
			continue
		}
		p.Steps = append(p.Steps, StepPlan{Name: s.name, Where: s.where, Findings: p.Findings.Of(s.name)})
		sp := &p.Steps[len(p.Steps)-1]
		if b := sp.Findings.Blocking(); len(b) > 0 {
			sp.State, sp.Detail = Blocked, b[0].Seen
			continue
		}
		wait.Go(func() {
			state, detail, err := r.checkInTime(ctx, s)
			if sp.State, sp.Detail = state, detail; err != nil {
				sp.State, sp.Detail = ToDo, err.Error()
			}
		})
	}
	wait.Wait()
	return p
}

// checkInTime asks whether a step is done, for as long as a check of preflight
// may take.
func (r *run) checkInTime(ctx context.Context, s step) (State, string, error) {
	ctx, cancel := context.WithTimeout(ctx, r.u.Checks.WithDefaults().Timeout)
	defer cancel()
	return s.check(ctx, r)
}
