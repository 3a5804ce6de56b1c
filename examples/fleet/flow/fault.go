package flow

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"slices"
	"strings"
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
	FaultNotAllowed  = "NOT-ALLOWED"    // the worker does not allow what an order names
	FaultUnavailable = "UNAVAILABLE"    // a server does not answer
	FaultStopped     = "WORKER-STOPPED" // the worker was told to end

	FaultUnknown     = "UNKNOWN-OUTCOME" // waits for a person
	FaultBlocked     = "BLOCKED"
	FaultDifferences = "DIFFERENCES"
	FaultPartly      = "PARTLY-COMPARED"
	FaultNothing     = "NOTHING-COMPARED"
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

// passing are the findings that may be gone on the next try.
var passing = []string{
	"SOURCE-UNREACHABLE", "SOURCE-STARTING", "TARGET-UNREACHABLE", "TARGET-STARTING",
	"CHECK-TIMED-OUT", "INSTANCE-URL-UNREACHABLE",
}

// faultOfFindings is the fault of blocking findings, nil if none blocks.
func faultOfFindings(all preflight.Findings) *fault {
	blocking := all.Blocking()
	if len(blocking) == 0 {
		return nil
	}
	first := blocking[0]
	if first.Code == "RUN-IN-PROGRESS" {
		return &fault{Type: FaultLocked, Code: FaultLocked, Text: "another run is in progress on this target",
			after: time.Second}
	}
	f := &fault{Type: FaultBlocked, Code: first.Code, Text: "blocks the step " + first.Step,
		Remedy: RemedyOf(first.Code), final: true}
	if !slices.ContainsFunc(blocking, func(b preflight.Finding) bool { return !slices.Contains(passing, b.Code) }) {
		f.Type, f.final = FaultUnavailable, false
	}
	return f
}

// faultOf turns an error into what may be stored in the engine, and decides
// whether the step is retried. Steps converge, so a retry is always safe; it is
// done only where it may succeed.
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
		return fault{Type: FaultLocked, Code: FaultLocked, Text: "another run is in progress on this target",
			after: time.Second}
	case errors.Is(err, preflight.ErrBlocked):
		if f := faultOfFindings(findings); f != nil {
			return *f
		}
		return fault{Type: FaultBlocked, Code: FaultBlocked, final: true}
	case errors.As(err, &unknown):
		return fault{Type: FaultUnknown, Code: FaultUnknown,
			Text: "the outcome of " + actionOf(unknown.Action) + " is not known: the response was lost",
			Remedy: "look at the target's log and records, then decide: " +
				"fleet approve -installation ID -decide " + strings.Join(Decisions(), "|"), final: true}
	case comparisonFault(err) != nil:
		return *comparisonFault(err)
	case errors.As(err, &failed):
		return failure("MIGRATION-FAILED", "the target reports that "+actionOf(failed.Action)+" failed",
			failed.Remedy())
	case errors.As(err, &setup):
		return failure("SETUP-FAILED", "the set-up script failed", "see its last lines in the worker's report")
	case errors.As(err, &started):
		return failure("SERVER-DOWN", "setup is complete, but the server is not responding",
			"start the server, check its log, and run the fleet again")
	case errors.As(err, &trust):
		return failure("NOT-TRUSTED", "a certificate is not trusted", "see the worker's report for which one and why")
	case errors.As(err, &missing):
		return failure("MISSING", "the step needs "+missing.Field, "add it to the fleet file")
	case errors.Is(err, openidm.ErrUnauthorized):
		return failure("UNAUTHORIZED", "a server rejects the account", "check the account and its password")
	case errors.As(err, &path) && (errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrNotExist) ||
		errors.Is(err, syscall.EIO) || errors.Is(err, syscall.ENOSPC)):
		return noAccess(path)
	case errors.As(err, &network):
		return fault{Type: FaultUnavailable, Code: FaultUnavailable,
			Text: "no connection to " + addressOf(network)}
	case errors.Is(err, openidm.ErrUnavailable), errors.Is(err, context.DeadlineExceeded):
		return fault{Type: FaultUnavailable, Code: FaultUnavailable, Text: "a server is not responding"}
	}
	return failure(FaultFailed, "the worker's report says why", "read the report, then run the fleet again")
}

// failure is a fault that no other try mends.
func failure(code, text, remedy string) fault {
	return fault{Type: FaultFailed, Code: code, Text: text, Remedy: remedy, final: true}
}

// noAccess names the file: its path is the operator's, not a user's.
func noAccess(e *fs.PathError) fault {
	return fault{Type: FaultAccess, Code: FaultAccess, Text: e.Path + ": " + e.Err.Error(),
		Remedy: "give this worker access to it; the step is retried automatically", after: accessPause}
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
