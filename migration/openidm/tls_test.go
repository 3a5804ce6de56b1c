package openidm

import (
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/internal/port"
	"github.com/idconnect-go/upgrade/keystore/jvmtrust"
)

func newServerWith(t *testing.T, certificate tls.Certificate) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `{"state":"ACTIVE_READY"}`)
	}))
	s.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func TestCertificates(t *testing.T) {
	t.Parallel()
	own, old := certificate(t, "localhost"), certificate(t, "idc21.example.com")
	trusting := func(c ...tls.Certificate) *jvmtrust.Trust {
		t := jvmtrust.New()
		for _, x := range c {
			t.Add(x.Leaf)
		}
		return t
	}
	// Such a certificate has neither a root that the system knows nor a name
	// that Go takes: Windows is asked about the first before the second.
	unknown := jvmtrust.ReasonName
	if runtime.GOOS == "windows" {
		unknown = jvmtrust.ReasonUntrusted
	}
	for _, tc := range []struct {
		name   string
		server tls.Certificate
		change func(*Client)
		reason jvmtrust.Reason
	}{
		{"trusted by its CN", own, func(c *Client) { c.Trust = trusting(own) }, ""},
		{"not trusted", own, func(c *Client) { c.Trust = trusting(old) }, jvmtrust.ReasonUntrusted},
		{"the system's roots do not know it", own, func(*Client) {}, unknown},
		{"an empty trust trusts nothing", own, func(c *Client) { c.Trust = jvmtrust.New() },
			jvmtrust.ReasonUntrusted},
		{"other name", old, func(c *Client) { c.Trust = trusting(old) }, jvmtrust.ReasonName},
		{"other name asked for", old, func(c *Client) {
			c.Trust, c.TLSName = trusting(old), "idc21.example.com"
		}, ""},
		{"pinned under any name", old, func(c *Client) { c.Pinned = old.Leaf }, ""},
		{"pinned beside a trust", old, func(c *Client) { c.Trust, c.Pinned = trusting(own), old.Leaf }, ""},
		{"another one is pinned", own, func(c *Client) { c.Pinned = old.Leaf }, jvmtrust.ReasonUntrusted},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := newServerWith(t, tc.server)
			_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
			c := &Client{BaseURL: "https://localhost:" + port + "/openidm/", Credentials: admin()}
			tc.change(c)
			defer c.Close()
			_, err := c.Ping(t.Context())
			if tc.reason == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			var trust *jvmtrust.Error
			var network *NetworkError
			if !errors.As(err, &trust) || trust.Reason != tc.reason || trust.Remedy == "" {
				t.Fatalf("%v, %+v", err, trust)
			}
			if !errors.As(err, &network) || network.Sent() || errors.Is(err, ErrUnavailable) {
				t.Errorf("sent, or unavailable: %v", err)
			}
			if !strings.Contains(err.Error(), "localhost:"+port) || strings.Contains(err.Error(), "\n") {
				t.Errorf("the text: %v", err)
			}
			chain, err := c.PeerCertificates(t.Context())
			if err != nil || len(chain) != 1 || !chain[0].Equal(tc.server.Leaf) {
				t.Errorf("peer: %v, %v", chain, err)
			}
		})
	}
}

func TestForeignServers(t *testing.T) {
	t.Parallel()
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	refusing, release, err := port.Reserve("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	for _, tc := range []struct {
		name, host string
		want       error
	}{
		{"plain http", plain.Listener.Addr().String(), ErrNotOpenIDM},
		{"nobody listens", refusing, ErrUnavailable},
	} {
		c := &Client{BaseURL: "https://" + tc.host + "/openidm/"}
		_, err := c.Ping(t.Context())
		var network *NetworkError
		if !errors.Is(err, tc.want) || !errors.As(err, &network) || network.Sent() {
			t.Errorf("%s: %v", tc.name, err)
		}
		if tc.want == ErrNotOpenIDM && errors.Is(err, ErrUnavailable) {
			t.Errorf("%s is unavailable: %v", tc.name, err)
		}
		if _, err := c.PeerCertificates(t.Context()); err == nil {
			t.Errorf("%s: a certificate", tc.name)
		}
	}
}
