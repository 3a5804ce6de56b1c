package flow

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"slices"
	"syscall"
	"time"

	"go.temporal.io/sdk/temporal"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/keystore/jvmtrust"
	"github.com/idconnect-go/upgrade/migration"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// The types of the errors of activities, by which a workflow, and a person who
// looks at the engine, tell them apart. Those of the first group are tried
// again.
const (
	FaultLocked      = "LOCKED"         // an earlier try still has the lock of the target
	FaultAccess      = "NO-ACCESS"      // the worker cannot reach a folder or file
	FaultSecret      = "NO-SECRET"      // the worker cannot find a secret
	FaultUnavailable = "UNAVAILABLE"    // a server does not answer
	FaultStopped     = "WORKER-STOPPED" // the worker was told to end

	FaultUnknown     = "UNKNOWN-OUTCOME" // waits for a person
	FaultBlocked     = "BLOCKED"
	FaultDifferences = "DIFFERENCES"
	FaultFailed      = "FAILED"
)

// fault is an error that may lie in a history: a code, and a text without ids,
// secrets and words of servers.
type fault struct {
	Type, Code, Text, Remedy string
	// retry after so long; 0: as the policy says. final: never.
	after time.Duration
	final bool
}

func (f fault) Error() string {
	if f.Text == "" {
		return f.Code
	}
	return f.Code + ": " + f.Text
}

// Trouble is what a fault tells the workflow.
type Trouble struct {
	Looked
	Code   string `json:"code"`
	Text   string `json:"text,omitempty"`
	Remedy string `json:"remedy,omitempty"`
}

func (f fault) application(l Looked) error {
	return temporal.NewApplicationErrorWithOptions(f.Error(), f.Type, temporal.ApplicationErrorOptions{
		NonRetryable: f.final, NextRetryDelay: f.after,
		Details: []any{Trouble{Looked: l, Code: f.Code, Text: f.Text, Remedy: f.Remedy}},
	})
}

// passing are findings that say that a server does not answer, or that another
// run is under way: they may be gone the next time.
var passing = []string{
	"SOURCE-UNREACHABLE", "SOURCE-STARTING", "TARGET-UNREACHABLE", "TARGET-STARTING",
	"CHECK-TIMED-OUT", "INSTANCE-URL-UNREACHABLE",
}

// faultOfFindings is that of findings which block, nil where none does.
func faultOfFindings(all preflight.Findings) *fault {
	blocking := all.Blocking()
	if len(blocking) == 0 {
		return nil
	}
	first := blocking[0]
	if first.Code == "RUN-IN-PROGRESS" {
		return &fault{Type: FaultLocked, Code: FaultLocked, Text: "another run is under way on this target",
			after: time.Second}
	}
	f := &fault{Type: FaultBlocked, Code: first.Code, Text: "blocks the step " + first.Step,
		Remedy: remedyOf(first.Code), final: true}
	if !slices.ContainsFunc(blocking, func(b preflight.Finding) bool { return !slices.Contains(passing, b.Code) }) {
		f.Type, f.final = FaultUnavailable, false
	}
	return f
}

// faultOf says what of an error may be told, and whether the step may be tried
// again: whatever the step does by itself is done by then. A step that is
// carried out again looks first and converges; it is repeated only where the
// next time may be better.
func faultOf(err error, findings preflight.Findings) fault {
	var (
		locked  *idconnect.LockedError
		unknown *migration.UnknownOutcomeError
		path    *fs.PathError
		network *net.OpError
		trust   *jvmtrust.Error
		missing *idconnect.MissingError
		failed  *migration.FailedError
		setup   *idconnect.SetupError
		started *idconnect.SetupDoneError
	)
	switch {
	case errors.As(err, &locked):
		return fault{Type: FaultLocked, Code: FaultLocked, Text: "another run is under way on this target",
			after: time.Second}
	case errors.Is(err, preflight.ErrBlocked):
		if f := faultOfFindings(findings); f != nil {
			return *f
		}
		return fault{Type: FaultBlocked, Code: FaultBlocked, final: true}
	case errors.As(err, &unknown):
		return fault{Type: FaultUnknown, Code: FaultUnknown,
			Text: "whether the target received " + actionOf(unknown.Action) + ", or what became of it, is not known",
			Remedy: "look at the target's log and records, then decide: fleet approve -installation ID -decide " +
				DecideLook + "|" + DecideGoOn + "|" + DecideResend + "|" + DecideGiveUp, final: true}
	case errors.Is(err, idconnect.ErrDifferences):
		return fault{Type: FaultDifferences, Code: FaultDifferences, Text: "the servers do not hold the same records",
			Remedy: "the worker's report names them; look at the target's log for why they were not copied",
			final:  true}
	case errors.As(err, &failed):
		return fault{Type: FaultFailed, Code: "MIGRATION-FAILED",
			Text: actionOf(failed.Action) + " failed, says the target", Remedy: failed.Remedy(), final: true}
	case errors.As(err, &setup):
		return fault{Type: FaultFailed, Code: "SETUP-FAILED", Text: "the set-up script",
			Remedy: "the worker's report has its last lines", final: true}
	case errors.As(err, &started):
		return fault{Type: FaultFailed, Code: "SERVER-DOWN",
			Text:   "the set-up was done, and its server does not answer",
			Remedy: "start the server, look at its log, and run the fleet again", final: true}
	case errors.As(err, &trust):
		return fault{Type: FaultFailed, Code: "NOT-TRUSTED", Text: "a certificate is not trusted",
			Remedy: "the worker's report says which, and why", final: true}
	case errors.As(err, &missing):
		return fault{Type: FaultFailed, Code: "MISSING", Text: "the step needs " + missing.Field,
			Remedy: "give it in the fleet file", final: true}
	case errors.Is(err, openidm.ErrUnauthorized):
		return fault{Type: FaultFailed, Code: "UNAUTHORIZED", Text: "a server refuses the account",
			Remedy: "check the account and its password", final: true}
	case errors.As(err, &path) && (errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrNotExist) ||
		errors.Is(err, syscall.EIO) || errors.Is(err, syscall.ENOSPC)):
		return noAccess(path)
	case errors.As(err, &network):
		return fault{Type: FaultUnavailable, Code: FaultUnavailable, Text: "no connection to " + addressOf(network)}
	case errors.Is(err, openidm.ErrUnavailable), errors.Is(err, context.DeadlineExceeded):
		return fault{Type: FaultUnavailable, Code: FaultUnavailable, Text: "a server does not answer"}
	}
	return fault{Type: FaultFailed, Code: FaultFailed, Text: "the worker's report says why",
		Remedy: "look at the report, then run the fleet again", final: true}
}

// noAccess names the file: its path is the operator's, not a user's.
func noAccess(e *fs.PathError) fault {
	return fault{Type: FaultAccess, Code: FaultAccess, Text: e.Path + ": " + e.Err.Error(),
		Remedy: "give this worker access to it; the step is tried again by itself", after: accessPause}
}

// accessPause is how soon a folder that was not there is looked for again.
const accessPause = 10 * time.Second

func addressOf(e *net.OpError) string {
	if e.Addr == nil {
		return "a server"
	}
	return e.Addr.String()
}

// actionOf keeps to the two words that are known.
func actionOf(action string) string {
	if action == "configure" {
		return action
	}
	return "migrate"
}
