package once

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/idconnect-go/upgrade/idconnect/internal/site"
	"github.com/idconnect-go/upgrade/internal/text"
	"github.com/idconnect-go/upgrade/migration"
	"github.com/idconnect-go/upgrade/migration/openidm"
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
				deadline = earlier(deadline, time.Now().Add(left))
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

// whereToLook says where to look when the target does not tell what became of a
// request.
func (r Requests) whereToLook(seen string) error {
	logs := "the target's log"
	if r.Site.TargetDir != "" {
		logs = "the target's logs in " + filepath.Join(r.Site.TargetDir, "logs")
	}
	if seen != "" {
		seen += ": "
	}
	return fmt.Errorf("%slook at %s for the request, and at its records (%smanaged/user, or verify); "+
		"when it was not received, say so by -again", seen, logs, r.Site.Target.URL)
}

// resolveConfigure finds out whether a target was told its source. One that
// stays as it is before it is told anything was not.
func (r Requests) resolveConfigure(ctx context.Context, m *migration.Client) (told bool, err error) {
	last, err := r.poll(ctx, m, site.StepConfigure, r.Journal.Configure.Began, func(p migration.Phase) bool {
		return p != migration.PhaseNotConfigured && p != migration.PhaseUnknown && p != ""
	})
	if err != nil {
		return false, err
	}
	switch last.Phase {
	case migration.PhaseNotConfigured:
		return false, nil
	case migration.PhaseUnknown, "":
		return false, &migration.UnknownOutcomeError{Action: "configure", Status: &last, Err: r.whereToLook("")}
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

// resolveMigrate finds out whether a request to migrate was received: the status says
// so; or the target stays idle, and then its records do. None: it was not. As
// many as the source has: it was, and a restart made the target forget. Some:
// nobody knows.
func (r Requests) resolveMigrate(ctx context.Context, m *migration.Client, since time.Time) (outcome, error) {
	last, err := r.poll(ctx, m, site.StepMigrate, since, func(p migration.Phase) bool {
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
	target, err := r.Site.TargetClient()
	if err != nil {
		return notReceived, err
	}
	have, total, err := countRecords(ctx, target)
	if err != nil {
		return notReceived, unknown(err)
	}
	if total == 0 {
		return notReceived, nil
	}
	source, err := r.Site.SourceClient()
	if err != nil {
		return notReceived, err
	}
	want, wanted, err := countRecords(ctx, source)
	if err != nil {
		return notReceived, unknown(r.whereToLook(fmt.Sprintf(
			"the target is idle and holds %s; the source cannot be counted (%v)", text.Plural(total, "record"), err)))
	}
	for kind, n := range want {
		if have[kind] < n {
			return notReceived, unknown(r.whereToLook(fmt.Sprintf(
				"the target is idle and holds %d of %d records", total, wanted)))
		}
	}
	return allThere, nil
}

// migrated are the collections that a migration carries over and both servers
// show. Links and roles come before users (the default mappings of IDM 7.3), and
// users of 2.1 may live in the directory alone: no collection stands for all.
var migrated = []string{"repo/link", "managed/role", "managed/user", "managed/assignment"}

// countRecords counts them; one that a server does not have is empty.
func countRecords(ctx context.Context, c *openidm.Client) (counts map[string]int, total int, err error) {
	counts = map[string]int{}
	for _, kind := range migrated {
		for _, err := range c.Query(ctx, kind, openidm.Query{Fields: []string{"_id"}}) {
			if errors.Is(err, openidm.ErrNotFound) {
				break
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

// targetEmpty says whether the target holds none of them.
func (r Requests) targetEmpty(ctx context.Context) (bool, error) {
	c, err := r.Site.TargetClient()
	if err != nil {
		return false, err
	}
	for _, kind := range migrated {
		page, err := c.QueryPage(ctx, kind, openidm.Query{Fields: []string{"_id"}, PageSize: 1}, "")
		if errors.Is(err, openidm.ErrNotFound) {
			continue
		}
		if err != nil || len(page.Result) > 0 {
			return false, err
		}
	}
	return true, nil
}
