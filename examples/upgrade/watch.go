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
func (a *app) watch(ctx context.Context, v *call, interval time.Duration) error {
	if v.Upgrade.Target.Credentials.Password.IsZero() {
		missing := &idconnect.MissingError{Field: "Target.Credentials.Password", Step: idconnect.StepMigrate}
		if err := a.complete(ctx, v, nil, []*idconnect.MissingError{missing}); err != nil {
			return err
		}
	}
	show := v.Screen.Watch(a.out, a.env)
	if v.JSON {
		e := json.NewEncoder(text.JSONWriter(a.out))
		show = func(w idconnect.Watched, _ bool) error { return e.Encode(w) }
	}
	var last error
	for look, err := range v.Upgrade.Watch(ctx, interval) {
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
