package inspect

import (
	"cmp"
	"context"
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/idconnect-go/upgrade/idconnect/internal/site"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
)

// placesCheck: source and target are two, and the right way round.
type placesCheck struct {
	*world
	site *site.Site
	step string
}

func (c placesCheck) check(ctx context.Context) (found preflight.Findings) {
	s := c.site
	if sameHost(s.Source.URL, s.Target.URL) {
		found = append(found, codes.TargetIsSource.Finding(c.step, "source and target are both %s", s.Target.URL))
	} else if address := c.sharedAddress(ctx); address != "" {
		found = append(found, codes.TargetIsSource.Finding(c.step,
			"%s and %s are both %s", s.Source.URL, s.Target.URL, address))
	}
	if err := s.CheckPlaces(); err != nil {
		found = append(found, codes.TargetIsSource.Finding(c.step, "%v", err).WithRemedy(remedyOf(err)))
	}
	source, _ := c.source.get(ctx)
	target, _ := c.target.get(ctx)
	if source.Version != "" && target.Version != "" && majorOf(source.Version) > majorOf(target.Version) {
		found = append(found, codes.ServersSwapped.Finding(c.step,
			"the source %s says version %s, the target %s version %s",
			source.URL, source.Version, target.URL, target.Version))
	}
	return found
}

func sameHost(a, b string) bool {
	x, errX := url.Parse(a)
	y, errY := url.Parse(b)
	return errX == nil && errY == nil && strings.EqualFold(x.Host, y.Host)
}

// sharedAddress is an address and port that both servers have, "" where none
// is known.
func (c placesCheck) sharedAddress(ctx context.Context) string {
	x, errX := url.Parse(c.site.Source.URL)
	y, errY := url.Parse(c.site.Target.URL)
	own := c.site.Source.HTTPClient != nil || c.site.Target.HTTPClient != nil
	if errX != nil || errY != nil || portOf(x) != portOf(y) || own {
		return ""
	}
	a, errA := c.site.Machine.LookupHost(ctx, x.Hostname())
	b, errB := c.site.Machine.LookupHost(ctx, y.Hostname())
	if errA != nil || errB != nil {
		return ""
	}
	for _, address := range a {
		if slices.Contains(b, address) {
			return net.JoinHostPort(address, portOf(x))
		}
	}
	return ""
}

func portOf(u *url.URL) string { return cmp.Or(u.Port(), "443") }
