//go:build unix

package host

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/idconnect-go/upgrade/internal/disk"
)

// CheckWritable says why this user may not make files in a folder. It makes none. Root may do so everywhere but on a
// read-only disk.
func CheckWritable(dir string) error {
	return unix.Access(dir, unix.W_OK|unix.X_OK)
}

// freeSpace is what this user may still use of the disk that dir is on, in bytes.
func freeSpace(dir string) (uint64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, err
	}
	return uint64(s.Bavail) * uint64(s.Bsize), nil //nolint:unconvert // their types differ from system to system
}

// LockedByOther reports whether another process has locked a file, in the way that Java does, and which one, as a text
// that follows "locked". It asks for the lock and does not take it.
func LockedByOther(path string) (who string, held bool) {
	f, err := disk.Open(path)
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

// IsDiskFull reports whether an error says that a disk or a quota is full.
func IsDiskFull(err error) bool {
	return errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT)
}
