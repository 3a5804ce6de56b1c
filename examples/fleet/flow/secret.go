package flow

import (
	"context"
	"errors"
	"io/fs"

	"github.com/idconnect-go/upgrade/examples/internal/siteconfig"
	"github.com/idconnect-go/upgrade/keystore"
)

// notAllowed is the fault of an order that wants what this worker does not give.
func notAllowed(what string, err error) fault {
	return fault{Type: FaultSecret, Code: FaultSecret, Text: what + ": " + err.Error(),
		Remedy: "add it to the worker's -allow file, if it is right, and start the worker again; " +
			"the step is retried automatically", after: accessPause}
}

// secret finds a secret on this machine; zero where none is referred to. What
// fails is said without what was read.
func (a *Activities) secret(ctx context.Context, s *siteconfig.Secret, what string) (keystore.Password, error) {
	if err := a.Allow.Secret(s); err != nil {
		return keystore.Password{}, notAllowed(what, err)
	}
	p, err := siteconfig.Reader{Commands: true}.Read(ctx, s)
	if err == nil {
		return p, nil
	}
	text, remedy := err.Error(), "the step is retried automatically"
	var path *fs.PathError
	switch {
	case s.File != "":
		if text = s.File + " cannot be read"; errors.As(err, &path) {
			text = path.Path + ": " + path.Err.Error()
		}
		remedy = "give this worker the file; " + remedy
	case s.Env != "":
		remedy = "set it and start the worker again; " + remedy
	}
	return keystore.Password{}, fault{
		Type: FaultSecret, Code: FaultSecret, Text: what + ": " + text, Remedy: remedy, after: accessPause,
	}
}

// command runs a program of the fleet file. Its error says neither what it
// wrote nor its arguments.
func (a *Activities) command(ctx context.Context, args []string) error {
	if err := a.Allow.Program(args[0]); err != nil {
		return err
	}
	_, err := siteconfig.Reader{Commands: true}.Run(ctx, args)
	return err
}
