package main

import (
	"context"
	"errors"

	"github.com/idconnect-go/upgrade/examples/upgrade/internal/command"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/fieldflags"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/prompt"
	show "github.com/idconnect-go/upgrade/examples/upgrade/internal/repair"
	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/repair"
	"github.com/idconnect-go/upgrade/idconnect/verify"
)

// repair restores the records of a list of verify -ids.
func (a *app) repair(ctx context.Context, v *call) error {
	var list []string
	wrong := v.lacks("ids", "FILE", v.Upgrade.RepairList)
	if wrong == nil && v.wrong == nil {
		var err error
		if list, err = verify.ReadRepairList(v.Upgrade.RepairList); err != nil {
			wrong = &command.Mistake{What: err.Error(), Hint: "verify -ids FILE writes such a list"}
		}
	}
	v.Upgrade.RepairList = "" // which is read here, not written
	if err := a.prepare(ctx, v, []string{idconnect.StepVerify}, wrong); err != nil {
		return err
	}
	ctx, cancel := withTimeout(ctx, v.Timeout)
	defer cancel()
	progress := a.progress(v)
	opts := repair.Options{Paths: list, Apply: v.Write}
	if !v.Yes {
		opts.Approve = show.Approval(a.err, func(ctx context.Context, question string) (string, error) {
			progress.End()
			answer, err := a.tty.Line(ctx, question)
			if errors.Is(err, prompt.ErrNoTerminal) {
				err = &command.Mistake{What: "repair -apply asks first, and there is no terminal",
					Hint: "once there is a backup of the target's database, add -yes"}
			}
			return answer, err
		})
	}
	rep, err := v.Upgrade.Repair(ctx, opts)
	progress.End()
	if rep == nil {
		return err
	}
	rep = fieldflags.Value(rep)
	if v.JSON {
		return errors.Join(err, a.json(rep))
	}
	err = errors.Join(err, show.Write(a.out, rep))
	if rep.Verify != nil {
		err = errors.Join(err, a.showReport(v, fieldflags.Value(idconnect.ReportOf(rep.Verify, nil)), nil))
	}
	return err
}
