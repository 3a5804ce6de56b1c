package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"

	"github.com/idconnect-go/upgrade/internal/disk"
)

// ErrLocked says that another process holds the lock.
var ErrLocked = errors.New("locked by another process")

// Lock is the lock of a folder with the state of an upgrade. The system releases it when the process that holds it
// ends, however it ends; the file stays.
type Lock struct{ held *flock.Flock }

// LockPath is the file that is locked in a folder.
func LockPath(dir string) string { return filepath.Join(dir, "lock") }

// TryLock takes the lock of the folder dir without waiting, and makes the folder if need be. It returns [ErrLocked] if
// another process holds it.
func TryLock(dir string) (*Lock, error) {
	if err := disk.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	return take(flock.New(LockPath(dir), flock.SetPermissions(0o600)))
}

// TryExisting is [TryLock], but makes nothing: it returns [fs.ErrNotExist] if there is no file yet.
func TryExisting(dir string) (*Lock, error) {
	if _, err := os.Stat(LockPath(dir)); errors.Is(err, fs.ErrNotExist) {
		return nil, fs.ErrNotExist
	}
	return take(flock.New(LockPath(dir), flock.SetFlag(os.O_RDWR)))
}

// Probe returns [ErrLocked] if another process holds the lock of the folder dir. It takes the lock for an instant, and
// makes nothing: where there is no file yet, nobody holds it.
func Probe(dir string) error {
	held, err := TryExisting(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	}
	return held.Release()
}

func take(l *flock.Flock) (*Lock, error) {
	got, err := l.TryLock()
	switch {
	case err != nil:
		return nil, fmt.Errorf("lock %s: %w", l.Path(), err)
	case !got:
		return nil, ErrLocked
	}
	return &Lock{l}, nil
}

// Release gives the lock back. A nil lock is none.
func (l *Lock) Release() error {
	if l == nil {
		return nil
	}
	return l.held.Close()
}
