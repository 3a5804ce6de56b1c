package openidm

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/idconnect-go/upgrade/internal/redact"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/keystore/jvmtrust"
)

// Secret is a password that cannot be printed.
type Secret = keystore.Password

// Credentials of an account of the server.
type Credentials struct {
	Username string
	Password Secret
}

// LogValue gives the user name to a [slog.Logger].
func (c Credentials) LogValue() slog.Value { return redact.Fields(c) }

// Anonymous is the account of every OpenIDM that may read info/ping.
func Anonymous() Credentials {
	return Credentials{Username: "anonymous", Password: keystore.NewPassword("anonymous")}
}

const (
	defaultTimeout = 30 * time.Second
	defaultRetries = 4
	defaultMaxBody = 64 << 20
	maxHeaderBytes = 256 << 10
)

// Client talks to one OpenIDM server. The zero value needs a BaseURL. Its
// fields must not change after the first call; its methods may be called by
// several goroutines at once.
type Client struct {
	// BaseURL is https and ends in /openidm/, for example
	// "https://localhost:8443/openidm/".
	BaseURL string
	// Credentials; without a user name the client is anonymous.
	Credentials Credentials
	// Hide is what else the server knows and may repeat, such as passwords that
	// it was told: like that of Credentials it is taken out of every error and of
	// the log, in whatever way it is written. At least four bytes of a secret are
	// looked for.
	Hide []Secret
	// Latin1Headers sends user name and password as ISO-8859-1 text instead of
	// in the form of RFC 5987 where they are not plain ASCII. OpenIDM 3.x
	// needs it, because it knows that form not at all (that it reads
	// ISO-8859-1 is assumed: its web server does).
	Latin1Headers bool
	// Trust decides about the server's certificate as Java would. Nil: the
	// system's roots do, as Go does.
	Trust *jvmtrust.Trust
	// Pinned is accepted under any name, where it is exactly the server's
	// certificate: for a server whose own key store is at hand.
	Pinned *x509.Certificate
	// TLSName is the name that the certificate must have; "" is BaseURL's.
	TLSName string
	// Compat adds versions and suites of TLS for an old server.
	Compat Compat
	// Address is the host[:port] that connections go to; "" is BaseURL's. The
	// header Host, the server name of TLS and the certificate's name stay those
	// of BaseURL, as with curl --connect-to: for a server that answers only
	// under its certificate's name. No proxy is used then.
	Address string
	// HTTPClient replaces the client that is made from Trust, Pinned, TLSName
	// and Address. Redirects are refused all the same, and cookies not kept. Its
	// Transport is used as it is, with one exception: an [*http.Transport] that
	// could choose HTTP/2 is copied, and the copy speaks HTTP/1.1 only. OpenIDM's
	// audit recognizes the header with the password by its exact spelling, and
	// HTTP/2 has none. Another RoundTripper must keep the spelling by itself.
	HTTPClient *http.Client
	// Logger gets a line for each attempt at debug level: method, path, action,
	// status, time; no headers, bodies or other query values. Nil: silent.
	Logger *slog.Logger
	// Timeout bounds one attempt, its body included; 0: 30 s, or what
	// HTTPClient says.
	Timeout time.Duration
	// Retries of what may be sent twice; 0: 4, negative: none. Their pauses take
	// some 3 s together, unless the server's Retry-After asks for more, which is
	// obeyed up to 10 s each. There is none that the context's deadline would
	// cut off: the server's answer is returned then.
	Retries int
	// MaxBody bounds an answer, unpacked, in bytes; 0: 64 MiB. What is larger
	// is [ErrTooLarge].
	MaxBody int64
	// Concurrency bounds the requests under way at once, those of the copies
	// made by [Client.As] included; 0: no bound.
	Concurrency int
	// Interval is the least time between the starts of two requests; 0: none.
	Interval time.Duration

	once  sync.Once // sets what follows
	hide  redact.Redactor
	state *state
	err   error
}

// LogValue gives the fields that are set to a [slog.Logger], without secrets.
func (c *Client) LogValue() slog.Value { return redact.Fields(c) }

// state is what a client shares with its copies.
type state struct {
	http   *http.Client
	direct bool // whether http reports what was sent, see call.connected
	base   *url.URL
	limit  *limiter
}

var errNoClient = errors.New("the OpenIDM client is nil")

func (c *Client) start() (*state, error) {
	if c == nil {
		return nil, errNoClient
	}
	c.once.Do(func() {
		c.hide = redact.New(c.Credentials.Username, append([]Secret{c.Credentials.Password}, c.Hide...)...)
		var base *url.URL
		if base, c.err = c.base(); c.err == nil {
			c.state = &state{base: base, limit: newLimiter(c.Concurrency, c.Interval)}
			c.state.http = c.client()
			_, c.state.direct = c.state.http.Transport.(*http.Transport)
		}
	})
	return c.state, c.err
}

func (c *Client) base() (*url.URL, error) {
	p, err := url.Parse(c.BaseURL)
	switch {
	case c.BaseURL == "":
		return nil, fmt.Errorf("%w: BaseURL is empty", errAddress)
	case err != nil || p.User != nil:
		return nil, errAddress // what it was might hold a password
	case p.Scheme != "https" || p.Hostname() == "" || p.RawQuery != "" || p.Fragment != "" ||
		strings.Trim(p.Path, "/") == "":
		return nil, fmt.Errorf("%w, not %q", errAddress,
			(&url.URL{Scheme: p.Scheme, Host: p.Host, Path: p.Path}).String())
	}
	if !strings.HasSuffix(p.Path, "/") {
		p = p.JoinPath("/")
	}
	if _, err := dialAddress(p, c.Address); err != nil {
		return nil, err
	}
	return p, nil
}

// dialAddress is the host and port that connections go to.
func dialAddress(base *url.URL, address string) (string, error) {
	port := cmp.Or(base.Port(), "443")
	if address == "" {
		return net.JoinHostPort(base.Hostname(), port), nil
	}
	if host, p, err := net.SplitHostPort(address); err == nil && host != "" && p != "" {
		return address, nil
	}
	host := strings.TrimSuffix(strings.TrimPrefix(address, "["), "]")
	if host == "" || strings.ContainsAny(host, "/@[] ") || strings.Contains(host, ":") && net.ParseIP(host) == nil {
		return "", fmt.Errorf("the address to connect to must be HOST[:PORT], not %q", address)
	}
	return net.JoinHostPort(host, port), nil
}

// DialAddress is the host:port that connections go to: Address, else that of
// BaseURL.
func (c *Client) DialAddress() (string, error) {
	if c == nil {
		return "", errNoClient
	}
	base, err := c.base()
	if err != nil {
		return "", err
	}
	return dialAddress(base, c.Address)
}

func (c *Client) client() *http.Client {
	h := &http.Client{}
	if c.HTTPClient != nil {
		*h = *c.HTTPClient
		h.Transport = withoutHTTP2(h.Transport)
	} else {
		h.Transport = c.transport()
	}
	h.Jar = nil
	h.Timeout = cmp.Or(max(c.Timeout, 0), h.Timeout, defaultTimeout)
	// Go would forward X-OpenIDM-Password to any host.
	h.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return h
}

// withoutHTTP2 returns a transport that speaks HTTP/1.1 only, where that can be
// decided: t itself, or a copy if t could choose HTTP/2.
func withoutHTTP2(t http.RoundTripper) http.RoundTripper {
	if t == nil {
		t = http.DefaultTransport
	}
	given, ok := t.(*http.Transport)
	if !ok {
		return t
	}
	own := given.Clone() // this makes given decide on its protocols
	if given.TLSNextProto["h2"] == nil {
		return t
	}
	own.Protocols, own.ForceAttemptHTTP2 = onlyHTTP1(), false
	own.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
	if config := own.TLSClientConfig; config != nil {
		isHTTP2 := func(name string) bool { return name == "h2" }
		config.NextProtos = slices.DeleteFunc(slices.Clone(config.NextProtos), isHTTP2)
	}
	return own
}

func onlyHTTP1() *http.Protocols {
	var p http.Protocols
	p.SetHTTP1(true)
	return &p
}

func (c *Client) transport() *http.Transport {
	dialer := &net.Dialer{Timeout: 15 * time.Second, KeepAlive: 30 * time.Second}
	t := &http.Transport{
		Protocols:              onlyHTTP1(),
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dialer.DialContext,
		TLSHandshakeTimeout:    handshakeTimeout,
		MaxIdleConnsPerHost:    16,
		IdleConnTimeout:        60 * time.Second,
		MaxResponseHeaderBytes: maxHeaderBytes,
	}
	if to, err := c.DialAddress(); err == nil && c.Address != "" {
		t.Proxy = nil
		t.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, to)
		}
	}
	host := c.tlsName()
	switch {
	case c.Trust != nil && c.Pinned != nil:
		t.TLSClientConfig = c.Trust.TLSConfig(host, c.Pinned)
	case c.Trust != nil:
		t.TLSClientConfig = c.Trust.TLSConfig(host)
	case c.Pinned != nil:
		t.TLSClientConfig = jvmtrust.New().TLSConfig(host, c.Pinned)
	default:
		t.TLSClientConfig = &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	}
	t.TLSClientConfig = c.Compat.apply(t.TLSClientConfig)
	// A whole handshake costs a server more than most requests do.
	t.TLSClientConfig.ClientSessionCache = tls.NewLRUClientSessionCache(1)
	t.DialTLSContext = dialQuietly(t.DialContext, t.TLSClientConfig)
	return t
}

// Host is the host name of BaseURL, "" where that is no address.
func (c *Client) Host() string {
	if c == nil {
		return ""
	}
	p, err := url.Parse(c.BaseURL)
	if err != nil {
		return ""
	}
	return p.Hostname()
}

func (c *Client) tlsName() string { return cmp.Or(c.TLSName, c.Host()) }

// As is a client of the same server with other credentials. It shares the
// connections and the limits.
func (c *Client) As(other Credentials) *Client {
	if c == nil {
		return nil
	}
	out := &Client{
		BaseURL: c.BaseURL, Credentials: other, Latin1Headers: c.Latin1Headers,
		Trust: c.Trust, Pinned: c.Pinned, TLSName: c.TLSName, Address: c.Address, HTTPClient: c.HTTPClient,
		Hide: c.Hide, Compat: c.Compat,
		Logger: c.Logger, Timeout: c.Timeout, Retries: c.Retries, MaxBody: c.MaxBody,
		Concurrency: c.Concurrency, Interval: c.Interval,
	}
	s, err := c.start()
	out.once.Do(func() {
		out.hide = redact.Join(c.hide, redact.New(other.Username, other.Password))
		out.state, out.err = s, err
	})
	return out
}

// Close closes connections that are not in use. The client can be used again.
func (c *Client) Close() {
	if s, err := c.start(); err == nil {
		s.http.CloseIdleConnections()
	}
}
