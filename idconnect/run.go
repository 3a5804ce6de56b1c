package idconnect

import (
	"context"
	"sync"
	"time"

	"github.com/idconnect-go/upgrade/idconnect/internal/ending"
	"github.com/idconnect-go/upgrade/idconnect/internal/inspect"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/idconnect/report"
	"github.com/idconnect-go/upgrade/internal/redact"
)

// Run carries out the chosen steps that are not done yet. It begins with
// [Upgrade.Plan]; when a finding blocks it changes nothing and returns
// [preflight.ErrBlocked]; so it does with a [*LockedError] while another run is under
// way on the same target. A step that fails ends the run with a [*StepError], servers
// that differ with [ErrDifferences], those of which not everything was compared with
// [ErrPartlyCompared] or [ErrNothingCompared]; the report says in each case how far it
// came, and is never nil unless the fields cannot be used. Calling Run again
// goes on where it stopped.
func (u *Upgrade) Run(ctx context.Context) (*report.Report, error) {
	r, err := u.start(ctx)
	if err != nil {
		return nil, err
	}
	defer r.close()
	rep := &report.Report{Version: report.Version, Started: time.Now()}
	r.emit(Event{Kind: EventRun, State: report.Running})
	err = r.carryOut(ctx, rep)
	ending.Report(rep, err)
	r.emit(Event{Kind: EventRun, State: ending.Run(rep.Outcome), Detail: rep.Outcome})
	return redact.Value(r.Hide(), rep), r.Hide().Error(err)
}

func (r *runner) carryOut(ctx context.Context, rep *report.Report) error {
	if err := r.lock(false); err != nil {
		return err
	}
	plan := r.plan(ctx)
	reportPlan(rep, plan)
	for _, f := range plan.Findings {
		r.emit(Event{Kind: EventFinding, Step: f.Step, Finding: &f})
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if len(plan.Findings.Blocking()) > 0 {
		return preflight.ErrBlocked
	}
	if err := r.lock(true); err != nil {
		return err
	}
	if err := r.recover(); err != nil {
		return err
	}
	r.reportEarlier(rep)
	err := r.runSteps(ctx, rep)
	rep.Verify = r.verified
	if r.processed > 0 {
		resultOf(rep, StepMigrate).Records = r.processed
	}
	r.refreshTarget(ctx, rep)
	r.lookAgain(ctx, rep)
	return err
}

func (r *runner) runSteps(ctx context.Context, rep *report.Report) error {
	for _, s := range r.chosenSteps() {
		if err := r.runStep(ctx, s, resultOf(rep, s.name)); err != nil {
			return err
		}
	}
	return nil
}

// refreshTarget puts into the report what the target is by now: when the run
// began there was perhaps none.
func (r *runner) refreshTarget(ctx context.Context, rep *report.Report) {
	c, err := r.TargetClient()
	if err != nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, r.Checks.Timeout)
	defer cancel()
	if health, err := c.Ping(ctx); err == nil {
		rep.Target.State = inspect.StateOf(health)
		if v, err := c.Version(ctx); err == nil {
			rep.Target.Version = v.ProductVersion
		}
	}
}

// lookAgain adds what is to be seen only after the run.
func (r *runner) lookAgain(ctx context.Context, rep *report.Report) {
	for _, f := range r.inspection().Again(ctx, rep.Findings) {
		rep.Findings = append(rep.Findings, f)
		r.emit(Event{Kind: EventFinding, Step: f.Step, Finding: &f})
	}
}

func (r *runner) runStep(ctx context.Context, s step, result *report.StepResult) error {
	began := time.Now()
	result.Started = &began
	finish := func(state report.State, detail string) {
		ended := time.Now()
		result.State, result.Detail, result.Ended = state, detail, &ended
		r.emit(Event{Kind: EventStep, Step: s.name, State: state, Detail: detail})
	}
	done, detail, err := s.Done(ctx)
	switch {
	case err == nil && done:
		err = r.recordOutcome(s.name)
	case err == nil:
		r.emit(Event{Kind: EventStep, Step: s.name, State: report.Running, Detail: detail})
		detail, err = s.Apply(ctx)
	}
	if err = ending.Of(ctx, err); err != nil {
		finish(ending.Step(err))
		return &StepError{Step: s.name, Err: err}
	}
	finish(report.Done, detail)
	return nil
}

// recordOutcome closes the intent of a step that is done though no run saw it
// end.
func (r *runner) recordOutcome(step string) error {
	switch n := r.journal.Note(step); {
	case !n.IsOpen():
		return nil
	case step == StepSetup:
		r.journal.Setup.End()
	case step == StepConfigure, step == StepMigrate:
		n.End()
	default: // what was done to files, recover has found out
		return nil
	}
	return r.journal.Save()
}

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
