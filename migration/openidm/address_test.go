package openidm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A server is reached at one address under the name of another: Host and SNI
// are those of BaseURL.
func TestAddressUnderAnotherName(t *testing.T) {
	t.Parallel()
	var seen []string
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.Host, r.TLS.ServerName)
		fmt.Fprint(w, `{"state":"ACTIVE_READY"}`)
	}))
	defer s.Close()
	at := s.Listener.Addr().String()
	c := &Client{BaseURL: "https://idc21.example.com:9443/openidm/", Address: at, Pinned: s.Certificate()}
	defer c.Close()
	if _, err := c.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := c.As(Anonymous()).Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	if chain, err := c.PeerCertificates(t.Context()); err != nil || !chain[0].Equal(s.Certificate()) {
		t.Errorf("%d, %v", len(chain), err)
	}
	want := []string{"idc21.example.com:9443", "idc21.example.com"}
	if !slices.Equal(seen, append(want, want...)) {
		t.Errorf("%v", seen)
	}
}

func TestDialAddress(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ base, address, want string }{
		{"https://idc21.example.com/openidm/", "", "idc21.example.com:443"},
		{"https://[::1]:8443/openidm/", "", "[::1]:8443"},
		{"https://idc21.example.com:9443/openidm/", "localhost", "localhost:9443"},
		{"https://idc21.example.com:9443/openidm/", "::1", "[::1]:9443"},
		{"https://idc21.example.com:9443/openidm/", "[::1]", "[::1]:9443"},
		{"https://idc21.example.com:9443/openidm/", "[::1]:1", "[::1]:1"},
		{"https://idc21.example.com:9443/openidm/", "10.0.0.7:19443", "10.0.0.7:19443"},
		{"https://idc21.example.com:9443/openidm/", "https://localhost:1/", ""},
		{"https://idc21.example.com:9443/openidm/", "a:b:c", ""},
		{"https://idc21.example.com:9443/openidm/", ":9443", ""},
	} {
		got, err := (&Client{BaseURL: tc.base, Address: tc.address}).DialAddress()
		if got != tc.want || (err != nil) != (tc.want == "") {
			t.Errorf("%s, %s: %s, %v", tc.base, tc.address, got, err)
		}
	}
}

// A server that asks for a pause which the deadline does not allow is busy, and
// its answer is the error, not the deadline.
func TestBusy(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusServiceUnavailable, http.StatusTooManyRequests} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { testBusy(t, status) })
		})
	}
}

func testBusy(t *testing.T, status int) {
	asked := 0
	c := scripted(func(*http.Request) (*http.Response, error) {
		if asked++; asked > 1 {
			return answer(200, `{"state":"ACTIVE_READY"}`), nil
		}
		return answer(status, "", "Retry-After", "1"), nil
	})
	short, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	began := time.Now()
	_, err := c.Ping(short)
	var answer *Error
	if !errors.Is(err, ErrBusy) || !errors.As(err, &answer) || answer.RetryAfter != time.Second ||
		time.Since(began) > 400*time.Millisecond {
		t.Errorf("%v after %v", err, time.Since(began))
	}
	asked = 0
	long, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if _, err := c.Ping(long); err != nil {
		t.Errorf("the pause was not kept: %v", err)
	}
}

// No method of a client that was not made panics, and each says what is missing.
func TestNilClient(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]*Client{"nil": nil, "zero": {}} {
		calls := map[string]func() error{
			"Ping":     func() error { _, err := c.Ping(t.Context()); return err },
			"Version":  func() error { _, err := c.Version(t.Context()); return err },
			"Login":    func() error { _, err := c.Login(t.Context()); return err },
			"Read":     func() error { return c.Read(t.Context(), "info/ping", nil) },
			"Action":   func() error { return c.Action(t.Context(), "recon", "recon", ActionRequest{}, nil) },
			"Configs":  func() error { _, err := c.Configs(t.Context()); return err },
			"Config":   func() error { return c.Config(t.Context(), "sync", new(json.RawMessage)) },
			"Recons":   func() error { _, err := c.Recons(t.Context()); return err },
			"Recon":    func() error { _, err := c.Recon(t.Context(), "1"); return err },
			"Start":    func() error { _, err := c.StartRecon(t.Context(), "m"); return err },
			"Cancel":   func() error { return c.CancelRecon(t.Context(), "1") },
			"Page":     func() error { _, err := c.QueryPage(t.Context(), "x", Query{}, ""); return err },
			"Body":     func() error { _, err := c.QueryBody(t.Context(), "x", Query{}, "", nil); return err },
			"Parse":    func() error { _, err := c.ParsePage("x", []byte("<html>")); return err },
			"Peer":     func() error { _, err := c.PeerCertificates(t.Context()); return err },
			"Dial":     func() error { _, err := c.DialAddress(); return err },
			"As, Ping": func() error { _, err := c.As(Anonymous()).Ping(t.Context()); return err },
			"Query": func() error {
				for _, err := range c.Query(t.Context(), "managed/user", Query{}) {
					return err
				}
				return nil
			},
		}
		for call, do := range calls {
			err := do()
			if err == nil || call != "Parse" && !strings.Contains(err.Error(), "nil") &&
				!strings.Contains(err.Error(), "BaseURL") {
				t.Errorf("%s of a %s client: %v", call, name, err)
			}
		}
		c.Close()
		if c.Host() != "" {
			t.Errorf("%s client: a host", name)
		}
	}
}

// forever is a body without an end.
type forever struct{}

func (forever) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

// Of an error no more is read than its beginning.
func TestEndlessError(t *testing.T) {
	t.Parallel()
	c := scripted(func(*http.Request) (*http.Response, error) {
		out := answer(500, "")
		out.Body = io.NopCloser(forever{})
		return out, nil
	})
	err := c.Read(t.Context(), "x", nil)
	var answer *Error
	if !errors.As(err, &answer) || answer.Code != 500 || len(answer.Body) > 3*maxPiece {
		t.Errorf("%v", err)
	}
}
