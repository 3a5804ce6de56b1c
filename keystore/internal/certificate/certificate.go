// Package certificate reads X.509 certificates as Java's certificate factory does, which takes much that crypto/x509
// refuses, and refuses some that crypto/x509 takes. What it reads is what Java 11 goes by: an extension that is
// malformed and not critical counts as absent. It verifies nothing. Begin with [Parse].
package certificate

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// Parse reads a certificate in DER, BER or PEM; what follows it is ignored. An error means that Java does not read it,
// and no store that holds it. Names are there as DER alone, the extended key usage as UnknownExtKeyUsage alone.
// PublicKey is nil where the key is of a kind that is not known here.
func Parse(encoded []byte) (*x509.Certificate, error) {
	der, err := DER(encoded)
	if err != nil {
		return nil, err
	}
	c := &x509.Certificate{}
	p := parser{c: c}
	if err := p.certificate(der); err != nil {
		return nil, err
	}
	return c, nil
}

var errPEM = errors.New("neither DER nor PEM")

// DER returns the first certificate of a text in PEM, or of DER or BER with something behind it, in DER.
func DER(encoded []byte) ([]byte, error) {
	if len(encoded) == 0 {
		return nil, errors.New("empty")
	}
	if encoded[0] == tagSequence {
		v, ok := next(&encoded)
		if !ok {
			return nil, errors.New("cut off, or not DER")
		}
		return v.full, nil
	}
	return fromPEM(encoded)
}

// fromPEM takes what stands between the first two lines of five hyphens, whose words must be the same.
func fromPEM(text []byte) ([]byte, error) {
	if !bytes.HasPrefix(text, []byte("-----")) {
		at := bytes.IndexAny(text, "\r\n")
		for ; at >= 0 && !bytes.HasPrefix(text[at+1:], []byte("-----")); at++ {
			more := bytes.IndexAny(text[at+1:], "\r\n")
			if more < 0 {
				return nil, errPEM
			}
			at += more
		}
		if at < 0 {
			return nil, errPEM
		}
		text = text[at+1:]
	}
	end := bytes.IndexAny(text, "\r\n")
	if end < 0 {
		return nil, errPEM
	}
	header, body := string(text[:end]), text[end:]
	hyphen := bytes.IndexByte(body, '-')
	if hyphen < 0 {
		return nil, errPEM
	}
	footer := body[hyphen:]
	if end := bytes.IndexAny(footer, "\r\n"); end >= 0 {
		footer = footer[:end]
	}
	words, ok := strings.CutPrefix(header, "-----BEGIN ")
	if !ok || !strings.HasSuffix(words, "-----") || string(footer) != "-----END "+words {
		return nil, errPEM
	}
	der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(string(body[:hyphen])), ""))
	if err != nil {
		return nil, fmt.Errorf("PEM: %w", err)
	}
	if len(der) == 0 || der[0] != tagSequence {
		return nil, errPEM
	}
	v, ok := next(&der)
	if !ok || len(der) > 0 {
		return nil, errors.New("PEM: not one certificate")
	}
	return v.full, nil
}

// Unreadable returns why crypto/x509, and with it crypto/tls, cannot read a certificate, and "" where it can.
func Unreadable(der []byte) string {
	if _, err := x509.ParseCertificate(der); err != nil {
		return Words(err.Error())
	}
	return ""
}

// Words puts what crypto/x509 says of a certificate in the words of certificates.
func Words(problem string) string {
	return strings.NewReplacer("x509: ", "", "invalid RDNSequence: invalid attribute value: ", "subject or issuer: ",
		"invalid RDNSequence: ", "subject or issuer: ", "asn1: ", "").Replace(problem)
}
