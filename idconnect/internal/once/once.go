// Package once sends configure and migrate to a target once. The intent is
// written to the journal before a request, and the outcome after it; an intent
// without an outcome is resolved by what the target says and holds, and never by
// sending the request in the dark. Begin with [Requests].
package once

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/idconnect-go/upgrade/idconnect/internal/journal"
	"github.com/idconnect-go/upgrade/idconnect/internal/site"
	"github.com/idconnect-go/upgrade/migration"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// Requests are those to the target of a site that must not be sent twice.
type Requests struct {
	Site *site.Site
	// Journal is saved by Configure and Migrate alone, whose caller holds its lock.
	Journal *journal.Journal
	// Began is when this run did: what it did itself is not repeated.
	Began time.Time
	// Progress is called while a request is under way.
	Progress func(Progress)
}

// Progress of a step.
type Progress struct {
	Step, Detail string
	// Notice: Detail is what a person should know, and nothing is counted.
	Notice      bool
	Done, Total int64 // in Unit; Total -1: unknown
	Unit        string
}

// repeats says whether an action that this run has not done yet is to be
// repeated though it is done: Again was said, and no request of before is
// still open.
func (r Requests) repeats(n *journal.Note) bool {
	return r.Site.Again && !n.IsOpen() && (n == nil || n.Began.Before(r.Began))
}

// sendAgain says whether a person who looked has said that what stays unknown is
// to be sent once more.
func (r Requests) sendAgain(err error) bool {
	var unknown *migration.UnknownOutcomeError
	return r.Site.Again && errors.As(err, &unknown)
}

// status is what the target says of its migration. An answer that fails with a status
// of its own is none, unless the target is not up.
func (r Requests) status(ctx context.Context) (migration.Status, error) {
	m, err := r.Site.Migration()
	if err != nil {
		return migration.Status{}, err
	}
	s, err := m.Status(ctx)
	if s.Phase != "" && !errors.Is(err, openidm.ErrUnavailable) {
		err = nil
	}
	return s, err
}

// Completed says when a migration was completed, as far as the world does not
// say otherwise: a target that holds no record at all is another one than that
// of the journal.
func (r Requests) Completed(ctx context.Context) (when string, ok bool) {
	n := r.Journal.Note(site.StepMigrate)
	if !n.IsEnded() || r.repeats(n) {
		return "", false
	}
	if empty, err := r.targetEmpty(ctx); err == nil && empty {
		return "", false
	}
	return n.Ended.Format(time.RFC3339), true
}

// await waits for a phase, and hands on how far the target is, or that it does not answer.
func (r Requests) await(
	ctx context.Context, m *migration.Client, step string, until migration.Phase,
) (migration.Status, error) {
	complete := func(*migration.Status) {}
	if until == migration.PhaseComplete {
		var stop func()
		complete, stop = r.Total(ctx)
		defer stop()
	}
	done, total := int64(0), int64(-1) // the last that were said
	return m.Wait(ctx, until, func(s migration.Status) {
		complete(&s)
		if s.Processed >= 0 {
			done, total = s.Processed, s.Total
		}
		p := Progress{Step: step, Detail: s.Word, Done: done, Total: total, Unit: "records"}
		switch {
		case s.Down > 0:
			p = Progress{Step: step, Notice: true, Detail: fmt.Sprintf("the target %s has not answered for %v",
				r.Site.Target.URL, s.Down.Round(time.Second))}
		case until != migration.PhaseComplete:
			return
		}
		r.Progress(p)
	})
}
