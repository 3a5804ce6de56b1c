package keystore

import (
	"crypto"
	"crypto/dsa"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"errors"
	"net"
	"strings"
)

// hostMatches is sun.security.util.HostnameChecker for TLS: the names of the
// subject alternative name extension if it has any of the kind, else, for
// names, the CN.
func hostMatches(host string, c *x509.Certificate) (TrustReason, string) {
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if ip := net.ParseIP(host); ip != nil {
		if len(c.DNSNames)+len(c.IPAddresses)+len(c.EmailAddresses)+len(c.URIs) == 0 && !hasSAN(c) {
			return ReasonNoName, "No subject alternative names present"
		}
		for _, have := range c.IPAddresses {
			if have.Equal(ip) {
				return "", ""
			}
		}
		return ReasonName, "No subject alternative names matching IP address " + host + " found"
	}
	for _, name := range c.DNSNames {
		if nameMatches(host, name) {
			return "", ""
		}
	}
	if len(c.DNSNames) > 0 {
		return ReasonName, "No subject alternative DNS name matching " + host + " found."
	}
	if cn := mostSpecificCN(c); cn != "" && nameMatches(host, cn) {
		return "", ""
	}
	return ReasonName, "No name matching " + host + " found"
}

func hasSAN(c *x509.Certificate) bool {
	for _, e := range c.Extensions {
		if e.Id.String() == "2.5.29.17" {
			return true
		}
	}
	return false
}

// mostSpecificCN is the last of the subject, as
// X500Name.findMostSpecificAttribute takes it.
func mostSpecificCN(c *x509.Certificate) string {
	cn := ""
	for _, a := range c.Subject.Names {
		if s, ok := a.Value.(string); ok && a.Type.String() == "2.5.4.3" {
			cn = s
		}
	}
	return cn
}

// nameMatches compares without case, label by label; one leading label may be
// or hold a wildcard. A wildcard directly below a top-level domain is refused.
func nameMatches(host, pattern string) bool {
	host, pattern = strings.ToLower(strings.TrimSuffix(host, ".")), strings.ToLower(strings.TrimSuffix(pattern, "."))
	if host == "" || pattern == "" {
		return false
	}
	if !strings.Contains(pattern, "*") {
		return host == pattern
	}
	labels, want := strings.Split(host, "."), strings.Split(pattern, ".")
	if len(labels) != len(want) || len(want) < 3 || strings.Contains(strings.Join(want[1:], "."), "*") {
		return false
	}
	for i, l := range labels[1:] {
		if l != want[i+1] {
			return false
		}
	}
	return labelMatches(labels[0], want[0])
}

func labelMatches(label, pattern string) bool {
	before, after, found := strings.Cut(pattern, "*")
	if !found {
		return label == pattern
	}
	if strings.Contains(after, "*") || len(label) < len(before)+len(after) {
		return false
	}
	return strings.HasPrefix(label, before) && strings.HasSuffix(label, after)
}

// weakness names what jdk.certpath.disabledAlgorithms refuses: MD2, MD5, RSA
// and DSA below 1024 bits, EC below 224. SHA-1 is refused only below the
// roots that come with a JDK.
func weakness(c *x509.Certificate) string {
	switch c.SignatureAlgorithm {
	case x509.MD2WithRSA:
		return "Algorithm constraints check failed on disabled algorithm: MD2 used with certificate: " + c.Subject.String()
	case x509.MD5WithRSA:
		return "Algorithm constraints check failed on disabled algorithm: MD5 used with certificate: " + c.Subject.String()
	}
	switch k := c.PublicKey.(type) {
	case *rsa.PublicKey:
		if k.N.BitLen() < 1024 {
			return "Algorithm constraints check failed on keysize limits: RSA key too short"
		}
	case *dsa.PublicKey:
		if k.P.BitLen() < 1024 {
			return "Algorithm constraints check failed on keysize limits: DSA key too short"
		}
	}
	return ""
}

// checkSignature also verifies SHA-1 with RSA, which crypto/x509 refuses and
// Java accepts below anchors of one's own.
func checkSignature(issuer, c *x509.Certificate) error {
	err := issuer.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature)
	var insecure x509.InsecureAlgorithmError
	if !errors.As(err, &insecure) {
		return err
	}
	if key, ok := issuer.PublicKey.(*rsa.PublicKey); ok && c.SignatureAlgorithm == x509.SHA1WithRSA {
		sum := sha1.Sum(c.RawTBSCertificate)
		return rsa.VerifyPKCS1v15(key, crypto.SHA1, sum[:], c.Signature)
	}
	return err
}
