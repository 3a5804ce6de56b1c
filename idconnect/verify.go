package idconnect

import (
	"context"
	"log/slog"

	"github.com/idconnect-go/upgrade/idconnect/acceptance"
	"github.com/idconnect-go/upgrade/idconnect/changes"
	"github.com/idconnect-go/upgrade/idconnect/verify"
	"github.com/idconnect-go/upgrade/internal/redact"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// DefaultChanges returns what a correct migration changes in the records that it
// copies, as far as that is known to us, and how well: see [changes.Default]. A
// caller may take rows out or add some, and give the table as the Changes of
// [VerifyOptions] or of Upgrade.Verify.
func DefaultChanges() []changes.Change { return changes.Default() }

// VerifyOptions are the options of [Verify]. The zero value compares what a
// migration carries over and makes all acceptance checks.
type VerifyOptions struct {
	verify.Options
	// Acceptance says which acceptance checks are made, and where they look.
	Acceptance acceptance.Options
}

// LogValue gives the options that are set to a [slog.Logger].
func (o VerifyOptions) LogValue() slog.Value { return redact.Fields(o) }

// Verify compares two servers record by record, as [verify.Run] does, and makes
// the acceptance checks of [acceptance.Run], of which those that look at records wait
// until they were compared. It changes neither server.
// The report's Verdict says what that proves; errors are those of both functions, and the
// report then holds what was finished.
func Verify(ctx context.Context, source, target *openidm.Client, opts VerifyOptions) (*verify.Report, error) {
	if err := opts.Acceptance.Validate(); err != nil {
		return nil, err
	}
	checks := func(ctx context.Context, r *verify.Report, compared <-chan struct{}) error {
		return acceptance.Run(ctx, source, target, opts.Acceptance, opts.Options, r, compared)
	}
	return verify.Run(ctx, source, target, opts.Options, checks)
}
