package jvmtrust

import (
	"crypto"
	//lint:ignore SA1019 old servers have such keys, and Java 17 accepts them
	"crypto/dsa"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"strings"

	"github.com/idconnect-go/upgrade/keystore/internal/certificate"
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
	"1.2.840.113549.1.1.10":  {"RSASSA-PSS", 0},
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
	hash, key, _ := strings.Cut(c.SignatureAlgorithm.String(), "-") // SHA256-RSA
	return hash + "with" + key
}

// weakness names what jdk.certpath.disabledAlgorithms refuses: signatures with
// MD2 and MD5, and short keys. SHA-1 is refused only below the roots that come
// with a JDK.
func (p *pathCheck) weakness(l link) string {
	c := l.Certificate
	if name := signatureName(c); name == "MD2withRSA" || name == "MD5withRSA" {
		return "Algorithm constraints check failed on signature algorithm: " + name
	}
	if curve, _ := certificate.Curve(c); p.release < 17 && disabledCurve(curve) {
		return "Algorithm constraints check failed on disabled algorithm: " + curve
	}
	if weak := weakKey(c); weak != "" {
		return "Algorithm constraints check failed on keysize limits: " + weak + " used with certificate: " +
			displayName(c.RawSubject)
	}
	return ""
}

// disabledCurve is jdk.disabled.namedCurves of Java 11: all but three of those that are not short anyway.
func disabledCurve(name string) bool {
	switch name {
	case "", "secp256r1", "secp384r1", "secp521r1", "brainpoolP160r1", "brainpoolP192r1", "brainpoolP224r1":
		return false
	}
	return !strings.HasPrefix(name, "X9.62 c2pnb")
}

// weakKey refuses RSA and DSA below 1024 bits, EC below 224.
func weakKey(c *x509.Certificate) string {
	algorithm, size, least := "", 0, 0
	switch k := c.PublicKey.(type) {
	case *rsa.PublicKey:
		algorithm, size, least = "RSA", k.N.BitLen(), 1024
	case *dsa.PublicKey:
		algorithm, size, least = "DSA", k.P.BitLen(), 1024
	default:
		if _, bits := certificate.Curve(c); bits > 0 {
			algorithm, size, least = "EC", bits, 224
		}
	}
	if size >= least {
		return ""
	}
	return fmt.Sprintf("%s %d bit key", algorithm, size)
}

// checkSignature leaves the check to crypto/x509 where that knows the
// algorithm.
func (p *pathCheck) checkSignature(issuer, l link) *Error {
	key := issuer.PublicKey
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
	if hash, salt, isPSS := certificate.PSS(l.Certificate); isPSS {
		err = verifyPSS(key, hash, salt, l)
	}
	_, isEd25519 := key.(ed25519.PublicKey)
	switch {
	case isEd25519 && p.release < 17:
		// Java 11 does not know it.
	case err == nil:
		return nil
	case errors.Is(err, x509.ErrUnsupportedAlgorithm):
		return l.refuse(ReasonUnreadable, "the signature of "+displayName(l.RawSubject)+
			" is of a kind that is not checked here")
	}
	return l.refuse(ReasonSignature, "signature check failed")
}

func verifyPSS(key any, hash crypto.Hash, salt int, l link) error {
	public, isRSA := key.(*rsa.PublicKey)
	if !isRSA {
		return x509.ErrUnsupportedAlgorithm
	}
	h := hash.New()
	h.Write(l.RawTBSCertificate)
	options := &rsa.PSSOptions{SaltLength: salt, Hash: hash}
	if salt == 0 {
		options.SaltLength = rsa.PSSSaltLengthAuto // 0 means that; a longer salt would be accepted
	}
	return rsa.VerifyPSS(public, hash, h.Sum(nil), l.Signature, options)
}

func verifyDSA(key *dsa.PublicKey, sum, signature []byte) bool {
	var s struct{ R, S *big.Int }
	rest, err := asn1.Unmarshal(signature, &s)
	size := (key.Q.BitLen() + 7) / 8
	return err == nil && len(rest) == 0 && key.P.BitLen() <= 4096 && size > 0 &&
		dsa.Verify(key, sum[:min(len(sum), size)], s.R, s.S)
}
