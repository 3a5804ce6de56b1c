package inspect

import (
	"cmp"
	"context"
	"net/url"
	"strings"

	"github.com/idconnect-go/upgrade/idconnect/internal/identity"
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
	if seen := c.shared(ctx); seen != "" {
		found = append(found, codes.TargetIsSource.Finding(c.step, "source and target are one server: %s", seen))
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

// shared says where both servers' connections go, "" where that is not one place
// or not known.
func (c placesCheck) shared(ctx context.Context) string {
	if c.site.Source.HTTPClient != nil || c.site.Target.HTTPClient != nil {
		if sameHost(c.site.Source.URL, c.site.Target.URL) {
			return "both are " + c.site.Target.URL
		}
		return ""
	}
	a, errA := c.site.Source.DialAddress()
	b, errB := c.site.Target.DialAddress()
	if errA != nil || errB != nil {
		return ""
	}
	return identity.Shared(ctx, c.site.Machine.LookupHost, a, b)
}

func portOf(u *url.URL) string { return cmp.Or(u.Port(), "443") }
