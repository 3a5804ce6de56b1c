package jvmtrust

import (
	"context"
	"crypto/elliptic"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/idconnect-go/upgrade/internal/await"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/keystore/internal/x500"
)

func TestTrustVerifyAt(t *testing.T) {
	t.Parallel()
	m := newMint(t)
	root := m.ca(nil, "root")
	leaf := m.leaf(root, "localhost")
	trust := &Trust{}
	trust.Add(root.cert)
	for _, c := range []struct {
		name string
		at   time.Time
		ok   bool
	}{
		{"just before", leaf.NotBefore.Add(-time.Second), false},
		{"first second", leaf.NotBefore, true},
		{"last second", leaf.NotAfter, true},
		{"just after", leaf.NotAfter.Add(time.Second), false},
	} {
		err := trust.verifyAt(c.at, "localhost", []*x509.Certificate{leaf})
		var refused *Error
		if errors.As(err, &refused) == c.ok || !c.ok && refused.Reason != ReasonValidity {
			t.Errorf("%s: %v", c.name, err)
		}
		clocked := &Trust{Now: func() time.Time { return c.at }}
		clocked.Add(root.cert)
		if again := clocked.Verify("localhost", []*x509.Certificate{leaf}); (again == nil) != c.ok {
			t.Errorf("%s: by its own clock %v", c.name, again)
		}
	}
}

func TestTrustRefusesWithoutPath(t *testing.T) {
	t.Parallel()
	m := newMint(t)
	root := m.ca(nil, "root")
	leaf := m.leaf(root, "localhost")
	trust := &Trust{}
	trust.Add(root.cert)
	long := make([]*x509.Certificate, 11)
	for i := range long {
		long[i] = leaf
	}
	// A rule about registered IDs, and a certificate with one.
	constrained := m.ca(root, "sub", extra(false, oidNameConstraints, 0x30, 9, 0xa0, 7, 0x30, 5, 0x88, 3, 0x2a, 3,
		5))
	registered := m.leaf(constrained, "localhost", extra(false, oidSubjectAltName, 0x30, 5, 0x88, 3, 0x2a, 3, 4))
	for _, c := range []struct {
		name   string
		trust  *Trust
		host   string
		chain  []*x509.Certificate
		reason Reason
	}{
		{"nil", nil, "localhost", []*x509.Certificate{leaf}, ReasonUntrusted},
		{"zero", &Trust{}, "localhost", []*x509.Certificate{leaf}, ReasonUntrusted},
		{"no certificate", trust, "localhost", nil, ReasonNoCertificate},
		{"eleven certificates", trust, "localhost", long, ReasonUsage},
		{"no host", trust, "", []*x509.Certificate{leaf}, ReasonName},
		{"only a dot", trust, ".", []*x509.Certificate{leaf}, ReasonName},
		{"constraint that is not decided", trust, "localhost",
			[]*x509.Certificate{registered, constrained.cert}, ReasonUnreadable},
	} {
		err := c.trust.Verify(c.host, c.chain)
		var refused *Error
		if !errors.As(err, &refused) || refused.Reason != c.reason || refused.Message == "" ||
			refused.Remedy == "" {
			t.Errorf("%s: %#v", c.name, err)
		}
	}
}

// A chain can be made so that it has a great many paths: certificates of one
// name that each might have issued the others.
func TestTrustManyPaths(t *testing.T) {
	t.Parallel()
	m := newMint(t)
	trust := &Trust{}
	for range 100 {
		trust.Add(m.issue("same", m.ecKey(elliptic.P256()).Public(), nil, m.ec, caExtensions))
	}
	root := m.ca(nil, "root")
	same := &authority{m.issue("same", m.ec.Public(), root, nil, caExtensions), m.ec}
	chain := []*x509.Certificate{m.leaf(same, "localhost"), m.self("foreign")}
	for len(chain) < maxChain {
		key := m.ecKey(elliptic.P256())
		chain = append(chain, m.issue("same", key.Public(), same, nil, caExtensions))
	}
	p := pathCheck{now: m.now, anchors: trust.anchors}
	for _, c := range chain {
		p.chain = append(p.chain, newLink(c, c))
	}
	if err := p.verify(); err == nil || err.Reason != ReasonUntrusted || p.paths > maxBuiltPaths+1 {
		t.Errorf("%v after %d paths", err, p.paths)
	}
}

func TestTrustRemedy(t *testing.T) {
	t.Parallel()
	m := newMint(t)
	for _, c := range []struct {
		name, host string
		cert       *x509.Certificate
		want       []string
	}{
		{"CN", "idc21.example.com", m.self("localhost"),
			[]string{"renew the server's certificate with idc21.example.com", "on one machine",
				"https://localhost:PORT/openidm/"}},
		{"CN of another host", "idc21.example.com", m.self("old.example.com"),
			[]string{"https://old.example.com:PORT/openidm/", "hosts file", "renew", "idc21.example.com"}},
		{"SAN", "10.0.0.1", m.self("x", dns("*.example.com", "idc21.example.com")),
			[]string{"https://idc21.example.com:PORT/", "*.example.com"}},
		{"wildcard", "localhost", m.self("*.example.com"), []string{"*.example.com covers"}},
		{"IPv6", "localhost", m.self("Example Inc.", ips("2001:db8::1")),
			[]string{"https://[2001:db8::1]:PORT/"}},
		{"no name", "localhost", m.self("Example Inc."), []string{"renew", "localhost"}},
	} {
		trust := &Trust{}
		trust.Add(c.cert)
		var refused *Error
		if err := trust.Verify(c.host, []*x509.Certificate{c.cert}); !errors.As(err, &refused) ||
			!refused.IsName() {
			t.Fatalf("%s: %v", c.name, err)
		}
		for _, w := range c.want {
			if !strings.Contains(refused.Remedy, w) {
				t.Errorf("%s: %q does not say %q", c.name, refused.Remedy, w)
			}
		}
	}
}

// The truststore of a real server holds the server's own certificate as that
// of a private key.
func TestTrustOfRealServer(t *testing.T) {
	t.Parallel()
	store, err := keystore.Open(filepath.Join("..", "testdata", "fixtures", "openidm-7.0.2.jceks"),
		keystore.NewPassword("changeit"))
	if err != nil {
		t.Fatal(err)
	}
	trust := New(store)
	e, _ := store.Entry("openidm-localhost")
	chain, err := e.Certificates()
	if err != nil {
		t.Fatal(err)
	}
	if err := trust.Verify("localhost", chain); err != nil {
		t.Error(err)
	}
	if err := trust.Verify("127.0.0.1", chain); err == nil ||
		err.Error() != "No subject alternative names present" {
		t.Error(err)
	}
	if refused := trust.Refused(); len(refused) > 0 {
		t.Error(refused)
	}
}

// handshake connects a client to a server in memory; sent is what the server
// received.
func handshake(t *testing.T, client, server *tls.Config) (state tls.ConnectionState, sent string, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), await.Patience)
	defer cancel()
	here, there := net.Pipe()
	received := make(chan string)
	go func() {
		s := tls.Server(there, server)
		s.HandshakeContext(ctx)
		s.Write([]byte("!")) // takes the session tickets along
		b, _ := io.ReadAll(s)
		there.Close()
		received <- string(b)
	}()
	c := tls.Client(here, client)
	if err = c.HandshakeContext(ctx); err == nil {
		_, err = c.Read(make([]byte, 1))
		state = c.ConnectionState()
		io.WriteString(c, "password")
		c.Close()
	}
	here.Close()
	return state, <-received, err
}

func TestTrustTLSConfig(t *testing.T) {
	t.Parallel()
	m := newMint(t)
	root := m.ca(nil, "root")
	own, namesake := m.self("localhost"), m.self("localhost")
	signed := m.leaf(root, "localhost")
	expiredLeaf := m.leaf(root, "localhost", expired)
	both := &Trust{}
	both.Add(own, root.cert)
	for _, c := range []struct {
		name   string
		trust  *Trust
		host   string
		pinned []*x509.Certificate
		server []*x509.Certificate
		reason Reason // "" when it is accepted
	}{
		{"own certificate", both, "localhost", nil, []*x509.Certificate{own}, ""},
		{"signed", both, "localhost", nil, []*x509.Certificate{signed}, ""},
		{"wrong host", both, "idc21.example.com", nil, []*x509.Certificate{own}, ReasonName},
		{"wrong host, signed", both, "idc21.example.com", nil, []*x509.Certificate{signed}, ReasonName},
		{"address", both, "127.0.0.1", nil, []*x509.Certificate{own}, ReasonNoName},
		{"no host", both, "", nil, []*x509.Certificate{own}, ReasonName},
		{"untrusted", &Trust{}, "localhost", nil, []*x509.Certificate{own}, ReasonUntrusted},
		{"nil", nil, "localhost", nil, []*x509.Certificate{own}, ReasonUntrusted},
		{"expired", both, "localhost", nil, []*x509.Certificate{expiredLeaf}, ReasonValidity},
		{"trusted one second in the chain", both, "localhost", nil,
			[]*x509.Certificate{m.self("elsewhere"), own}, ReasonUntrusted},
		{"pinned, nil trust", nil, "localhost", []*x509.Certificate{own}, []*x509.Certificate{own}, ""},
		{"pinned, wrong host", nil, "idc21.example.com", []*x509.Certificate{own}, []*x509.Certificate{own},
			""},
		{"pinned, expired", nil, "localhost", []*x509.Certificate{expiredLeaf},
			[]*x509.Certificate{expiredLeaf}, ""},
		{"second pin", nil, "localhost", []*x509.Certificate{nil, namesake, own}, []*x509.Certificate{own}, ""},
		{"other pin of the same name and key", nil, "localhost", []*x509.Certificate{namesake},
			[]*x509.Certificate{own}, ReasonUntrusted},
		{"pin is the issuer's", nil, "localhost", []*x509.Certificate{root.cert},
			[]*x509.Certificate{signed, root.cert}, ReasonUntrusted},
		{"pin second in the chain", nil, "localhost", []*x509.Certificate{own},
			[]*x509.Certificate{namesake, own}, ReasonUntrusted},
		{"empty pin", nil, "localhost", []*x509.Certificate{{}}, []*x509.Certificate{own}, ReasonUntrusted},
	} {
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			config := c.trust.TLSConfig(c.host, c.pinned...)
			if config.VerifyConnection == nil || config.MinVersion != tls.VersionTLS12 {
				t.Fatalf("%s: not a safe configuration", c.name)
			}
			_, sent, err := handshake(t, config, m.server(version, c.server...))
			var refused *Error
			switch {
			case c.reason == "" && (err != nil || sent != "password"):
				t.Errorf("%s, %x: %v", c.name, version, err)
			case c.reason != "" && (!errors.As(err, &refused) || refused.Reason != c.reason || sent != ""):
				t.Errorf("%s, %x: %v, %q was sent", c.name, version, err, sent)
			}
		}
		if c.trust.Verify(c.host, c.server) == nil && c.reason != "" || len(c.pinned) > 0 &&
			c.trust.Verify(c.host, c.server) == nil {
			t.Errorf("%s: a pin changed the verdict", c.name)
		}
	}
}

// server presents a chain whose first key is mint.rsa.
func (m *mint) server(version uint16, chain ...*x509.Certificate) *tls.Config {
	c := &tls.Config{MinVersion: version, MaxVersion: version, Certificates: []tls.Certificate{{PrivateKey: m.rsa}}}
	for _, x := range chain {
		c.Certificates[0].Certificate = append(c.Certificates[0].Certificate, x.Raw)
	}
	return c
}

// A session that was begun under one configuration is not taken up by another
// that would refuse its certificate.
func TestTrustTLSConfigResumed(t *testing.T) {
	t.Parallel()
	m := newMint(t)
	own := m.self("localhost")
	trust := &Trust{}
	trust.Add(own)
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		server := m.server(version, own)
		cache := tls.NewLRUClientSessionCache(4)
		connect := func(trust *Trust, pinned ...*x509.Certificate) (tls.ConnectionState, error) {
			config := trust.TLSConfig("localhost", pinned...)
			config.ClientSessionCache = cache
			state, sent, err := handshake(t, config, server)
			if err != nil && sent != "" {
				t.Errorf("%x: %q was sent", version, sent)
			}
			return state, err
		}
		if state, err := connect(nil, own); err != nil || state.DidResume {
			t.Fatalf("%x: %v, resumed %v", version, err, state.DidResume)
		}
		if state, err := connect(trust); err != nil || !state.DidResume {
			t.Fatalf("%x: %v, resumed %v: the test shows nothing", version, err, state.DidResume)
		}
		var refused *Error
		if _, err := connect(nil); !errors.As(err, &refused) {
			t.Errorf("%x: a resumed session got past nil: %v", version, err)
		}
		if _, err := connect(nil, m.self("localhost")); !errors.As(err, &refused) {
			t.Errorf("%x: a resumed session got past a pin: %v", version, err)
		}
	}
}

func TestPeekTLSConfig(t *testing.T) {
	t.Parallel()
	m := newMint(t)
	own := m.self("localhost")
	var seen []*x509.Certificate
	_, sent, err := handshake(t, PeekTLSConfig("idc21.example.com", func(c []*x509.Certificate) { seen = c }),
		m.server(tls.VersionTLS13, own))
	if err == nil || sent != "" || len(seen) != 1 || !seen[0].Equal(own) {
		t.Errorf("%v, %q was sent, %d certificates seen", err, sent, len(seen))
	}
}

// Certificate checks are switched off in one line of the module, where
// VerifyConnection replaces them.
func TestInsecureSkipVerifyOnce(t *testing.T) {
	t.Parallel()
	var found []string
	err := filepath.WalkDir(filepath.Join("..", ".."), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		b, err := os.ReadFile(path)
		for line := range strings.Lines(string(b)) {
			code, _, _ := strings.Cut(line, "//")
			if strings.Contains(code, "InsecureSkipVerify") {
				found = append(found, path)
			}
		}
		return err
	})
	if err != nil || len(found) != 1 || filepath.Base(found[0]) != "trust.go" {
		t.Errorf("in %v: %v", found, err)
	}
}

func FuzzHostName(f *testing.F) {
	for _, s := range [][2]string{{"localhost", "LOCALHOST"}, {"a.example.com", "*.example.com"}, {"127.1", "*"},
		{"xn--bcher-kva.example", "bücher.example"}, {"::1%eth0", "xn--"}, {"xn--99999999999", "xn---"},
		{"..", "*.*"}} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, host, template string) {
		parseIP(host)
		if nameMatches(host, template) && !isHostName(strings.ReplaceAll(toUnicode(template), "*", "z")) {
			t.Errorf("%q names %q", template, host)
		}
		if isHostName(toUnicode(host)) && !nameMatches(host, host) {
			t.Errorf("%q does not name itself", host)
		}
	})
}

func FuzzDistinguishedName(f *testing.F) {
	m := newMint(f)
	f.Add(m.self("localhost").RawSubject)
	f.Add(m.self("", commonNames("a", "b")).RawSubject)
	f.Add([]byte{0x30, 2, 0x31, 0})
	f.Fuzz(func(t *testing.T, der []byte) {
		if canonicalName(der) == "" && len(x500.Parse(der)) > 0 {
			t.Errorf("%x has no name", der)
		}
		displayName(der)
		mostSpecificCN(der)
	})
}
