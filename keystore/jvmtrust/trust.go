package jvmtrust

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/idconnect-go/upgrade/keystore"
)

// Reason is why a certificate is refused.
type Reason string

// The reasons.
const (
	ReasonNoCertificate Reason = "no certificate"
	ReasonUntrusted     Reason = "untrusted" // no path to an anchor
	ReasonSignature     Reason = "signature" // an anchor of the same name has another key
	ReasonValidity      Reason = "validity"  // expired or not yet valid
	// key usage, basic constraints, path length, name constraints, policies, critical extensions
	ReasonUsage      Reason = "usage"
	ReasonAlgorithm  Reason = "algorithm"      // too weak
	ReasonNoName     Reason = "no name"        // the certificate has no name of the kind that is asked for
	ReasonName       Reason = "name"           // it names others, or the name that was asked for is no host name
	ReasonUnreadable Reason = "not understood" // Java may accept it, but it cannot be decided here
)

// Error is the verdict on a chain that a JVM would refuse.
type Error struct {
	Reason      Reason
	Host        string
	Certificate *x509.Certificate // the one refused; nil where there is none
	Message     string            // in Java's words, also in case; a reason of ours only with [ReasonUnreadable]
	Remedy      string            // what to do about it
}

func (e *Error) Error() string { return e.Message }

// IsName says that the certificate is trusted as such but names another host.
func (e *Error) IsName() bool { return e.Reason == ReasonName || e.Reason == ReasonNoName }

// Trust decides about the certificates of TLS servers as a JVM (Java 11 or
// later, its security settings not changed) with the same truststore does for
// an HTTPS client. The rules are those of the JDK's X509TrustManagerImpl,
// PKIXValidator, EndEntityChecker and HostnameChecker, found by asking Java 17
// and 25.
//
// What is not decided as Java would: certificates that crypto/x509 cannot
// parse are no anchors ([Trust.Skipped]); no anchor counts as one of those
// that come with the JDK, below which Java also refuses SHA-1 and wildcards
// for a public suffix; Java's list of blocked certificates is not consulted;
// signatures by Ed448, and name constraints on kinds of names other than host,
// address, mail, URI and directory, are refused with [ReasonUnreadable]. Where
// versions differ, it is as Java 11 to 17: later ones take a wildcard only in the
// first label, and no DSA or SHA-224 below an anchor (the tests have each
// difference).
//
// A nil or zero Trust trusts nothing. It may be used by several goroutines
// at once as long as none adds to it.
type Trust struct {
	// Now is the clock; nil: time.Now.
	Now func() time.Time

	anchors []link
	skipped []string
}

// New takes as anchors every trusted certificate and the first
// certificate of every private key entry, as Java does. Certificates that
// crypto/x509 cannot parse are left out, see [Trust.Skipped].
func New(stores ...*keystore.Store) *Trust {
	t := &Trust{}
	for _, s := range stores {
		for e := range s.Entries() {
			raw := e.RawCertificates()
			if len(raw) == 0 {
				continue
			}
			c, err := x509.ParseCertificate(raw[0])
			if err != nil {
				t.skipped = append(t.skipped, fmt.Sprintf("%s: %v", e.Alias, err))
				continue
			}
			t.Add(c)
		}
	}
	return t
}

// Add adds anchors.
func (t *Trust) Add(certs ...*x509.Certificate) {
	for _, c := range certs {
		t.anchors = append(t.anchors, newLink(c))
	}
}

// Skipped lists the entries that are no anchors because crypto/x509 cannot
// parse their certificate, each as alias and reason.
func (t *Trust) Skipped() []string {
	if t == nil {
		return nil
	}
	return slices.Clone(t.skipped)
}

// maxChain is the longest chain that a JVM reads
// (jdk.tls.maxCertificateChainLength).
const maxChain = 10

// Verify gives the JVM's verdict on a server's chain, its own certificate
// first, for a connection to host: a name, or an IP address with or without
// brackets. The error is a [*Error]. A certificate that is itself in the
// truststore is trusted as it is, its dates and usage included; only its name
// must match.
func (t *Trust) Verify(host string, chain []*x509.Certificate) error {
	now := time.Now
	if t != nil && t.Now != nil {
		now = t.Now
	}
	return t.VerifyAt(now(), host, chain)
}

// VerifyAt is [Trust.Verify] at a given time.
func (t *Trust) VerifyAt(now time.Time, host string, chain []*x509.Certificate) error {
	err := t.verify(now, host, chain)
	if err == nil {
		return nil
	}
	err.Host = host
	if len(chain) > 0 && err.Certificate == nil {
		err.Certificate = chain[0]
	}
	err.Remedy = remedyFor(err)
	return err
}

func (t *Trust) verify(now time.Time, host string, chain []*x509.Certificate) *Error {
	if len(chain) == 0 {
		return &Error{Reason: ReasonNoCertificate, Message: "Empty server certificate chain"}
	}
	if len(chain) > maxChain {
		return &Error{Reason: ReasonUsage, Message: fmt.Sprintf(
			"The certificate chain length (%d) exceeds the maximum allowed length (%d)", len(chain),
			maxChain)}
	}
	p := pathCheck{now: now}
	if t != nil {
		p.anchors = t.anchors
	}
	if len(p.anchors) == 0 {
		return &Error{Reason: ReasonUntrusted, Message: "Unexpected error: java.security." +
			"InvalidAlgorithmParameterException: the trustAnchors parameter must be non-empty"}
	}
	for _, c := range chain {
		p.chain = append(p.chain, newLink(c))
	}
	if !p.isAnchor(p.chain[0]) {
		if err := p.verify(); err != nil {
			return err
		}
		if err := checkServerUsage(chain[0]); err != nil {
			return err
		}
	}
	return checkHost(host, chain[0])
}

// TLSConfig is the configuration of a client that accepts what [Trust.Verify]
// accepts for host, and the pinned certificates under any name: a server's own
// certificate that is byte for byte one of them. Pins never change what Verify
// says. TLS 1.2 is the least. Go refuses a certificate without subject
// alternative name, which Java accepts, unless InsecureSkipVerify is set: it
// is set here, once, and VerifyConnection, which Go calls for every
// connection, resumed ones included, decides instead. A refused handshake
// ends with the [*Error].
func (t *Trust) TLSConfig(host string, pinned ...*x509.Certificate) *tls.Config {
	pinned = slices.Clone(pinned)
	return verifiedBy(host, func(chain []*x509.Certificate) error {
		for _, p := range pinned {
			if len(chain) > 0 && p != nil && len(p.Raw) > 0 && chain[0].Equal(p) {
				return nil
			}
		}
		return t.Verify(host, chain)
	})
}

// errSeen ends a handshake that only looks.
var errSeen = errors.New("the certificate was only looked at")

// PeekTLSConfig is the configuration of a client that looks at a server's
// chain: every handshake fails once seen was called, so nothing can be sent.
func PeekTLSConfig(host string, seen func(chain []*x509.Certificate)) *tls.Config {
	return verifiedBy(host, func(chain []*x509.Certificate) error {
		seen(chain)
		return errSeen
	})
}

func verifiedBy(host string, verify func([]*x509.Certificate) error) *tls.Config {
	return &tls.Config{
		ServerName:         host,
		MinVersion:         tls.VersionTLS12,
		InsecureSkipVerify: true, // with VerifyConnection, see TLSConfig
		VerifyConnection: func(s tls.ConnectionState) error {
			return verify(s.PeerCertificates)
		},
	}
}
