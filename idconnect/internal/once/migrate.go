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
	if r.repeats(r.Journal.Note(site.StepMigrate)) {
		return false, "it is asked for again", nil
	}
	if when, ok := r.Completed(ctx); ok {
		return true, "completed on " + when, nil
	}
	status, err := r.status(ctx)
	if errors.Is(err, openidm.ErrUnavailable) {
		return false, "once the target is set up", nil
	} else if err != nil {
		return false, "", err
	}
	switch status.Phase {
	case migration.PhaseComplete:
		return true, "the target says " + status.Word, nil
	case migration.PhaseRunning:
		return false, "it runs on the target", nil
	case migration.PhaseCompleteWithFailures:
		return false, fmt.Sprintf("it ended with %s", text.Plural(status.Failed, "failed record")), nil
	}
	return false, "", nil
}

const allThereDetail = "the target holds as many records as the source, and nothing runs"

// Migrate asks for the migration once, and waits until it has ended. An intent without an outcome is resolved by what
// the target says and holds.
func (r Requests) Migrate(ctx context.Context) (string, error) {
	detail, err := r.migrate(ctx)
	return detail, r.Explain(site.StepMigrate, err)
}

func (r Requests) migrate(ctx context.Context) (string, error) {
	m, err := r.Site.Migration()
	if err != nil {
		return "", err
	}
	status, err := m.Status(ctx)
	if err != nil && status.Phase == "" {
		return "", err
	}
	if status.Phase != migration.PhaseRunning {
		open := r.Journal.Note(site.StepMigrate).IsOpen()
		if there, err := r.settleMigrate(ctx, m); err != nil || there {
			return allThereDetail, err
		}
		if r.Journal.Migrate == nil {
			if open && status.Phase == migration.PhaseNotConfigured { // it was started again since
				if _, err := r.configure(ctx); err != nil {
					return "", err
				}
			}
			if err := r.sendMigrate(ctx, m); err != nil {
				return "", err
			}
		}
	}
	status, err = r.await(ctx, m, site.StepMigrate, migration.PhaseComplete)
	var unknown *migration.UnknownOutcomeError
	var failed *migration.FailedError
	switch {
	case errors.As(err, &failed):
		// It has an end, and a bad one: the next run may ask again.
		r.Journal.Migrate = nil
		return "", errors.Join(err, r.Journal.Save())
	case errors.As(err, &unknown) && r.Journal.Migrate != nil:
		if _, err := r.countMigrated(ctx, status, "it received migrate", true); err != nil {
			return "", err
		}
		return allThereDetail, r.endMigrate()
	case err != nil:
		return "", err
	}
	if r.Journal.Migrate == nil {
		r.Journal.Migrate = &journal.Request{Note: journal.Begin()} // somebody else's
	}
	if err := r.endMigrate(); err != nil {
		return "", err
	}
	if status.Processed > 0 {
		return fmt.Sprintf("the target says %s, %s", status.Word, text.Plural(status.Processed, "record")), nil
	}
	return "the target says " + status.Word, nil
}

func (r Requests) endMigrate() error {
	r.Journal.Migrate.End()
	return r.Journal.Save()
}

// settleMigrate settles what an earlier run left in the journal, which keeps a request that was received. There: its
// records are, and nothing is left to wait for.
func (r Requests) settleMigrate(ctx context.Context, m *migration.Client) (there bool, err error) {
	if r.Journal.Note(site.StepMigrate).IsEnded() {
		r.Journal.Migrate = nil // of another target, see Completed, or to be repeated
	}
	if r.Journal.Migrate == nil {
		return false, nil
	}
	became, err := r.resolveMigrate(ctx, m, r.Journal.Migrate.Began)
	switch {
	case r.sendAgain(err):
		r.Journal.Migrate = nil
	case err != nil:
		return false, err
	case became == allThere:
		return true, r.endMigrate()
	case became == notReceived:
		r.Journal.Migrate = nil
	}
	return false, nil
}

func (r Requests) sendMigrate(ctx context.Context, m *migration.Client) error {
	q := r.begin(ctx)
	r.Journal.Migrate = &q
	if err := r.Journal.Save(); err != nil {
		return err
	}
	m.TransactionID = q.Transaction
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
