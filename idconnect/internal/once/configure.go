package once

import (
	"context"
	"errors"
	"time"

	"github.com/idconnect-go/upgrade/idconnect/internal/journal"
	"github.com/idconnect-go/upgrade/idconnect/internal/site"
	"github.com/idconnect-go/upgrade/migration"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// configureTimeout bounds a target that stays pending.
const configureTimeout = 5 * time.Minute

// ConfigureDone asks the target. A completion in the journal counts too:
// after a restart a server may have forgotten.
func (r Requests) ConfigureDone(ctx context.Context) (bool, string, error) {
	toDo := "the target will be told to read from " + r.Site.InstanceURL
	if n := r.Journal.Note(site.StepMigrate); n.IsOpen() {
		// What is told to a target in the middle could end what it does.
		return true, "the target was told, and asked to migrate on " + n.Began.Format(time.RFC3339), nil
	}
	if r.repeats(r.Journal.Note(site.StepConfigure)) {
		return false, toDo, nil
	}
	if when, ok := r.Completed(ctx); ok {
		return true, "the migration was completed on " + when, nil
	}
	status, err := r.status(ctx)
	if errors.Is(err, openidm.ErrUnavailable) {
		return false, toDo, nil
	} else if err != nil {
		return false, "", err
	}
	switch {
	case status.Phase == migration.PhaseConfigured:
		if n := r.Journal.Configure; n != nil && n.InstanceURL != r.Site.InstanceURL {
			return false, "the target reads from " + n.InstanceURL + ", not " + r.Site.InstanceURL, nil
		}
		return true, "the target is connected to its source", nil
	case isReceived(status.Phase):
		return true, "the target says " + status.Word, nil
	}
	return false, toDo, nil
}

// Configure tells the target its source, once: an intent without an outcome is
// resolved first.
func (r Requests) Configure(ctx context.Context) (string, error) {
	detail, err := r.configure(ctx)
	return detail, r.Explain(site.StepConfigure, err)
}

func (r Requests) configure(ctx context.Context) (string, error) {
	m, err := r.Site.Migration()
	if err != nil {
		return "", err
	}
	told := false
	if n := r.Journal.Configure; n != nil && n.IsOpen() && n.InstanceURL == r.Site.InstanceURL {
		if told, err = r.resolveConfigure(ctx, m); err != nil && !r.sendAgain(err) {
			return "", err
		}
	}
	configured := false
	if !told {
		if configured, err = r.sendConfigure(ctx, m); err != nil {
			return "", err
		}
	}
	if !configured {
		wait, cancel := context.WithTimeout(ctx, configureTimeout)
		defer cancel()
		if _, err = r.await(wait, m, site.StepConfigure, migration.PhaseConfigured); err != nil {
			var failed *migration.FailedError
			if errors.As(err, &failed) {
				r.Journal.Configure = nil // it has an end
				err = errors.Join(err, r.Journal.Save())
			}
			return "", err
		}
	}
	r.Journal.Configure.End()
	return "the target reads from " + r.Site.InstanceURL, r.Journal.Save()
}

// sendConfigure sends configure. If the response is lost, the wait that follows resolves
// it: a target that was not told anything never becomes configured.
func (r Requests) sendConfigure(ctx context.Context, m *migration.Client) (configured bool, err error) {
	q := r.begin(ctx)
	r.Journal.Configure = &journal.Configure{Request: q, InstanceURL: r.Site.InstanceURL}
	if err := r.Journal.Save(); err != nil {
		return false, err
	}
	m.TransactionID = q.Transaction
	credentials := r.Site.Source.Credentials
	status, err := m.Configure(ctx, migration.Source{
		InstanceURL: r.Site.InstanceURL, Username: credentials.Username, Password: credentials.Password,
	})
	var lost *migration.UnknownOutcomeError
	if err != nil && !errors.As(err, &lost) {
		r.Journal.Configure = nil
		return false, errors.Join(err, r.Journal.Save())
	}
	return status.Phase == migration.PhaseConfigured, nil
}
