package acceptance

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/idconnect-go/upgrade/idconnect/verify"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// liveResource is an object type of a connector. Its records are not the
// server's: they are live objects of Salesforce or of the directory, and no
// migration carries them.
type liveResource struct{ resource, place string }

// liveResources are the object types of the connectors of both servers.
func (t *checker) liveResources(types *regexp.Regexp, kind kinds) (out []liveResource) {
	for _, config := range t.config {
		for _, connector := range config.connectors.ofKind(kind) {
			for _, name := range connector.types() {
				r := liveResource{"system/" + url.PathEscape(connector.Name) + "/" + url.PathEscape(name), "the org"}
				if connector.kind == directory {
					r.place = "the directory"
				}
				known := func(x liveResource) bool { return x.resource == r.resource }
				if types.MatchString(name) && !slices.ContainsFunc(out, known) {
					out = append(out, r)
				}
			}
		}
	}
	return out
}

// live counts what the target's connectors show and says whether that gave a
// result; if not, it says why in tried. The source is asked only whether its
// connectors still work: those of 2.1 speak versions of Salesforce's API that are
// retired (H).
func (t *checker) live(ctx context.Context, c *verify.Check, types *regexp.Regexp, kind kinds, tried *attempts) bool {
	t.read(ctx)
	var seen, wrong, lacking, dead []string
	total := int64(0)
	for _, r := range t.liveResources(types, kind) {
		n, err := t.countLive(ctx, r.resource)
		shown, old := t.shows(ctx, 0, r.resource)
		if old != nil && !errors.Is(old, openidm.ErrNotFound) {
			dead = append(dead, fmt.Sprintf("%s (%s)", r.resource, statusOf(old)))
		}
		switch {
		case ctx.Err() != nil:
			return true
		case errors.Is(err, openidm.ErrNotFound):
			lacking = append(lacking, r.resource)
		case err != nil:
			wrong = append(wrong, fmt.Sprintf("%s (%s)", r.resource, statusOf(err)))
		case n == 0 && old == nil && shown:
			wrong = append(wrong, r.resource+" (none seen, and the source sees some)")
		case n == 0:
			tried.empty = append(tried.empty, r.resource)
		default:
			total += n
			seen = append(seen, fmt.Sprintf("the target's connector reaches %s, %d %s seen (%s)", r.place, n, c.Name,
				r.resource))
		}
	}
	var also string
	if len(lacking) > 0 {
		also = "; the target's connector lacks an object type, as is expected of 7.x: " + list(lacking)
	}
	if len(dead) > 0 {
		also += "; the source's connector does not work any more, which is no fault of the migration: " + list(dead)
	}
	switch {
	case len(wrong) > 0:
		c.Target = total
		fail(c, "look at the connector on the target: its address, its account and its rights",
			"the target's connector does not show %s: %s%s", c.Name, list(wrong), also)
	case len(seen) > 0:
		c.Target = total
		pass(c, "%s; these are live objects, which are not transferred%s", strings.Join(seen, "; "), also)
	default:
		if also != "" {
			tried.other = append(tried.other, strings.TrimPrefix(also, "; "))
		}
		return false
	}
	return true
}

// countLive counts what a connector of the target shows.
func (t *checker) countLive(ctx context.Context, resource string) (n int64, err error) {
	query := openidm.Query{Fields: []string{"_id"}, PageSize: t.compared.PageSize}
	for _, err := range t.servers[1].Query(ctx, resource, query) {
		if err != nil {
			return 0, err
		}
		n++
	}
	return n, nil
}
