package jvmtrust

import (
	"crypto"
	//lint:ignore SA1019 old servers have such keys, and Java 17 accepts them
	"crypto/dsa"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"strings"
)

// signaturesOfJava are those that crypto/x509 does not check.
var signaturesOfJava = map[string]struct {
	name string
	hash crypto.Hash
}{
	"1.2.840.113549.1.1.2":   {"MD2withRSA", 0},
	"1.2.840.113549.1.1.14":  {"SHA224withRSA", crypto.SHA224},
	"1.2.840.10045.4.3.1":    {"SHA224withECDSA", crypto.SHA224},
	"1.2.840.10040.4.3":      {"SHA1withDSA", crypto.SHA1},
	"2.16.840.1.101.3.4.3.1": {"SHA224withDSA", crypto.SHA224},
	"2.16.840.1.101.3.4.3.2": {"SHA256withDSA", crypto.SHA256},
}

func signatureOID(c *x509.Certificate) string {
	var outer struct {
		Body      asn1.RawValue
		Algorithm pkix.AlgorithmIdentifier
		Signature asn1.BitString
	}
	if _, err := asn1.Unmarshal(c.Raw, &outer); err != nil {
		return ""
	}
	return outer.Algorithm.Algorithm.String()
}

// signatureName is Java's name of the algorithm by which a certificate is signed.
func signatureName(c *x509.Certificate) string {
	if a, ok := signaturesOfJava[signatureOID(c)]; ok {
		return a.name
	}
	switch c.SignatureAlgorithm {
	case x509.SHA256WithRSAPSS, x509.SHA384WithRSAPSS, x509.SHA512WithRSAPSS:
		return "RSASSA-PSS"
	}
	hash, key, _ := strings.Cut(c.SignatureAlgorithm.String(), "-") // SHA256-RSA
	return hash + "with" + key
}

// weakness names what jdk.certpath.disabledAlgorithms refuses: signatures with
// MD2 and MD5, and short keys. SHA-1 is refused only below the roots that come
// with a JDK.
func weakness(c *x509.Certificate) string {
	if name := signatureName(c); name == "MD2withRSA" || name == "MD5withRSA" {
		return "Algorithm constraints check failed on signature algorithm: " + name
	}
	if weak := weakKey(c); weak != "" {
		return "Algorithm constraints check failed on keysize limits: " + weak + " used with certificate: " +
			displayName(c.RawSubject)
	}
	return ""
}

// weakKey refuses RSA and DSA below 1024 bits, EC below 224.
func weakKey(c *x509.Certificate) string {
	algorithm, size, least := "", 0, 0
	switch k := publicKey(c).(type) {
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

// publicKey also knows RSA keys that are for PSS only, which crypto/x509 does
// not.
func publicKey(c *x509.Certificate) any {
	var info struct {
		Algorithm pkix.AlgorithmIdentifier
		Key       asn1.BitString
	}
	if c.PublicKey != nil {
		return c.PublicKey
	}
	if _, err := asn1.Unmarshal(c.RawSubjectPublicKeyInfo, &info); err != nil ||
		info.Algorithm.Algorithm.String() != "1.2.840.113549.1.1.10" {
		return nil
	}
	key, err := x509.ParsePKCS1PublicKey(info.Key.Bytes)
	if err != nil {
		return nil
	}
	return key
}

// checkSignature leaves the check to crypto/x509 where that knows the
// algorithm.
func checkSignature(issuer, l link) *Error {
	key := publicKey(issuer.Certificate)
	err := (&x509.Certificate{PublicKey: key}).CheckSignature(l.SignatureAlgorithm, l.RawTBSCertificate,
		l.Signature)
	if a := signaturesOfJava[signatureOID(l.Certificate)]; a.hash != 0 {
		h := a.hash.New()
		h.Write(l.RawTBSCertificate)
		sum, good := h.Sum(nil), false
		switch key := key.(type) {
		case *rsa.PublicKey:
			good = strings.HasSuffix(a.name, "RSA") && rsa.VerifyPKCS1v15(key, a.hash, sum,
				l.Signature) == nil
		case *ecdsa.PublicKey:
			good = strings.HasSuffix(a.name, "ECDSA") && ecdsa.VerifyASN1(key, sum, l.Signature)
		case *dsa.PublicKey:
			good = strings.HasSuffix(a.name, "withDSA") && verifyDSA(key, sum, l.Signature)
		}
		if err = nil; !good {
			err = errors.New("wrong signature")
		}
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, x509.ErrUnsupportedAlgorithm):
		return l.refuse(ReasonUnreadable, "the signature of "+displayName(l.RawSubject)+
			" is of a kind that is not checked here")
	}
	return l.refuse(ReasonSignature, "signature check failed")
}

func verifyDSA(key *dsa.PublicKey, sum, signature []byte) bool {
	var s struct{ R, S *big.Int }
	rest, err := asn1.Unmarshal(signature, &s)
	size := (key.Q.BitLen() + 7) / 8
	return err == nil && len(rest) == 0 && key.P.BitLen() <= 4096 && size > 0 &&
		dsa.Verify(key, sum[:min(len(sum), size)], s.R, s.S)
}
