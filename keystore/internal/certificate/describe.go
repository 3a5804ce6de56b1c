package certificate

import (
	"cmp"
	//lint:ignore SA1019 stores hold such certificates
	"crypto/dsa"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"net"

	"github.com/idconnect-go/upgrade/keystore/internal/x500"
)

// signatures are the algorithms that certificates are signed by: Java's names, and Go's, 0 where it has none.
var signatures = map[string]struct {
	name string
	goes x509.SignatureAlgorithm
}{
	"1.2.840.113549.1.1.2":   {"MD2withRSA", 0},
	"1.2.840.113549.1.1.4":   {"MD5withRSA", x509.MD5WithRSA},
	"1.2.840.113549.1.1.5":   {"SHA1withRSA", x509.SHA1WithRSA},
	"1.3.14.3.2.29":          {"SHA1withRSA", x509.SHA1WithRSA},
	"1.2.840.113549.1.1.14":  {"SHA224withRSA", 0},
	"1.2.840.113549.1.1.11":  {"SHA256withRSA", x509.SHA256WithRSA},
	"1.2.840.113549.1.1.12":  {"SHA384withRSA", x509.SHA384WithRSA},
	"1.2.840.113549.1.1.13":  {"SHA512withRSA", x509.SHA512WithRSA},
	idPSS:                    {"RSASSA-PSS", 0},
	"1.2.840.10040.4.3":      {"SHA1withDSA", x509.DSAWithSHA1},
	"2.16.840.1.101.3.4.3.1": {"SHA224withDSA", 0},
	"2.16.840.1.101.3.4.3.2": {"SHA256withDSA", x509.DSAWithSHA256},
	"1.2.840.10045.4.1":      {"SHA1withECDSA", x509.ECDSAWithSHA1},
	"1.2.840.10045.4.3.1":    {"SHA224withECDSA", 0},
	"1.2.840.10045.4.3.2":    {"SHA256withECDSA", x509.ECDSAWithSHA256},
	"1.2.840.10045.4.3.3":    {"SHA384withECDSA", x509.ECDSAWithSHA384},
	"1.2.840.10045.4.3.4":    {"SHA512withECDSA", x509.ECDSAWithSHA512},
	idEd25519:                {"Ed25519", x509.PureEd25519},
	"1.3.101.113":            {"Ed448", 0},
}

// outerAlgorithm is the one that a certificate is signed by, zero where it has none.
func outerAlgorithm(c *x509.Certificate) (a algorithm) {
	if parts, err := sequence(c.Raw); err == nil && len(parts) == 3 {
		a, _ = parseAlgorithm(parts[1])
	}
	return a
}

// keyAlgorithm is the one of a certificate's key, zero where it has none.
func keyAlgorithm(c *x509.Certificate) (a algorithm) {
	if parts, err := sequence(c.RawSubjectPublicKeyInfo); err == nil && len(parts) > 0 {
		a, _ = parseAlgorithm(parts[0])
	}
	return a
}

// SignatureName is Java's name of the algorithm that a certificate is signed by, else its OID.
func SignatureName(c *x509.Certificate) string {
	id := outerAlgorithm(c).id
	return cmp.Or(signatures[id].name, id)
}

// KeyName is Java's name of the algorithm of a certificate's key, else its OID.
func KeyName(c *x509.Certificate) string { return KeyNameOf(keyAlgorithm(c).id) }

// keyNames are Java's (Key.getAlgorithm).
var keyNames = map[string]string{
	idRSA: "RSA", idPSS: "RSASSA-PSS", idEC: "EC", idDSA: "DSA", idDH: "DH", idX25519: "XDH", idX448: "XDH",
	idEd25519: "EdDSA", "1.3.101.113": "EdDSA",
	// FIPS 203 and 204, since Java 24.
	"2.16.840.1.101.3.4.4.1": "ML-KEM", "2.16.840.1.101.3.4.4.2": "ML-KEM", "2.16.840.1.101.3.4.4.3": "ML-KEM",
	"2.16.840.1.101.3.4.3.17": "ML-DSA", "2.16.840.1.101.3.4.3.18": "ML-DSA", "2.16.840.1.101.3.4.3.19": "ML-DSA",
}

// KeyNameOf is Java's name of a key's algorithm, else the OID that it is given.
func KeyNameOf(id string) string { return cmp.Or(keyNames[id], id) }

// KeySize is the size of a certificate's key in bits, 0 where it is not known, and the name of its curve, "" where it
// has none.
func KeySize(c *x509.Certificate) (bits int, curve string) {
	switch k := c.PublicKey.(type) {
	case *rsa.PublicKey:
		return k.N.BitLen(), ""
	case *dsa.PublicKey:
		return k.P.BitLen(), ""
	}
	curve, bits = Curve(c)
	return bits, curve
}

// AltNames are the subject alternative names, each with its kind: "DNS:localhost", "IP:127.0.0.1".
func AltNames(c *x509.Certificate) (names []string) {
	for _, e := range c.Extensions {
		if e.Id.String() != "2.5.29.17" {
			continue
		}
		v, err := one(e.Value, tagSequence)
		if err != nil {
			return nil
		}
		all, err := generalNames(v.bytes)
		if err != nil {
			return nil
		}
		for _, n := range all {
			names = append(names, altName(n))
		}
	}
	return names
}

func altName(n value) string {
	switch {
	case n.is(1, false):
		return "email:" + ascii(n.bytes)
	case n.is(2, false):
		return "DNS:" + ascii(n.bytes)
	case n.is(4, true):
		return "directory:" + x500.RFC2253(n.bytes)
	case n.is(6, false):
		return "URI:" + ascii(n.bytes)
	case n.is(7, false) && (len(n.bytes) == net.IPv4len || len(n.bytes) == net.IPv6len):
		return "IP:" + net.IP(n.bytes).String()
	case n.is(8, false):
		return "OID:" + x500.OID(n.bytes)
	}
	return fmt.Sprintf("other:%X", n.full)
}
