package idconnect

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/idconnect-go/upgrade/idconnect/internal/journal"
	"github.com/idconnect-go/upgrade/idconnect/report"
	"github.com/idconnect-go/upgrade/internal/text"

	"github.com/idconnect-go/upgrade/migration"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// migrateStep asks the target to copy the records, and waits until it has.
type migrateStep struct{ *runner }

func (migrateStep) Name() string        { return StepMigrate }
func (migrateStep) Where() report.Where { return report.WhereAny }

func (s migrateStep) intent() intent { return s.journal.Migrate }

func (s migrateStep) Done(ctx context.Context) (bool, string, error) {
	if s.repeats(s.journal.Migrate) {
		return false, "it is asked for again", nil
	}
	if when, ok := s.completed(ctx); ok {
		return true, "completed on " + when, nil
	}
	m, err := s.Migration()
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

// Apply asks for the migration once. The intent is written down before
// and the outcome after; an intent without an outcome is resolved by what the
// target says and holds, and never by asking again in the dark.
func (s migrateStep) Apply(ctx context.Context) (string, error) {
	m, err := s.Migration()
	if err != nil {
		return "", err
	}
	status, err := m.Status(ctx)
	if err != nil && status.Phase == "" {
		return "", err
	}
	if status.Phase != migration.PhaseRunning {
		if s.journal.Migrate.IsEnded() {
			s.journal.Migrate = nil // of another target, see completed, or to be repeated
		}
		if s.journal.Migrate != nil {
			became, err := s.resolveMigrate(ctx, m, s.journal.Migrate.Began)
			switch {
			case s.sendAgain(err):
				s.journal.Migrate = nil
			case err != nil:
				return "", err
			case became == allThere:
				s.journal.Migrate.End()
				return "the target holds as many records as the source, and nothing runs", s.journal.Save()
			case became == notReceived:
				s.journal.Migrate = nil
			}
		}
		if s.journal.Migrate == nil {
			if err := s.send(ctx, m); err != nil {
				return "", err
			}
		}
	}
	status, err = m.Wait(ctx, migration.PhaseComplete, func(status migration.Status) {
		s.emit(Event{Kind: EventProgress, Step: StepMigrate, Detail: status.Word,
			Done: max(status.Processed, 0), Total: status.Total, Unit: "records"})
	})
	if err != nil {
		var failed *migration.FailedError
		if errors.As(err, &failed) {
			// It has an end, and a bad one: the next run may ask again.
			s.journal.Migrate = nil
			err = errors.Join(err, s.journal.Save())
		}
		return "", err
	}
	if s.journal.Migrate == nil {
		n := journal.Begin() // somebody else's
		s.journal.Migrate = &n
	}
	s.journal.Migrate.End()
	if err := s.journal.Save(); err != nil {
		return "", err
	}
	if status.Processed > 0 {
		return fmt.Sprintf("the target says %s, %s", status.Word, text.Plural(int(status.Processed), "record")), nil
	}
	return "the target says " + status.Word, nil
}

func (s migrateStep) send(ctx context.Context, m *migration.Client) error {
	n := journal.Begin()
	s.journal.Migrate = &n
	if err := s.journal.Save(); err != nil {
		return err
	}
	_, err := m.Migrate(ctx)
	var lost *migration.UnknownOutcomeError
	switch {
	case err == nil, errors.Is(err, migration.ErrAlreadyRunning):
		return nil
	case errors.As(err, &lost):
		became, settleErr := s.resolveMigrate(ctx, m, time.Now())
		if settleErr != nil || became == notReceived {
			return errors.Join(err, settleErr)
		}
		return nil
	}
	// The server refused: nothing was started.
	s.journal.Migrate = nil
	return errors.Join(err, s.journal.Save())
}
