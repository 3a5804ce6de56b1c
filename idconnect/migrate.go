package idconnect

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
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
	toDo := "the target will be told to read from " + r.u.instanceURL()
	if r.repeats(r.journal.configureNote()) {
		return ToDo, toDo, nil
	}
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
		return ToDo, toDo, nil
	case err != nil && s.Phase == "":
		return ToDo, "", err
	}
	switch s.Phase {
	case migration.PhaseConfigured:
		if n := r.journal.Configure; n != nil && n.InstanceURL != r.u.instanceURL() {
			return ToDo, "the target reads from " + n.InstanceURL + ", not " + r.u.instanceURL(), nil
		}
		return Done, "the target is connected to its source", nil
	case migration.PhaseRunning, migration.PhaseComplete, migration.PhaseCompleteWithFailures:
		return Done, "the target says " + s.Word, nil
	}
	return ToDo, toDo, nil
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

// settleConfigure finds out whether a target was told its source. One that
// stays as it is before it is told anything was not.
func (r *run) settleConfigure(ctx context.Context, m *migration.Client) (told bool, err error) {
	last, err := r.poll(ctx, m, r.journal.Configure.Began, func(p migration.Phase) bool {
		return p != migration.PhaseNotConfigured && p != migration.PhaseUnknown && p != ""
	})
	if err != nil {
		return false, err
	}
	switch last.Phase {
	case migration.PhaseNotConfigured:
		return false, nil
	case migration.PhaseUnknown, "":
		return false, &migration.UnknownOutcomeError{Action: "configure", Status: &last, Err: r.lookAt("")}
	case migration.PhaseFailed:
		return false, nil // it has an end, and may be told again
	}
	return true, nil
}

// poll asks for the status until it is settled, or until the settle time has
// passed since then, which may be in an earlier run: runs that are killed again
// and again get there, too. A target that answers is asked for a tenth of that
// time at least, since it may have just been started. The last answer is
// returned; an error only when there was none, or of ctx.
func (r *run) poll(ctx context.Context, m *migration.Client, since time.Time, settled func(migration.Phase) bool) (last migration.Status, err error) {
	settle := r.settleTime()
	pause := min(time.Second, settle/50)
	deadline := time.Now().Add(settle)
	answered := false
	for {
		s, err := m.Status(ctx)
		if err == nil || s.Phase != "" {
			last = s
			if !answered {
				answered = true
				left := max(time.Until(since.Add(settle)), settle/10)
				deadline = earlier(deadline, time.Now().Add(left))
			}
		}
		switch {
		case ctx.Err() != nil:
			return last, ctx.Err()
		case settled(s.Phase):
			return last, nil
		case time.Now().Add(pause).After(deadline):
			if last.Phase == "" && err != nil {
				return last, err
			}
			return last, nil
		}
		r.emit(Event{Kind: EventProgress, Step: StepMigrate, Detail: "asking what became of an earlier request", Total: -1})
		select {
		case <-ctx.Done():
			return last, ctx.Err()
		case <-time.After(pause):
		}
	}
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// lookAt says where to look when the target does not tell what became of a
// request.
func (r *run) lookAt(seen string) error {
	logs := "the target's log"
	if r.u.TargetDir != "" {
		logs = "the target's logs in " + filepath.Join(r.u.TargetDir, "logs")
	}
	if seen != "" {
		seen += ": "
	}
	return fmt.Errorf("%slook at %s for the request, and at its records (%smanaged/user, or verify); when it was not received, say so by -again", seen, logs, r.u.targetURL())
}

func checkMigrate(ctx context.Context, r *run) (State, string, error) {
	if r.repeats(r.journal.Migrate) {
		return ToDo, "it is asked for again", nil
	}
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
		return fmt.Sprintf("the target says %s, %s", s.Word, plural(int(s.Processed), "record")), nil
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

// outcome is what became of a request to migrate whose answer is not known.
type outcome int

const (
	notReceived outcome = iota
	received            // the status says so
	allThere            // the status does not, but the records are there
)

// settle finds out whether a request to migrate was received: the status says
// so; or the target stays idle, and then its records do. None: it was not. As
// many as the source has: it was, and a restart made the target forget. Some:
// nobody knows.
func (r *run) settle(ctx context.Context, m *migration.Client, since time.Time) (outcome, error) {
	last, err := r.poll(ctx, m, since, func(p migration.Phase) bool {
		switch p {
		case migration.PhaseRunning, migration.PhaseComplete, migration.PhaseCompleteWithFailures:
			return true
		}
		return false
	})
	if err != nil {
		return notReceived, err
	}
	switch last.Phase {
	case migration.PhaseRunning, migration.PhaseComplete, migration.PhaseCompleteWithFailures, migration.PhaseFailed:
		return received, nil
	}
	unknown := func(err error) error {
		return &migration.UnknownOutcomeError{Action: "migrate", Status: &last, Err: err}
	}
	target, err := r.targetClient()
	if err != nil {
		return notReceived, err
	}
	have, total, err := countRecords(ctx, target)
	if err != nil {
		return notReceived, unknown(err)
	}
	if have["managed/user"] == 0 {
		return notReceived, nil
	}
	source, err := r.sourceClient()
	if err != nil {
		return notReceived, err
	}
	want, wanted, err := countRecords(ctx, source)
	if err != nil {
		return notReceived, unknown(r.lookAt(fmt.Sprintf("the target is idle and holds %s; the source cannot be counted (%v)", plural(total, "record"), err)))
	}
	for kind, n := range want {
		if have[kind] < n {
			return notReceived, unknown(r.lookAt(fmt.Sprintf("the target is idle and holds %d of %d records", total, wanted)))
		}
	}
	return allThere, nil
}

// countRecords counts what a migration carries over and both servers show.
func countRecords(ctx context.Context, c *openidm.Client) (counts map[string]int, total int, err error) {
	counts = map[string]int{}
	for _, kind := range []string{"managed/user", "managed/role", "managed/assignment", "repo/link"} {
		for _, err := range c.Query(ctx, kind, openidm.Query{Fields: []string{"_id"}}) {
			if errors.Is(err, openidm.ErrNotFound) && kind != "managed/user" {
				break // a server without this kind has none
			}
			if err != nil {
				return nil, 0, err
			}
			counts[kind]++
			total++
		}
	}
	return counts, total, nil
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
	options := VerifyOptions{
		Collections: r.u.Collections, Tabs: r.u.Tabs, Values: r.u.Values, MaxDifferences: r.u.MaxDifferences, StateFile: filepath.Join(r.u.stateDir(), "verify.state"),
		Progress: func(p VerifyProgress) {
			r.emit(Event{Kind: EventProgress, Step: StepVerify, Detail: p.Collection, Done: p.Source, Total: p.Total, Unit: "records"})
		},
	}
	if r.u.SourceDir != "" || r.u.StoresFile != "" {
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
	passed := 0
	for _, c := range r.Checks {
		if c.Result == CheckPassed {
			passed++
		}
	}
	if open := len(r.Checks) - passed; len(r.Checks) > 0 {
		parts = append(parts, fmt.Sprintf("%s of the tabs passed, %d not checked", plural(passed, "check"), open))
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
