package idconnect

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"sync"
	"time"

	"github.com/idconnect-go/upgrade/idconnect/internal/journal"
	"github.com/idconnect-go/upgrade/idconnect/internal/setup"
	"github.com/idconnect-go/upgrade/idconnect/internal/site"
	"github.com/idconnect-go/upgrade/idconnect/internal/undo"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/idconnect/report"
	"github.com/idconnect-go/upgrade/idconnect/verify"
	"github.com/idconnect-go/upgrade/internal/disk"
	"github.com/idconnect-go/upgrade/internal/redact"
	"github.com/idconnect-go/upgrade/internal/text"
)

// runner carries out the steps of one upgrade: it is the site, with what a run
// remembers and reports.
type runner struct {
	*site.Site
	place   *journal.Place
	journal *journal.Journal
	// held is the lock of the target, nil while this run does not have it.
	held *journal.Lock
	// began tells what this run did from what was done before it.
	began time.Time

	notify func(Event)
	mu     sync.Mutex // of notify and pace
	pace   text.Pace

	setup       setup.Options
	removeAdded bool
	compare     VerifyOptions
	// verified is the result of the step verify, for the report.
	verified *verify.Report
	// processed is how many records the target counts in its migration.
	processed int64
}

// newRunner resolves the fields and reads the journal. It changes nothing.
func (u *Upgrade) newRunner(ctx context.Context) (*runner, error) {
	s, err := u.site()
	if err != nil {
		return nil, err
	}
	return u.runnerOf(ctx, s)
}

func (u *Upgrade) runnerOf(ctx context.Context, s *site.Site) (*runner, error) {
	place, err := s.FindPlace(ctx)
	if err != nil {
		return nil, err
	}
	j, err := place.Open()
	if err != nil {
		return nil, s.Hide().Error(err)
	}
	own := u.setup
	for _, p := range u.Prompts {
		own.Prompts = append(own.Prompts, setup.Prompt(p))
	}
	return &runner{
		Site: s, place: place, journal: j, began: time.Now().UTC(), notify: u.Events,
		setup: own, removeAdded: u.RemoveAdded,
		compare: VerifyOptions{Options: u.Verify, Acceptance: u.Acceptance},
	}, nil
}

func (r *runner) close() {
	_ = r.held.Release() // it goes with the process in any case
	r.Close()
}

// emit hands events on, one at a time, and logs them.
func (r *runner) emit(e Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e.Time = time.Now()
	r.handOn(e)
}

// progress is emit for a count whose rate is measured here.
func (r *runner) progress(e Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e.Kind, e.Time = EventProgress, time.Now()
	e.Rate, e.Left = r.pace.Observe(e.Time, e.Step, e.Done, e.Total)
	r.handOn(e)
}

func (r *runner) handOn(e Event) {
	if r.notify == nil && r.Logger == nil {
		return
	}
	e = redact.Show(r.Hide(), e)
	if r.Logger != nil {
		r.Logger.LogAttrs(context.Background(), e.level(), "upgrade event", e.LogValue().Group()...)
	}
	if r.notify != nil {
		r.notify(e)
	}
}

// recover resolves file operations that were killed, and removes their temporary
// files. The caller holds the lock. What was done in a target's folder waits for a run that has it.
func (r *runner) recover() error {
	err := disk.Sweep(r.journal.Path())
	if r.TargetDir != "" {
		err = errors.Join(err, undo.RecoverFolder(r.journal, r.TargetDir), undo.RecoverStores(r.journal, r.Site))
	}
	if err != nil {
		return fmt.Errorf("clean up after the interrupted run: %w", err)
	}
	return nil
}

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
	err := r.held.Release()
	if r.held = nil; err != nil {
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

// locked says whether another run is under way.
func (r *runner) locked() bool {
	var locked *journal.LockedError
	return errors.As(r.place.Probe(), &locked)
}

// stateFile is where the comparison keeps its progress.
func (r *runner) stateFile() string {
	return cmp.Or(r.compare.StateFile, filepath.Join(r.StateDir, "verify.state"))
}

// checkOutputs says what would not be written once the work is done: files in the source's folder, and those that no
// earlier run wrote.
func (r *runner) checkOutputs(reportDir, repairList string) error {
	for _, path := range []string{r.compare.StateFile, reportDir, repairList} {
		if err := r.outsideSource(path); err != nil {
			return err
		}
		// It is empty, as a file that may be replaced is.
		if path != "" && disk.Contains(filepath.Join(r.StateDir, "lock"), path) {
			return &disk.OutputError{Path: path, Reason: "it is the lock of the upgrade"}
		}
	}
	if err := verify.CheckFiles(r.stateFile(), repairList); err != nil || reportDir == "" {
		return err
	}
	return report.CheckFiles(reportDir)
}

// outsideSource refuses to write a file or folder in the source's folder; "" is none.
func (r *runner) outsideSource(path string) error {
	if path == "" {
		return nil
	}
	return disk.CheckPlace(path, []string{r.SourceDir})
}
