package idconnect

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"

	"github.com/idconnect-go/upgrade/internal/disk"
)

// ErrLocked: another run works on the same target. See [LockedError].
var ErrLocked = errors.New("another run is under way")

// LockedError says that another run, or a rollback, has the lock of a target.
// It matches [ErrLocked], and [ErrBlocked]: nothing was changed.
type LockedError struct {
	// Path is the file that is locked. The system releases the lock when the
	// process that holds it ends, however it ends; the file stays.
	Path string
}

func (e *LockedError) Error() string {
	return fmt.Sprintf("%v: it holds the lock %s", ErrLocked, e.Path)
}

// Is makes it match ErrLocked and ErrBlocked.
func (e *LockedError) Is(target error) bool { return target == ErrLocked || target == ErrBlocked }

// Remedy says what to do.
func (e *LockedError) Remedy() string {
	return "wait until the other run ends, or end it; the lock goes with its process, the file need not be removed"
}

func (s *site) lockPath() string { return filepath.Join(s.StateDir, "lock") }

// lock makes this run the only one of its target until close. Without create
// a lock whose file is not there yet is left for later, so that nothing is
// made before preflight has passed. What another run did in the meantime is in
// the journal, which is read anew.
func (r *runner) lock(create bool) error {
	if r.held != nil {
		return nil
	}
	path := r.lockPath()
	if create {
		if err := disk.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return fmt.Errorf("lock: %w", err)
		}
	} else if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	l := flock.New(path, flock.SetPermissions(0o600))
	got, err := l.TryLock()
	if err != nil {
		return fmt.Errorf("lock %s: %w", path, err)
	}
	if !got {
		return &LockedError{Path: path}
	}
	r.held = l
	j, err := openJournal(r.StateDir, r.Target.URL)
	if err != nil {
		return err
	}
	r.journal = j
	return nil
}

func (r *runner) unlock() {
	if r.held != nil {
		r.held.Close()
		r.held = nil
	}
}

// lookAtLock says whether another run is under way. It takes the lock for an
// instant, unless this run has it, and makes no file.
func (r *runner) lookAtLock(context.Context) Findings {
	if r.held != nil {
		return nil
	}
	path := r.lockPath()
	if _, err := os.Stat(path); err != nil {
		return nil // no run has been here
	}
	l := flock.New(path, flock.SetFlag(os.O_RDWR))
	got, err := l.TryLock()
	if err == nil && got {
		l.Close()
		return nil
	}
	step := r.First(StepNames()...)
	if err != nil {
		return Findings{finding(CodeRunInProgress, step, "whether another run is under way cannot be seen: %v", err).
			as(Warns).remedy("run this as the user who ran it before")}
	}
	locked := &LockedError{Path: path}
	return Findings{finding(CodeRunInProgress, step, "%v", locked).remedy(locked.Remedy())}
}
