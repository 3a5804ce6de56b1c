package openidm

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/internal/await"
	"github.com/idconnect-go/upgrade/internal/port"
	"github.com/idconnect-go/upgrade/keystore/jvmtrust"
)

// odd is a certificate whose name has a letter that a PrintableString may not have:
// Java reads it, and Go does not.
func odd(t *testing.T, key tls.Certificate) tls.Certificate {
	t.Helper()
	der := bytes.ReplaceAll(key.Certificate[0], []byte("idc21.example.com"), []byte("idc_1.example.com"))
	key.Certificate, key.Leaf = [][]byte{der}, nil
	return key
}

// certificateOfRSA is for suites with keys of RSA.
func certificateOfRSA(t *testing.T, cn string) tls.Certificate {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := certificate(t, cn).Leaf
	self := &x509.Certificate{SerialNumber: template.SerialNumber, Subject: template.Subject,
		NotBefore: template.NotBefore, NotAfter: template.NotAfter}
	der, err := x509.CreateCertificate(rand.Reader, self, self, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

// serverOf takes certificates that httptest's own TLS does not.
func serverOf(t *testing.T, config *tls.Config) (url string) {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `{"state":"ACTIVE_READY"}`)
	}))
	s.Listener = tls.NewListener(s.Listener, config)
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	s.Start()
	t.Cleanup(s.Close)
	return "https://" + s.Listener.Addr().String()
}

// TestOldServers: real servers of crypto/tls, with what a client of each kind makes
// of them.
func TestOldServers(t *testing.T) {
	t.Parallel()
	own := certificateOfRSA(t, "localhost")
	trust := jvmtrust.New()
	trust.Add(own.Leaf)
	for _, tc := range []struct {
		name       string
		min, max   uint16
		suites     []uint16
		reached    [3]bool // by Compat
		offer, why string
	}{
		{"of today", tls.VersionTLS12, tls.VersionTLS13, nil, [3]bool{true, true, true},
			"TLS 1.2 with TLS_ECDHE", ""},
		{"TLS 1.3 alone", tls.VersionTLS13, tls.VersionTLS13, nil, [3]bool{true, true, true},
			"nothing up to TLS 1.2 (protocol version not supported)", ""},
		{"RSA key exchange", tls.VersionTLS12, tls.VersionTLS12, []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA},
			[3]bool{false, true, true}, "TLS 1.2 with TLS_RSA_WITH_AES_128_CBC_SHA", "handshake failure"},
		{"CBC with SHA-256", tls.VersionTLS12, tls.VersionTLS12, []uint16{tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256},
			[3]bool{false, true, true}, "TLS 1.2 with TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", "handshake failure"},
		{"3DES", tls.VersionTLS12, tls.VersionTLS12, []uint16{tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA},
			[3]bool{}, "TLS 1.2 with TLS_RSA_WITH_3DES_EDE_CBC_SHA", "handshake failure"},
		{"TLS 1.1", tls.VersionTLS11, tls.VersionTLS11, nil, [3]bool{false, false, true}, "TLS 1.1 with TLS_ECDHE",
			"protocol version not supported"},
		{"TLS 1.0", tls.VersionTLS10, tls.VersionTLS10, nil, [3]bool{false, false, true}, "TLS 1.0 with TLS_ECDHE",
			"protocol version not supported"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := serverOf(t, &tls.Config{Certificates: []tls.Certificate{own}, MinVersion: tc.min, MaxVersion: tc.max,
				CipherSuites: tc.suites})
			for compat, reached := range tc.reached {
				c := compatClient(s, trust, Compat(compat))
				defer c.Close()
				_, err := c.Ping(t.Context())
				wantHandshake(t, err, reached, ErrTLS, tc.why)
				chain, err := c.PeerCertificates(t.Context())
				wantHandshake(t, err, reached, ErrTLS, tc.why)
				if reached && (len(chain) != 1 || !chain[0].Equal(own.Leaf)) {
					t.Errorf("compat %d: %d certificates", compat, len(chain))
				}
			}
			if offer, err := compatClient(s, trust, 0).Offer(t.Context()); err != nil ||
				!strings.HasPrefix(offer.String(), tc.offer) || offer.Old() != (tc.max < tls.VersionTLS12) {
				t.Errorf("offers %v, %v", offer, err)
			}
		})
	}
}

func compatClient(url string, trust *jvmtrust.Trust, compat Compat) *Client {
	return &Client{BaseURL: url + "/openidm/", Trust: trust, TLSName: "localhost", Retries: -1, Compat: compat}
}

func wantHandshake(t *testing.T, err error, reached bool, kind error, why string) {
	t.Helper()
	if reached {
		if err != nil {
			t.Errorf("not reached: %v", err)
		}
		return
	}
	var failed *HandshakeError
	var network *NetworkError
	if !errors.As(err, &failed) || !errors.As(err, &network) || !errors.Is(err, kind) ||
		!strings.Contains(failed.Reason, why) || errors.Is(err, ErrUnavailable) != (kind == ErrTLS) ||
		errors.Is(err, ErrNotOpenIDM) || network.Sent() || failed.Remedy() == "" {
		t.Errorf("want %v for %q, got %v", kind, why, err)
	}
}

// TestUnreadableCertificate: never "the server is not up". Where the chain is in plain, it is read as Java does.
func TestUnreadableCertificate(t *testing.T) {
	t.Parallel()
	unread := odd(t, certificate(t, "idc21.example.com"))
	for _, max := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		s := serverOf(t, &tls.Config{Certificates: []tls.Certificate{unread}, MinVersion: max, MaxVersion: max})
		c := compatClient(s, jvmtrust.New(), CompatSuites)
		defer c.Close()
		_, err := c.Ping(t.Context())
		wantHandshake(t, err, false, ErrUnreadableCertificate, "subject or issuer: invalid PrintableString")
		chain, err := c.PeerCertificates(t.Context())
		if max == tls.VersionTLS13 {
			wantHandshake(t, err, false, ErrUnreadableCertificate, "subject or issuer: invalid PrintableString")
			continue
		}
		if err != nil || len(chain) != 1 || !bytes.Equal(chain[0].Raw, unread.Certificate[0]) {
			t.Fatalf("%d certificates, %v", len(chain), err)
		}
		trust := jvmtrust.New()
		trust.Add(chain[0])
		var refused *jvmtrust.Error
		if err := trust.Verify("localhost", chain); !errors.As(err,
			&refused) || refused.Reason != jvmtrust.ReasonName {
			t.Errorf("as its own anchor: %v", err)
		}
	}
}

// TestAfterTheHandshake: an alert on a connection that carried a request says nothing of that request.
func TestAfterTheHandshake(t *testing.T) {
	t.Parallel()
	err := (&Client{}).networkError(t.Context(), place{"POST", "x"}, &net.OpError{Op: "remote error",
		Err: errors.New("tls: internal error")}, true)
	var network *NetworkError
	if !errors.As(err, &network) || !network.Sent() || errors.Is(err, ErrTLS) || !errors.Is(err, ErrUnavailable) {
		t.Errorf("%v", err)
	}
}

// TestOpenSSL: suites that Go has not at all.
func TestOpenSSLSuites(t *testing.T) {
	t.Parallel()
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		if os.Getenv("REQUIRE_TOOLS") == "1" {
			t.Fatal("openssl is not installed")
		}
		t.Skip("openssl is not installed")
	}
	address := opensslServer(t, openssl, "-tls1_2", "-cipher", "DHE-RSA-AES128-GCM-SHA256")
	c := compatClient("https://"+address, jvmtrust.New(), CompatVersions)
	defer c.Close()
	_, err = c.Ping(t.Context())
	wantHandshake(t, err, false, ErrTLS, "handshake failure")
	offer, err := c.Offer(t.Context())
	if err != nil || offer.String() != "TLS 1.2 with TLS_DHE_RSA_WITH_AES_128_GCM_SHA256" {
		t.Errorf("offers %v, %v", offer, err)
	}
}

func opensslServer(t *testing.T, openssl string, args ...string) (address string) {
	t.Helper()
	dir := t.TempDir()
	key, cert := filepath.Join(dir, "key"), filepath.Join(dir, "cert")
	out, err := exec.Command(openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert,
		"-subj", "/CN=localhost").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	address, release, err := port.Reserve("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(release)
	ctx, cancel := context.WithCancel(t.Context())
	cmd := exec.CommandContext(ctx, openssl, append([]string{"s_server", "-accept", address, "-key", key,
		"-cert", cert,
		"-quiet", "-www"}, args...)...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); cmd.Wait() })
	await.Until(t, "openssl listens", func() bool {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
	return address
}
