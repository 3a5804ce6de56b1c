package jvmtrust

import (
	"crypto/sha1"
	"crypto/sha256"
	"fmt"
	"strings"
	"time"

	"github.com/idconnect-go/upgrade/keystore/internal/certificate"
	"github.com/idconnect-go/upgrade/keystore/internal/x500"
)

// Description is a certificate in words, as keytool -v -list has them.
type Description struct {
	Subject string `json:"subject"` // by RFC 2253
	Issuer  string `json:"issuer"`
	// Names are the subject alternative names, each with its kind: "DNS:localhost".
	Names     []string  `json:"names,omitempty"`
	Serial    string    `json:"serial"` // hexadecimal digits
	NotBefore time.Time `json:"notBefore"`
	NotAfter  time.Time `json:"notAfter"`
	// Key is Java's name of the key's algorithm, Bits its size, 0 where it is not
	// known, and Curve that of an EC key.
	Key   string `json:"key"`
	Bits  int    `json:"keyBits,omitempty"`
	Curve string `json:"curve,omitempty"`
	// Signature is Java's name of the algorithm that it is signed by, else its OID.
	Signature string `json:"signature"`
	// SHA256 and SHA1 are the fingerprints, in lower-case hexadecimal digits.
	SHA256 string `json:"sha256"`
	SHA1   string `json:"sha1"`
}

// Describe describes a certificate in DER, also one that only Java reads. An error
// is [ErrRefused].
func Describe(der []byte) (Description, error) {
	c, err := ParseCertificate(der)
	if err != nil {
		return Description{}, err
	}
	d := Description{
		Subject: x500.RFC2253(c.RawSubject), Issuer: x500.RFC2253(c.RawIssuer), Names: certificate.AltNames(c),
		Serial: c.SerialNumber.Text(16), NotBefore: c.NotBefore.UTC(), NotAfter: c.NotAfter.UTC(),
		Key: certificate.KeyName(c), Signature: certificate.SignatureName(c),
		SHA256: fmt.Sprintf("%x", sha256.Sum256(c.Raw)), SHA1: fmt.Sprintf("%x", sha1.Sum(c.Raw)),
	}
	d.Bits, d.Curve = certificate.KeySize(c)
	return d, nil
}

// DaysLeft are the whole days until the certificate expires, negative once it has.
func (d Description) DaysLeft(now time.Time) int {
	left := d.NotAfter.Sub(now)
	days := int(left / (24 * time.Hour))
	if left < 0 {
		days--
	}
	return days
}

// Colons writes a fingerprint as keytool and openssl do: "AB:CD".
func Colons(fingerprint string) string {
	var b strings.Builder
	for i, c := range strings.ToUpper(fingerprint) {
		if i > 0 && i%2 == 0 {
			b.WriteByte(':')
		}
		b.WriteRune(c)
	}
	return b.String()
}
