package keystore

import (
	"crypto/sha256"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"

	"github.com/idconnect-go/upgrade/keystore/internal/x500"
)

// CertificateFingerprint returns the SHA-256 of a certificate in DER, in lower-case hex.
func CertificateFingerprint(der []byte) string {
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:])
}

// certificateShape is as much of a certificate as must be read also where
// crypto/x509 refuses it.
type certificateShape struct {
	Version      int `asn1:"optional,explicit,default:0,tag:0"`
	SerialNumber asn1.RawValue
	Signature    asn1.RawValue
	Issuer       asn1.RawValue
	Validity     asn1.RawValue
	Subject      asn1.RawValue
	PublicKey    struct {
		Algorithm pkix.AlgorithmIdentifier
		Key       asn1.BitString
	}
	IssuerUniqueID  asn1.RawValue `asn1:"optional,tag:1"`
	SubjectUniqueID asn1.RawValue `asn1:"optional,tag:2"`
	Extensions      asn1.RawValue `asn1:"optional,explicit,tag:3"`
}

func parseCertificateShape(der []byte) (certificateShape, bool) {
	var outer struct {
		TBS       asn1.RawValue
		Algorithm asn1.RawValue
		Signature asn1.BitString
	}
	var tbs certificateShape
	if _, err := asn1.Unmarshal(der, &outer); err != nil {
		return tbs, false
	}
	_, err := asn1.Unmarshal(outer.TBS.FullBytes, &tbs)
	return tbs, err == nil
}

// CertificateSubject returns the subject as X500Principal.getName in Java prints
// it: RFC 2253, with attribute types outside that document as OID and hexadecimal
// value. It also reads certificates that crypto/x509 refuses, and returns "" if
// der is not a certificate.
func CertificateSubject(der []byte) string {
	tbs, ok := parseCertificateShape(der)
	if !ok {
		return ""
	}
	return x500.RFC2253(tbs.Subject.FullBytes)
}
