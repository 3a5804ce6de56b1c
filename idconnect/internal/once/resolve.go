package once

import (
	"context"
	"fmt"
	"time"

	"github.com/idconnect-go/upgrade/idconnect/internal/jobs"
	"github.com/idconnect-go/upgrade/idconnect/internal/site"
	"github.com/idconnect-go/upgrade/internal/text"
	"github.com/idconnect-go/upgrade/migration"
)

// poll asks for the status until it is resolved, or until the settle time has
// passed since then, which may be in an earlier run: runs that are killed again
// and again get there, too. A target that answers is asked for a tenth of that
// time at least, since it may have just been started. The last answer is
// returned; an error only when there was none, or of ctx.
func (r Requests) poll(
	ctx context.Context, m *migration.Client, step string, since time.Time, resolved func(migration.Phase) bool,
) (last migration.Status, err error) {
	settle := r.Site.SettleTime
	pause := min(time.Second, settle/20)
	deadline := time.Now().Add(settle)
	answered := false
	for {
		s, err := m.Status(ctx)
		if err == nil || s.Phase != "" {
			last = s
			if !answered {
				answered = true
				left := max(time.Until(since.Add(settle)), settle/10)
				if earlier := time.Now().Add(left); earlier.Before(deadline) {
					deadline = earlier
				}
			}
		}
		switch {
		case ctx.Err() != nil:
			return last, ctx.Err()
		case resolved(s.Phase):
			return last, nil
		case time.Now().Add(pause).After(deadline):
			if last.Phase == "" && err != nil {
				return last, err
			}
			return last, nil
		}
		r.Progress(Progress{Step: step, Detail: "asking what became of an earlier request", Total: -1})
		text.Sleep(ctx, pause)
	}
}

// resolveConfigure finds out whether a target was told its source. One that
// stays as it is before it is told anything was not.
func (r Requests) resolveConfigure(ctx context.Context, m *migration.Client) (told bool, err error) {
	n := r.Journal.Configure
	last, err := r.poll(ctx, m, site.StepConfigure, n.Began, func(p migration.Phase) bool {
		return p != migration.PhaseNotConfigured && p != migration.PhaseUnknown && p != ""
	})
	if err != nil {
		return false, err
	}
	switch last.Phase {
	case migration.PhaseNotConfigured:
		return false, nil
	case migration.PhaseUnknown, "":
		if _, received := r.receipt(ctx, site.StepConfigure, n.Request); received {
			return true, nil
		}
		return false, &migration.UnknownOutcomeError{Action: "configure", Status: &last}
	case migration.PhaseFailed:
		return false, nil // it has an end, and may be told again
	}
	return true, nil
}

// outcome is what became of a request to migrate whose answer is not known.
type outcome int

const (
	notReceived outcome = iota
	received            // the status says so
	allThere            // the status does not, but the records are there
)

// resolveMigrate finds out whether the request of the journal was received, which was sent at since: the status says
// so; or the target stays idle, and then its records do.
func (r Requests) resolveMigrate(ctx context.Context, m *migration.Client, since time.Time) (outcome, error) {
	last, err := r.poll(ctx, m, site.StepMigrate, since, isReceived)
	switch {
	case err != nil:
		return notReceived, err
	case isReceived(last.Phase), last.Phase == migration.PhaseFailed:
		return received, nil
	}
	seen, ok := r.receipt(ctx, site.StepMigrate, *r.Journal.Migrate)
	return r.countMigrated(ctx, last, seen, ok)
}

// isReceived reports whether a phase says that the target was asked to migrate.
func isReceived(p migration.Phase) bool {
	switch p {
	case migration.PhaseRunning, migration.PhaseComplete, migration.PhaseCompleteWithFailures,
		migration.PhaseCompleteUnclear:
		return true
	}
	return false
}

// countMigrated decides by the records of a target that is idle. As many as the source has: it received the request,
// and a restart made it forget. None: it did not, unless seen proves that it did. Some: nobody knows.
func (r Requests) countMigrated(
	ctx context.Context, last migration.Status, seen string, wasReceived bool,
) (outcome, error) {
	unknown := func(err error) error {
		return &migration.UnknownOutcomeError{Action: "migrate", Status: &last, Err: err}
	}
	if seen != "" {
		seen += ", "
	}
	target, err := r.Site.TargetClient()
	if err != nil {
		return notReceived, err
	}
	have, total, err := countRecords(ctx, target)
	switch {
	case err != nil:
		return notReceived, unknown(err)
	case total == 0 && !wasReceived:
		return notReceived, nil
	}
	source, err := r.Site.SourceClient()
	if err != nil {
		return notReceived, err
	}
	want, wanted, err := countRecords(ctx, source)
	if err != nil {
		return notReceived, unknown(fmt.Errorf("%sthe target is idle and holds %s; the source cannot be counted: %w",
			seen, text.Plural(total, "record"), err))
	}
	for kind, n := range want {
		if have[kind] < n {
			return notReceived, unknown(fmt.Errorf("%sthe target is idle and holds %s of %s",
				seen, text.Grouped(total), text.Plural(wanted, "record")))
		}
	}
	// The scheduler's are copied last (the default mappings of IDM 7.3).
	held, err := jobs.Count(ctx, target)
	if err != nil {
		return notReceived, unknown(err)
	}
	wantedJobs, err := jobs.Count(ctx, source)
	if err != nil {
		return notReceived, unknown(err)
	}
	if held < wantedJobs {
		return notReceived, unknown(fmt.Errorf("%sthe target is idle and holds %d of %s",
			seen, held, text.Plural(wantedJobs, "job of the scheduler")))
	}
	return allThere, nil
}
