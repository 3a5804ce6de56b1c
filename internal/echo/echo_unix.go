//go:build unix

package echo

import "golang.org/x/sys/unix"

// Shown reports whether a terminal shows what is typed, or does not say.
func Shown(fd uintptr) bool {
	t, err := unix.IoctlGetTermios(int(fd), getTermios)
	return err != nil || t.Lflag&unix.ECHO != 0
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
