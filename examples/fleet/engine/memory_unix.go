//go:build unix

package engine

import (
	"os"
	"runtime"
	"syscall"
)

// MaxMemory is the most memory that a process had, in bytes; 0 where it is not
// known.
func MaxMemory(s *os.ProcessState) int64 {
	u, ok := s.SysUsage().(*syscall.Rusage)
	switch {
	case !ok:
		return 0
	case runtime.GOOS == "darwin": // in bytes there, getrusage(2)
		return int64(u.Maxrss)
	}
	return int64(u.Maxrss) << 10
}
