package idconnect

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/idconnect-go/upgrade/idconnect/report"
	"github.com/idconnect-go/upgrade/internal/text"

	"github.com/idconnect-go/upgrade/migration"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// configureTimeout bounds a target that stays pending.
const configureTimeout = 5 * time.Minute

// checkConfigure asks the target. A completion in the journal counts too:
// after a restart a server may have forgotten.
func checkConfigure(ctx context.Context, r *run) (report.State, string, error) {
	toDo := "the target will be told to read from " + r.u.instanceURL()
	if r.repeats(r.journal.configureNote()) {
		return report.ToDo, toDo, nil
	}
	if when, ok := r.completed(ctx); ok {
		return report.Done, "the migration was completed on " + when, nil
	}
	m, err := r.migration()
	if err != nil {
		return report.ToDo, "", err
	}
	s, err := m.Status(ctx)
	switch {
	case errors.Is(err, openidm.ErrUnavailable):
		return report.ToDo, toDo, nil
	case err != nil && s.Phase == "":
		return report.ToDo, "", err
	}
	switch s.Phase {
	case migration.PhaseConfigured:
		if n := r.journal.Configure; n != nil && n.InstanceURL != r.u.instanceURL() {
			return report.ToDo, "the target reads from " + n.InstanceURL + ", not " + r.u.instanceURL(), nil
		}
		return report.Done, "the target is connected to its source", nil
	case migration.PhaseRunning, migration.PhaseComplete, migration.PhaseCompleteWithFailures:
		return report.Done, "the target says " + s.Word, nil
	}
	return report.ToDo, toDo, nil
}

// repeats says whether an action that this run has not done yet is to be
// repeated though it is done: Again was said, and no request of before is
// still open.
func (r *run) repeats(n *note) bool {
	return r.u.Again && !n.open() && (n == nil || n.Began.Before(r.began))
}

// sayAgain says whether a person who looked has said that what stays unknown is
// to be sent once more.
func (r *run) sayAgain(err error) bool {
	var unknown *migration.UnknownOutcomeError
	return r.u.Again && errors.As(err, &unknown)
}

// completed says when a migration was completed, as far as the world does not
// say otherwise: a target that holds no user is another one than that of the
// journal.
func (r *run) completed(ctx context.Context) (when string, ok bool) {
	n := r.journal.Migrate
	if !n.ended() || r.repeats(n) {
		return "", false
	}
	if empty, err := r.targetEmpty(ctx); err == nil && empty {
		return "", false
	}
	return n.Ended.Format(time.RFC3339), true
}

// doConfigure tells the target its source, once: an intent whose outcome is not
// known is settled first.
func doConfigure(ctx context.Context, r *run) (string, error) {
	m, err := r.migration()
	if err != nil {
		return "", err
	}
	told := false
	if n := r.journal.Configure; n != nil && n.open() && n.InstanceURL == r.u.instanceURL() {
		if told, err = r.settleConfigure(ctx, m); err != nil && !r.sayAgain(err) {
			return "", err
		}
	}
	configured := false
	if !told {
		if configured, err = r.askConfigure(ctx, m); err != nil {
			return "", err
		}
	}
	if !configured {
		wait, cancel := context.WithTimeout(ctx, configureTimeout)
		defer cancel()
		if _, err = m.Wait(wait, migration.PhaseConfigured, func(migration.Status) {}); err != nil {
			var failed *migration.FailedError
			if errors.As(err, &failed) {
				r.journal.Configure = nil // it has an end
				err = errors.Join(err, r.journal.save())
			}
			return "", err
		}
	}
	r.journal.Configure.end()
	return "the target reads from " + r.u.instanceURL(), r.journal.save()
}

// askConfigure sends configure. When the answer is lost, the wait that follows
// settles it: a target that was not told anything never becomes configured.
func (r *run) askConfigure(ctx context.Context, m *migration.Client) (configured bool, err error) {
	r.journal.Configure = &configureNote{begin(), r.u.instanceURL()}
	if err := r.journal.save(); err != nil {
		return false, err
	}
	credentials := r.u.Source.credentials()
	s, err := m.Configure(ctx, migration.Source{
		InstanceURL: r.u.instanceURL(), Username: credentials.Username, Password: credentials.Password,
	})
	var lost *migration.UnknownOutcomeError
	if err != nil && !errors.As(err, &lost) {
		r.journal.Configure = nil
		return false, errors.Join(err, r.journal.save())
	}
	return s.Phase == migration.PhaseConfigured, nil
}

func checkMigrate(ctx context.Context, r *run) (report.State, string, error) {
	if r.repeats(r.journal.Migrate) {
		return report.ToDo, "it is asked for again", nil
	}
	if when, ok := r.completed(ctx); ok {
		return report.Done, "completed on " + when, nil
	}
	m, err := r.migration()
	if err != nil {
		return report.ToDo, "", err
	}
	s, err := m.Status(ctx)
	switch {
	case errors.Is(err, openidm.ErrUnavailable):
		return report.ToDo, "once the target is set up", nil
	case err != nil && s.Phase == "":
		return report.ToDo, "", err
	}
	switch s.Phase {
	case migration.PhaseComplete:
		return report.Done, "the target says " + s.Word, nil
	case migration.PhaseRunning:
		return report.ToDo, "it runs on the target", nil
	case migration.PhaseCompleteWithFailures:
		return report.ToDo, fmt.Sprintf("it ended with %s", text.Plural(int(s.Failed), "failed record")), nil
	}
	return report.ToDo, "", nil
}

// doMigrate asks for the migration once. The intent is written down before
// and the outcome after; an intent without an outcome is settled by what the
// target says and holds, and never by asking again in the dark.
func doMigrate(ctx context.Context, r *run) (string, error) {
	m, err := r.migration()
	if err != nil {
		return "", err
	}
	s, err := m.Status(ctx)
	if err != nil && s.Phase == "" {
		return "", err
	}
	if s.Phase != migration.PhaseRunning {
		if r.journal.Migrate.ended() {
			r.journal.Migrate = nil // of another target, see completed, or to be repeated
		}
		if r.journal.Migrate != nil {
			became, err := r.settle(ctx, m, r.journal.Migrate.Began)
			switch {
			case r.sayAgain(err):
				r.journal.Migrate = nil
			case err != nil:
				return "", err
			case became == allThere:
				r.journal.Migrate.end()
				return "the target holds as many records as the source, and nothing runs", r.journal.save()
			case became == notReceived:
				r.journal.Migrate = nil
			}
		}
		if r.journal.Migrate == nil {
			if err := r.askMigrate(ctx, m); err != nil {
				return "", err
			}
		}
	}
	s, err = m.Wait(ctx, migration.PhaseComplete, func(s migration.Status) {
		r.emit(Event{Kind: EventProgress, Step: StepMigrate, Detail: s.Word, Done: max(s.Processed, 0), Total: s.Total, Unit: "records"})
	})
	if err != nil {
		var failed *migration.FailedError
		if errors.As(err, &failed) {
			// It has an end, and a bad one: the next run may ask again.
			r.journal.Migrate = nil
			err = errors.Join(err, r.journal.save())
		}
		return "", err
	}
	if r.journal.Migrate == nil {
		n := begin() // somebody else's
		r.journal.Migrate = &n
	}
	r.journal.Migrate.end()
	if err := r.journal.save(); err != nil {
		return "", err
	}
	if s.Processed > 0 {
		return fmt.Sprintf("the target says %s, %s", s.Word, text.Plural(int(s.Processed), "record")), nil
	}
	return "the target says " + s.Word, nil
}

func (r *run) askMigrate(ctx context.Context, m *migration.Client) error {
	n := begin()
	r.journal.Migrate = &n
	if err := r.journal.save(); err != nil {
		return err
	}
	_, err := m.Migrate(ctx)
	var lost *migration.UnknownOutcomeError
	switch {
	case err == nil, errors.Is(err, migration.ErrAlreadyRunning):
		return nil
	case errors.As(err, &lost):
		became, settleErr := r.settle(ctx, m, time.Now())
		if settleErr != nil || became == notReceived {
			return errors.Join(err, settleErr)
		}
		return nil
	}
	// The server refused: nothing was started.
	r.journal.Migrate = nil
	return errors.Join(err, r.journal.save())
}
