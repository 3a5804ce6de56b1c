// Package prompt asks a person for passwords, and questions. Begin with [Terminal].
package prompt

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"runtime"
	"strings"

	"golang.org/x/term"

	"github.com/idconnect-go/upgrade/internal/echo"
	"github.com/idconnect-go/upgrade/internal/text"
	"github.com/idconnect-go/upgrade/keystore"
)

// ErrNoTerminal means that nobody can be asked.
var ErrNoTerminal = errors.New("no terminal to prompt on")

// Terminal prompts on the controlling terminal, so that standard input and
// output can be redirected.
type Terminal struct{}

// Available reports whether there is somebody to ask.
func (Terminal) Available() bool {
	r, w, err := open()
	if err != nil {
		return false
	}
	_, err = term.GetState(int(r.Fd()))
	return errors.Join(err, r.Close(), w.Close()) == nil
}

// Interactive reports whether a person started the program on a terminal: its input
// and what it says of its progress are one.
func (t Terminal) Interactive() bool {
	return term.IsTerminal(int(os.Stdin.Fd())) && term.IsTerminal(int(os.Stderr.Fd())) && t.Available()
}

// Password asks for a password, which the terminal does not show. When the
// context ends it returns its error, with the terminal as it was; the system
// call that reads goes on until the next line is typed or the process ends.
func (Terminal) Password(ctx context.Context, prompt string) (keystore.Password, error) {
	line, err := ask(ctx, prompt+": ", true)
	if errors.Is(err, ErrNoTerminal) {
		return keystore.Password{}, err // not the empty password
	}
	return keystore.NewPassword(string(line)), err
}

// Line asks a question and returns the line that is typed, without its end. It ends
// as [Terminal.Password] does.
func (Terminal) Line(ctx context.Context, question string) (string, error) {
	line, err := ask(ctx, question+" ", false)
	return string(line), err
}

// IsYes reports whether an answer to a question that ends in [y/N] is a yes.
func IsYes(answer string) bool {
	answer = strings.ToLower(strings.TrimSpace(answer))
	return answer == "y" || answer == "yes"
}

// maxLine bounds an answer, in bytes.
const maxLine = 4096

// readLine reads byte by byte: what follows is another question's.
func readLine(in *os.File) (line []byte, err error) {
	for b := make([]byte, 1); len(line) < maxLine; {
		n, err := in.Read(b)
		if err == io.EOF && len(line) > 0 { // which ends it as well
			err = nil
		}
		if n == 0 || err != nil || b[0] == '\n' {
			return bytes.TrimSuffix(line, []byte("\r")), err
		}
		line = append(line, b[0])
	}
	return line, nil
}

// ask shows a prompt and reads the answer, of which the terminal shows nothing where it
// is hidden.
func ask(ctx context.Context, prompt string, hidden bool) ([]byte, error) {
	r, w, err := open()
	if err != nil {
		return nil, err
	}
	defer w.Close()
	fd := int(r.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return nil, errors.Join(ErrNoTerminal, r.Close())
	}
	if hidden {
		err = echo.Hide(r.Fd())
	}
	if err == nil {
		_, err = w.WriteString(text.Line(prompt))
	}
	if err != nil {
		return nil, errors.Join(err, term.Restore(fd, before), r.Close())
	}
	type line struct {
		text []byte
		err  error
	}
	read, restored := make(chan line, 1), make(chan struct{})
	defer close(restored)
	go func() {
		text, err := readLine(r)
		read <- line{text, err}
		<-restored
		r.Close()
	}()
	var l line
	end := ""
	if hidden { // as is the end of the line
		end = "\n"
	}
	select {
	case l = <-read:
	case <-ctx.Done():
		l.err, end = ctx.Err(), "\n"
	}
	_, err = w.WriteString(end)
	return l.text, cmp.Or(l.err, term.Restore(fd, before), err)
}

// open opens the controlling terminal twice, to read and to write.
func open() (r, w *os.File, err error) {
	in, out := "/dev/tty", "/dev/tty"
	if runtime.GOOS == "windows" {
		in, out = "CONIN$", "CONOUT$"
	}
	if r, err = os.OpenFile(in, os.O_RDWR, 0); err != nil {
		return nil, nil, ErrNoTerminal
	}
	if w, err = os.OpenFile(out, os.O_WRONLY, 0); err != nil {
		return nil, nil, errors.Join(ErrNoTerminal, r.Close())
	}
	return r, w, nil
}
