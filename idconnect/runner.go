package idconnect

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/idconnect-go/upgrade/idconnect/internal/journal"
	"github.com/idconnect-go/upgrade/idconnect/internal/setup"
	"github.com/idconnect-go/upgrade/idconnect/internal/site"
	"github.com/idconnect-go/upgrade/idconnect/internal/undo"
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

	prompts     []setup.Prompt
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
	var prompts []setup.Prompt
	for _, p := range u.Prompts {
		prompts = append(prompts, setup.Prompt(p))
	}
	return &runner{
		Site: s, place: place, journal: j, began: time.Now().UTC(), notify: u.Events,
		prompts: prompts, setup: u.setup, removeAdded: u.RemoveAdded,
		compare: VerifyOptions{Options: u.Verify, Acceptance: u.Acceptance},
	}, nil
}

func (r *runner) close() {
	_ = r.unlock() // it goes with the process in any case
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
