package idconnect

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/idconnect-go/upgrade/migration"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

const (
	defaultSettleTime = time.Minute
	// configureTimeout bounds a target that stays pending.
	configureTimeout = 5 * time.Minute
)

func (r *run) settleTime() time.Duration {
	if r.u.SettleTime > 0 {
		return r.u.SettleTime
	}
	return defaultSettleTime
}

// checkConfigure asks the target. A completion in the journal counts too:
// after a restart a server may have forgotten.
func checkConfigure(ctx context.Context, r *run) (State, string, error) {
	if when, ok := r.completed(ctx); ok {
		return Done, "the migration was completed on " + when, nil
	}
	m, err := r.migration()
	if err != nil {
		return ToDo, "", err
	}
	s, err := m.Status(ctx)
	switch {
	case errors.Is(err, openidm.ErrUnavailable):
		return ToDo, "the target will be told to read from " + r.u.instanceURL(), nil
	case err != nil && s.Phase == "":
		return ToDo, "", err
	}
	switch s.Phase {
	case migration.PhaseConfigured:
		if r.journal.Configured != "" && r.journal.Configured != r.u.instanceURL() {
			return ToDo, "the target reads from " + r.journal.Configured + ", not " + r.u.instanceURL(), nil
		}
		return Done, "the target is connected to its source", nil
	case migration.PhaseRunning, migration.PhaseComplete, migration.PhaseCompleteWithFailures:
		return Done, "the target says " + s.Word, nil
	}
	return ToDo, "the target will be told to read from " + r.u.instanceURL(), nil
}

// completed says when a migration was completed, as far as the world does not
// say otherwise: a target that holds no user is another one than that of the
// journal.
func (r *run) completed(ctx context.Context) (when string, ok bool) {
	n := r.journal.Migrate
	if n == nil || n.Completed == nil {
		return "", false
	}
	if empty, err := r.targetEmpty(ctx); err == nil && empty {
		return "", false
	}
	return n.Completed.Format(time.RFC3339), true
}

func doConfigure(ctx context.Context, r *run) (string, error) {
	m, err := r.migration()
	if err != nil {
		return "", err
	}
	credentials := r.u.Source.credentials()
	s, err := m.Configure(ctx, migration.Source{
		InstanceURL: r.u.instanceURL(), Username: credentials.Username, Password: credentials.Password,
	})
	var lost *migration.UnknownOutcomeError
	if err != nil && !errors.As(err, &lost) {
		return "", err
	}
	// When the answer was lost, the wait asks for the status, which settles it:
	// a target that was not told anything never becomes configured.
	if s.Phase != migration.PhaseConfigured {
		wait, cancel := context.WithTimeout(ctx, configureTimeout)
		defer cancel()
		s, err = m.Wait(wait, migration.PhaseConfigured, func(migration.Status) {})
		if err != nil {
			return "", err
		}
	}
	r.journal.Configured = r.u.instanceURL()
	if err := r.journal.save(); err != nil {
		return "", err
	}
	return "the target reads from " + r.u.instanceURL(), nil
}

func checkMigrate(ctx context.Context, r *run) (State, string, error) {
	if when, ok := r.completed(ctx); ok {
		return Done, "completed on " + when, nil
	}
	m, err := r.migration()
	if err != nil {
		return ToDo, "", err
	}
	s, err := m.Status(ctx)
	switch {
	case errors.Is(err, openidm.ErrUnavailable):
		return ToDo, "once the target is set up", nil
	case err != nil && s.Phase == "":
		return ToDo, "", err
	}
	switch s.Phase {
	case migration.PhaseComplete:
		return Done, "the target says " + s.Word, nil
	case migration.PhaseRunning:
		return ToDo, "it runs on the target", nil
	case migration.PhaseCompleteWithFailures:
		return ToDo, fmt.Sprintf("it ended with %s", plural(int(s.Failed), "failed record")), nil
	}
	return ToDo, "", nil
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
		if n := r.journal.Migrate; n != nil && n.Completed != nil {
			r.journal.Migrate = nil // of another target, see completed
		}
		if r.journal.Migrate != nil {
			asked, err := r.settle(ctx, m)
			if err != nil {
				return "", err
			}
			if !asked {
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
		r.u.emit(Event{Kind: EventProgress, Step: StepMigrate, Detail: s.Word, Done: max(s.Processed, 0), Total: s.Total})
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
	now := time.Now()
	if r.journal.Migrate == nil {
		r.journal.Migrate = &migrateNote{Asked: now}
	}
	r.journal.Migrate.Completed = &now
	if err := r.journal.save(); err != nil {
		return "", err
	}
	if s.Processed > 0 {
		return fmt.Sprintf("the target says %s, %s", s.Word, plural(int(s.Processed), "record")), nil
	}
	return "the target says " + s.Word, nil
}

func (r *run) askMigrate(ctx context.Context, m *migration.Client) error {
	r.journal.Migrate = &migrateNote{Asked: time.Now()}
	if err := r.journal.save(); err != nil {
		return err
	}
	_, err := m.Migrate(ctx)
	var lost *migration.UnknownOutcomeError
	switch {
	case err == nil, errors.Is(err, migration.ErrAlreadyRunning):
		return nil
	case errors.As(err, &lost):
		asked, settleErr := r.settle(ctx, m)
		if settleErr != nil || !asked {
			return errors.Join(err, settleErr)
		}
		return nil
	}
	// The server refused: nothing was started.
	r.journal.Migrate = nil
	return errors.Join(err, r.journal.save())
}

// settle finds out whether a request to migrate whose answer is not known was
// received. A target that stays idle and holds no user did not receive it.
func (r *run) settle(ctx context.Context, m *migration.Client) (asked bool, err error) {
	deadline := time.Now().Add(r.settleTime())
	var last migration.Status
	for {
		s, err := m.Status(ctx)
		if err == nil || s.Phase != "" {
			last = s
		}
		switch s.Phase {
		case migration.PhaseRunning, migration.PhaseComplete, migration.PhaseCompleteWithFailures:
			return true, nil
		}
		if time.Now().After(deadline) {
			break
		}
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-time.After(min(time.Second, r.settleTime()/10)):
		}
	}
	empty, err := r.targetEmpty(ctx)
	if err == nil && empty {
		return false, nil
	}
	return false, &migration.UnknownOutcomeError{Action: "migrate", Status: &last, Err: errors.Join(err,
		errors.New("the target is idle but holds users: look at its log and at verify before you ask again"))}
}

func (r *run) targetEmpty(ctx context.Context) (bool, error) {
	c, err := r.targetClient()
	if err != nil {
		return false, err
	}
	page, err := c.QueryPage(ctx, "managed/user", openidm.Query{Fields: []string{"_id"}, PageSize: 1}, "")
	if err != nil {
		return false, err
	}
	return len(page.Result) == 0, nil
}

// verify is never done: what was equal yesterday may differ today.
func checkVerify(context.Context, *run) (State, string, error) {
	return ToDo, "both servers are compared record by record", nil
}

func doVerify(ctx context.Context, r *run) (string, error) {
	source, err := r.sourceClient()
	if err != nil {
		return "", err
	}
	target, err := r.targetClient()
	if err != nil {
		return "", err
	}
	options := VerifyOptions{Collections: r.u.Collections, Progress: func(p VerifyProgress) {
		r.u.emit(Event{Kind: EventProgress, Step: StepVerify, Detail: p.Collection, Done: p.Source, Total: -1})
	}}
	if r.u.SourceDir != "" {
		// Without the keys, values that were encrypted anew are "not
		// checked", which the report says.
		if keys, _, err := r.sourceStores(); err == nil {
			options.Keys = keys
		}
	}
	report, err := Verify(ctx, source, target, options)
	r.verified = report
	if err != nil {
		return "", err
	}
	if !report.Same() {
		return "", ErrDifferences
	}
	return summary(report), nil
}

// summary says in one line what was compared.
func summary(r *VerifyReport) string {
	var parts []string
	for _, c := range r.Collections {
		if c.Checked {
			parts = append(parts, fmt.Sprintf("%d %s", c.SourceCount, c.Name))
		} else {
			parts = append(parts, c.Name+" not checked")
		}
	}
	return "the same on both servers: " + strings.Join(parts, ", ")
}

// Compare is the step verify alone, with the servers, stores and collections
// of u.
func (u *Upgrade) Compare(ctx context.Context) (*VerifyReport, error) {
	only := *u
	only.Steps = []string{StepVerify}
	r, err := only.start()
	if err != nil {
		return nil, err
	}
	defer r.close()
	_, err = doVerify(ctx, r)
	return r.verified, err
}
