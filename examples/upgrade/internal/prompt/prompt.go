// Package prompt asks a person for passwords. Begin with [Terminal].
package prompt

import (
	"context"
	"errors"
	"os"
	"runtime"

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
	in, out := "/dev/tty", "/dev/tty"
	if runtime.GOOS == "windows" {
		in, out = "CONIN$", "CONOUT$"
	}
	r, err := os.OpenFile(in, os.O_RDWR, 0)
	if err != nil {
		return keystore.Password{}, ErrNoTerminal
	}
	w, err := os.OpenFile(out, os.O_WRONLY, 0)
	if err != nil {
		return keystore.Password{}, errors.Join(ErrNoTerminal, r.Close())
	}
	defer w.Close()
	fd := int(r.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return keystore.Password{}, errors.Join(ErrNoTerminal, r.Close())
	}
	if _, err := w.WriteString(text.Line(prompt) + ": "); err != nil {
		return keystore.Password{}, errors.Join(err, r.Close())
	}
	type line struct {
		text []byte
		err  error
	}
	read := make(chan line, 1)
	go func() {
		defer r.Close()
		text, err := term.ReadPassword(fd)
		read <- line{text, err}
	}()
	var l line
	select {
	case l = <-read:
	case <-ctx.Done():
		l.err = errors.Join(ctx.Err(), term.Restore(fd, before))
	}
	if _, e := w.WriteString("\n"); l.err == nil {
		l.err = e
	}
	return keystore.NewPassword(string(l.text)), l.err
}
