package flow

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/idconnect-go/upgrade/examples/fleet/fleetfile"
	"github.com/idconnect-go/upgrade/keystore"
)

const (
	commandTimeout = 30 * time.Second
	maxSecret      = 64 << 10
)

// secret finds a secret on this machine; zero where none is referred to. What
// fails is said without what was read.
func (a *Activities) secret(ctx context.Context, s *fleetfile.Secret, what string) (keystore.Password, error) {
	none := func(text, remedy string) (keystore.Password, error) {
		return keystore.Password{}, fault{
			Type: FaultSecret, Code: FaultSecret, Text: what + ": " + text, Remedy: remedy, after: accessPause,
		}
	}
	switch {
	case s == nil:
		return keystore.Password{}, nil
	case s.File != "":
		p, err := keystore.ReadPasswordFile(s.File)
		var path *fs.PathError
		if errors.As(err, &path) {
			return none(path.Path+": "+path.Err.Error(), "give this worker the file; the step is retried automatically")
		}
		if err != nil {
			return none(s.File+" cannot be read", "give this worker the file; the step is retried automatically")
		}
		return p, nil
	case s.Env != "":
		text, ok := os.LookupEnv(s.Env)
		if !ok {
			return none("the variable "+s.Env+" is not set",
				"set it and start the worker again; the step is retried automatically")
		}
		return keystore.NewPassword(text), nil
	case len(s.Command) == 0:
		return none("it is not said where it is", "name it in the fleet file")
	}
	out, err := a.command(ctx, s.Command)
	if err != nil {
		return none(err.Error(), "the step is retried automatically")
	}
	return keystore.NewPassword(strings.TrimRight(string(out), "\r\n")), nil
}

// command runs a program of the fleet file. Its error says neither what it
// wrote nor its arguments.
func (a *Activities) command(ctx context.Context, args []string) ([]byte, error) {
	if !a.Commands {
		return nil, errors.New("this worker runs no programs of a fleet file: start it with -commands")
	}
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.WaitDelay = time.Second
	cmd.Env = withoutSecrets(os.Environ())
	var out bytes.Buffer
	cmd.Stdout = &limited{w: &out, left: maxSecret}
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return nil, fmt.Errorf("the program %s did not end in %v", args[0], commandTimeout)
	case errors.As(err, &exit):
		return nil, fmt.Errorf("the program %s ended with %d", args[0], exit.ExitCode())
	case err != nil:
		return nil, fmt.Errorf("the program %s cannot be run, or wrote more than %d bytes", args[0], maxSecret)
	}
	return out.Bytes(), nil
}

func withoutSecrets(env []string) (out []string) {
	for _, e := range env {
		name, _, _ := strings.Cut(e, "=")
		if !strings.HasPrefix(name, "IDC_") || !strings.HasSuffix(name, "PASSWORD") {
			out = append(out, e)
		}
	}
	return out
}

type limited struct {
	w    io.Writer
	left int
}

func (l *limited) Write(p []byte) (int, error) {
	if len(p) > l.left {
		return 0, io.ErrShortWrite
	}
	l.left -= len(p)
	return l.w.Write(p)
}
