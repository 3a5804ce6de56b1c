package openidm

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/keystore/jvmtrust"
)

const secretText = "s3cret-Passw0rd"

func admin() Credentials {
	return Credentials{Username: "openidm-admin", Password: keystore.NewPassword(secretText)}
}

// script answers requests in memory.
type script func(*http.Request) (*http.Response, error)

func (f script) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func answer(status int, body string, header ...string) *http.Response {
	h := http.Header{"Content-Type": {"application/json;charset=utf-8"}}
	for i := 0; i < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return &http.Response{StatusCode: status, Header: h,
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: -1}
}

func scripted(f script) *Client {
	return &Client{BaseURL: "https://idm.example.com:8443/openidm/", Credentials: admin(),
		HTTPClient: &http.Client{Transport: f}}
}

func newServer(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func clientOf(s *httptest.Server) *Client {
	trust := jvmtrust.New()
	trust.Add(s.Certificate())
	return &Client{BaseURL: s.URL + "/openidm/", Credentials: admin(), Trust: trust}
}

// certificate is self-signed, without subject alternative names, as that of a
// fresh server.
func certificate(t *testing.T, cn string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: cn},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

func TestAddress(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, base, want string }{
		{"full", "https://h:1/openidm/", "https://h:1/openidm/info/ping"},
		{"no slash", "https://h:1/openidm", "https://h:1/openidm/info/ping"},
		{"http", "http://h:1/openidm/", ""},
		{"no path", "https://h:1", ""},
		{"only a slash", "https://h:1/", ""},
		{"user", "https://u:" + secretText + "@h:1/openidm/", ""},
		{"query", "https://h:1/openidm/?a=b", ""},
		{"no host", "https:///openidm/", ""},
		{"empty", "", ""},
		{"broken", "https://h:1/%zz", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := ""
			c := scripted(func(r *http.Request) (*http.Response, error) {
				got = r.URL.String()
				return answer(200, `{"state":"ACTIVE_READY"}`), nil
			})
			c.BaseURL = tc.base
			_, err := c.Ping(t.Context())
			if got != tc.want || (err == nil) != (tc.want != "") {
				t.Errorf("asked %q, %v; want %q", got, err, tc.want)
			}
			if err != nil && (!errors.Is(err, errAddress) || strings.Contains(err.Error(), secretText)) {
				t.Errorf("%v", err)
			}
			if _, err := c.PeerCertificates(t.Context()); tc.want == "" && !errors.Is(err, errAddress) {
				t.Errorf("peer: %v", err)
			}
		})
	}
}

func TestResourceIsEscapedOnce(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ id, want string }{
		{"u00000", "/openidm/managed/user/u00000"},
		{"a/b", "/openidm/managed/user/a%2Fb"},
		{"100% ü?#", "/openidm/managed/user/100%25%20%C3%BC%3F%23"},
	} {
		got := ""
		c := scripted(func(r *http.Request) (*http.Response, error) {
			got = r.URL.EscapedPath()
			return answer(200, "{}"), nil
		})
		if err := c.Read(t.Context(), "managed/user/"+url.PathEscape(tc.id), nil); err != nil ||
			got != tc.want {
			t.Errorf("%s: %s, %v", tc.id, got, err)
		}
	}
	if err := scripted(nil).Read(t.Context(), "managed/user/%zz", nil); err == nil {
		t.Error("a broken escape was accepted")
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, password, want string
		latin1               bool
		err                  error
	}{
		{"plain", "Passw0rd:with colon", "Passw0rd:with colon", false, nil},
		{"empty", "", "", false, nil},
		{"pound", "Passw£rd", "UTF-8''Passw%C2%A3rd", false, nil},
		{"plus and space", "£+ +", "UTF-8''%C2%A3%2B%20%2B", false, nil},
		{"beyond the basic plane", "\U0001F511", "UTF-8''%F0%9F%94%91", false, nil},
		{"looks encoded", "UTF-8''abc", "UTF-8''UTF-8%27%27abc", false, nil},
		{"looks encoded with a language", "iso-8859-1'en'abc", "UTF-8''iso-8859-1%27en%27abc", false, nil},
		{"quotes that are none of that", "it's ok, isn't it", "it's ok, isn't it", false, nil},
		{"space at an end", " a", "UTF-8''%20a", false, nil},
		{"line break", "a\r\nX: y", "UTF-8''a%0D%0AX%3A%20y", false, nil},
		{"3.x plain", "UTF-8''abc", "UTF-8''abc", true, nil},
		{"3.x pound", "Passw£rd", "Passw\xa3rd", true, nil},
		{"3.x cannot", "日本", "", true, errLatin1},
		{"3.x line break", "a\nb", "", true, errLatin1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var got http.Header
			c := scripted(func(r *http.Request) (*http.Response, error) {
				got = r.Header
				return answer(200, "{}"), nil
			})
			c.Credentials.Password, c.Latin1Headers = keystore.NewPassword(tc.password), tc.latin1
			err := c.Action(t.Context(), "x", "y", ActionRequest{Body: map[string]int{"a": 1}}, nil)
			if !errors.Is(err, tc.err) {
				t.Fatal(err)
			}
			if tc.err != nil {
				if got != nil || errors.Is(err, ErrUnavailable) {
					t.Errorf("was sent, or taken for a network failure: %v", err)
				}
				return
			}
			for name, want := range map[string]string{
				"X-OpenIDM-Username": "openidm-admin", "X-OpenIDM-Password": tc.want,
				"X-OpenIDM-NoSession": "true",
				"Content-Type":        "application/json", "Cookie": "", "Authorization": "",
			} {
				if have := strings.Join(got[name], ","); have != want { // by its exact spelling
					t.Errorf("%s: %q, want %q", name, have, want)
				}
			}
		})
	}
}

func TestRedirectIsRefused(t *testing.T) {
	t.Parallel()
	for _, status := range []int{301, 302, 303, 307, 308} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			other := newServer(t, func(_ http.ResponseWriter, r *http.Request) {
				t.Errorf("the other host got %v", r.Header)
			})
			s := newServer(t, func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, other.URL, status)
			})
			c := clientOf(s)
			c.HTTPClient = s.Client() // with Go's own policy, which follows
			for name, err := range map[string]error{
				"get":  c.Read(t.Context(), "x", nil),
				"post": c.Action(t.Context(), "x", "y", ActionRequest{Body: "b"}, nil),
			} {
				if !errors.Is(err, ErrRedirect) || errors.Is(err, ErrUnavailable) {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	}
}

func TestNoCookies(t *testing.T) {
	t.Parallel()
	s := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		if len(r.Cookies()) > 0 {
			t.Error("a cookie was sent back")
		}
		http.SetCookie(w, &http.Cookie{Name: "session-jwt", Value: "x"})
		io.WriteString(w, `{}`)
	})
	c := clientOf(s)
	for range 2 {
		if err := c.Read(t.Context(), "x", nil); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAs(t *testing.T) {
	t.Parallel()
	var users []string
	c := scripted(func(r *http.Request) (*http.Response, error) {
		users = append(users, exactly(r.Header, headerUsername)...)
		return answer(200, "{}"), nil
	})
	for _, k := range []*Client{c, c.As(Anonymous()), c.As(Credentials{}), c} {
		if err := k.Read(t.Context(), "x", nil); err != nil {
			t.Fatal(err)
		}
	}
	if got := strings.Join(users, " "); got != "openidm-admin anonymous anonymous openidm-admin" {
		t.Error(got)
	}
	if _, err := (&Client{}).As(Anonymous()).Ping(t.Context()); !errors.Is(err, errAddress) {
		t.Errorf("a copy of a client without an address: %v", err)
	}
	(&Client{}).Close()
}

// exactly gives the values of a header in just this spelling.
func exactly(h http.Header, name string) []string { return h[name] }
