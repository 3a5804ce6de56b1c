package idconnect_test

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// holdLock locks a file as Java does, and as another process would: a lock of
// the open file is not this process's own.
func holdLock(t *testing.T, path string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	must(t, err)
	t.Cleanup(func() { f.Close() })
	must(t, unix.FcntlFlock(f.Fd(), unix.F_OFD_SETLK, &unix.Flock_t{Type: unix.F_WRLCK}))
}
