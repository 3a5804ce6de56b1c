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

// LockedError says that another process holds a lock.
type LockedError struct{ Path string }

func (e *LockedError) Error() string { return "locked by another process: " + e.Path }

// Lock is the lock of a place: of its folder, and of its server under each of its names. The system releases it when
// the process that holds it ends, however it ends; the files stay.
type Lock struct {
	held []*flock.Flock
	all  bool
}

// Whole reports whether every file of the lock is held. A nil lock is none.
func (l *Lock) Whole() bool { return l != nil && l.all }

// locks are the files that are locked, in their order.
func (p *Place) locks() []string {
	return append([]string{filepath.Join(p.Dir, "lock")}, p.files(".lock")...)
}

// TryLock takes the lock without waiting, makes its folders if need be, and lets the server lead to this place. It
// returns a [*LockedError] if another process holds the lock.
func (p *Place) TryLock() (*Lock, error) {
	for _, path := range p.locks() {
		if err := disk.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return nil, &Error{Kind: Unwritable, Path: filepath.Join(p.Dir, "journal.json"), Err: err}
		}
	}
	l, err := p.take(os.O_RDWR | os.O_CREATE)
	if err != nil {
		return nil, err
	}
	if err := p.register(); err != nil {
		return nil, errors.Join(fmt.Errorf("pointer to the journal: %w", err), l.Release())
	}
	return l, nil
}

// TryExisting is [Place.TryLock], but makes nothing: it takes the locks whose files are there, and returns
// [fs.ErrNotExist] if there is none.
func (p *Place) TryExisting() (*Lock, error) {
	l, err := p.take(os.O_RDWR)
	if err == nil && len(l.held) == 0 {
		return nil, fs.ErrNotExist
	}
	return l, err
}

// Probe returns a [*LockedError] if another process holds the lock. It takes the lock for an instant, and makes
// nothing.
func (p *Place) Probe() error {
	l, err := p.take(os.O_RDWR)
	if err != nil {
		return err
	}
	return l.Release()
}

func (p *Place) take(flag int) (*Lock, error) {
	l := &Lock{all: true}
	for _, path := range p.locks() {
		err := l.add(path, flag)
		if errors.Is(err, fs.ErrNotExist) && flag&os.O_CREATE == 0 {
			l.all = false
			continue
		}
		if err != nil {
			return nil, errors.Join(err, l.Release())
		}
	}
	return l, nil
}

func (l *Lock) add(path string, flag int) error {
	if _, err := isOwn(path); err != nil {
		return fmt.Errorf("lock %s: %w", path, err)
	}
	f := flock.New(path, flock.SetFlag(flag), flock.SetPermissions(0o600))
	got, err := f.TryLock()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return err
	case err != nil:
		return fmt.Errorf("lock %s: %w", path, err)
	case !got:
		return &LockedError{path}
	}
	l.held = append(l.held, f)
	return nil
}

// Release gives the lock back. A nil lock is none.
func (l *Lock) Release() (err error) {
	if l == nil {
		return nil
	}
	for _, f := range l.held {
		err = errors.Join(err, f.Close())
	}
	return err
}
