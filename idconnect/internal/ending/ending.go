// Package ending says how a run or a step ended, in its report: done, failed,
// interrupted, and what to do then. Begin with [Report], [Step] and [Remedy].
package ending

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/idconnect-go/upgrade/idconnect/internal/host"
	"github.com/idconnect-go/upgrade/idconnect/internal/verdict"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/idconnect/report"
	"github.com/idconnect-go/upgrade/internal/version"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/keystore/jvmtrust"
	"github.com/idconnect-go/upgrade/migration"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// NothingRuns: no migration is under way, and none is known to be complete.
var NothingRuns error = &Known{errors.New("no migration is under way"),
	"start it (Upgrade.Run), then watch it; where the upgrade stands otherwise, Upgrade.Status says"}

// IsInterrupt reports whether an error says that its caller gave up.
func IsInterrupt(err error) bool { return errors.Is(err, context.Canceled) }

// Of is the error of a step whose context may have ended: a child that was
// killed for it, or a file that was not read to its end, says so in its own
// words. A target that said how it failed is no interruption.
func Of(ctx context.Context, err error) error {
	var failed *migration.FailedError
	if err == nil || IsInterrupt(err) || !errors.Is(ctx.Err(), context.Canceled) || errors.As(err, &failed) {
		return err
	}
	return fmt.Errorf("%w: %w", err, context.Canceled)
}

// Step says how a step ended with an error: its state, and the words beside it.
// Those of an interrupted one say what it was about, if anything.
func Step(err error) (report.State, string) {
	var compared verdict.Error
	switch {
	case errors.As(err, &compared) && compared.Outcome == verdict.Partly:
		return report.Done, err.Error()
	case !IsInterrupt(err):
		return report.Failed, err.Error()
	}
	about := strings.ReplaceAll(err.Error(), context.Canceled.Error(), "")
	return report.Interrupted, strings.TrimRight(about, ": \n")
}

// Report says how a run or a comparison ended.
func Report(rep *report.Report, err error) {
	rep.Ended, rep.Tool = time.Now(), version.Module()
	var compared verdict.Error
	switch {
	case err == nil:
		rep.Outcome = "done"
		return
	case errors.Is(err, preflight.ErrBlocked):
		rep.Outcome = "blocked"
	case errors.As(err, &compared):
		rep.Outcome = string(compared.Outcome)
	case IsInterrupt(err):
		rep.Outcome, rep.Error, rep.Remedy = "interrupted", "interrupted", Resume
		return
	default:
		rep.Outcome = "failed"
	}
	rep.Error, rep.Remedy = err.Error(), Remedy(err)
}

// Run is the state of a run with that outcome.
func Run(outcome string) report.State {
	switch outcome {
	case "done", string(verdict.Partly):
		return report.Done
	case "interrupted":
		return report.Interrupted
	}
	return report.Failed
}

// Resume is what to do about an interruption.
const Resume = "run the same command again: it resumes where it stopped"

// Remedy returns what to do about an error, "" where nothing better is known
// than its text.
func Remedy(err error) string {
	var own interface{ Remedy() string }
	var trust *jvmtrust.Error
	var unknown *migration.UnknownOutcomeError
	switch {
	case IsInterrupt(err):
		return Resume
	case errors.As(err, &own):
		return own.Remedy()
	case errors.As(err, &trust):
		return trust.Remedy
	case errors.As(err, &unknown):
		return "look at the target's log, then run the same command again: it asks for the status first"
	case errors.Is(err, keystore.ErrChangedSince):
		return "compare the file with its backup beside it; to put the backup back all the same, " +
			"say so (Upgrade.RemoveAdded)"
	case host.IsDiskFull(err):
		return "make room on that disk, then run the same command again: it goes on where it stopped"
	case errors.Is(err, fs.ErrPermission):
		return "give this user the right to read and write there, then run the same command again"
	case errors.Is(err, context.DeadlineExceeded):
		return "run the same command again, with more time: it goes on where it stopped"
	case errors.Is(err, openidm.ErrUnauthorized):
		return "check the account and its password"
	case errors.Is(err, openidm.ErrUnavailable):
		return "start the server, or wait until it is ready, then run the same command again"
	case errors.Is(err, openidm.ErrNotFound):
		return "check the address: does that server have this endpoint?"
	}
	return ""
}

// Known is an error that says what to do about it.
type Known struct {
	Err error
	Do  string
}

func (e *Known) Error() string { return e.Err.Error() }

func (e *Known) Unwrap() error { return e.Err }

// Remedy says what to do.
func (e *Known) Remedy() string { return e.Do }
