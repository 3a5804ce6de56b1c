package idconnect

import (
	"context"
	"errors"
	"time"

	"github.com/idconnect-go/upgrade/idconnect/internal/journal"
	"github.com/idconnect-go/upgrade/idconnect/report"
	"github.com/idconnect-go/upgrade/migration"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// configureTimeout bounds a target that stays pending.
const configureTimeout = 5 * time.Minute

// configureStep tells the target where its source is.
type configureStep struct{ *runner }

func (configureStep) Name() string        { return StepConfigure }
func (configureStep) Where() report.Where { return report.WhereAny }

func (s configureStep) intent() intent { return s.journal.ConfigureNote() }

// Done asks the target. A completion in the journal counts too:
// after a restart a server may have forgotten.
func (s configureStep) Done(ctx context.Context) (bool, string, error) {
	toDo := "the target will be told to read from " + s.InstanceURL
	if s.repeats(s.journal.ConfigureNote()) {
		return false, toDo, nil
	}
	if when, ok := s.completed(ctx); ok {
		return true, "the migration was completed on " + when, nil
	}
	m, err := s.Migration()
	if err != nil {
		return false, "", err
	}
	status, err := m.Status(ctx)
	switch {
	case errors.Is(err, openidm.ErrUnavailable):
		return false, toDo, nil
	case err != nil && status.Phase == "":
		return false, "", err
	}
	switch status.Phase {
	case migration.PhaseConfigured:
		if n := s.journal.Configure; n != nil && n.InstanceURL != s.InstanceURL {
			return false, "the target reads from " + n.InstanceURL + ", not " + s.InstanceURL, nil
		}
		return true, "the target is connected to its source", nil
	case migration.PhaseRunning, migration.PhaseComplete, migration.PhaseCompleteWithFailures:
		return true, "the target says " + status.Word, nil
	}
	return false, toDo, nil
}

// Apply tells the target its source, once: an intent without an outcome is
// resolved first.
func (s configureStep) Apply(ctx context.Context) (string, error) {
	m, err := s.Migration()
	if err != nil {
		return "", err
	}
	told := false
	if n := s.journal.Configure; n != nil && n.IsOpen() && n.InstanceURL == s.InstanceURL {
		if told, err = s.resolveConfigure(ctx, m); err != nil && !s.sendAgain(err) {
			return "", err
		}
	}
	configured := false
	if !told {
		if configured, err = s.send(ctx, m); err != nil {
			return "", err
		}
	}
	if !configured {
		wait, cancel := context.WithTimeout(ctx, configureTimeout)
		defer cancel()
		if _, err = m.Wait(wait, migration.PhaseConfigured, func(migration.Status) {}); err != nil {
			var failed *migration.FailedError
			if errors.As(err, &failed) {
				s.journal.Configure = nil // it has an end
				err = errors.Join(err, s.journal.Save())
			}
			return "", err
		}
	}
	s.journal.Configure.End()
	return "the target reads from " + s.InstanceURL, s.journal.Save()
}

// send sends configure. If the response is lost, the wait that follows resolves
// it: a target that was not told anything never becomes configured.
func (s configureStep) send(ctx context.Context, m *migration.Client) (configured bool, err error) {
	s.journal.Configure = &journal.Configure{Note: journal.Begin(), InstanceURL: s.InstanceURL}
	if err := s.journal.Save(); err != nil {
		return false, err
	}
	credentials := s.Source.Credentials
	status, err := m.Configure(ctx, migration.Source{
		InstanceURL: s.InstanceURL, Username: credentials.Username, Password: credentials.Password,
	})
	var lost *migration.UnknownOutcomeError
	if err != nil && !errors.As(err, &lost) {
		s.journal.Configure = nil
		return false, errors.Join(err, s.journal.Save())
	}
	return status.Phase == migration.PhaseConfigured, nil
}
