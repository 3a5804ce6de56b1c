package main

import (
	"errors"
	"os"
	"runtime"

	"golang.org/x/term"

	"github.com/idconnect-go/upgrade/keystore"
)

// layout wraps and colours reports on a terminal, and leaves them as they are
// elsewhere. NO_COLOR (no-color.org) and TERM=dumb switch colour off. On
// Windows only Windows Terminal gets colour.
func (a *app) layout() layout {
	f, ok := a.out.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return layout{}
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		width = 0
	}
	colour := a.env("NO_COLOR") == "" && a.env("TERM") != "dumb"
	if runtime.GOOS == "windows" && a.env("WT_SESSION") == "" {
		colour = false
	}
	return layout{width: width, colour: colour}
}

var errNoTerminal = errors.New("no terminal to prompt on")

// terminal prompts for passwords.
type terminal interface {
	password(prompt string) (keystore.Password, error)
}

// systemTerminal prompts on the controlling terminal, so that standard input
// and output can be redirected.
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
