package inspect

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/idconnect-go/upgrade/idconnect/internal/installation"
	"github.com/idconnect-go/upgrade/idconnect/internal/site"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/internal/text"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/keystore/idmvalues"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// valuesCheck decrypts what the source encrypted with the keys that will be
// copied: its configuration, and a sample of its users. The plaintext never
// leaves the check.
type valuesCheck struct {
	*world
	site *site.Site
}

func (c valuesCheck) check(ctx context.Context, _ string) preflight.Findings {
	keys, _, err := c.site.OpenSource()
	if err != nil {
		return nil // storesCheck says so
	}
	if copied, _, _, err := c.site.StoresCopied(ctx); err == nil && copied {
		return nil
	}
	notTried := func(why string) preflight.Findings {
		return preflight.Findings{codes.ValuesNotChecked.Finding(site.StepStores,
			"the source's encrypted values were not tried: %s", why)}
	}
	client, err := c.site.SourceClient()
	if err != nil || client.Credentials.Password.IsZero() {
		return notTried("there is no account to read them with")
	}
	if source, ok := c.source.get(ctx); !ok || !source.readable() {
		return notTried("it cannot be read")
	}
	t := valueTally{keys: keys}
	err = t.configuration(ctx, client, c.config)
	if err == nil {
		err = t.users(ctx, client, c.site.ValueSample)
	}
	var found preflight.Findings
	if len(t.bad) > 0 {
		found = append(found, codes.ValueDoesNotOpen.Finding(site.StepStores,
			"%s of %s of the source do not open with its keystore, first %s",
			text.Grouped(len(t.bad)), text.Grouped(t.tried())+" encrypted values", t.bad[0]))
	}
	switch {
	case err != nil && ctx.Err() != nil:
		return found
	case err != nil:
		found = append(found, codes.ValuesNotChecked.Finding(site.StepStores,
			"not all encrypted values of the source were tried: %v", err))
	case t.unknown > 0:
		found = append(found, codes.ValuesNotChecked.Finding(site.StepStores,
			"%s of %s have a form that is not known, first %s", text.Grouped(t.unknown),
			text.Grouped(t.tried())+" encrypted values", t.firstUnknown).
			WithWhy("whether the keys open them is not known").
			WithRemedy("see that 2.1's users can still sign in after the upgrade"))
	}
	if len(found) == 0 {
		found = append(found, codes.ValuesOpen.Finding(site.StepStores,
			"the keystore opens all %s that were tried, in %s and %s",
			text.Grouped(t.tried())+" encrypted values", text.Plural(t.documents, "configuration document"),
			text.Plural(t.records, "user")))
	}
	return found
}

type valueTally struct {
	keys               *keystore.Store
	opened, unknown    int
	bad                []string // where each is, and why it does not open
	firstUnknown       string
	documents, records int
}

func (t *valueTally) tried() int { return t.opened + t.unknown + len(t.bad) }

func (t *valueTally) scan(ctx context.Context, where string, doc []byte) error {
	return idmvalues.Scan(doc, func(pointer string, value []byte) error {
		if err := ctx.Err(); err != nil { // each key costs up to a second
			return err
		}
		switch err := idmvalues.Opens(t.keys, value); {
		case err == nil:
			t.opened++
		case errors.Is(err, idmvalues.ErrNotChecked):
			if t.unknown++; t.unknown == 1 {
				t.firstUnknown = where + pointer + ": " + err.Error()
			}
		default:
			t.bad = append(t.bad, where+pointer+": "+err.Error())
		}
		return nil
	})
}

func (t *valueTally) configuration(ctx context.Context, c *openidm.Client, config *configuration) error {
	ids, err := config.IDs(ctx, c)
	if err != nil {
		return err
	}
	for _, id := range ids {
		doc, err := config.Read(ctx, c, id)
		if err != nil {
			return err
		}
		if doc == nil {
			continue
		}
		t.documents++
		if err := t.scan(ctx, "config/"+id, doc); err != nil {
			return err
		}
	}
	return nil
}

func (t *valueTally) users(ctx context.Context, c *openidm.Client, sample int) error {
	for record, err := range c.Query(ctx, "repo/managed/user", openidm.Query{PageSize: 200}) {
		if err != nil {
			return err
		}
		t.records++
		if err := t.scan(ctx, "repo/managed/user", record); err != nil {
			return err
		}
		if t.records == sample {
			break
		}
	}
	return nil
}

// orderCheck refuses a target that ran before it had the source's stores: it
// made keys of its own, and encrypted with them.
type orderCheck struct {
	target *fact[Server]
	site   *site.Site
	// left is when a rollback left the traces of a server that our set-up had
	// started with the source's stores: they are no sign of another start.
	left *time.Time
}

func (c orderCheck) check(ctx context.Context, _ string) preflight.Findings {
	if !installation.Is(c.site.TargetDir) {
		return nil
	}
	sign := c.site.TargetStarted(c.left)
	if target, _ := c.target.get(ctx); target.Answered {
		sign = "it answers at " + c.site.Target.URL
	}
	if sign == "" {
		return nil
	}
	keys, trust, err := c.site.OpenSource()
	if err != nil {
		return nil // storesCheck says so
	}
	held, own, err := c.site.StoresHeld(ctx, keys, trust)
	if err == nil && held {
		return nil
	}
	seen := "the target was started before the stores were copied (" + sign + ")"
	switch {
	case err != nil:
		seen += "; its keystore does not open with the source's password: " + err.Error()
	case len(own) > 0:
		slices.Sort(own)
		seen += "; its own keys: " + strings.Join(own, ", ")
	}
	return preflight.Findings{codes.TargetStartedTooEarly.Finding(site.StepStores, "%s", seen)}
}
