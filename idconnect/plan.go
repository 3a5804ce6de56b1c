package idconnect

import (
	"context"
	"sync"

	"github.com/idconnect-go/upgrade/idconnect/internal/inspect"
	"github.com/idconnect-go/upgrade/idconnect/report"
	"github.com/idconnect-go/upgrade/internal/redact"
)

// Plan performs the preflight checks, and says for each chosen step whether it is
// done, to do or blocked, and why. It changes nothing. The error is one of the
// fields of u; what is wrong with the world is a finding.
func (u *Upgrade) Plan(ctx context.Context) (report.Plan, error) {
	return planOf(ctx, u.start)
}

// Status is Plan without the demand that everything a run needs is given:
// what cannot be seen is said, not asked for.
func (u *Upgrade) Status(ctx context.Context) (report.Plan, error) {
	return planOf(ctx, u.newRunner)
}

func planOf(ctx context.Context, begin func(context.Context) (*runner, error)) (report.Plan, error) {
	r, err := begin(ctx)
	if err != nil {
		return report.Plan{}, err
	}
	defer r.close()
	return redact.Value(r.Hide(), r.plan(ctx)), ctx.Err()
}

func (r *runner) plan(ctx context.Context) report.Plan {
	seen := r.inspection().Run(ctx)
	p := report.Plan{Source: serverSeen(seen.Source), Target: serverSeen(seen.Target), Findings: seen.Findings}
	if r.held != nil || !r.locked() { // else another run waits for its own request
		p.Findings = append(r.requests().Open(seen.Target.Answered), p.Findings...)
	}
	chosen := r.chosenSteps()
	p.Steps = make([]report.StepPlan, len(chosen))
	var wait sync.WaitGroup
	for i, s := range chosen {
		sp := &p.Steps[i]
		*sp = report.StepPlan{Name: s.name, Where: s.where, Findings: p.Findings.Of(s.name)}
		if b := sp.Findings.Blocking(); len(b) > 0 {
			sp.State, sp.Detail = report.Blocked, b[0].Seen
			continue
		}
		wait.Go(func() { sp.State, sp.Detail = r.standing(ctx, s) })
	}
	wait.Wait()
	return p
}

func (r *runner) inspection() *inspect.Inspection {
	return &inspect.Inspection{Site: r.Site, Journal: r.journal, Place: r.place, Locked: r.held != nil,
		Configured: func(ctx context.Context) bool {
			done, _, err := configureStep{r}.Done(ctx)
			return err == nil && done
		}}
}

func serverSeen(s inspect.Server) report.ServerSeen {
	return report.ServerSeen{URL: s.URL, State: s.State, Version: s.Version}
}

// standing says whether a step is done, for as long as a check of preflight may
// take.
func (r *runner) standing(ctx context.Context, s step) (report.State, string) {
	ctx, cancel := context.WithTimeout(ctx, r.Checks.Timeout)
	defer cancel()
	switch done, detail, err := s.Done(ctx); {
	case err != nil:
		return report.ToDo, err.Error()
	case done:
		return report.Done, detail
	default:
		return report.ToDo, detail
	}
}
