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

// lock makes this run the only one of its target until close. Without create, what of the lock is not there yet is left
// for later, so that nothing is made before preflight has passed. What another run did in the meantime is in the
// journal, which is read anew.
func (r *runner) lock(create bool) error {
	if r.held.Whole() || r.held != nil && !create {
		return nil
	}
	if err := r.unlock(); err != nil {
		return err
	}
	take := r.place.TryExisting
	if create {
		if err := r.CheckPlaces(); err != nil {
			return err
		}
		take = r.place.TryLock
	}
	held, err := take()
	var locked *journal.LockedError
	switch {
	case !create && errors.Is(err, fs.ErrNotExist):
		return nil
	case errors.As(err, &locked):
		return &LockedError{Path: locked.Path}
	case err != nil:
		return err
	}
	r.held = held
	r.journal, err = r.place.Open()
	return err
}

func (r *runner) unlock() error {
	err := r.held.Release()
	r.held = nil
	return err
}

// locked says whether another run is under way.
func (r *runner) locked() bool {
	var locked *journal.LockedError
	return errors.As(r.place.Probe(), &locked)
}
