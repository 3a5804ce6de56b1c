// Package prompt asks a person for passwords and for a yes. Begin with [Terminal].
package prompt

import (
	"bufio"
	"context"
	"errors"
	"os"
	"runtime"
	"strings"

	"golang.org/x/term"

	"github.com/idconnect-go/upgrade/internal/text"
	"github.com/idconnect-go/upgrade/keystore"
)

// ErrNoTerminal means that nobody can be asked.
var ErrNoTerminal = errors.New("no terminal to prompt on")

// Terminal prompts on the controlling terminal, so that standard input and
// output can be redirected.
type Terminal struct{}

// Password asks for a password, which the terminal does not show. When the
// context ends it returns its error, with the terminal as it was; the system
// call that reads goes on until the next line is typed or the process ends.
func (Terminal) Password(ctx context.Context, prompt string) (keystore.Password, error) {
	typed, err := ask(ctx, prompt, func(r *os.File) ([]byte, error) { return term.ReadPassword(int(r.Fd())) })
	if err != nil && typed == nil {
		return keystore.Password{}, err
	}
	return keystore.NewPassword(string(typed)), err
}

// Line asks for a line, which the terminal shows. It ends as Password does.
func (Terminal) Line(ctx context.Context, prompt string) (string, error) {
	typed, err := ask(ctx, prompt, func(r *os.File) ([]byte, error) { return bufio.NewReader(r).ReadBytes('\n') })
	return strings.TrimSpace(string(typed)), err
}

func ask(ctx context.Context, prompt string, read func(*os.File) ([]byte, error)) ([]byte, error) {
	in, out := "/dev/tty", "/dev/tty"
	if runtime.GOOS == "windows" {
		in, out = "CONIN$", "CONOUT$"
	}
	r, err := os.OpenFile(in, os.O_RDWR, 0)
	if err != nil {
		return nil, ErrNoTerminal
	}
	w, err := os.OpenFile(out, os.O_WRONLY, 0)
	if err != nil {
		return nil, errors.Join(ErrNoTerminal, r.Close())
	}
	defer w.Close()
	fd := int(r.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return nil, errors.Join(ErrNoTerminal, r.Close())
	}
	if _, err := w.WriteString(text.Line(prompt) + ": "); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	type line struct {
		text []byte
		err  error
	}
	typed := make(chan line, 1)
	go func() {
		defer r.Close()
		text, err := read(r)
		typed <- line{text, err}
	}()
	var l line
	select {
	case l = <-typed:
	case <-ctx.Done():
		l.err = errors.Join(ctx.Err(), term.Restore(fd, before))
	}
	if _, e := w.WriteString("\n"); l.err == nil {
		l.err = e
	}
	return l.text, l.err
}
