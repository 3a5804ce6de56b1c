package idconnect

import (
	"context"
	"strings"
	"sync"

	"github.com/idconnect-go/upgrade/idconnect/internal/inspect"
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
	r, err := u.newRunner()
	if err != nil {
		return Plan{}, err
	}
	defer r.close()
	p := r.plan(ctx)
	return p, ctx.Err()
}

func (r *runner) plan(ctx context.Context) Plan {
	seen := r.inspection().Run(ctx)
	p := Plan{Source: serverSeen(seen.Source), Target: serverSeen(seen.Target), Findings: seen.Findings}
	chosen := r.chosenSteps()
	p.Steps = make([]StepPlan, len(chosen))
	var wait sync.WaitGroup
	for i, s := range chosen {
		sp := &p.Steps[i]
		*sp = StepPlan{Name: s.Name(), Where: s.Where(), Findings: p.Findings.Of(s.Name())}
		if b := sp.Findings.Blocking(); len(b) > 0 {
			sp.State, sp.Detail = Blocked, b[0].Seen
			continue
		}
		wait.Go(func() { sp.State, sp.Detail = r.standing(ctx, s) })
	}
	wait.Wait()
	return p
}

func (r *runner) inspection() *inspect.Inspection {
	return &inspect.Inspection{Site: r.Site, Journal: r.journal, Locked: r.held != nil,
		Configured: func(ctx context.Context) bool {
			done, _, err := configureStep{r}.Done(ctx)
			return err == nil && done
		}}
}

func serverSeen(s inspect.Server) ServerSeen {
	return ServerSeen{URL: s.URL, State: s.State, Version: s.Version}
}

// standing says whether a step is done, for as long as a check of preflight may
// take.
func (r *runner) standing(ctx context.Context, s step) (State, string) {
	ctx, cancel := context.WithTimeout(ctx, r.Checks.Timeout)
	defer cancel()
	switch done, detail, err := s.Done(ctx); {
	case err != nil:
		return ToDo, err.Error()
	case done:
		return Done, detail
	default:
		return ToDo, detail
	}
}
