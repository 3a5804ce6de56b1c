package main

import (
	"context"
	"strings"

	"github.com/idconnect-go/upgrade/examples/upgrade/internal/demo"
)

// demo shows the whole flow on a temporary site.
func (a *app) demo(ctx context.Context, args []string) error {
	d := demo.Demo{Out: a.out, Env: a.env, Run: a.run}
	f := a.flags("demo", "")
	f.StringVar(&d.Fault, "fault", "", "show the failure `NAME` and its remedy, one of "+
		strings.Join(demo.Faults(), ", "))
	f.BoolVar(&d.Keep, "keep", false, "keep the temporary installations")
	f.IntVar(&d.Users, "users", demo.Users, "`number` of users in the source")
	if _, err := parse(f, args); err != nil {
		return err
	}
	if err := d.Check(); err != nil {
		return usagef("%v", err)
	}
	code, err := d.Play(ctx)
	if err == nil && code != exitDone {
		return exitCode(code)
	}
	return err
}
