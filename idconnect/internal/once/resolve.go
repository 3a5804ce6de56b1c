package once

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/idconnect-go/upgrade/idconnect/internal/jobs"
	"github.com/idconnect-go/upgrade/idconnect/internal/journal"
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

const (
	auditTime = 30 * time.Second
	auditMost = 10_000 // entries that are read
)

// begin is a request to the target that is sent next.
func (r Requests) begin(ctx context.Context) journal.Request {
	q := journal.Request{Note: journal.Begin(), Transaction: rand.Text()}
	if health, err := r.Site.PingTarget(ctx); err == nil {
		q.ServerTime = health.Date.UTC()
	}
	return q
}

// receipt looks into the target's audit for a request. What it finds proves that the target received it, or another
// one of its kind since, and seen says when. That it finds nothing proves nothing: audit is written when a request has
// ended, is buffered, rotates, and can be off.
func (r Requests) receipt(ctx context.Context, action string, q journal.Request) (seen string, ok bool) {
	c, err := r.Site.TargetClient()
	if err != nil {
		return "", false
	}
	ctx, cancel := context.WithTimeout(ctx, auditTime)
	defer cancel()
	read := 0
	for raw, err := range c.Query(ctx, "audit/access", openidm.Query{
		Filter: fmt.Sprintf(`/request/detail/action eq %q`, action),
	}) {
		if read++; err != nil || read > auditMost {
			return "", false
		}
		if when, ok := isReceipt(raw, action, q); ok {
			return fmt.Sprintf("the target's audit says that it received %s on %s", action, when), true
		}
	}
	return "", false
}

// isReceipt reports whether an entry of audit/access is that of a request: by its id where the target keeps it, else by
// the target's clock.
func isReceipt(raw json.RawMessage, action string, q journal.Request) (when string, ok bool) {
	var e struct {
		Timestamp     string `json:"timestamp"`
		TransactionID string `json:"transactionId"`
		Request       struct {
			Detail struct {
				Action string `json:"action"`
			} `json:"detail"`
		} `json:"request"`
		Response struct {
			StatusCode any `json:"statusCode"` // a string or a number
		} `json:"response"`
		HTTP struct {
			Request struct {
				Path string `json:"path"`
			} `json:"request"`
		} `json:"http"`
	}
	if json.Unmarshal(raw, &e) != nil || e.Request.Detail.Action != action {
		return "", false
	}
	if path := strings.TrimRight(e.HTTP.Request.Path, "/"); path != "" && !strings.HasSuffix(path, "migration") {
		return "", false
	}
	if code := fmt.Sprint(e.Response.StatusCode); strings.HasPrefix(code, "4") && code != "408" {
		return "", false // refused: nothing was started
	}
	at, err := time.Parse(time.RFC3339, e.Timestamp)
	if err == nil {
		when = at.UTC().Format(time.RFC3339)
	}
	// What the target does for a request has its id with more behind it.
	own, _, _ := strings.Cut(e.TransactionID, "/")
	if q.Transaction != "" && own == q.Transaction {
		return when, true
	}
	return when, err == nil && !q.ServerTime.IsZero() && !at.Before(q.ServerTime)
}
