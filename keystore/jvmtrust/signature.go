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
	hash, key, _ := strings.Cut(c.SignatureAlgorithm.String(), "-")             // SHA256-RSA
	if key == "SHA256" || key == "SHA1" || key == "SHA384" || key == "SHA512" { // ECDSA-SHA256
		hash, key = key, hash
	}
	return hash + "with" + key
}

// checkAlgorithms is sun.security.provider.certpath.AlgorithmChecker with
// jdk.certpath.disabledAlgorithms: signatures with MD2 and MD5, and short keys.
// SHA-1 is refused only below the roots that come with a JDK.
func (p *pathCheck) checkAlgorithms(issuer, l link) *Error {
	const failed = "Algorithm constraints check failed on "
	if name := signatureName(l.Certificate); name == "MD2withRSA" || name == "MD5withRSA" {
		return l.refuse(ReasonAlgorithm, failed+"signature algorithm: "+name)
	}
	if extension(l.Certificate, oidKeyUsage) != nil &&
		l.KeyUsage&^(x509.KeyUsageEncipherOnly|x509.KeyUsageDecipherOnly) == 0 {
		return l.refuse(ReasonUsage, "incorrect KeyUsage extension bits")
	}
	if curve := p.disabledCurve(l); curve != "" {
		return l.refuse(ReasonAlgorithm, failed+"disabled algorithm: "+curve)
	}
	if weak := weakKey(l.Certificate); weak != "" {
		return l.refuse(ReasonAlgorithm, failed+"keysize limits: "+weak+" used with certificate: "+
			displayName(l.RawSubject))
	}
	if inheritsNoParameters(issuer, l) {
		return l.refuse(ReasonAlgorithm, "Input key is not of a appropriate type for inheriting parameters")
	}
	return nil
}

// disabledCurve names the curve of a key if it is one of jdk.disabled.namedCurves of
// Java 11: all but three of those that are not short anyway.
func (p *pathCheck) disabledCurve(l link) string {
	name, _ := certificate.Curve(l.Certificate)
	switch name {
	case "secp256r1", "secp384r1", "secp521r1", "brainpoolP160r1", "brainpoolP192r1", "brainpoolP224r1":
		return ""
	}
	if p.release >= 17 || strings.HasPrefix(name, "X9.62 c2pnb") {
		return ""
	}
	return name
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
	switch {
	case p.cannotVerify(issuer):
	case err == nil:
		return nil
	case errors.Is(err, x509.ErrUnsupportedAlgorithm):
		return l.refuse(ReasonUnreadable, "the signature of "+displayName(l.RawSubject)+
			" is of a kind that is not checked here")
	}
	return l.refuse(ReasonSignature, "signature check failed")
}

// cannotVerify reports whether Java has no use for a key.
func (p *pathCheck) cannotVerify(issuer link) bool {
	_, isEd25519 := issuer.PublicKey.(ed25519.PublicKey)
	switch {
	case isEd25519:
		return p.release < 17
	case issuer.PublicKey != nil:
		return false
	}
	return issuer.PublicKeyAlgorithm == x509.UnknownPublicKeyAlgorithm || issuer.PublicKeyAlgorithm == x509.ECDSA
}

// inheritsNoParameters reports whether a DSA key without parameters would have
// them from an issuer that has none to give.
func inheritsNoParameters(issuer, l link) bool {
	_, isDSA := issuer.PublicKey.(*dsa.PublicKey)
	return l.PublicKeyAlgorithm == x509.DSA && l.PublicKey == nil && !isDSA
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
