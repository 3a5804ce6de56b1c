//go:build unix

package idconnect

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// mayWriteIn asks the system; as root everything but a disk that is only for
// reading may be written.
func mayWriteIn(dir string) error {
	return unix.Access(dir, unix.W_OK|unix.X_OK)
}

// freeSpace is what this user may still use of the disk that dir is on, in
// bytes.
func freeSpace(dir string) (uint64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, err
	}
	return uint64(s.Bavail) * uint64(s.Bsize), nil //nolint:unconvert // their types differ from system to system
}

// heldByOther says whether another process has locked a file, in the way that
// Java does, and which. The lock is asked for, not taken.
func heldByOther(path string) (who string, held bool) {
	f, err := os.Open(path)
	if err != nil {
		return "", false
	}
	defer f.Close()
	lock := unix.Flock_t{Type: unix.F_WRLCK}
	if err := unix.FcntlFlock(f.Fd(), unix.F_GETLK, &lock); err != nil || lock.Type == unix.F_UNLCK {
		return "", false
	}
	if lock.Pid > 0 {
		who = fmt.Sprintf(" by process %d", lock.Pid)
	}
	return who, true
}

// diskIsFull says whether an error is that of a disk, or a quota, that is full.
func diskIsFull(err error) bool {
	return errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT)
}
