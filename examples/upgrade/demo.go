package main

import (
	"context"

	"github.com/idconnect-go/upgrade/examples/upgrade/internal/demo"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/prompt"
	"github.com/idconnect-go/upgrade/keystore"
)

// demo shows the whole flow on a temporary site.
func (a *app) demo(ctx context.Context, v *call) error {
	unasked := *a
	unasked.tty = nobody{}
	d := demo.Demo{Out: a.out, Env: a.env, Program: a.name(), Run: unasked.run,
		Fault: v.Fault, Users: v.Users, Keep: v.Keep}
	code, err := d.Play(ctx)
	if err == nil && code != exitDone {
		return exitCode(code)
	}
	return err
}

// nobody is the person whom the demonstration never asks.
type nobody struct{}

func (nobody) Available() bool   { return false }
func (nobody) Interactive() bool { return false }

func (nobody) Line(context.Context, string) (string, error) { return "", prompt.ErrNoTerminal }

func (nobody) Password(context.Context, string) (keystore.Password, error) {
	return keystore.Password{}, prompt.ErrNoTerminal
}
