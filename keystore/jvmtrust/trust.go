package jvmtrust

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/keystore/internal/certificate"
)

// Reason tells why a certificate is refused.
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
	ReasonName       Reason = "name"           // it names others, or the host is not a host name
	ReasonDamaged    Reason = "damaged"        // Java cannot read a certificate of the chain
	ReasonTruststore Reason = "truststore"     // Java cannot load the truststore
	ReasonUnreadable Reason = "not understood" // Java may accept it, but it cannot be decided here
)

// Error means that a JVM would refuse a chain.
type Error struct {
	Reason      Reason
	Host        string
	Certificate *x509.Certificate // the one refused; nil where there is none
	Message     string            // in Java's words, also in case; a reason of ours only with [ReasonUnreadable]
	Remedy      string            // what to do about it
}

func (e *Error) Error() string { return e.Message }

// IsName reports whether the certificate is trusted but names another host.
func (e *Error) IsName() bool { return e.Reason == ReasonName || e.Reason == ReasonNoName }

// Trust decides which certificates of TLS servers an HTTPS client on a JVM accepts
// with the same truststore. A nil or zero Trust trusts nothing. Several
// goroutines may use it at once as long as none calls [Trust.Add].
type Trust struct {
	// Now is the clock; nil: time.Now.
	Now func() time.Time

	anchors []link
	refused []string
	release int // of Java, 0 is 11: what tests ask for
}

// New returns a Trust whose anchors are, as in Java, every trusted certificate and
// the first certificate of every private key entry. A store that holds a
// certificate that Java refuses, anywhere, does not load there: [Trust.Refused].
func New(stores ...*keystore.Store) *Trust {
	t := &Trust{}
	for _, s := range stores {
		for e := range s.Entries() {
			for i, raw := range e.RawCertificates() {
				c, err := certificate.Parse(raw)
				if err != nil {
					t.refused = append(t.refused, fmt.Sprintf("entry %q, certificate %d: %v", e.Alias, i+1, err))
				} else if i == 0 {
					t.anchors = append(t.anchors, newLink(c, c))
				}
			}
		}
	}
	return t
}

// ParseCertificate reads a certificate as Java does, which takes many that
// crypto/x509 refuses. Of the names only the Raw fields are set, and of the
// extended key usage UnknownExtKeyUsage. An error is [ErrRefused].
func ParseCertificate(der []byte) (*x509.Certificate, error) {
	c, err := certificate.Parse(der)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	return c, nil
}

// ErrRefused means that Java cannot read a certificate.
var ErrRefused = errors.New("a certificate that Java does not read")

// Unreadable returns why Go cannot read a certificate, "negative serial number" for
// example, and "" where it can.
func Unreadable(c *x509.Certificate) string {
	if c == nil {
		return "no certificate"
	}
	return certificate.Unreadable(c.Raw)
}

// UnreadableWords puts what crypto/tls says of a certificate that Go cannot read in
// the words of Unreadable.
func UnreadableWords(problem string) string { return certificate.Words(problem) }

// Add adds anchors.
func (t *Trust) Add(certs ...*x509.Certificate) {
	for _, c := range certs {
		parsed, err := certificate.Parse(c.Raw)
		if err != nil {
			t.refused = append(t.refused, err.Error())
			continue
		}
		t.anchors = append(t.anchors, newLink(parsed, c))
	}
}

// Refused lists the certificates for which Java does not load a store, each as
// entry and reason. Where there are any, Verify refuses every chain.
func (t *Trust) Refused() []string {
	if t == nil {
		return nil
	}
	return slices.Clone(t.refused)
}

// maxChain is the longest chain that a JVM reads
// (jdk.tls.maxCertificateChainLength).
const maxChain = 10

// Verify returns nil if the JVM accepts a server's chain, its own certificate
// first, for a connection to host: a name, or an IP address with or without
// brackets. The error is an [*Error]. A certificate that is itself in the
// truststore is trusted regardless of its dates and usage; only its name must
// match.
func (t *Trust) Verify(host string, chain []*x509.Certificate) error {
	now := time.Now
	if t != nil && t.Now != nil {
		now = t.Now
	}
	return t.verifyAt(now(), host, chain)
}

// VerifyAt is [Trust.Verify] at a given time.
func (t *Trust) verifyAt(now time.Time, host string, chain []*x509.Certificate) error {
	err := t.verdict(now, host, chain)
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

func (t *Trust) verdict(now time.Time, host string, chain []*x509.Certificate) *Error {
	if len(chain) == 0 {
		return &Error{Reason: ReasonNoCertificate, Message: "Empty server certificate chain"}
	}
	if len(chain) > maxChain {
		return &Error{Reason: ReasonUsage, Message: fmt.Sprintf(
			"The certificate chain length (%d) exceeds the maximum allowed length (%d)", len(chain),
			maxChain)}
	}
	p := pathCheck{now: now, release: 11}
	if t != nil {
		p.anchors, p.release = t.anchors, max(p.release, t.release)
		if len(t.refused) > 0 {
			return &Error{Reason: ReasonTruststore, Message: "Java does not load the truststore: " + t.refused[0]}
		}
	}
	if len(p.anchors) == 0 {
		return &Error{Reason: ReasonUntrusted, Message: "Unexpected error: java.security." +
			"InvalidAlgorithmParameterException: the trustAnchors parameter must be non-empty"}
	}
	for _, c := range chain {
		parsed, err := certificate.Parse(c.Raw)
		if err != nil {
			return &Error{Reason: ReasonDamaged, Certificate: c,
				Message: "Failed to parse server certificates: " + err.Error()}
		}
		p.chain = append(p.chain, newLink(parsed, c))
	}
	leaf := p.chain[0]
	if !p.isAnchor(leaf) {
		if err := p.verify(); err != nil {
			return err
		}
		if err := checkServerUsage(leaf); err != nil {
			return err
		}
	}
	return checkHost(host, leaf, p.release)
}

// TLSConfig returns the configuration of a client that accepts what [Trust.Verify]
// accepts for host, and a server's own certificate that is byte for byte one of
// the pinned ones, under any name. Pins do not change what Verify returns. The
// oldest version is TLS 1.2. A refused handshake ends with the [*Error].
//
// InsecureSkipVerify is set, because Go refuses a certificate without subject
// alternative name, which Java accepts. VerifyConnection decides instead; Go
// calls it for every connection, resumed ones included.
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

// errSeen ends a handshake of [PeekTLSConfig].
var errSeen = errors.New("the certificate was only looked at")

// PeekTLSConfig returns the configuration of a client that only reads a server's
// chain: every handshake fails after seen was called, so nothing can be sent.
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
