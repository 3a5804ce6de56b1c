package main

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/internal/text"
	"github.com/idconnect-go/upgrade/migration"
)

// watch shows the migration until it ends.
func (a *app) watch(ctx context.Context, v *upgradeFlags, interval time.Duration) error {
	if v.u.Target.Credentials.Password.IsZero() {
		missing := &idconnect.MissingError{Field: "Target.Credentials.Password", Step: idconnect.StepMigrate}
		if err := a.complete(ctx, &v.u, []*idconnect.MissingError{missing}); err != nil {
			return err
		}
	}
	show := v.screen.Watch(a.out, a.env)
	if v.json {
		e := json.NewEncoder(text.JSONWriter(a.out))
		show = func(w idconnect.Watched, _ bool) error { return e.Encode(w) }
	}
	var last error
	for look, err := range v.u.Watch(ctx, interval) {
		last = err
		if look.Time.IsZero() {
			break // nothing was polled
		}
		// The caller prints the error.
		if e := show(look, err != nil || look.Phase == migration.PhaseComplete); e != nil {
			return errors.Join(err, e)
		}
	}
	return last
}
