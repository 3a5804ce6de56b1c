package idconnect

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/idconnect/report"
	"github.com/idconnect-go/upgrade/internal/text"

	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// lookAtValues decrypts what the source encrypted with the keys that will be
// copied: its configuration, and a sample of its users. The plaintext never
// leaves the check.
func (r *run) lookAtValues(ctx context.Context) preflight.Findings {
	keys, _, err := r.sourceStores()
	if err != nil {
		return nil // lookAtStores says so
	}
	if state, _, err := checkStores(ctx, r); err == nil && state == report.Done {
		return nil
	}
	c, err := r.sourceClient()
	switch seen := r.sourceSeen.Load(); {
	case err != nil || c.Credentials.Password.IsZero():
		return preflight.Findings{codes.ValuesNotChecked.Finding(StepStores, "the source's encrypted values were not tried: there is no account to read them with")}
	case seen == nil || !seen.ready || seen.refused:
		return preflight.Findings{codes.ValuesNotChecked.Finding(StepStores, "the source's encrypted values were not tried: it cannot be read")}
	}
	t := valueTally{keys: keys}
	err = t.configuration(ctx, c, &r.config)
	if err == nil {
		err = t.users(ctx, c, r.u.ValueSample)
	}
	var found preflight.Findings
	if len(t.bad) > 0 {
		found = append(found, codes.ValueDoesNotOpen.Finding(StepStores,
			"%d of %d encrypted values of the source do not open with its keystore, first %s", len(t.bad), t.tried(), t.bad[0]))
	}
	switch {
	case err != nil && ctx.Err() != nil:
		return found
	case err != nil:
		found = append(found, codes.ValuesNotChecked.Finding(StepStores, "not all encrypted values of the source were tried: %v", err))
	case t.unknown > 0:
		found = append(found, codes.ValuesNotChecked.Finding(StepStores, "%d of %d encrypted values have a form that is not known", t.unknown, t.tried()).
			WithWhy("whether the keys open them is not known").WithRemedy("see that 2.1's users can still sign in after the upgrade"))
	}
	if len(found) == 0 {
		found = append(found, codes.ValuesOpen.Finding(StepStores, "the keystore opens all %d encrypted values that were tried, in %s and %s",
			t.tried(), text.Plural(t.documents, "configuration document"), text.Plural(t.records, "user")))
	}
	return found
}

type valueTally struct {
	keys               *keystore.Store
	opened, unknown    int
	bad                []string
	documents, records int
}

func (t *valueTally) tried() int { return t.opened + t.unknown + len(t.bad) }

func (t *valueTally) scan(where string, doc []byte) error {
	return keystore.ScanEncrypted(doc, func(pointer string, value []byte) error {
		switch err := t.keys.Opens(value); {
		case err == nil:
			t.opened++
		case errors.Is(err, keystore.ErrNotChecked):
			t.unknown++
		default:
			t.bad = append(t.bad, where+pointer)
		}
		return nil
	})
}

func (t *valueTally) configuration(ctx context.Context, c *openidm.Client, config *sourceConfig) error {
	ids, err := config.ids(ctx, c)
	if err != nil {
		return err
	}
	for _, id := range ids {
		doc, err := config.read(ctx, c, id)
		if err != nil {
			return err
		}
		if doc == nil {
			continue
		}
		t.documents++
		if err := t.scan("config/"+id, doc); err != nil {
			return err
		}
	}
	return nil
}

const defaultValueSample = 1000

func (t *valueTally) users(ctx context.Context, c *openidm.Client, sample int) error {
	if sample == 0 {
		sample = defaultValueSample
	}
	for record, err := range c.Query(ctx, "repo/managed/user", openidm.Query{PageSize: 200}) {
		if err != nil {
			return err
		}
		t.records++
		if err := t.scan("repo/managed/user", record); err != nil {
			return err
		}
		if t.records == sample {
			break
		}
	}
	return nil
}

// lookAtOrder refuses a target that ran before it had the source's stores: it
// made keys of its own, and encrypted with them.
func (r *run) lookAtOrder(ctx context.Context) preflight.Findings {
	if !isInstallation(r.u.TargetDir) {
		return nil
	}
	sign, started := everStarted(r.u.TargetDir)
	if r.targetUp.Load() {
		sign, started = "it answers at "+r.u.targetURL(), true
	}
	if !started {
		return nil
	}
	keys, trust, err := r.sourceStores()
	if err != nil {
		return nil // lookAtStores says so
	}
	if state, _, err := checkStores(ctx, r); err == nil && state == report.Done {
		return nil
	}
	_, own, err := r.storesHeld(keys, trust)
	seen := fmt.Sprintf("the target was started before the stores were copied (%s)", sign)
	switch {
	case err != nil:
		seen += fmt.Sprintf("; its keystore does not open with the source's password: %v", err)
	case len(own) > 0:
		slices.Sort(own)
		seen += "; its own keys: " + strings.Join(own, ", ")
	}
	return preflight.Findings{codes.TargetStartedTooEarly.Finding(StepStores, "%s", seen)}
}
