// Package ending says how a run or a step ended, in its report: done, failed,
// interrupted, and what to do then. Begin with [Report], [Step] and [Remedy].
package ending

import (
	"context"
	"errors"
	"io/fs"

	"github.com/idconnect-go/upgrade/idconnect/internal/host"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/keystore/jvmtrust"
	"github.com/idconnect-go/upgrade/migration"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

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
