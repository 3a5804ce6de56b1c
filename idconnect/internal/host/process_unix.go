//go:build unix

package host

import (
	"errors"
	"syscall"
)

// ProcessRuns reports whether a process of that number runs, of whatever user.
func ProcessRuns(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}
