//go:build unix

package host

import (
	"errors"
	"syscall"
)

// ProcessRuns reports whether a process of that number runs, of whatever user. One that has ended does not, even if its
// parent has not asked for its status yet.
func ProcessRuns(pid int) bool {
	err := syscall.Kill(pid, 0)
	return (err == nil || errors.Is(err, syscall.EPERM)) && !isZombie(pid)
}
