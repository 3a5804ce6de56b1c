package openidm

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
)

// wire is a TLS server that keeps the bytes of the requests, which net/http's
// own server does not show. It answers each in the same way.
type wire struct {
	listener net.Listener
	answer   string
	running  sync.WaitGroup

	mu        sync.Mutex
	requests  []string // up to the body
	protocols []string // as negotiated, one for a connection
}

func newWire(t *testing.T, cert tls.Certificate, answer string) *wire {
	t.Helper()
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
		Certificates: []tls.Certificate{cert}, NextProtos: []string{"h2", "http/1.1"},
	})
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{listener: l, answer: answer}
	w.running.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			w.running.Go(func() { w.serve(c.(*tls.Conn)) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		w.running.Wait()
	})
	return w
}

func (w *wire) url() string {
	_, port, _ := net.SplitHostPort(w.listener.Addr().String())
	return "https://localhost:" + port + "/openidm/"
}

func (w *wire) serve(c *tls.Conn) {
	defer c.Close()
	if c.Handshake() != nil {
		return
	}
	var seen bytes.Buffer
	r := bufio.NewReader(io.TeeReader(c, &seen))
	w.mu.Lock()
	w.protocols = append(w.protocols, c.ConnectionState().NegotiatedProtocol)
	w.mu.Unlock()
	req, err := http.ReadRequest(r)
	if err != nil {
		w.keep(seen.String())
		return
	}
	io.Copy(io.Discard, req.Body)
	head, _, _ := strings.Cut(seen.String(), "\r\n\r\n")
	w.keep(head)
	resp := http.Response{
		StatusCode: http.StatusOK, ProtoMajor: 1, ProtoMinor: 1, Close: true,
		Header: http.Header{"Content-Type": {"application/json"}},
		Body:   io.NopCloser(strings.NewReader(w.answer)), ContentLength: int64(len(w.answer)),
	}
	resp.Write(c)
}

func (w *wire) keep(head string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.requests = append(w.requests, head)
}

// check wants OpenIDM's headers in each request in the one spelling by which
// its audit leaves out the password, and once.
func (w *wire) check(t *testing.T) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.requests) == 0 {
		t.Fatal("no request arrived")
	}
	if slices.Contains(w.protocols, "h2") {
		t.Errorf("HTTP/2, which has no spelling: %v", w.protocols)
	}
	for _, head := range w.requests {
		named := strings.Contains(head, "_action=configure")
		if strings.Contains(head, "\r\nX-ForgeRock-TransactionId: ours\r\n") != named {
			t.Errorf("named %v:\n%s", named, head)
		}
		for name, values := range map[string][]string{
			"X-OpenIDM-Username":  {"openidm-admin", "anonymous"},
			"X-OpenIDM-Password":  {secretText, "anonymous"},
			"X-OpenIDM-NoSession": {"true"},
		} {
			isThere := func(value string) bool {
				return slices.Contains(strings.Split(head, "\r\n"), name+": "+value)
			}
			if !slices.ContainsFunc(values, isThere) {
				t.Errorf("no line %s: %v in\n%s", name, values, head)
			}
			if n := strings.Count(strings.ToLower(head), strings.ToLower(name)+":"); n != 1 {
				t.Errorf("%s: %d times in\n%s", name, n, head)
			}
		}
	}
}

// callsOf calls each method that sends a request. An answer may not please it.
var callsOf = map[string]func(context.Context, *Client){
	"Ping":    func(ctx context.Context, c *Client) { c.Ping(ctx) },
	"Version": func(ctx context.Context, c *Client) { c.Version(ctx) },
	"Login":   func(ctx context.Context, c *Client) { c.Login(ctx) },
	"Read":    func(ctx context.Context, c *Client) { c.Read(ctx, "managed/user/a", nil, "userName") },
	"Action": func(ctx context.Context, c *Client) {
		c.Action(ctx, "endpoint/migration", "configure", ActionRequest{
			Body: map[string]int{"a": 1}, TransactionID: "ours"}, nil)
	},
	"Configs":   func(ctx context.Context, c *Client) { c.Configs(ctx) },
	"Config":    func(ctx context.Context, c *Client) { c.Config(ctx, "sync", nil) },
	"QueryPage": func(ctx context.Context, c *Client) { c.QueryPage(ctx, "managed/user", Query{}, "") },
	"QueryBody": func(ctx context.Context, c *Client) { c.QueryBody(ctx, "managed/user", Query{}, "", nil) },
	"Query": func(ctx context.Context, c *Client) {
		for range c.Query(ctx, "managed/user", Query{}) {
		}
	},
	"Recons":      func(ctx context.Context, c *Client) { c.Recons(ctx) },
	"Recon":       func(ctx context.Context, c *Client) { c.Recon(ctx, "id") },
	"StartRecon":  func(ctx context.Context, c *Client) { c.StartRecon(ctx, "mapping") },
	"CancelRecon": func(ctx context.Context, c *Client) { c.CancelRecon(ctx, "id") },
	"Create": func(ctx context.Context, c *Client) {
		c.Create(ctx, "repo/managed/user/a", map[string]int{"a": 1}, nil)
	},
	"Update": func(ctx context.Context, c *Client) {
		c.Update(ctx, "repo/managed/user/a", "1", map[string]int{"a": 1}, nil)
	},
	"As": func(ctx context.Context, c *Client) { c.As(admin()).Ping(ctx) },
}

// TestHeaderSpelling reads the bytes of each request. A server's audit leaves
// out X-OpenIDM-Password and would show X-Openidm-Password.
func TestHeaderSpelling(t *testing.T) {
	t.Parallel()
	sendsNothing := []string{"BodyLimit", "Close", "DialAddress", "Host", "LogValue", "Offer", "ParsePage",
		"PeerCertificates"}
	client := reflect.TypeFor[*Client]()
	for i := range client.NumMethod() {
		if name := client.Method(i).Name; !slices.Contains(sendsNothing, name) && callsOf[name] == nil {
			t.Errorf("%s is not tested here", name)
		}
	}
	cert := certificate(t, "localhost")
	for name, do := range callsOf {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWire(t, cert, `{"result":[],"_id":""}`)
			c := &Client{BaseURL: w.url(), Credentials: admin(), Pinned: cert.Leaf}
			defer c.Close()
			do(t.Context(), c)
			w.check(t)
		})
	}
}

// TestHeaderSpellingOfOthers sends through clients that a caller made.
func TestHeaderSpellingOfOthers(t *testing.T) {
	t.Parallel()
	cert := certificate(t, "localhost")
	config := func() *tls.Config {
		return (&Client{BaseURL: "https://localhost/openidm/", Pinned: cert.Leaf}).transport().TLSClientConfig
	}
	both := new(http.Protocols)
	both.SetHTTP1(true)
	both.SetHTTP2(true)
	used := &http.Transport{TLSClientConfig: config(), ForceAttemptHTTP2: true}
	used.Clone() // which makes it decide on HTTP/2
	for name, transport := range map[string]*http.Transport{
		"plain":            {TLSClientConfig: config()},
		"HTTP/2 attempted": {TLSClientConfig: config(), ForceAttemptHTTP2: true},
		"HTTP/2 by name":   {TLSClientConfig: config(), Protocols: both},
		"decided before":   used,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWire(t, cert, `{"state":"ACTIVE_READY"}`)
			c := &Client{BaseURL: w.url(), Credentials: admin(),
				HTTPClient: &http.Client{Transport: transport}}
			defer c.Close()
			if _, err := c.Ping(t.Context()); err != nil {
				t.Error(err)
			}
			w.check(t)
		})
	}
}

// TestDefaultTransport is about a client of the caller without a transport:
// the default one would choose HTTP/2.
func TestDefaultTransport(t *testing.T) {
	t.Parallel()
	for _, given := range []http.RoundTripper{nil, http.DefaultTransport} {
		own, ok := withoutHTTP2(given).(*http.Transport)
		if !ok || own == http.DefaultTransport || own.Protocols.HTTP2() {
			t.Errorf("%T: %+v", given, own)
		}
	}
	if plain := (&http.Transport{TLSClientConfig: &tls.Config{}}); withoutHTTP2(plain) != http.RoundTripper(plain) {
		t.Error("a transport that never speaks HTTP/2 is not used as it is")
	}
}
