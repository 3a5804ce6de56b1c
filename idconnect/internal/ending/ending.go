package ending

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/idconnect-go/upgrade/idconnect/internal/verdict"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/idconnect/report"
	"github.com/idconnect-go/upgrade/internal/version"
	"github.com/idconnect-go/upgrade/migration"
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
