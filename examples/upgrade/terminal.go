package main

import (
	"errors"
	"os"
	"runtime"

	"golang.org/x/term"

	"github.com/idconnect-go/upgrade/keystore"
)

// errNoTerminal: there is nobody to ask.
var errNoTerminal = errors.New("no terminal to ask for it")

// terminal asks a person for a password.
type terminal interface {
	password(prompt string) (keystore.Password, error)
}

// systemTerminal asks on the controlling terminal, so that input and output
// stay free for other use.
type systemTerminal struct{}

func (systemTerminal) password(prompt string) (keystore.Password, error) {
	in, out := "/dev/tty", "/dev/tty"
	if runtime.GOOS == "windows" {
		in, out = "CONIN$", "CONOUT$"
	}
	r, err := os.OpenFile(in, os.O_RDWR, 0)
	if err != nil {
		return keystore.Password{}, errNoTerminal
	}
	defer r.Close()
	w, err := os.OpenFile(out, os.O_WRONLY, 0)
	if err != nil {
		return keystore.Password{}, errNoTerminal
	}
	defer w.Close()
	if !term.IsTerminal(int(r.Fd())) {
		return keystore.Password{}, errNoTerminal
	}
	if _, err := w.WriteString(prompt + ": "); err != nil {
		return keystore.Password{}, err
	}
	text, err := term.ReadPassword(int(r.Fd()))
	if _, e := w.WriteString("\n"); err == nil {
		err = e
	}
	return keystore.NewPassword(string(text)), err
}
