package inspect

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"strings"

	"github.com/idconnect-go/upgrade/idconnect/internal/identity"
	"github.com/idconnect-go/upgrade/idconnect/internal/journal"
	"github.com/idconnect-go/upgrade/idconnect/internal/site"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// placesCheck: source and target are two, and the right way round.
type placesCheck struct {
	*world
	site *site.Site
}

func (c placesCheck) check(ctx context.Context, step string) (found preflight.Findings) {
	s := c.site
	if f, ok := c.servers(ctx, step); ok {
		found = append(found, f)
	}
	if err := s.CheckPlaces(); err != nil {
		found = append(found, codes.TargetIsSource.Finding(step, "%v", err).WithRemedy(remedyOf(err)))
	}
	return found
}

// servers asks both servers, where they answer, whether they are two.
func (c placesCheck) servers(ctx context.Context, step string) (preflight.Finding, bool) {
	s := c.site
	bare := func(s site.Server) *openidm.Client {
		return &openidm.Client{BaseURL: s.URL, Address: s.Address, HTTPClient: s.HTTPClient}
	}
	p := identity.Pair{Source: bare(s.Source), Target: bare(s.Target), Lookup: s.Machine.LookupHost}
	err := p.Addresses(ctx)
	source, _ := c.source.get(ctx)
	target, _ := c.target.get(ctx)
	if err == nil && source.ready && target.ready && !source.misplaced && !target.misplaced {
		var errs [2]error
		p.Source, errs[0] = s.SourceClient()
		p.Target, errs[1] = s.TargetClient()
		if errors.Join(errs[:]...) == nil {
			_, err = p.Check(ctx)
		}
	}
	switch {
	case errors.Is(err, identity.ErrSame):
		return codes.TargetIsSource.Finding(step, "%v", err), true
	case errors.Is(err, identity.ErrSwapped):
		return codes.ServersSwapped.Finding(step, "%v", err), true
	}
	return preflight.Finding{}, false
}

func sameHost(a, b string) bool {
	x, errX := url.Parse(a)
	y, errY := url.Parse(b)
	return errX == nil && errY == nil && strings.EqualFold(x.Host, y.Host)
}

func portOf(u *url.URL) string { return cmp.Or(u.Port(), "443") }

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
