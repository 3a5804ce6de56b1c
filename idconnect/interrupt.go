package idconnect

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

func isInterrupt(err error) bool { return errors.Is(err, context.Canceled) }

// remedyOfKnown is for errors of the packages below that have no remedy of
// their own.
func remedyOfKnown(err error) string {
	var trust *jvmtrust.Error
	var unknown *migration.UnknownOutcomeError
	switch {
	case errors.As(err, &trust):
		return trust.Remedy
	case errors.As(err, &unknown):
		return "look at the target's log, then run the same command again: it asks for the status first"
	case errors.Is(err, keystore.ErrChangedSince):
		return "compare the file with its backup beside it; to put the backup back all the same, " +
			"say so (rollback -remove-added)"
	case errors.Is(err, ErrDifferences):
		return "the report names the records and checks, why records failed where the target tells, " +
			"and how to repair that"
	case errors.Is(err, ErrNothingRuns):
		return "start it (run), then watch; where it stands otherwise says status"
	case isInterrupt(err):
		return "run the same command again: it goes on where it stopped"
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
