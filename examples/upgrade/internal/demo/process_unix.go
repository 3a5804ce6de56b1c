//go:build unix

package demo

import (
	"os"
	"syscall"
)

// runs reports whether there is such a process, or what is left of one that nobody has waited for.
func runs(pid int) bool {
	p, err := os.FindProcess(pid)
	return err == nil && p.Signal(syscall.Signal(0)) == nil
}
