package inspect

import (
	"context"
	"errors"

	"github.com/idconnect-go/upgrade/idconnect/internal/journal"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
)

// lockCheck says whether another run is under way. It takes the lock for an
// instant, unless this run has it, and makes no file.
type lockCheck struct {
	place *journal.Place
	held  bool
}

func (c lockCheck) check(_ context.Context, step string) preflight.Findings {
	if c.held {
		return nil
	}
	err := c.place.Probe()
	var locked *journal.LockedError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &locked):
		return preflight.Findings{codes.RunInProgress.Finding(step,
			"another run is under way: it holds the lock %s", locked.Path)}
	}
	return preflight.Findings{codes.RunInProgress.Finding(step,
		"whether another run is under way cannot be seen: %v", err).
		As(preflight.Warns).WithRemedy("run this as the user who ran it before")}
}
