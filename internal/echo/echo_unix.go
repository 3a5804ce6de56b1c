//go:build unix

// Package echo says whether a terminal shows what is typed, and has it not do so. For
// anything else of a terminal there is golang.org/x/term. Begin with [Hide].
package echo

import "golang.org/x/sys/unix"

// Shown reports whether a terminal shows what is typed.
func Shown(fd uintptr) (bool, error) {
	t, err := unix.IoctlGetTermios(int(fd), getTermios)
	return err == nil && t.Lflag&unix.ECHO != 0, err
}

// Hide has a terminal read lines and not show them, until [term.Restore]. A prompt that
// is shown before shows a password, too, that is typed at once.
//
// [term.Restore]: https://pkg.go.dev/golang.org/x/term#Restore
func Hide(fd uintptr) error {
	t, err := unix.IoctlGetTermios(int(fd), getTermios)
	if err != nil {
		return err
	}
	t.Lflag &^= unix.ECHO
	t.Lflag |= unix.ICANON | unix.ISIG
	t.Iflag |= unix.ICRNL
	return unix.IoctlSetTermios(int(fd), setTermios, t)
}
