package keystore

import (
	"github.com/idconnect-go/upgrade/keystore/internal/certificate"
	"github.com/idconnect-go/upgrade/keystore/internal/x500"
)

// CertificateFingerprint returns the SHA-256 of a certificate in DER, in lower-case hex.
func CertificateFingerprint(der []byte) string { return sumOf(der) }

// CertificateSubject returns the subject as X500Principal.getName in Java prints
// it: RFC 2253, with attribute types outside that document as OID and hexadecimal
// value. It also reads certificates that crypto/x509 refuses, and returns "" if
// der is not a certificate.
func CertificateSubject(der []byte) string {
	o, ok := certificate.ParseOutline(der)
	if !ok {
		return ""
	}
	return x500.RFC2253(o.Subject)
}
