package once

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/idconnect-go/upgrade/idconnect/internal/journal"
	"github.com/idconnect-go/upgrade/idconnect/internal/site"
	"github.com/idconnect-go/upgrade/internal/text"
	"github.com/idconnect-go/upgrade/migration"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// MigrateDone asks the journal, then the target.
func (r Requests) MigrateDone(ctx context.Context) (bool, string, error) {
	if r.repeats(r.Journal.Migrate) {
		return false, "it is asked for again", nil
	}
	if when, ok := r.Completed(ctx); ok {
		return true, "completed on " + when, nil
	}
	m, err := r.Site.Migration()
	if err != nil {
		return false, "", err
	}
	status, err := m.Status(ctx)
	switch {
	case errors.Is(err, openidm.ErrUnavailable):
		return false, "once the target is set up", nil
	case err != nil && status.Phase == "":
		return false, "", err
	}
	switch status.Phase {
	case migration.PhaseComplete:
		return true, "the target says " + status.Word, nil
	case migration.PhaseRunning:
		return false, "it runs on the target", nil
	case migration.PhaseCompleteWithFailures:
		return false, fmt.Sprintf("it ended with %s", text.Plural(int(status.Failed), "failed record")), nil
	}
	return false, "", nil
}

// Migrate asks for the migration once. The intent is written down before
// and the outcome after; an intent without an outcome is resolved by what the
// target says and holds, and never by asking again in the dark.
func (r Requests) Migrate(ctx context.Context) (string, error) {
	m, err := r.Site.Migration()
	if err != nil {
		return "", err
	}
	status, err := m.Status(ctx)
	if err != nil && status.Phase == "" {
		return "", err
	}
	if status.Phase != migration.PhaseRunning {
		if r.Journal.Migrate.IsEnded() {
			r.Journal.Migrate = nil // of another target, see completed, or to be repeated
		}
		if r.Journal.Migrate != nil {
			became, err := r.resolveMigrate(ctx, m, r.Journal.Migrate.Began)
			switch {
			case r.sendAgain(err):
				r.Journal.Migrate = nil
			case err != nil:
				return "", err
			case became == allThere:
				r.Journal.Migrate.End()
				return "the target holds as many records as the source, and nothing runs", r.Journal.Save()
			case became == notReceived:
				r.Journal.Migrate = nil
			}
		}
		if r.Journal.Migrate == nil {
			if err := r.sendMigrate(ctx, m); err != nil {
				return "", err
			}
		}
	}
	status, err = m.Wait(ctx, migration.PhaseComplete, func(status migration.Status) {
		r.Progress(Progress{Step: site.StepMigrate, Detail: status.Word,
			Done: max(status.Processed, 0), Total: status.Total, Unit: "records"})
	})
	if err != nil {
		var failed *migration.FailedError
		if errors.As(err, &failed) {
			// It has an end, and a bad one: the next run may ask again.
			r.Journal.Migrate = nil
			err = errors.Join(err, r.Journal.Save())
		}
		return "", err
	}
	if r.Journal.Migrate == nil {
		n := journal.Begin() // somebody else's
		r.Journal.Migrate = &n
	}
	r.Journal.Migrate.End()
	if err := r.Journal.Save(); err != nil {
		return "", err
	}
	if status.Processed > 0 {
		return fmt.Sprintf("the target says %s, %s", status.Word, text.Plural(int(status.Processed), "record")), nil
	}
	return "the target says " + status.Word, nil
}

func (r Requests) sendMigrate(ctx context.Context, m *migration.Client) error {
	n := journal.Begin()
	r.Journal.Migrate = &n
	if err := r.Journal.Save(); err != nil {
		return err
	}
	_, err := m.Migrate(ctx)
	var lost *migration.UnknownOutcomeError
	switch {
	case err == nil, errors.Is(err, migration.ErrAlreadyRunning):
		return nil
	case errors.As(err, &lost):
		became, settleErr := r.resolveMigrate(ctx, m, time.Now())
		if settleErr != nil || became == notReceived {
			return errors.Join(err, settleErr)
		}
		return nil
	}
	// The server refused: nothing was started.
	r.Journal.Migrate = nil
	return errors.Join(err, r.Journal.Save())
}
