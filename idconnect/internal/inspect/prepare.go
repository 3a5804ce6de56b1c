package inspect

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/idconnect-go/upgrade/idconnect/internal/connectedapp"
	"github.com/idconnect-go/upgrade/idconnect/internal/site"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
)

// callbackCheck asks Salesforce whether the connected app has the callback
// URLs. The authorize endpoint compares them before anybody has signed in.
type callbackCheck struct {
	options preflight.Options
	urls    []string
}

func (c callbackCheck) check(ctx context.Context, _ string) preflight.Findings {
	if c.options.ConsumerKey == "" {
		return preflight.Findings{codes.CheckByHand.Finding(site.StepPrepare,
			"not checked: the callback URLs of the connected app in Salesforce, %s", strings.Join(c.urls, " and ")).
			WithWhy("without them users cannot sign in").
			WithRemedy("look whether the connected app has both, or give its consumer key " +
				"(Upgrade.Checks.ConsumerKey), with which Salesforce is asked")}
	}
	app := connectedapp.App{Endpoint: c.options.AuthorizeURL, ConsumerKey: c.options.ConsumerKey,
		HTTPClient: c.options.HTTPClient}
	var found preflight.Findings
	for _, callback := range c.urls {
		answer, err := app.Ask(ctx, callback)
		switch {
		case ctx.Err() != nil:
			return found
		case err != nil:
			found = append(found, codes.CallbackNotChecked.Finding(site.StepPrepare,
				"whether %s is a callback URL of the connected app is not known: %v", callback, err))
		case answer == connectedapp.URLMissing:
			found = append(found, codes.CallbackURLMissing.Finding(site.StepPrepare,
				"the connected app does not have the callback URL %s", callback))
		case answer != connectedapp.Known: // the same for each URL
			return append(found, c.noApp(answer))
		}
	}
	return found
}

// noApp says why Salesforce knows no app with the key.
func (c callbackCheck) noApp(answer connectedapp.Answer) preflight.Finding {
	endpoint, err := url.Parse(c.options.AuthorizeURL)
	legacy := err == nil && slices.Contains(legacyHosts, strings.ToLower(endpoint.Hostname()))
	switch {
	case answer == connectedapp.NotInstalled:
		return codes.AppNotInstalled.Finding(site.StepPrepare,
			"the connected app with this consumer key is not installed in the org")
	case legacy:
		return codes.AuthorizeHostLegacy.Finding(site.StepPrepare,
			"%s does not know the consumer key, and does not know every app that exists", endpoint.Hostname())
	}
	return codes.ConsumerKeyUnknown.Finding(site.StepPrepare,
		"Salesforce does not know a connected app with this consumer key")
}

// legacyHosts are those before My Domain.
var legacyHosts = []string{"login.salesforce.com", "test.salesforce.com"}

// remindersCheck says what a person has to see to before the migration.
type remindersCheck struct {
	site     *site.Site
	migrated bool
}

func (c remindersCheck) check(context.Context, string) preflight.Findings {
	if c.migrated {
		return nil
	}
	source := cmp.Or(c.site.SourceDir, "the source")
	return preflight.Findings{
		codes.ManagedPackage.Finding(site.StepPrepare,
			"not checked: that the newest Identity Connect package is installed in every org"),
		codes.KeepSource.Finding(site.StepPrepare, "2.1 cannot be downloaded again: keep %s", source),
		codes.Backups.Finding(site.StepPrepare,
			"not checked: a backup of %s with its database, and one of the target's database before migrate", source),
	}
}
