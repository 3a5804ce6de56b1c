package idconnect

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// CallbackURLs are the addresses that the connected app in Salesforce must
// have: Checks.CallbackURLs, else those of 2.1 and of 7.1.6 as they are
// assumed to be: the path /connect/ on each server. 2.1 is that of the instance
// URL, whose host name is the one that its users know.
func (u *Upgrade) CallbackURLs() []string {
	s, err := u.resolve()
	if err != nil {
		return u.Checks.CallbackURLs
	}
	return s.callbackURLs()
}

func (s *site) callbackURLs() []string {
	if len(s.Checks.CallbackURLs) > 0 {
		return s.Checks.CallbackURLs
	}
	var out []string
	for _, server := range []string{s.InstanceURL, s.Target.URL} {
		p, err := url.Parse(server)
		if err != nil {
			continue
		}
		out = append(out, (&url.URL{Scheme: p.Scheme, Host: p.Host, Path: "/connect/"}).String())
	}
	return out
}

// lookAtCallbacks asks Salesforce whether the connected app has the callback
// URLs. The authorize endpoint compares them before anybody has signed in.
func (r *runner) lookAtCallbacks(ctx context.Context) Findings {
	urls := r.callbackURLs()
	if r.Checks.ConsumerKey == "" {
		return Findings{finding(CodeReminder, StepPrepare, "not checked: the callback URLs of the connected app in Salesforce, %s", strings.Join(urls, " and ")).
			why("without them users cannot sign in").
			remedy("look whether the connected app has both, or give its consumer key (-consumer-key), with which Salesforce is asked")}
	}
	var found Findings
	for _, callback := range urls {
		answer, err := r.askAuthorize(ctx, callback)
		switch {
		case ctx.Err() != nil:
			return found
		case err != nil:
			found = append(found, finding(CodeCallbackUnknown, StepPrepare, "whether %s is a callback URL of the connected app is not known: %v", callback, err))
		case answer == callbackMissing:
			found = append(found, finding(CodeCallback, StepPrepare, "the connected app does not have the callback URL %s", callback))
		case answer == callbackNoApp:
			return append(found, finding(CodeConsumerKey, StepPrepare, "Salesforce does not know a connected app with this consumer key"))
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

// askAuthorize sends the first request of the OAuth web server flow. What
// Salesforce says then is known from its pages of errors: the words
// redirect_uri_mismatch or invalid_client_id, in the body or in the address of
// a redirect. Where all is well it shows a login page or redirects to one.
func (r *runner) askAuthorize(ctx context.Context, callback string) (callbackAnswer, error) {
	endpoint := cmp.Or(r.Checks.AuthorizeURL, DefaultAuthorizeURL)
	query := url.Values{"response_type": {"code"}, "client_id": {r.Checks.ConsumerKey}, "redirect_uri": {callback}}
	separator := "?"
	if strings.Contains(endpoint, "?") {
		separator = "&"
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, endpoint+separator+query.Encode(), nil)
	if err != nil {
		return 0, errors.New("the authorize URL is not an address")
	}
	client := http.Client{}
	if own := r.Checks.HTTPClient; own != nil {
		client = *own
	} else {
		t := &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}}
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
	text := strings.ToLower(resp.Header.Get("Location") + "\n" + string(body))
	switch {
	case strings.Contains(text, "redirect_uri_mismatch"), strings.Contains(text, "redirect_uri must match"):
		return callbackMissing, nil
	case strings.Contains(text, "invalid_client"), strings.Contains(text, "client identifier invalid"):
		return callbackNoApp, nil
	case resp.StatusCode == http.StatusOK, resp.StatusCode >= 300 && resp.StatusCode < 400 && !strings.Contains(text, "error="):
		return callbackKnown, nil
	}
	return 0, fmt.Errorf("%s answers %s", endpoint, resp.Status)
}
