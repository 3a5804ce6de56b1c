package idconnect

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/idconnect-go/upgrade/idconnect/internal/journal"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
)

// LockedError says that another run, or a rollback, holds the lock of a target.
// It matches [preflight.ErrBlocked]: nothing was changed.
type LockedError struct {
	// Path is the file that is locked. The system releases the lock when the
	// process that holds it ends, however it ends; the file stays.
	Path string
}

func (e *LockedError) Error() string {
	return fmt.Sprintf("another run is under way: it holds the lock %s", e.Path)
}

// Is makes it match preflight.ErrBlocked.
func (e *LockedError) Is(target error) bool { return target == preflight.ErrBlocked }

// Remedy says what to do about it.
func (e *LockedError) Remedy() string { return preflight.Codes.RunInProgress.Remedy }

// lock makes this run the only one of its target until close. Without create a
// lock whose file is not there yet is left for later, so that nothing is made
// before preflight has passed. What another run did in the meantime is in the
// journal, which is read anew.
func (r *runner) lock(create bool) error {
	if r.held != nil {
		return nil
	}
	take := journal.TryExisting
	if create {
		if err := r.CheckPlaces(); err != nil {
			return err
		}
		take = journal.TryLock
	}
	held, err := take(r.StateDir)
	switch {
	case !create && errors.Is(err, fs.ErrNotExist):
		return nil
	case errors.Is(err, journal.ErrLocked):
		return &LockedError{Path: journal.LockPath(r.StateDir)}
	case err != nil:
		return err
	}
	r.held = held
	r.journal, err = journal.Open(r.StateDir, r.Target.URL)
	return err
}

func (r *runner) unlock() error {
	err := r.held.Release()
	r.held = nil
	return err
}

// locked says whether another run is under way.
func (r *runner) locked() bool { return errors.Is(journal.Probe(r.StateDir), journal.ErrLocked) }
