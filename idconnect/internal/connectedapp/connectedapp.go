// Package connectedapp asks Salesforce what it knows of a connected app. It needs
// no account, and sends nothing but the app's key and one callback URL. Begin with
// [App.Ask].
package connectedapp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Answer is what Salesforce says of a callback URL of an app.
type Answer int

// The answers.
const (
	Known Answer = iota
	URLMissing
	NoApp
	NotInstalled
)

// App is a connected app, by the consumer key that it has, and the authorize
// endpoint that is asked. A nil HTTPClient trusts the system's roots.
type App struct {
	Endpoint, ConsumerKey string
	HTTPClient            *http.Client
}

const maxAuthorizeAnswer = 1 << 20

// Ask sends the first request of the OAuth web server flow. What Salesforce
// says then is known from its pages of errors: the words redirect_uri_mismatch,
// invalid_client_id, app_not_found, or that the app must be installed, in the
// body or in the address of a redirect. Where all is well it shows a login page
// or redirects to one.
func (a App) Ask(ctx context.Context, callback string) (Answer, error) {
	endpoint := a.Endpoint
	query := url.Values{"response_type": {"code"}, "client_id": {a.ConsumerKey}, "redirect_uri": {callback}}
	separator := "?"
	if strings.Contains(endpoint, "?") {
		separator = "&"
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, endpoint+separator+query.Encode(), nil)
	if err != nil {
		return 0, errors.New("the authorize URL is not an address")
	}
	client := http.Client{}
	if own := a.HTTPClient; own != nil {
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
		return NotInstalled, nil
	case strings.Contains(answer, "redirect_uri_mismatch"), strings.Contains(answer, "redirect_uri must match"):
		return URLMissing, nil
	case strings.Contains(answer, "invalid_client"), strings.Contains(answer, "client identifier invalid"),
		strings.Contains(answer, "app_not_found"):
		return NoApp, nil
	case resp.StatusCode == http.StatusOK,
		resp.StatusCode >= 300 && resp.StatusCode < 400 && !strings.Contains(answer, "error="):
		return Known, nil
	}
	return 0, fmt.Errorf("%s answers %s", endpoint, resp.Status)
}
