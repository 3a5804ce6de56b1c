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
func secret(ctx context.Context, s *siteconfig.Secret, what string) (keystore.Password, error) {
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
