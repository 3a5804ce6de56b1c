package inspect

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/idconnect-go/upgrade/idconnect/internal/site"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
)

// callbackCheck asks Salesforce whether the connected app has the callback
// URLs. The authorize endpoint compares them before anybody has signed in.
type callbackCheck struct {
	options preflight.Options
	urls    []string
}

func (c callbackCheck) check(ctx context.Context) preflight.Findings {
	if c.options.ConsumerKey == "" {
		return preflight.Findings{codes.CheckByHand.Finding(site.StepPrepare,
			"not checked: the callback URLs of the connected app in Salesforce, %s", strings.Join(c.urls, " and ")).
			WithWhy("without them users cannot sign in").
			WithRemedy("look whether the connected app has both, or give its consumer key (-consumer-key), " +
				"with which Salesforce is asked")}
	}
	var found preflight.Findings
	for _, callback := range c.urls {
		answer, err := c.ask(ctx, callback)
		switch {
		case ctx.Err() != nil:
			return found
		case err != nil:
			found = append(found, codes.CallbackNotChecked.Finding(site.StepPrepare,
				"whether %s is a callback URL of the connected app is not known: %v", callback, err))
		case answer == callbackMissing:
			found = append(found, codes.CallbackURLMissing.Finding(site.StepPrepare,
				"the connected app does not have the callback URL %s", callback))
		case answer != callbackKnown: // the same for each URL
			return append(found, c.noApp(answer))
		}
	}
	return found
}

// noApp says why Salesforce knows no app with the key.
func (c callbackCheck) noApp(answer callbackAnswer) preflight.Finding {
	endpoint, err := url.Parse(c.options.AuthorizeURL)
	legacy := err == nil && slices.Contains(legacyHosts, strings.ToLower(endpoint.Hostname()))
	switch {
	case answer == callbackNotInstalled:
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

type callbackAnswer int

const (
	callbackKnown callbackAnswer = iota
	callbackMissing
	callbackNoApp
	callbackNotInstalled
)

const maxAuthorizeAnswer = 1 << 20

// ask sends the first request of the OAuth web server flow. What Salesforce
// says then is known from its pages of errors: the words redirect_uri_mismatch,
// invalid_client_id, app_not_found, or that the app must be installed, in the body or in the address of a redirect. Where all
// is well it shows a login page or redirects to one.
func (c callbackCheck) ask(ctx context.Context, callback string) (callbackAnswer, error) {
	endpoint := c.options.AuthorizeURL
	query := url.Values{"response_type": {"code"}, "client_id": {c.options.ConsumerKey}, "redirect_uri": {callback}}
	separator := "?"
	if strings.Contains(endpoint, "?") {
		separator = "&"
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, endpoint+separator+query.Encode(), nil)
	if err != nil {
		return 0, errors.New("the authorize URL is not an address")
	}
	client := http.Client{}
	if own := c.options.HTTPClient; own != nil {
		client = *own
	} else {
		t := &http.Transport{
			Proxy: http.ProxyFromEnvironment, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12},
			// net/http prints what comes unasked on a connection that is kept.
			DisableKeepAlives: true,
		}
		defer t.CloseIdleConnections()
		client.Transport = t
	}
	client.Jar = nil
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := client.Do(req)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err // without the address, which has the key
		}
		return 0, fmt.Errorf("%s: %w", endpoint, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAuthorizeAnswer))
	if err != nil {
		return 0, fmt.Errorf("%s: %w", endpoint, err)
	}
	location := resp.Header.Get("Location")
	if plain, err := url.QueryUnescape(location); err == nil {
		location = plain
	}
	answer := strings.ToLower(location + "\n" + string(body))
	switch {
	case strings.Contains(answer, "installed into org"), strings.Contains(answer, "must be installed"):
		return callbackNotInstalled, nil
	case strings.Contains(answer, "redirect_uri_mismatch"), strings.Contains(answer, "redirect_uri must match"):
		return callbackMissing, nil
	case strings.Contains(answer, "invalid_client"), strings.Contains(answer, "client identifier invalid"),
		strings.Contains(answer, "app_not_found"):
		return callbackNoApp, nil
	case resp.StatusCode == http.StatusOK,
		resp.StatusCode >= 300 && resp.StatusCode < 400 && !strings.Contains(answer, "error="):
		return callbackKnown, nil
	}
	return 0, fmt.Errorf("%s answers %s", endpoint, resp.Status)
}
