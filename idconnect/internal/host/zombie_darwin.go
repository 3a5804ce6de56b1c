package host

import "golang.org/x/sys/unix"

// isZombie reports whether a process has ended and only its parent does not know it yet.
func isZombie(pid int) bool {
	const zombie = 5 // SZOMB of sys/proc.h
	p, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	return err == nil && p.Proc.P_stat == zombie
}
