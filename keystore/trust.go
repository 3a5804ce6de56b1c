package keystore

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// TrustReason is why a certificate is refused.
type TrustReason string

// The reasons.
const (
	ReasonNoCertificate TrustReason = "no certificate"
	ReasonUntrusted     TrustReason = "untrusted"      // no path to an anchor
	ReasonSignature     TrustReason = "signature"      // an anchor of the same name has another key
	ReasonValidity      TrustReason = "validity"       // expired or not yet valid
	ReasonUsage         TrustReason = "usage"          // key usage, basic constraints, path length
	ReasonAlgorithm     TrustReason = "algorithm"      // too weak
	ReasonNoName        TrustReason = "no name"        // the certificate has no name of the kind that is asked for
	ReasonName          TrustReason = "name"           // it names others
	ReasonUnreadable    TrustReason = "not understood" // not decidable here
)

// TrustError is the verdict on a chain that a JVM would refuse.
type TrustError struct {
	Reason      TrustReason
	Host        string
	Certificate *x509.Certificate // the one refused; nil where there is none
	Message     string            // in Java's words
	Remedy      string            // what to do about it
}

func (e *TrustError) Error() string { return e.Message }

// IsName says that the certificate is trusted as such but names another host.
func (e *TrustError) IsName() bool { return e.Reason == ReasonName || e.Reason == ReasonNoName }

// Trust decides about the certificates of TLS servers as a JVM that has its
// anchors in the truststore does (sun.security.validator.PKIXValidator and
// sun.security.util.HostnameChecker). A nil or zero Trust trusts nothing.
// It must not be changed while it is used.
type Trust struct {
	// Now is the clock; nil: time.Now.
	Now func() time.Time

	anchors []*x509.Certificate
	skipped []string
}

// NewTrust takes as anchors every trusted certificate and the first
// certificate of every private key entry, as Java does. Certificates that
// crypto/x509 cannot parse are left out, see [Trust.Skipped].
func NewTrust(stores ...*Store) *Trust {
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
func (t *Trust) Add(certs ...*x509.Certificate) { t.anchors = append(t.anchors, certs...) }

// Skipped lists the entries that are no anchors because crypto/x509 cannot
// parse their certificate.
func (t *Trust) Skipped() []string { return slices.Clone(t.skipped) }

const (
	msgNoPath     = "PKIX path building failed: sun.security.provider.certpath.SunCertPathBuilderException: unable to find valid certification path to requested target"
	msgValidation = "PKIX path validation failed: java.security.cert.CertPathValidatorException: "
)

// Verify gives the JVM's verdict on a server's chain, its own certificate
// first, for a connection to host: a name, or an IP address. The error is a
// [*TrustError]. A certificate that is itself in the truststore is trusted as
// it is, its dates included.
func (t *Trust) Verify(host string, chain []*x509.Certificate) error {
	if len(chain) == 0 {
		return &TrustError{Reason: ReasonNoCertificate, Host: host, Message: "the server presented no certificate", Remedy: "check that the address is that of the TLS port"}
	}
	leaf := chain[0]
	refuse := func(r TrustReason, message string) error {
		return &TrustError{Reason: r, Host: host, Certificate: leaf, Message: message, Remedy: remedyFor(r, host, leaf)}
	}
	if t == nil {
		return refuse(ReasonUntrusted, msgNoPath)
	}
	if reason, message := t.path(chain); reason != "" {
		return refuse(reason, message)
	}
	if reason, message := usageOfServer(leaf); reason != "" {
		return refuse(reason, message)
	}
	if reason, message := hostMatches(host, leaf); reason != "" {
		return refuse(reason, message)
	}
	return nil
}

func (t *Trust) now() time.Time {
	if t.Now != nil {
		return t.Now()
	}
	return time.Now()
}

// path follows PKIXValidator.engineValidate.
func (t *Trust) path(chain []*x509.Certificate) (TrustReason, string) {
	if t.trusted(chain[0], false) != nil {
		return "", ""
	}
	for i := 1; i < len(chain); i++ {
		if !bytes.Equal(chain[i].RawSubject, chain[i-1].RawIssuer) {
			return t.build(chain)
		}
		if anchor := t.trusted(chain[i], true); anchor != nil {
			return t.validate(chain[:i], anchor)
		}
	}
	last := chain[len(chain)-1]
	var reason TrustReason
	var message string
	for _, a := range t.anchors {
		if bytes.Equal(a.RawSubject, last.RawIssuer) {
			if reason, message = t.validate(chain, a); reason == "" {
				return "", ""
			}
		}
	}
	if reason != "" {
		return reason, message
	}
	return t.build(chain)
}

// build tries the certificates in any order, as Java's builder does.
func (t *Trust) build(chain []*x509.Certificate) (TrustReason, string) {
	path := chain[:1:1]
	for len(path) <= len(chain) {
		last := path[len(path)-1]
		for _, a := range t.anchors {
			if bytes.Equal(a.RawSubject, last.RawIssuer) {
				if reason, _ := t.validate(path, a); reason == "" {
					return "", ""
				}
			}
		}
		next := slices.IndexFunc(chain, func(c *x509.Certificate) bool {
			return bytes.Equal(c.RawSubject, last.RawIssuer) && !slices.Contains(path, c)
		})
		if next < 0 {
			break
		}
		path = append(path, chain[next])
	}
	return ReasonUntrusted, msgNoPath
}

// trusted finds an anchor that is this certificate or, when its key will do,
// one of the same name and key.
func (t *Trust) trusted(c *x509.Certificate, byKey bool) *x509.Certificate {
	for _, a := range t.anchors {
		if a.Equal(c) || byKey && bytes.Equal(a.RawSubject, c.RawSubject) && bytes.Equal(a.RawSubjectPublicKeyInfo, c.RawSubjectPublicKeyInfo) {
			return a
		}
	}
	return nil
}

// validate checks a path, the leaf first, under an anchor whose own dates do
// not count.
func (t *Trust) validate(path []*x509.Certificate, anchor *x509.Certificate) (TrustReason, string) {
	now := t.now()
	issuer := anchor
	for i := len(path) - 1; i >= 0; i-- {
		c := path[i]
		if weak := weakness(c); weak != "" {
			return ReasonAlgorithm, msgValidation + weak
		}
		if err := checkSignature(issuer, c); err != nil {
			return ReasonSignature, msgValidation + "signature check failed"
		}
		if now.Before(c.NotBefore) || now.After(c.NotAfter) {
			return ReasonValidity, msgValidation + "validity check failed"
		}
		if i > 0 {
			switch {
			case c.Version >= 3 && !(c.BasicConstraintsValid && c.IsCA):
				return ReasonUsage, msgValidation + "basic constraints check failed: this is not a CA certificate"
			case c.BasicConstraintsValid && (c.MaxPathLen > 0 || c.MaxPathLenZero) && c.MaxPathLen < i-1:
				return ReasonUsage, msgValidation + "basic constraints check failed: pathLenConstraint violated - this cert must be the last cert in the certification path"
			case c.KeyUsage != 0 && c.KeyUsage&x509.KeyUsageCertSign == 0:
				return ReasonUsage, msgValidation + "key usage check failed: keyCertSign bit is not set"
			}
		}
		if len(c.UnhandledCriticalExtensions) > 0 {
			return ReasonUsage, msgValidation + "unrecognized critical extension(s)"
		}
		issuer = c
	}
	return "", ""
}

// usageOfServer is sun.security.validator.EndEntityChecker.checkTLSServer.
func usageOfServer(c *x509.Certificate) (TrustReason, string) {
	if len(c.ExtKeyUsage)+len(c.UnknownExtKeyUsage) > 0 &&
		!slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageServerAuth) && !slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageAny) {
		return ReasonUsage, "Extended key usage does not permit use for TLS server authentication"
	}
	if c.KeyUsage != 0 && c.KeyUsage&x509.KeyUsageDigitalSignature == 0 {
		return ReasonUsage, "KeyUsage does not allow digital signatures"
	}
	return "", ""
}

// TLSConfig is the configuration of a client that accepts what [Trust.Verify]
// accepts for host, and the pinned certificates under any name. Go refuses a
// certificate without subject alternative name, which Java accepts, unless
// InsecureSkipVerify is set: it is set here, once, and VerifyConnection, which
// Go calls for every connection and resumption, decides instead.
func (t *Trust) TLSConfig(host string, pinned ...*x509.Certificate) *tls.Config {
	return verifiedBy(host, func(chain []*x509.Certificate) error {
		for _, p := range pinned {
			if len(chain) > 0 && p != nil && chain[0].Equal(p) {
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

func remedyFor(r TrustReason, host string, c *x509.Certificate) string {
	switch r {
	case ReasonName, ReasonNoName:
		return fmt.Sprintf("use the certificate's own name (%s) in the address, with a line in the hosts file of the machine that connects, or renew the certificate for %s", namesOf(c), host)
	case ReasonUntrusted, ReasonSignature:
		return "copy keystore.jceks and truststore of 2.1 into 7.1.6 before its first start, or import the server's certificate into the truststore"
	case ReasonValidity:
		return "renew the server's certificate, and check both machines' clocks"
	case ReasonAlgorithm:
		return "renew the certificate with RSA 2048 and SHA-256 or better"
	}
	return "renew the certificate as one for a TLS server"
}

func namesOf(c *x509.Certificate) string {
	names := slices.Clone(c.DNSNames)
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	if len(names) == 0 {
		names = []string{"CN=" + c.Subject.CommonName}
	}
	return strings.Join(names, ", ")
}
