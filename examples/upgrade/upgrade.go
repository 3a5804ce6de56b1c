package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/idconnect-go/upgrade/examples/upgrade/internal/command"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/fieldflags"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/layout"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/settings"
	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/idconnect/report"
	"github.com/idconnect-go/upgrade/idconnect/verify"
)

func (a *app) plan(ctx context.Context, v *call) error {
	if err := a.prepare(ctx, v, nil); err != nil {
		return err
	}
	ctx, cancel := withTimeout(ctx, v.Timeout)
	defer cancel()
	p, err := v.Upgrade.Plan(ctx)
	if err != nil {
		return err
	}
	p = fieldflags.Value(p)
	show := a.showPlan(p, v.JSON)
	if v.Upgrade.ReportDir != "" {
		show = errors.Join(show, a.save(p.Report(), v.Upgrade.ReportDir))
	}
	a.stepSummary(p.Report())
	if show != nil {
		return show
	}
	if p.Blocked() {
		return preflight.ErrBlocked
	}
	return nil
}

func (a *app) showPlan(p report.Plan, asJSON bool) error {
	if asJSON {
		return a.json(p)
	}
	return layout.For(a.out, a.env).Write(a.out, p.Blocks())
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
	p, err := v.Upgrade.Plan(ctx)
	if err != nil {
		return err
	}
	toDo := slices.ContainsFunc(p.Steps, func(s report.StepPlan) bool { return s.State == report.ToDo })
	if p.Blocked() || !toDo {
		return nil
	}
	if err := layout.For(a.err, a.env).Write(a.err, fieldflags.Value(p).Blocks()); err != nil {
		return err
	}
	answer, err := a.tty.Line(ctx, "Begin? [y/N]")
	if err != nil {
		return err
	}
	if answer = strings.ToLower(strings.TrimSpace(answer)); answer != "y" && answer != "yes" {
		return errDeclined
	}
	return nil
}

func (a *app) carryOut(ctx context.Context, v *call) error {
	progress := a.newProgress(v.Log)
	v.Upgrade.Events = fieldflags.Events(progress.event)
	rep, err := v.Upgrade.Run(ctx)
	progress.end()
	if rep == nil {
		return err
	}
	rep = fieldflags.Value(rep)
	var show error
	if v.JSON {
		show = a.json(rep)
	} else {
		show = layout.For(a.out, a.env).Write(a.out, rep.View().Blocks())
	}
	if dir := v.ReportDir(); dir != "" && !errors.Is(err, preflight.ErrBlocked) || v.Upgrade.ReportDir != "" {
		show = errors.Join(show, a.save(rep, dir))
	}
	a.stepSummary(rep)
	return errors.Join(err, show, a.saveIDs(v.Upgrade.RepairList, rep.Verify))
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
	p, err := v.Upgrade.Status(ctx)
	if err != nil {
		return err
	}
	return a.showPlan(fieldflags.Value(p), v.JSON)
}

func (a *app) verify(ctx context.Context, v *call) error {
	if err := a.prepare(ctx, v, []string{idconnect.StepVerify}); err != nil {
		return err
	}
	ctx, cancel := withTimeout(ctx, v.Timeout)
	defer cancel()
	progress := a.newProgress(v.Log)
	v.Upgrade.Events = fieldflags.Events(progress.event)
	report, err := v.Upgrade.Compare(ctx)
	progress.end()
	if report == nil {
		return err
	}
	report = fieldflags.Value(report)
	whole := fieldflags.Value(idconnect.ReportOf(report, err))
	if v.JSON {
		err = errors.Join(err, a.json(report))
	} else {
		err = errors.Join(err, layout.For(a.out, a.env).Write(a.out, whole.View().Blocks()))
	}
	if v.Upgrade.ReportDir != "" {
		err = errors.Join(err, a.save(whole, v.Upgrade.ReportDir))
	}
	a.stepSummary(whole)
	return errors.Join(err, a.saveIDs(v.Upgrade.RepairList, report))
}

func (a *app) rollback(ctx context.Context, v *call) error {
	var missing error
	switch dir := v.Upgrade.TargetDir; {
	case dir == "" && !v.Given("target-dir"):
		missing = settings.Needed("rollback", "target-dir", "FOLDER")
	case dir != "":
		missing = v.Traces(dir)
	}
	if err := a.apply(v, nil, missing); err != nil {
		return err
	}
	ctx, cancel := withTimeout(ctx, v.Timeout)
	defer cancel()
	if v.Log == "json" {
		v.Upgrade.Events = fieldflags.Events(a.newProgress(v.Log).event)
	}
	results, err := v.Upgrade.Rollback(ctx, v.To)
	results = fieldflags.Value(results)
	if v.JSON {
		return errors.Join(err, a.json(results))
	}
	for _, r := range results {
		if _, e := fmt.Fprintf(a.out, "%-10s %-8s %s\n", r.Name, r.State, r.Detail); e != nil {
			err = errors.Join(err, e)
		}
	}
	return err
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
		fmt.Fprintf(a.err, "%s: hint: %d more records are not listed: "+
			"raise -max-differences, or verify again once these are repaired\n", a.name(), more)
	}
	return nil
}
