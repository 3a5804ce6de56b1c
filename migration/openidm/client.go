package openidm

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/idconnect-go/upgrade/keystore"
)

// Secret is a password that cannot be printed.
type Secret = keystore.Password

// Credentials of an account of the server.
type Credentials struct {
	Username string
	Password Secret
}

// Anonymous is the account of every OpenIDM that may read info/ping.
func Anonymous() Credentials {
	return Credentials{Username: "anonymous", Password: keystore.NewPassword("anonymous")}
}

const (
	defaultTimeout = 30 * time.Second
	defaultRetries = 4
	defaultMaxBody = 64 << 20
	minRetryWait   = 200 * time.Millisecond
	maxRetryWait   = 10 * time.Second
)

// Client talks to one OpenIDM server. The zero value needs a BaseURL. Its
// fields must not change after the first call; its methods may be called by
// several goroutines at once.
type Client struct {
	// BaseURL is https and ends in /openidm/.
	BaseURL string
	// Credentials; without a user name the client is anonymous.
	Credentials Credentials
	// Trust decides about the server's certificate as Java would. Nil: the
	// system's roots do, as Go does.
	Trust *keystore.Trust
	// Pinned is accepted under any name, where it is exactly the server's
	// certificate: for a server whose own key store is at hand.
	Pinned *x509.Certificate
	// TLSName is the name that the certificate must have; "" is BaseURL's.
	TLSName string
	// HTTPClient replaces the client that is made from Trust, Pinned and
	// TLSName. Redirects are refused all the same, and cookies not kept.
	HTTPClient *http.Client
	// Logger gets a line for each request at debug level: method, path,
	// status, time; no headers, bodies or query values.
	Logger *slog.Logger
	// Timeout bounds one attempt; 0: 30 s.
	Timeout time.Duration
	// Retries of what may be sent twice; 0: 4, negative: none.
	Retries int
	// MaxBody bounds an answer, in bytes; 0: 64 MiB.
	MaxBody int64

	once sync.Once
	http *http.Client
	base *url.URL
	err  error
}

func (c *Client) init() error {
	c.once.Do(func() {
		p, err := url.Parse(c.BaseURL)
		if err != nil || p.Scheme != "https" || p.Host == "" || p.User != nil || p.RawQuery != "" {
			c.err = errAddress
			return
		}
		if !strings.HasSuffix(p.Path, "/") {
			p.Path += "/"
		}
		c.base = p
		h := &http.Client{}
		if c.HTTPClient != nil {
			*h = *c.HTTPClient
		} else {
			h.Transport = c.transport()
		}
		h.Jar = nil
		if h.Timeout == 0 {
			h.Timeout = c.Timeout
		}
		if h.Timeout == 0 {
			h.Timeout = defaultTimeout
		}
		h.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		c.http = h
	})
	return c.err
}

func (c *Client) transport() *http.Transport {
	t := &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 15 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:   15 * time.Second,
		ExpectContinueTimeout: time.Second,
		MaxIdleConnsPerHost:   16,
		IdleConnTimeout:       60 * time.Second,
	}
	host := c.tlsName()
	switch {
	case c.Trust != nil && c.Pinned != nil:
		t.TLSClientConfig = c.Trust.TLSConfig(host, c.Pinned)
	case c.Trust != nil:
		t.TLSClientConfig = c.Trust.TLSConfig(host)
	case c.Pinned != nil:
		t.TLSClientConfig = keystore.NewTrust().TLSConfig(host, c.Pinned)
	default:
		t.TLSClientConfig = &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	}
	return t
}

// Host is the host name of BaseURL, "" where that is no address.
func (c *Client) Host() string {
	p, err := url.Parse(c.BaseURL)
	if err != nil {
		return ""
	}
	return p.Hostname()
}

func (c *Client) tlsName() string {
	if c.TLSName != "" {
		return c.TLSName
	}
	return c.Host()
}

// As is a client of the same server with other credentials. It shares the
// connections.
func (c *Client) As(other Credentials) *Client {
	out := &Client{
		BaseURL: c.BaseURL, Credentials: other, Trust: c.Trust, Pinned: c.Pinned, TLSName: c.TLSName,
		HTTPClient: c.HTTPClient, Logger: c.Logger, Timeout: c.Timeout, Retries: c.Retries, MaxBody: c.MaxBody,
	}
	if c.init() == nil {
		out.HTTPClient = c.http
	}
	return out
}

// Close closes connections that are not in use.
func (c *Client) Close() {
	if c.http != nil {
		c.http.CloseIdleConnections()
	}
}

// request is one call before it is sent.
type request struct {
	method, resource string
	query            url.Values
	body             any
	repeatable       bool
}

// do sends a request and decodes the answer into into, unless that is nil.
func (c *Client) do(ctx context.Context, r request, into any) error {
	if err := c.init(); err != nil {
		return err
	}
	u := *c.base
	u.Path += strings.TrimPrefix(r.resource, "/")
	u.RawQuery = r.query.Encode()
	var body []byte
	if r.body != nil {
		var err error
		if body, err = json.Marshal(r.body); err != nil {
			return fmt.Errorf("%s %s: %w", r.method, r.resource, err)
		}
	}
	where := r.method + " " + u.Scheme + "://" + u.Host + u.Path
	began := time.Now()
	answer, status, header, err := c.send(ctx, r, u.String(), body)
	if c.Logger != nil {
		c.Logger.DebugContext(ctx, "openidm request", "method", r.method, "host", u.Host, "path", u.Path,
			"action", r.query.Get("_action"), "status", status, "duration", time.Since(began), "failed", err != nil)
	}
	if err != nil {
		return transportError(where, err)
	}
	if err := checkAnswer(where, status, header, answer); err != nil {
		return err
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return &Error{Where: where, Code: status, Body: piece(answer), kind: ErrNotOpenIDM, cause: err}
	}
	return nil
}

// repeatableKey marks the context of a request that may be sent twice.
type repeatableKey struct{}

// retrying is how go-retryablehttp is used: nothing is sent twice that is not
// marked, and a server's Retry-After is obeyed up to a limit.
func (c *Client) retrying() *retryablehttp.Client {
	retries := c.Retries
	if retries == 0 {
		retries = defaultRetries
	}
	return &retryablehttp.Client{
		HTTPClient: c.http, RetryMax: max(retries, 0), RetryWaitMin: minRetryWait, RetryWaitMax: maxRetryWait,
		CheckRetry: func(ctx context.Context, resp *http.Response, err error) (bool, error) {
			if ctx.Err() != nil {
				return false, ctx.Err()
			}
			if ctx.Value(repeatableKey{}) == nil {
				return false, nil
			}
			if err != nil {
				return mayRetry(err), nil
			}
			switch resp.StatusCode {
			case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
				return true, nil
			}
			return false, nil
		},
		Backoff: func(least, most time.Duration, attempt int, resp *http.Response) time.Duration {
			return min(retryablehttp.DefaultBackoff(least, most, attempt, resp), most) + rand.N(least)
		},
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
}

// send returns the answer's body, read whole within the limit.
func (c *Client) send(ctx context.Context, r request, address string, body []byte) (answer []byte, status int, header http.Header, err error) {
	if r.repeatable {
		ctx = context.WithValue(ctx, repeatableKey{}, true)
	}
	var raw any
	if body != nil {
		raw = body
	}
	req, err := retryablehttp.NewRequestWithContext(ctx, r.method, address, raw)
	if err != nil {
		return nil, 0, nil, err
	}
	c.setHeaders(req.Header, body != nil)
	limit := c.MaxBody
	if limit == 0 {
		limit = defaultMaxBody
	}
	req.SetResponseHandler(func(resp *http.Response) error {
		var b bytes.Buffer
		n, err := b.ReadFrom(io.LimitReader(resp.Body, limit+1))
		if err != nil {
			return err
		}
		if n > limit {
			return fmt.Errorf("%w of %d bytes", ErrTooLarge, limit)
		}
		answer = b.Bytes()
		return nil
	})
	resp, err := c.retrying().Do(req)
	if resp != nil {
		status, header = resp.StatusCode, resp.Header
		resp.Body.Close()
	}
	return answer, status, header, err
}

// mayRetry says whether a failure of the transport may pass by itself: a
// certificate that is not trusted, a limit or a refused redirect does not. A
// refused connection is not retried here: callers that wait for a server to
// start do so with their own patience.
func mayRetry(err error) bool {
	var trust *keystore.TrustError
	var certificate *tls.CertificateVerificationError
	return !errors.As(err, &trust) && !errors.As(err, &certificate) && !errors.Is(err, ErrTooLarge) && !isRefused(err)
}

func (c *Client) setHeaders(h http.Header, hasBody bool) {
	cred := c.Credentials
	if cred.Username == "" {
		cred = Anonymous()
	}
	h.Set("X-OpenIDM-Username", headerText(cred.Username))
	h.Set("X-OpenIDM-Password", headerText(cred.Password.Reveal()))
	h.Set("X-OpenIDM-NoSession", "true")
	h.Set("X-Requested-With", "idconnect-upgrade")
	h.Set("Accept", "application/json")
	if hasBody {
		h.Set("Content-Type", "application/json")
	}
}

// headerText encodes what a header cannot carry as it is in the form of RFC
// 5987, which OpenIDM understands from version 5 on, and 3.x does not; and
// what looks like that form already, since it would be decoded.
func headerText(s string) string {
	plain := !strings.Contains(s, "''") && strings.TrimSpace(s) == s
	for i := range len(s) {
		plain = plain && s[i] >= 0x20 && s[i] < 0x7f
	}
	if plain {
		return s
	}
	return "UTF-8''" + strings.ReplaceAll(url.QueryEscape(s), "+", "%20")
}
