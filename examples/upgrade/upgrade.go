package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/idconnect-go/upgrade/examples/upgrade/internal/fieldflags"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/layout"
	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/idconnect/report"
)

func (a *app) prepare(
	ctx context.Context, name string, args []string, steps []string, ask bool,
) (*upgradeFlags, error) {
	f, v := a.upgradeFlags(name)
	if _, err := parse(f, args); err != nil {
		return nil, err
	}
	if err := a.applyFlags(v, steps); err != nil {
		return nil, err
	}
	if ask {
		if err := a.complete(ctx, &v.u, v.u.Missing()); err != nil {
			return nil, err
		}
	}
	return v, nil
}

func (a *app) plan(ctx context.Context, args []string) error {
	v, err := a.prepare(ctx, "plan", args, nil, true)
	if err != nil {
		return err
	}
	ctx, cancel := withTimeout(ctx, v.timeout)
	defer cancel()
	p, err := v.u.Plan(ctx)
	if err != nil {
		return err
	}
	p = fieldflags.Value(p)
	show := a.showPlan(p, v.json)
	if v.u.ReportDir != "" {
		show = errors.Join(show, a.save(p.Report(), v.u.ReportDir))
	}
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

func (a *app) upgrade(ctx context.Context, args []string) error {
	v, err := a.prepare(ctx, "run", args, nil, true)
	if err != nil {
		return err
	}
	ctx, cancel := withTimeout(ctx, v.timeout)
	defer cancel()
	return a.carryOut(ctx, v)
}

func (a *app) carryOut(ctx context.Context, v *upgradeFlags) error {
	progress := a.newProgress(v.logLevel)
	v.u.Events = fieldflags.Events(progress.event)
	rep, err := v.u.Run(ctx)
	progress.end()
	if rep == nil {
		return err
	}
	rep = fieldflags.Value(rep)
	var show error
	if v.json {
		show = a.json(rep)
	} else {
		show = layout.For(a.out, a.env).Write(a.out, rep.View().Blocks())
	}
	if dir := v.reportDir(); dir != "" && !errors.Is(err, preflight.ErrBlocked) || v.u.ReportDir != "" {
		show = errors.Join(show, a.save(rep, dir))
	}
	return errors.Join(err, show, a.saveIDs(v.u.RepairList, rep.Verify))
}

// save writes a report to a folder and prints where it is.
func (a *app) save(rep *report.Report, dir string) error {
	if err := rep.Save(dir); err != nil {
		return err
	}
	_, err := fmt.Fprintf(a.err, "report: %s\n", filepath.Join(dir, "report.html"))
	return err
}

func (a *app) status(ctx context.Context, args []string) error {
	f, v := a.upgradeFlags("status")
	watch := f.Bool("watch", false, "poll the migration until it ends; the exit code tells how it ended")
	interval := f.Duration("interval", 2*time.Second, "polling interval of -watch")
	if _, err := parse(f, args); err != nil {
		return err
	}
	if *interval <= 0 {
		return usagef("-interval %v: must be positive", *interval)
	}
	if err := a.applyFlags(v, nil); err != nil {
		return err
	}
	ctx, cancel := withTimeout(ctx, v.timeout)
	defer cancel()
	if *watch {
		return a.watch(ctx, v, *interval)
	}
	p, err := v.u.Status(ctx)
	if err != nil {
		return err
	}
	return a.showPlan(fieldflags.Value(p), v.json)
}

func (a *app) verify(ctx context.Context, args []string) error {
	v, err := a.prepare(ctx, "verify", args, []string{idconnect.StepVerify}, true)
	if err != nil {
		return err
	}
	ctx, cancel := withTimeout(ctx, v.timeout)
	defer cancel()
	progress := a.newProgress(v.logLevel)
	v.u.Events = fieldflags.Events(progress.event)
	report, err := v.u.Compare(ctx)
	progress.end()
	if report == nil {
		return err
	}
	report = fieldflags.Value(report)
	whole := fieldflags.Value(idconnect.ReportOf(report, err))
	if v.json {
		err = errors.Join(err, a.json(report))
	} else {
		err = errors.Join(err, layout.For(a.out, a.env).Write(a.out, whole.View().Blocks()))
	}
	if v.u.ReportDir != "" {
		err = errors.Join(err, a.save(whole, v.u.ReportDir))
	}
	return errors.Join(err, a.saveIDs(v.u.RepairList, report))
}

func (a *app) rollback(ctx context.Context, args []string) error {
	f, v := a.upgradeFlags("rollback")
	to := f.String("to", "", "first `step` to undo (default: all that were performed)")
	f.BoolVar(&v.u.RemoveAdded, "remove-added", false, "also remove files that were added or changed since the run")
	if _, err := parse(f, args); err != nil {
		return err
	}
	if err := a.applyFlags(v, nil); err != nil {
		return err
	}
	if v.u.TargetDir == "" {
		return usagef("rollback needs -target-dir")
	}
	if *to != "" && !slices.Contains(idconnect.StepNames(), *to) {
		return usagef("-to %s: must be one of %s", *to, strings.Join(idconnect.StepNames(), ", "))
	}
	ctx, cancel := withTimeout(ctx, v.timeout)
	defer cancel()
	if v.logLevel == "json" {
		v.u.Events = fieldflags.Events(a.newProgress(v.logLevel).event)
	}
	results, err := v.u.Rollback(ctx, *to)
	results = fieldflags.Value(results)
	if v.json {
		return errors.Join(err, a.json(results))
	}
	for _, r := range results {
		if _, e := fmt.Fprintf(a.out, "%-10s %-8s %s\n", r.Name, r.State, r.Detail); e != nil {
			err = errors.Join(err, e)
		}
	}
	return err
}
