package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/idconnect-go/upgrade/examples/upgrade/internal/screen"
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
	progress := a.progress(v)
	progress.Wait("plan", "looking at both servers and their folders")
	p, err := v.u.Plan(ctx)
	progress.End()
	if err != nil {
		return err
	}
	show := a.showPlan(v, p)
	if v.u.ReportDir != "" {
		show = errors.Join(show, a.save(v, p.Report(), v.u.ReportDir))
	}
	if show != nil {
		return show
	}
	if p.Blocked() {
		return v.said(preflight.ErrBlocked)
	}
	return nil
}

func (a *app) showPlan(v *upgradeFlags, p report.Plan) error {
	if v.json {
		return a.json(p)
	}
	return v.screen.WritePlan(a.out, a.env, p)
}

// progress shows on stderr how the upgrade gets on.
func (a *app) progress(v *upgradeFlags) *screen.Progress {
	p := v.screen.Progress(a.err, a.env)
	v.u.Events, v.u.Logger = p.Event, p.Logger()
	return p
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
	progress := a.progress(v)
	progress.Wait("preflight", "looking at both servers and their folders")
	rep, err := v.u.Run(ctx)
	progress.End()
	if rep == nil {
		return err
	}
	var show error
	if v.json {
		show = a.json(rep)
	} else {
		show = v.screen.WriteReport(a.out, a.env, rep)
	}
	if dir := v.reportDir(); dir != "" && !errors.Is(err, preflight.ErrBlocked) || v.u.ReportDir != "" {
		show = errors.Join(show, a.save(v, rep, dir))
	}
	return errors.Join(v.said(err), show, a.saveIDs(v.u.RepairList, rep.Verify))
}

// said is err, but for what a result in words has said: a verdict, or what blocks.
func (v *upgradeFlags) said(err error) error {
	for _, result := range []error{
		idconnect.ErrDifferences, idconnect.ErrPartlyCompared, idconnect.ErrNothingCompared, preflight.ErrBlocked,
	} {
		if errors.Is(err, result) && !v.json {
			return exitCode(idconnect.ExitCode(err))
		}
	}
	return err
}

// save writes a report to a folder and prints where it is.
func (a *app) save(v *upgradeFlags, rep *report.Report, dir string) error {
	if err := rep.Save(dir); err != nil || v.screen.Quiet {
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
	progress := a.progress(v)
	progress.Wait("status", "looking at both servers and their folders")
	p, err := v.u.Status(ctx)
	progress.End()
	if err != nil {
		return err
	}
	return a.showPlan(v, p)
}

func (a *app) verify(ctx context.Context, args []string) error {
	v, err := a.prepare(ctx, "verify", args, []string{idconnect.StepVerify}, true)
	if err != nil {
		return err
	}
	ctx, cancel := withTimeout(ctx, v.timeout)
	defer cancel()
	progress := a.progress(v)
	report, err := v.u.Compare(ctx)
	progress.End()
	if report == nil {
		return err
	}
	whole := idconnect.ReportOf(report, err)
	err = v.said(err)
	if v.json {
		err = errors.Join(err, a.json(report))
	} else {
		err = errors.Join(err, v.screen.WriteReport(a.out, a.env, whole))
	}
	if v.u.ReportDir != "" {
		err = errors.Join(err, a.save(v, whole, v.u.ReportDir))
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
	if v.screen.Log != "" || v.screen.Verbose { // else the result says as much
		progress := a.progress(v)
		defer progress.End()
	}
	results, err := v.u.Rollback(ctx, *to)
	if v.json {
		return errors.Join(err, a.json(results))
	}
	return errors.Join(err, v.screen.WriteResults(a.out, a.env, results))
}
