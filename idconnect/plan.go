package idconnect

import (
	"context"
	"sync"

	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/idconnect/report"
)

// Preflight looks for everything that would make the chosen steps fail. It
// changes nothing. The error is one of the fields of u; what is wrong with the
// world is a finding.
func (u *Upgrade) Preflight(ctx context.Context) (preflight.Findings, error) {
	p, err := u.Plan(ctx)
	return p.Findings, err
}

// Plan says for each chosen step whether it is done, to do or blocked, and
// why. It changes nothing.
func (u *Upgrade) Plan(ctx context.Context) (report.Plan, error) {
	r, err := u.start()
	if err != nil {
		return report.Plan{}, err
	}
	defer r.close()
	p := r.plan(ctx)
	return p, ctx.Err()
}

// Status is Plan without the demand that everything a run needs is given:
// what cannot be seen is said, not asked for.
func (u *Upgrade) Status(ctx context.Context) (report.Plan, error) {
	if err := u.Validate(); err != nil {
		return report.Plan{}, err
	}
	r, err := u.open()
	if err != nil {
		return report.Plan{}, err
	}
	defer r.close()
	p := r.plan(ctx)
	return p, ctx.Err()
}

func (r *run) plan(ctx context.Context) report.Plan {
	p := report.Plan{Source: report.ServerSeen{URL: r.u.sourceURL()}, Target: report.ServerSeen{URL: r.u.targetURL()}}
	r.preflight(ctx, &p)
	var wait sync.WaitGroup
	p.Steps = make([]report.StepPlan, 0, len(steps))
	for _, s := range steps {
		if !r.u.chosen(s.name) {
			continue
		}
		p.Steps = append(p.Steps, report.StepPlan{Name: s.name, Where: s.where, Findings: p.Findings.Of(s.name)})
		sp := &p.Steps[len(p.Steps)-1]
		if b := sp.Findings.Blocking(); len(b) > 0 {
			sp.State, sp.Detail = report.Blocked, b[0].Seen
			continue
		}
		wait.Go(func() {
			state, detail, err := r.checkInTime(ctx, s)
			if sp.State, sp.Detail = state, detail; err != nil {
				sp.State, sp.Detail = report.ToDo, err.Error()
			}
		})
	}
	wait.Wait()
	return p
}

// checkInTime asks whether a step is done, for as long as a check of preflight
// may take.
func (r *run) checkInTime(ctx context.Context, s step) (report.State, string, error) {
	ctx, cancel := context.WithTimeout(ctx, r.u.Checks.WithDefaults().Timeout)
	defer cancel()
	return s.check(ctx, r)
}
