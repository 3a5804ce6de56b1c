//go:build unix

package disk

import "syscall"

// noWait keeps an open from waiting for the other end of a pipe, or for a device.
const noWait = syscall.O_NONBLOCK
