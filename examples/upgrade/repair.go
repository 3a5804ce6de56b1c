package main

import (
	"context"
	"errors"

	"github.com/idconnect-go/upgrade/examples/upgrade/internal/prompt"
	show "github.com/idconnect-go/upgrade/examples/upgrade/internal/repair"
	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/repair"
	"github.com/idconnect-go/upgrade/idconnect/verify"
)

// repair restores the records of a list of verify -ids.
func (a *app) repair(ctx context.Context, args []string) error {
	f, v := a.upgradeFlags("repair")
	f.Lookup("ids").Usage = "`file` with the records to restore, as verify -ids writes it"
	apply := f.Bool("apply", false, "write the records (default: show what would be written)")
	yes := f.Bool("yes", false,
		"do not ask: there is a backup of the target's database, and the records may be written")
	if _, err := parse(f, args); err != nil {
		return err
	}
	if v.u.RepairList == "" {
		return usagef("repair needs -ids")
	}
	list, err := verify.ReadRepairList(v.u.RepairList)
	if err != nil {
		return err
	}
	v.u.RepairList = "" // which is read here, not written
	if err := a.applyFlags(v, []string{idconnect.StepVerify}); err != nil {
		return err
	}
	if err := a.complete(ctx, &v.u, v.u.Missing()); err != nil {
		return err
	}
	ctx, cancel := withTimeout(ctx, v.timeout)
	defer cancel()
	progress := a.progress(v)
	opts := repair.Options{Paths: list, Apply: *apply}
	if !*yes {
		opts.Approve = show.Approval(a.err, func(ctx context.Context, question string) (string, error) {
			progress.End()
			answer, err := a.tty.Line(ctx, question)
			if errors.Is(err, prompt.ErrNoTerminal) {
				err = usagef("repair -apply asks first, and there is no terminal: once there is a backup of the " +
					"target's database, use -yes")
			}
			return answer, err
		})
	}
	rep, err := v.u.Repair(ctx, opts)
	progress.End()
	if rep == nil {
		return err
	}
	if v.json {
		return errors.Join(err, a.json(rep))
	}
	err = errors.Join(err, show.Write(a.out, rep))
	if rep.Verify != nil {
		whole := idconnect.ReportOf(rep.Verify, nil)
		err = errors.Join(err, v.screen.WriteReport(a.out, a.env, whole))
	}
	return err
}
