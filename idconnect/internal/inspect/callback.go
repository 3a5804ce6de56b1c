package inspect

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
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
		case answer == callbackNoApp:
			return append(found, codes.ConsumerKeyUnknown.Finding(site.StepPrepare,
				"Salesforce does not know a connected app with this consumer key"))
		}
	}
	return found
}

type callbackAnswer int

const (
	callbackKnown callbackAnswer = iota
	callbackMissing
	callbackNoApp
)

const maxAuthorizeAnswer = 1 << 20

// ask sends the first request of the OAuth web server flow. What Salesforce
// says then is known from its pages of errors: the words redirect_uri_mismatch
// or invalid_client_id, in the body or in the address of a redirect. Where all
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
	answer := strings.ToLower(resp.Header.Get("Location") + "\n" + string(body))
	switch {
	case strings.Contains(answer, "redirect_uri_mismatch"), strings.Contains(answer, "redirect_uri must match"):
		return callbackMissing, nil
	case strings.Contains(answer, "invalid_client"), strings.Contains(answer, "client identifier invalid"):
		return callbackNoApp, nil
	case resp.StatusCode == http.StatusOK,
		resp.StatusCode >= 300 && resp.StatusCode < 400 && !strings.Contains(answer, "error="):
		return callbackKnown, nil
	}
	return 0, fmt.Errorf("%s answers %s", endpoint, resp.Status)
}
