package flow

import (
	"context"
	"errors"
	"io/fs"

	"github.com/idconnect-go/upgrade/examples/internal/siteconfig"
	"github.com/idconnect-go/upgrade/keystore"
)

// secret finds a secret on this machine; zero where none is referred to. What
// fails is said without what was read.
func (a *Activities) secret(ctx context.Context, s *siteconfig.Secret, what string) (keystore.Password, error) {
	p, err := a.reader().Read(ctx, s)
	if err == nil {
		return p, nil
	}
	text, remedy := err.Error(), "the step is retried automatically"
	var path *fs.PathError
	switch {
	case errors.Is(err, siteconfig.ErrCommands):
		text = errNoCommands.Error()
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

var errNoCommands = errors.New("this worker runs no programs of a fleet file: start it with -commands")

func (a *Activities) reader() siteconfig.Reader { return siteconfig.Reader{Commands: a.Commands} }

// command runs a program of the fleet file. Its error says neither what it
// wrote nor its arguments.
func (a *Activities) command(ctx context.Context, args []string) error {
	_, err := a.reader().Run(ctx, args)
	if errors.Is(err, siteconfig.ErrCommands) {
		return errNoCommands
	}
	return err
}
