package idconnect

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/idconnect-go/upgrade/idconnect/internal/journal"
)

// LockedError says that another run, or a rollback, holds the lock of a target. It matches [ErrBlocked]: nothing was
// changed.
type LockedError struct {
	// Path is the file that is locked. The system releases the lock when the process that holds it ends, however it
	// ends; the file stays.
	Path string
}

func (e *LockedError) Error() string {
	return fmt.Sprintf("another run is under way: it holds the lock %s", e.Path)
}

// Is makes it match ErrBlocked.
func (e *LockedError) Is(target error) bool { return target == ErrBlocked }

// Remedy says what to do about it.
func (e *LockedError) Remedy() string {
	return "wait until the other run ends, or end it; the lock goes with its process, the file need not be removed"
}

// lock makes this run the only one of its target until close. Without create
// a lock whose file is not there yet is left for later, so that nothing is
// made before preflight has passed. What another run did in the meantime is in
// the journal, which is read anew.
func (r *run) lock(create bool) error {
	if r.held != nil {
		return nil
	}
	take := journal.TryExisting
	if create {
		take = journal.TryLock
	}
	held, err := take(r.u.stateDir())
	switch {
	case !create && errors.Is(err, fs.ErrNotExist):
		return nil
	case errors.Is(err, journal.ErrLocked):
		return &LockedError{Path: journal.LockPath(r.u.stateDir())}
	case err != nil:
		return err
	}
	r.held = held
	r.journal, err = journal.Open(r.u.stateDir(), r.u.targetURL())
	return err
}

func (r *run) unlock() {
	r.held.Release()
	r.held = nil
}

// lookAtLock says whether another run is under way. It takes the lock for an
// instant, unless this run has it, and makes no file.
func (r *run) lookAtLock(context.Context) Findings {
	if r.held != nil {
		return nil
	}
	held, err := journal.TryExisting(r.u.stateDir())
	held.Release()
	step := r.u.firstChosen(StepNames()...)
	switch {
	case err == nil, errors.Is(err, fs.ErrNotExist): // none is, or no run has been here
		return nil
	case errors.Is(err, journal.ErrLocked):
		locked := &LockedError{Path: journal.LockPath(r.u.stateDir())}
		return Findings{finding(CodeRunInProgress, step, "%v", locked).remedy(locked.Remedy())}
	}
	return Findings{finding(CodeRunInProgress, step, "whether another run is under way cannot be seen: %v", err).
		as(Warns).remedy("run this as the user who ran it before")}
}
