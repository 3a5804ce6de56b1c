package keystore

import (
	"crypto/dsa"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"slices"
	"strings"
)

var (
	oidKeyUsage        = asn1.ObjectIdentifier{2, 5, 29, 15}
	oidSubjectAltName  = asn1.ObjectIdentifier{2, 5, 29, 17}
	oidNameConstraints = asn1.ObjectIdentifier{2, 5, 29, 30}
	oidAuthorityKeyID  = asn1.ObjectIdentifier{2, 5, 29, 35}
	oidNetscapeType    = asn1.ObjectIdentifier{2, 16, 840, 1, 113730, 1, 1}

	// Microsoft's and Netscape's forerunners of the usage as TLS server.
	gatedUsages = []string{"1.3.6.1.4.1.311.10.3.3", "2.16.840.1.113730.4.1"}

	// What Java understands where it is critical: key usage, alternative name,
	// basic and name constraints, policies and their three companions, extended
	// key usage.
	understood = []string{"2.5.29.15", "2.5.29.17", "2.5.29.19", "2.5.29.30", "2.5.29.32", "2.5.29.33", "2.5.29.36", "2.5.29.54", "2.5.29.37"}
)

// extension is the value of an extension, nil where there is none.
func extension(c *x509.Certificate, oid asn1.ObjectIdentifier) []byte {
	for _, e := range c.Extensions {
		if e.Id.Equal(oid) {
			return e.Value
		}
	}
	return nil
}

func hasUnknownCritical(c *x509.Certificate) bool {
	for _, e := range c.Extensions {
		if e.Critical && !slices.Contains(understood, e.Id.String()) {
			return true
		}
	}
	return false
}

// checkServerUsage is sun.security.validator.EndEntityChecker for a TLS server
// whose key signs the handshake, as in TLS 1.3 and with ECDHE. Java skips it
// for a certificate that is itself in the truststore.
func checkServerUsage(c *x509.Certificate) *TrustError {
	message := ""
	switch {
	case extension(c, oidKeyUsage) != nil && c.KeyUsage&x509.KeyUsageDigitalSignature == 0:
		message = "KeyUsage does not allow digital signatures"
	case !mayServe(c):
		message = "Extended key usage does not permit use for TLS server authentication"
	case !netscapeServer(c):
		message = "Netscape cert type does not permit use for SSL server"
	default:
		return nil
	}
	return &TrustError{Reason: ReasonUsage, Certificate: c, Message: message}
}

func mayServe(c *x509.Certificate) bool {
	if len(c.ExtKeyUsage)+len(c.UnknownExtKeyUsage) == 0 ||
		slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageServerAuth) || slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageAny) ||
		slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageMicrosoftServerGatedCrypto) ||
		slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageNetscapeServerGatedCrypto) {
		return true
	}
	return slices.ContainsFunc(c.UnknownExtKeyUsage, func(o asn1.ObjectIdentifier) bool {
		return slices.Contains(gatedUsages, o.String())
	})
}

func netscapeServer(c *x509.Certificate) bool {
	raw := extension(c, oidNetscapeType)
	if raw == nil {
		return true
	}
	var bits asn1.BitString
	_, err := asn1.Unmarshal(raw, &bits)
	return err == nil && bits.At(1) == 1
}

// weakness names what jdk.certpath.disabledAlgorithms refuses: signatures with
// MD2 and MD5, and short keys. SHA-1 is refused only below the roots that come
// with a JDK.
func weakness(c *x509.Certificate) string {
	if a := c.SignatureAlgorithm; a == x509.MD2WithRSA || a == x509.MD5WithRSA {
		return "Algorithm constraints check failed on signature algorithm: " + signatureName(c)
	}
	if weak := weakKey(c); weak != "" {
		return "Algorithm constraints check failed on keysize limits: " + weak + " used with certificate: " + displayName(c.RawSubject)
	}
	return ""
}

// signatureName is Java's name of the algorithm by which a certificate is signed.
func signatureName(c *x509.Certificate) string {
	switch a := c.SignatureAlgorithm; a {
	case x509.MD2WithRSA:
		return "MD2withRSA"
	case x509.MD5WithRSA:
		return "MD5withRSA"
	case x509.SHA256WithRSAPSS, x509.SHA384WithRSAPSS, x509.SHA512WithRSAPSS:
		return "RSASSA-PSS"
	default: // SHA256-RSA
		hash, key, _ := strings.Cut(a.String(), "-")
		return hash + "with" + key
	}
}

// weakKey refuses RSA and DSA below 1024 bits, EC below 224.
func weakKey(c *x509.Certificate) string {
	algorithm, size, least := "", 0, 0
	switch k := c.PublicKey.(type) {
	case *rsa.PublicKey:
		algorithm, size, least = "RSA", k.N.BitLen(), 1024
	case *dsa.PublicKey:
		algorithm, size, least = "DSA", k.P.BitLen(), 1024
	case *ecdsa.PublicKey:
		algorithm, size, least = "EC", k.Curve.Params().BitSize, 224
	}
	if size >= least {
		return ""
	}
	return fmt.Sprintf("%s %d bit key", algorithm, size)
}

// checkSignature leaves the check to crypto/x509.
func checkSignature(issuer, l link) *TrustError {
	err := issuer.CheckSignature(l.SignatureAlgorithm, l.RawTBSCertificate, l.Signature)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, x509.ErrUnsupportedAlgorithm):
		return l.refuse(ReasonUnreadable, "the signature of "+displayName(l.RawSubject)+" is of a kind that is not checked here")
	}
	return l.refuse(ReasonSignature, "signature check failed")
}
