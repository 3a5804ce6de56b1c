package jvmtrust

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"math"
	"slices"
	"time"

	"github.com/idconnect-go/upgrade/keystore/internal/certificate"
)

const (
	validationFailed = "PKIX path validation failed: "
	buildingFailed   = "PKIX path building failed: "

	validatorException = validationFailed + "java.security.cert.CertPathValidatorException: "
	noPath             = buildingFailed + "sun.security.provider.certpath.SunCertPathBuilderException: unable to " +
		"find valid certification path to requested target"
	criticalExtension = "unrecognized critical extension(s)"
)

const (
	// maxBuiltCAs is how many intermediates that are not self-issued Java's
	// builder takes (PKIXBuilderParameters.getMaxPathLength). Its validator,
	// which takes a chain in order as it is, has no such limit.
	maxBuiltCAs = 5
	// maxBuiltPaths bounds the work for a chain that is made to have many paths.
	maxBuiltPaths = 200
)

// link is a certificate as Java reads it, with its names in the form in which Java
// compares them, and as it was given.
type link struct {
	*x509.Certificate
	given           *x509.Certificate
	subject, issuer string
}

func newLink(c, given *x509.Certificate) link {
	return link{c, given, canonicalName(c.RawSubject), canonicalName(c.RawIssuer)}
}

func (l link) selfIssued() bool { return l.subject == l.issuer }

func (l link) sameKey(m link) bool {
	return l.subject == m.subject && bytes.Equal(l.RawSubjectPublicKeyInfo, m.RawSubjectPublicKeyInfo)
}

// pathLength is X509Certificate.getBasicConstraints: -1 if it is not a CA.
func (l link) pathLength() int {
	switch {
	case !l.BasicConstraintsValid || !l.IsCA:
		return -1
	case l.MaxPathLen > 0 || l.MaxPathLenZero:
		return l.MaxPathLen
	}
	return math.MaxInt
}

// mayNotSign reports whether there is a key usage, which does not allow to sign
// certificates.
func (l link) mayNotSign() bool {
	return extension(l.Certificate, oidKeyUsage) != nil && l.KeyUsage&x509.KeyUsageCertSign == 0
}

func (l link) validAt(t time.Time) bool { return !t.Before(l.NotBefore) && !t.After(l.NotAfter) }

func (l link) refuse(r Reason, message string) *Error {
	return &Error{Reason: r, Certificate: l.given, Message: message}
}

// pathCheck is one verdict of sun.security.validator.PKIXValidator. An
// anchor's own dates, path length and name constraints do not count.
type pathCheck struct {
	now     time.Time
	release int // of Java
	anchors []link
	chain   []link
	paths   int // that build tried
}

func (p *pathCheck) isAnchor(l link) bool {
	return slices.ContainsFunc(p.anchors, func(a link) bool { return a.Equal(l.Certificate) })
}

// verify validates the chain as it is when it is in order and its end, or what
// issued its end, is trusted by name; otherwise a path is searched for.
func (p *pathCheck) verify() *Error {
	for i, l := range p.chain[1:] {
		if l.subject != p.chain[i].issuer {
			return p.build()
		}
		if p.isAnchor(l) || slices.ContainsFunc(p.anchors, l.sameKey) {
			return p.validate(p.chain[:i+1])
		}
	}
	end := p.chain[len(p.chain)-1]
	if slices.ContainsFunc(p.anchors, func(a link) bool { return a.subject == end.issuer }) {
		return p.validate(p.chain)
	}
	return p.build()
}

// validate tries each anchor that may have issued the end of the path, as
// sun.security.provider.certpath.PKIXCertPathValidator does.
func (p *pathCheck) validate(path []link) *Error {
	end := path[len(path)-1]
	err := end.refuse(ReasonUntrusted, validatorException+"Path does not chain with any of the trust anchors")
	for _, a := range p.anchors {
		if a.subject != end.issuer || !keyIdentifierFits(end.Certificate, a.Certificate) {
			continue
		}
		if err = p.checkPath(path, a, true); err == nil {
			if message := notCA(a); message != "" {
				return a.refuse(ReasonUsage, validationFailed+message)
			}
			return nil
		}
		if err.Reason != ReasonUnreadable {
			err.Message = validatorException + err.Message
		}
	}
	return err
}

// build searches a path through the chain in any order, as
// sun.security.provider.certpath.SunCertPathBuilder does. Why there is none,
// Java does not say.
func (p *pathCheck) build() *Error {
	leaf := p.chain[0]
	var anchor *link
	if leaf.validAt(p.now) && !hasUnknownCritical(leaf.Certificate) {
		anchor = p.search([]link{leaf}, 0)
	}
	if anchor == nil {
		return leaf.refuse(ReasonUntrusted, noPath)
	}
	if message := notCA(*anchor); message != "" {
		return anchor.refuse(ReasonUsage, buildingFailed+message)
	}
	return nil
}

func (p *pathCheck) search(path []link, cas int) *link {
	end := path[len(path)-1]
	for _, a := range p.anchors {
		// The selector of issuers is told the date after the first round.
		if a.subject != end.issuer || len(path) > 1 && !a.validAt(p.now) ||
			a.Version < 3 && !(a.validAt(end.NotBefore) && a.validAt(end.NotAfter)) {
			continue
		}
		if p.paths++; p.paths > maxBuiltPaths {
			return nil
		}
		if p.checkPath(path, a, false) == nil {
			return &a
		}
	}
	for _, l := range p.chain[1:] {
		switch {
		case l.subject != end.issuer, !l.validAt(p.now), l.pathLength() < cas, cas >= maxBuiltCAs,
			l.mayNotSign(), hasUnknownCritical(l.Certificate),
			len(path) > 1 && end.selfIssued() && l.selfIssued(),
			slices.ContainsFunc(path, l.sameKey):
			continue
		}
		next := cas
		if !l.selfIssued() {
			next++
		}
		if a := p.search(append(slices.Clone(path), l), next); a != nil {
			return a
		}
		if p.paths > maxBuiltPaths {
			break
		}
	}
	return nil
}

// checkPath checks a path under an anchor, the anchor's end first, in Java's
// order, which decides the message. Messages have no prefix yet.
func (p *pathCheck) checkPath(path []link, anchor link, dates bool) *Error {
	if end := path[len(path)-1]; p.disabledCurve(anchor) != "" || weakKey(anchor.Certificate) != "" {
		return anchor.refuse(ReasonAlgorithm, "Algorithm constraints check failed on signature algorithm: "+
			certificate.SignatureName(end.Certificate))
	}
	issuer, maxLength, policies := anchor, len(path), newPolicyCheck(len(path))
	var constraints []link
	for i, l := range slices.Backward(path) {
		if err := p.checkAlgorithms(issuer, l); err != nil {
			return err
		}
		if i > 0 {
			if l.mayNotSign() {
				return l.refuse(ReasonUsage, "CA key usage check failed: keyCertSign bit is not set")
			}
			length := l.pathLength()
			if l.Version < 3 && i == len(path)-1 && l.selfIssued() {
				length = math.MaxInt
			}
			if length < 0 {
				return l.refuse(ReasonUsage, "basic constraints check failed: this is not a CA "+
					"certificate")
			}
			if !l.selfIssued() {
				if maxLength <= 0 {
					return l.refuse(ReasonUsage, "basic constraints check failed: "+
						"pathLenConstraint violated - this cert must be the last cert in the "+
						"certification path")
				}
				maxLength--
			}
			maxLength = min(maxLength, length)
		}
		if i == 0 || !l.selfIssued() {
			for _, c := range constraints {
				if err := p.checkNameConstraints(c, l); err != nil {
					return err
				}
			}
		}
		if extension(l.Certificate, oidNameConstraints) != nil {
			constraints = append(constraints, l)
		}
		if message := policies.check(l, i == 0); message != "" {
			return l.refuse(ReasonUsage, message)
		}
		if dates && !l.validAt(p.now) {
			return l.refuse(ReasonValidity, "validity check failed")
		}
		if dates && l.issuer == "" {
			return l.refuse(ReasonUntrusted, "subject/issuer name chaining check failed: empty/null "+
				"issuer DN in certificate is invalid")
		}
		if err := p.checkSignature(issuer, l); err != nil {
			return err
		}
		if hasUnknownCritical(l.Certificate) {
			return l.refuse(ReasonUsage, criticalExtension)
		}
		issuer = l
	}
	return nil
}

// keyIdentifierFits compares the authority key identifier of a certificate
// with an anchor, where both have one.
func keyIdentifierFits(c, anchor *x509.Certificate) bool {
	var id struct {
		KeyID  []byte        `asn1:"optional,tag:0"`
		Issuer asn1.RawValue `asn1:"optional,tag:1"`
		Serial asn1.RawValue `asn1:"optional,tag:2"`
	}
	raw := extension(c, oidAuthorityKeyID)
	if raw == nil {
		return true
	}
	if _, err := asn1.Unmarshal(raw, &id); err != nil {
		return true
	}
	if len(id.Serial.Bytes) > 0 && anchor.Version >= 3 && !bytes.Equal(id.Serial.Bytes, serialBytes(anchor)) {
		return false
	}
	return len(id.KeyID) == 0 || len(anchor.SubjectKeyId) == 0 || bytes.Equal(id.KeyID, anchor.SubjectKeyId)
}

func serialBytes(c *x509.Certificate) []byte {
	var v asn1.RawValue
	der, err := asn1.Marshal(c.SerialNumber)
	if err == nil {
		_, err = asn1.Unmarshal(der, &v)
	}
	if err != nil {
		return nil
	}
	return v.Bytes
}

// notCA is PKIXValidator.verifyTrustAnchor: an anchor below which something
// was issued must be a CA, unless it is of version 1.
func notCA(a link) string {
	problem := ""
	switch {
	case a.Version < 3:
		return ""
	case a.pathLength() < 0:
		problem = `" is not a CA certificate`
	case a.mayNotSign():
		problem = `" does not have keyCertSign bit set in KeyUsage extension`
	default:
		return ""
	}
	return `sun.security.validator.ValidatorException: TrustAnchor with subject "` +
		displayName(a.RawSubject) + problem
}
