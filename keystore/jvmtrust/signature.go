package jvmtrust

import (
	"crypto"
	//lint:ignore SA1019 old servers have such keys, and Java 17 accepts them
	"crypto/dsa"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"strings"

	"github.com/idconnect-go/upgrade/keystore/internal/certificate"
)

// hashesOfJava are those of the signatures that crypto/x509 does not check, by Java's name.
var hashesOfJava = map[string]crypto.Hash{
	"SHA224withRSA": crypto.SHA224, "SHA224withECDSA": crypto.SHA224, "SHA1withDSA": crypto.SHA1,
	"SHA224withDSA": crypto.SHA224, "SHA256withDSA": crypto.SHA256,
}

// checkAlgorithms is sun.security.provider.certpath.AlgorithmChecker with
// jdk.certpath.disabledAlgorithms: signatures with MD2 and MD5, and short keys.
// SHA-1 is refused only below the roots that come with a JDK.
func (p *pathCheck) checkAlgorithms(issuer, l link) *Error {
	const failed = "Algorithm constraints check failed on "
	if name := certificate.SignatureName(l.Certificate); name == "MD2withRSA" || name == "MD5withRSA" {
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
	name := certificate.SignatureName(l.Certificate)
	if hash, ok := hashesOfJava[name]; ok {
		h := hash.New()
		h.Write(l.RawTBSCertificate)
		sum, good := h.Sum(nil), false
		switch key := key.(type) {
		case *rsa.PublicKey:
			good = strings.HasSuffix(name, "withRSA") && rsa.VerifyPKCS1v15(key, hash, sum, l.Signature) == nil
		case *ecdsa.PublicKey:
			good = strings.HasSuffix(name, "ECDSA") && ecdsa.VerifyASN1(key, sum, l.Signature)
		case *dsa.PublicKey:
			good = strings.HasSuffix(name, "withDSA") && verifyDSA(key, sum, l.Signature)
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
