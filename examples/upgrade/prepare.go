package main

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/idconnect-go/upgrade/examples/upgrade/internal/command"
	"github.com/idconnect-go/upgrade/idconnect"
)

// apply completes the upgrade from flags, files and environment variables. The error
// names all that is wrong with them, and with missing what the command lacks.
func (a *app) apply(c *call, steps []string, missing ...error) error {
	getenv := a.env
	if c.Command.Name == "checklist" {
		getenv = nil
	}
	if err := command.Join(append([]error{c.wrong, c.Apply(getenv, steps)}, missing...)...); err != nil {
		return err
	}
	return command.Join(c.Upgrade.Validate())
}

// prepare is apply, and asks for passwords that are missing, once nothing else is.
func (a *app) prepare(ctx context.Context, c *call, steps []string, missing ...error) error {
	wrong := a.apply(c, steps, missing...)
	if wrong == nil {
		if err := checkReport(c.Upgrade.ReportDir); err != nil {
			return err
		}
	}
	return a.complete(ctx, c, wrong, c.Upgrade.Missing())
}

// complete asks for missing passwords, unless something is wrong.
func (a *app) complete(ctx context.Context, c *call, wrong error, missing []*idconnect.MissingError) error {
	questions, err := c.Missing(c.Command.Name, missing, a.tty.Available(), c.said)
	var m *command.Mistake
	if errors.As(err, &m) && c.file == nil && slices.ContainsFunc(missing, func(m *idconnect.MissingError) bool {
		return m.Field == "SourceDir" || m.Field == "TargetDir"
	}) {
		m.Hint += "; or describe the site once: " + a.name() + " init"
	}
	if err := command.Join(wrong, err); err != nil {
		return err
	}
	for _, q := range questions {
		p, err := a.tty.Password(ctx, q.Text)
		if err != nil {
			return err
		}
		*q.Into = p
	}
	return nil
}

func withTimeout(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	if d > 0 {
		return context.WithTimeout(ctx, d)
	}
	return context.WithCancel(ctx)
}
