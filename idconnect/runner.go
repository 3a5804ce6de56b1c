package idconnect

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofrs/flock"

	"github.com/idconnect-go/upgrade/internal/disk"
	"github.com/idconnect-go/upgrade/internal/text"
)

// runner carries out the steps of one upgrade: it is the site, with what a run
// remembers and reports.
type runner struct {
	*site
	journal *journal
	// held is the lock of the target, nil while this run does not have it.
	held *flock.Flock
	// began tells what this run did from what was done before it.
	began time.Time

	notify func(Event)
	mu     sync.Mutex // of notify and pace
	pace   text.Pace

	prompts     []Prompt
	setup       setupOptions
	removeAdded bool
	compare     VerifyOptions
	// verified is the result of the step verify, for the report.
	verified *VerifyReport

	// What preflight saw, for its later checks: nil until the server was asked.
	sourceSeen, targetSeen atomic.Pointer[seenServer]
	config                 sourceConfig
	// targetUp says whether the target answered when the plan was made.
	targetUp atomic.Bool
}

// newRunner resolves the fields and reads the journal. It changes nothing.
func (u *Upgrade) newRunner() (*runner, error) {
	s, err := u.resolve()
	if err != nil {
		return nil, err
	}
	j, err := openJournal(s.StateDir, s.Target.URL)
	if err != nil {
		return nil, err
	}
	return &runner{
		site: s, journal: j, began: time.Now().UTC(), notify: u.Events,
		prompts: u.Prompts, setup: u.setup, removeAdded: u.RemoveAdded, compare: u.verifyOptions(),
	}, nil
}

func (r *runner) close() {
	r.unlock()
	r.Close()
}

// emit hands events on, one at a time.
func (r *runner) emit(e Event) {
	if r.notify == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	e.Time = time.Now()
	if e.Kind == EventProgress {
		e.Rate, e.Left = r.pace.Observe(e.Time, e.Step+" "+e.Detail, e.Done, e.Total)
	}
	r.notify(e)
}

// recover finds out what became of file operations that were killed, and
// removes their temporary files. Only who has the lock may call it.
func (r *runner) recover() error {
	if err := errors.Join(disk.Sweep(r.journal.path), r.recoverUnpack(), r.recoverStores()); err != nil {
		return fmt.Errorf("clean up after the interrupted run: %w", err)
	}
	return nil
}
