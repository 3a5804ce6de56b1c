package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/idconnect-go/upgrade/examples/upgrade/internal/command"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/fieldflags"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/prompt"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/screen"
	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/idconnect/report"
	"github.com/idconnect-go/upgrade/idconnect/verify"
	"github.com/idconnect-go/upgrade/internal/text"
)

func (a *app) plan(ctx context.Context, v *call) error {
	if err := a.prepare(ctx, v, nil); err != nil {
		return err
	}
	ctx, cancel := withTimeout(ctx, v.Timeout)
	defer cancel()
	p, err := a.look(ctx, v, "plan", v.Upgrade.Plan)
	if err != nil {
		return err
	}
	show := a.showPlan(v, p)
	if v.Upgrade.ReportDir != "" {
		show = errors.Join(show, a.save(v, p.Report(), v.Upgrade.ReportDir))
	}
	a.stepSummary(p.Report())
	if show != nil {
		return show
	}
	if p.Blocked() {
		return v.unsaid(preflight.ErrBlocked)
	}
	return nil
}

// lookingAround is what takes a while before a plan.
const lookingAround = "looking at both servers and their folders"

// look makes a plan, and shows that it takes a while.
func (a *app) look(
	ctx context.Context, v *call, what string, plan func(context.Context) (report.Plan, error),
) (report.Plan, error) {
	progress := a.progress(v)
	defer progress.End()
	progress.Wait(what, lookingAround)
	p, err := plan(ctx)
	return fieldflags.Value(p), err
}

func (a *app) showPlan(v *call, p report.Plan) error {
	if v.JSON {
		return a.json(p)
	}
	return v.Screen.WritePlan(a.out, a.env, p)
}

// progress shows on stderr how the upgrade gets on.
func (a *app) progress(v *call) *screen.Progress {
	p := v.Screen.Progress(a.err, a.env)
	v.Upgrade.Events, v.Upgrade.Logger = fieldflags.Events(p.Event), p.Logger()
	return p
}

// unsaid is err, but for what a result in words has said: a verdict, or what blocks.
func (v *call) unsaid(err error) error {
	for _, result := range []error{
		idconnect.ErrDifferences, idconnect.ErrPartlyCompared, idconnect.ErrNothingCompared, preflight.ErrBlocked,
	} {
		if errors.Is(err, result) && !v.JSON {
			return exitCode(idconnect.ExitCode(err))
		}
	}
	return err
}

func (a *app) upgrade(ctx context.Context, v *call) error {
	if err := a.prepare(ctx, v, nil); err != nil {
		return err
	}
	ctx, cancel := withTimeout(ctx, v.Timeout)
	defer cancel()
	if err := a.confirm(ctx, v); err != nil {
		return err
	}
	return a.carryOut(ctx, v)
}

// errDeclined means that a person did not let a run begin.
var errDeclined = errors.New("not confirmed, nothing was changed")

// confirm shows a person the plan and asks whether to begin. A script is not asked.
// Where a step is blocked, or nothing is to be done, the run says so by itself.
func (a *app) confirm(ctx context.Context, v *call) error {
	if v.Yes || !a.tty.Interactive() {
		return nil
	}
	p, err := a.look(ctx, v, "plan", v.Upgrade.Plan)
	if err != nil {
		return err
	}
	toDo := slices.ContainsFunc(p.Steps, func(s report.StepPlan) bool { return s.State == report.ToDo })
	if p.Blocked() || !toDo {
		return nil
	}
	if err := v.Screen.WritePlan(a.err, a.env, p); err != nil {
		return err
	}
	answer, err := a.tty.Line(ctx, "Begin? [y/N]")
	if err == nil && !prompt.IsYes(answer) {
		err = errDeclined
	}
	return err
}

func (a *app) carryOut(ctx context.Context, v *call) error {
	progress := a.progress(v)
	progress.Wait("preflight", lookingAround)
	rep, err := v.Upgrade.Run(ctx)
	progress.End()
	if rep == nil {
		return err
	}
	rep = fieldflags.Value(rep)
	show := a.showReport(v, rep, rep)
	if dir := v.ReportDir(); dir != "" && !errors.Is(err, preflight.ErrBlocked) || v.Upgrade.ReportDir != "" {
		show = errors.Join(show, a.save(v, rep, dir))
	}
	a.stepSummary(rep)
	return errors.Join(v.unsaid(err), show, a.saveIDs(v.Upgrade.RepairList, rep.Verify))
}

// showReport writes a report or, with -json, what stands for it.
func (a *app) showReport(v *call, rep *report.Report, asJSON any) error {
	if v.JSON {
		return a.json(asJSON)
	}
	return v.Screen.WriteReport(a.out, a.env, rep)
}

func (a *app) status(ctx context.Context, v *call) error {
	var alone error
	if v.Given("interval") && !v.Watch {
		alone = &command.Mistake{What: "-interval needs -watch", Hint: "add -watch, or leave -interval out"}
	}
	if err := a.apply(v, nil, alone); err != nil {
		return err
	}
	ctx, cancel := withTimeout(ctx, v.Timeout)
	defer cancel()
	if v.Watch {
		return a.watch(ctx, v, v.Interval)
	}
	p, err := a.look(ctx, v, "status", v.Upgrade.Status)
	if err != nil {
		return err
	}
	return a.showPlan(v, p)
}

func (a *app) verify(ctx context.Context, v *call) error {
	if err := a.prepare(ctx, v, []string{idconnect.StepVerify}); err != nil {
		return err
	}
	ctx, cancel := withTimeout(ctx, v.Timeout)
	defer cancel()
	progress := a.progress(v)
	report, err := v.Upgrade.Compare(ctx)
	progress.End()
	if report == nil {
		return err
	}
	report = fieldflags.Value(report)
	whole := fieldflags.Value(idconnect.ReportOf(report, err))
	err = errors.Join(v.unsaid(err), a.showReport(v, whole, report))
	if v.Upgrade.ReportDir != "" {
		err = errors.Join(err, a.save(v, whole, v.Upgrade.ReportDir))
	}
	a.stepSummary(whole)
	return errors.Join(err, a.saveIDs(v.Upgrade.RepairList, report))
}

func (a *app) rollback(ctx context.Context, v *call) error {
	missing := v.lacks("target-dir", "FOLDER", v.Upgrade.TargetDir)
	if v.Upgrade.TargetDir != "" {
		missing = v.Traces(v.Upgrade.TargetDir)
	}
	if err := a.apply(v, nil, missing); err != nil {
		return err
	}
	ctx, cancel := withTimeout(ctx, v.Timeout)
	defer cancel()
	if v.Screen.Log != "" || v.Screen.Verbose { // else the result says as much
		progress := a.progress(v)
		defer progress.End()
	}
	results, err := v.Upgrade.Rollback(ctx, v.To)
	results = fieldflags.Value(results)
	if v.JSON {
		return errors.Join(err, a.json(results))
	}
	return errors.Join(err, v.Screen.WriteResults(a.out, a.env, results))
}

// saveIDs writes the list of records to migrate again, if -ids is set.
func (a *app) saveIDs(file string, r *verify.Report) error {
	if file == "" || r == nil {
		return nil
	}
	more, err := r.SaveRepairList(file)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.err, "ids: %s\n", file)
	if more > 0 {
		fmt.Fprintf(a.err, "%s: hint: %s not listed: raise -max-differences, or verify again once these are repaired\n",
			a.name(), text.Number(more, "more record is", "more records are"))
	}
	return nil
}
