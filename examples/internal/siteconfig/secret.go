package siteconfig

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/idconnect-go/upgrade/keystore"
)

const (
	commandTimeout = 30 * time.Second
	maxSecret      = 64 << 10
)

// Secret says where a secret is found. One of its members is set.
type Secret struct {
	File    string   `json:"file,omitempty"`
	Env     string   `json:"env,omitempty"`
	Command []string `json:"command,omitempty"`
}

// SecretAt is a secret with its place in the file, such as "source.password".
// From is nil where the file names none.
type SecretAt struct {
	Place string
	From  *Secret
}

// Places of the secrets.
const (
	SourcePassword           = "source.password"
	TargetPassword           = "target.password"
	SourceTruststorePassword = "source.truststorePassword"
	TargetTruststorePassword = "target.truststorePassword"
	KeystorePassword         = "keystorePassword"
	HandoverPassphrase       = "handover.passphrase"
)

// Secrets returns where each of the site's secrets is found.
func (c *Config) Secrets() []SecretAt {
	all := []SecretAt{
		{SourcePassword, c.Source.Password}, {TargetPassword, c.Target.Password},
		{SourceTruststorePassword, c.Source.TruststorePassword},
		{TargetTruststorePassword, c.Target.TruststorePassword}, {KeystorePassword, c.KeystorePassword},
	}
	if c.Handover != nil {
		all = append(all, SecretAt{HandoverPassphrase, c.Handover.Passphrase})
	}
	return all
}

// ErrCommands means that a secret is the output of a program, and that no program
// may be run.
var ErrCommands = errors.New("programs for secrets are not allowed")

// Reader reads secrets on this machine.
type Reader struct {
	// Commands allows the programs that a file names.
	Commands bool
	// Env is a lookup of the environment; nil: that of the process.
	Env func(string) (string, bool)
}

// Read returns a secret, zero if s is nil. Its errors repeat nothing that was
// read; those about files match fs.ErrNotExist and the like.
func (r Reader) Read(ctx context.Context, s *Secret) (keystore.Password, error) {
	switch {
	case s == nil:
		return keystore.Password{}, nil
	case s.File != "":
		return keystore.ReadPasswordFile(s.File)
	case s.Env != "":
		lookup := r.Env
		if lookup == nil {
			lookup = os.LookupEnv
		}
		text, ok := lookup(s.Env)
		if !ok || text == "" {
			return keystore.Password{}, fmt.Errorf("the environment variable %s is not set", s.Env)
		}
		return keystore.NewPassword(text), nil
	case len(s.Command) == 0:
		return keystore.Password{}, errors.New("neither file, env nor command is set")
	}
	out, err := r.Run(ctx, s.Command)
	if err != nil {
		return keystore.Password{}, err
	}
	secret := strings.TrimRight(string(out), "\r\n")
	if secret == "" {
		return keystore.Password{}, fmt.Errorf("the program %s wrote nothing", s.Command[0])
	}
	return keystore.NewPassword(secret), nil
}

// Run runs a program that a file names, for at most 30 s, and returns its output,
// at most 64 KiB. The error says neither what it wrote nor its arguments. Without
// [Reader.Commands] it is ErrCommands.
func (r Reader) Run(ctx context.Context, args []string) ([]byte, error) {
	if !r.Commands {
		return nil, ErrCommands
	}
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.WaitDelay = 5 * time.Second // its end may be read late on a busy machine
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
	case errors.Is(err, exec.ErrWaitDelay):
		return nil, fmt.Errorf("the program %s ended, but one that it started still holds its output", args[0])
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
