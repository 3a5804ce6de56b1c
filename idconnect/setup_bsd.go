//go:build darwin || freebsd || netbsd || openbsd || dragonfly

package idconnect

import "golang.org/x/sys/unix"

const ioctlGetTermios = unix.TIOCGETA
