package inspect

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/idconnect-go/upgrade/idconnect/internal/jobs"
	"github.com/idconnect-go/upgrade/idconnect/internal/site"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
)

// sourceJobs are those of the source, none where it cannot be asked.
func (w *world) sourceJobs(ctx context.Context, s *site.Site) jobs.List {
	ctx, cancel := context.WithTimeout(ctx, s.Checks.Timeout)
	defer cancel()
	source, ok := w.source.get(ctx)
	c, err := s.SourceClient()
	if err != nil || !ok || !source.readable() || c.Credentials.Password.IsZero() {
		return jobs.List{Err: errors.New("the source cannot be read")}
	}
	return jobs.Of(ctx, c, w.config)
}

// targetJobsCheck: two servers must not push into one org. Whether the migration
// carries jobs over is not known, and a person may have made some.
type targetJobsCheck struct {
	*world
	site *site.Site
}

func (c targetJobsCheck) check(ctx context.Context, step string) preflight.Findings {
	target, ok := c.target.get(ctx)
	client, err := c.site.TargetClient()
	if err != nil || !ok || !target.readable() || client.Credentials.Password.IsZero() {
		return nil // there is none yet, or its own finding is the one to read
	}
	theirs := jobs.Of(ctx, client, new(configuration))
	names := theirs.Pushing()
	if len(names) == 0 {
		return nil // what it does not show is for the acceptance checks
	}
	source, _ := c.jobs.get(ctx)
	also := "so are those of the source: " + strings.Join(source.Pushing(), ", ")
	switch {
	case len(source.Pushing()) > 0:
	case source.Err != nil:
		also = "whether those of the source are is not known"
	default:
		return nil
	}
	slices.Sort(names)
	return preflight.Findings{codes.TargetJobsOn.Finding(step, "jobs of the target are on: %s; %s",
		strings.Join(names, ", "), also)}
}
