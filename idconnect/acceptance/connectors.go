package acceptance

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"github.com/idconnect-go/upgrade/idconnect/internal/digest"
	"github.com/idconnect-go/upgrade/idconnect/verify"
	"github.com/idconnect-go/upgrade/internal/text"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// connectors compares the connectors to Salesforce and Active Directory: every
// one of the source must be in the target by its name, with the same class and
// object types, but for the changes that are expected of a migration. Other settings
// that differ are named: an address may have to.
// Encrypted ones are not looked at, as each server has them in its own way.
func (t *checker) connectors(ctx context.Context, c *verify.Check) {
	t.read(ctx)
	var explained []string
	compareEntries(c, "connector", "to", "set the connector up in the target, then compare again",
		t.config[0].connectors, t.config[1].connectors, func(a, b connector) (must, may []string) {
			want := t.expected(0, a)
			for _, why := range want.because {
				explained = append(explained, fmt.Sprintf("%s (%s)", a.Name, why))
			}
			for _, name := range namesOf(a.Settings, b.Settings) {
				x, y := a.Settings[name], b.Settings[name]
				if !digest.SecretName(name) && !digest.Encrypted(x) && !digest.Encrypted(y) && !sameJSON(x, y) {
					may = append(may, name)
				}
			}
			return want.differ(t.expected(1, b)), may
		})
	if len(explained) > 0 {
		c.Detail += "; changed as expected: " + list(explained)
	}
}

// populated checks whether the target's connectors to Active Directory show
// something: a record at least of every object type of which the source's show
// one. Source and Target count those types.
func (t *checker) populated(ctx context.Context, c *verify.Check) {
	t.read(ctx)
	if why := t.config[1].connectors.why; why != "" {
		skip(c, "%s", why)
		return
	}
	here, there := t.config[0].connectors.ofKind(directory), t.config[1].connectors.ofKind(directory)
	remedy := "look at the connector on the target: its address, its account and its certificate"
	if len(there) == 0 {
		if len(here) > 0 {
			c.Source, c.Target = int64(len(here)), 0
			fail(c, remedy, "the source has %s to Active Directory, the target none",
				text.Plural(len(here), "connector"))
			return
		}
		skip(c, "neither server has a connector that is recognised as one to Active Directory")
		return
	}
	var filled, broken, lost []string
	for _, x := range there {
		for _, name := range x.types() {
			resource := "system/" + url.PathEscape(x.Name) + "/" + url.PathEscape(name)
			shows, err := t.shows(ctx, 1, resource)
			switch {
			case errors.Is(err, openidm.ErrNotFound):
			case err != nil:
				broken = append(broken, fmt.Sprintf("%s (%s)", resource, statusOf(err)))
			case shows:
				filled = append(filled, resource)
			default: // what is empty in the target may be so in the source
				if shows, err := t.shows(ctx, 0, resource); err == nil && shows {
					lost = append(lost, resource)
				}
			}
		}
	}
	c.Target = int64(len(filled))
	if len(here) > 0 {
		c.Source = c.Target + int64(len(lost))
	}
	switch {
	case len(lost) > 0:
		fail(c, remedy, "the source shows records and the target none: %s", list(lost))
	case len(broken) > 0:
		fail(c, remedy, "the target cannot read: %s", list(broken))
	case len(filled) == 0:
		skip(c, "the target's connectors to Active Directory show no record, and neither do the source's")
	default:
		pass(c, "the target shows records: %s", list(filled))
	}
}

// testConnectors lets the target test its connectors, as its page of them does:
// it connects, and changes nothing.
func (t *checker) testConnectors(ctx context.Context, c *verify.Check) {
	var states []struct {
		Name    string `json:"name"`
		Enabled *bool  `json:"enabled"`
		OK      bool   `json:"ok"`
		Error   string `json:"error"`
	}
	err := t.servers[1].Action(ctx, "system", "test", openidm.ActionRequest{Repeatable: true}, &states)
	if err != nil {
		skip(c, "the target does not test its connectors (%s)", statusOf(err))
		return
	}
	var broken []string
	n, working := int64(0), int64(0)
	for _, s := range states {
		if s.Enabled != nil && !*s.Enabled {
			continue
		}
		if n++; s.OK {
			working++
			continue
		}
		broken = append(broken, text.Because(s.Name, t.reason(s.Error)))
	}
	if n == 0 {
		skip(c, "the target has no connector that is enabled")
		return
	}
	c.Target = working
	if len(broken) > 0 {
		fail(c, "look at the connector on the target: its address, its account and its certificate",
			"%d of %d fail: %s", len(broken), n, list(broken))
		return
	}
	pass(c, "%s", text.Plural(n, "connector"))
}
