package certificate

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"slices"
)

// parser fills a certificate.
type parser struct {
	c        *x509.Certificate
	seen     []string // extensions that were read
	nameless bool     // the subject is empty
}

// certificate is sun.security.x509.X509CertImpl.parse.
func (p *parser) certificate(der []byte) error {
	c := p.c
	c.Raw = der
	parts, err := sequence(der)
	if err != nil || len(parts) != 3 || parts[0].tag != tagSequence || parts[2].tag != tagBits {
		return errors.New("not content, algorithm and signature")
	}
	outer, err := parseAlgorithm(parts[1])
	if err != nil {
		return fmt.Errorf("algorithm: %w", err)
	}
	signature, err := bits(parts[2].bytes)
	if err != nil {
		return fmt.Errorf("signature: %w", err)
	}
	c.RawTBSCertificate, c.Signature = parts[0].full, signature.Bytes
	c.SignatureAlgorithm = signatures[outer.id].goes
	return p.content(parts[0].bytes, outer)
}

// content is sun.security.x509.X509CertInfo.parse: the part that is signed.
func (p *parser) content(in []byte, outer algorithm) error {
	c := p.c
	c.Version = 1
	v, ok := nextClosed(&in)
	if ok && v.is(0, v.tag&constructed != 0) {
		if v.tag&constructed != 0 {
			number, _ := next(&v.bytes)
			version, err := small(number.bytes)
			if err != nil || number.tag != tagInteger {
				return errors.New("version: malformed")
			}
			c.Version = version + 1
		}
		v, ok = next(&in)
	}
	serial, err := integer(v.bytes)
	if !ok || v.tag != tagInteger || err != nil {
		return errors.New("serial number: malformed")
	}
	c.SerialNumber = serial
	v, _ = next(&in)
	if inner, err := parseAlgorithm(v); err != nil || !inner.equal(outer) {
		return errors.New("algorithm: malformed, or another one outside")
	}
	if err := p.names(&in); err != nil {
		return err
	}
	v, _ = next(&in)
	c.RawSubjectPublicKeyInfo = v.full
	if c.PublicKeyAlgorithm, c.PublicKey, err = parsePublicKey(v); err != nil {
		return fmt.Errorf("public key: %w", err)
	}
	if len(in) == 0 {
		return nil
	}
	return p.more(in)
}

// names reads issuer, validity and subject.
func (p *parser) names(in *[]byte) error {
	c := p.c
	issuer, _ := next(in)
	empty, err := checkName(issuer)
	if err != nil || empty {
		return errors.New("issuer: malformed or empty")
	}
	c.RawIssuer = issuer.full
	validity, _ := next(in)
	dates, err := validity.parts()
	if err != nil || len(dates) != 2 {
		return errors.New("dates: malformed")
	}
	if c.NotBefore, err = instant(dates[0]); err != nil {
		return errors.New("dates: the first is malformed")
	}
	if c.NotAfter, err = instant(dates[1]); err != nil {
		return errors.New("dates: the second is malformed")
	}
	subject, _ := next(in)
	if p.nameless, err = checkName(subject); err != nil || p.nameless && c.Version == 1 {
		return errors.New("subject: malformed, or empty in version 1")
	}
	c.RawSubject = subject.full
	return nil
}

// more reads what follows the key: identifiers and extensions.
func (p *parser) more(in []byte) error {
	if p.c.Version == 1 {
		return errors.New("version 1 with extensions or identifiers")
	}
	v, ok := next(&in)
	for _, number := range []byte{1, 2} {
		if !ok || v.tag&^constructed != context|number {
			continue
		}
		if _, err := bits(v.bytes); err != nil {
			return fmt.Errorf("identifier: %w", err)
		}
		if len(in) == 0 {
			return nil
		}
		v, ok = next(&in)
	}
	if !ok {
		return errors.New("extensions: malformed")
	}
	if p.c.Version != 3 {
		return fmt.Errorf("version %d with extensions", p.c.Version)
	}
	if v.is(3, true) {
		if err := p.extensions(v.bytes); err != nil {
			return err
		}
	}
	if !p.nameless {
		return nil
	}
	for _, e := range p.c.Extensions {
		if e.Id.Equal(asn1.ObjectIdentifier{2, 5, 29, 17}) && e.Critical {
			return nil
		}
	}
	return errors.New("subject: empty, and no critical subject alternative name")
}

func content(der []byte) []byte {
	v, _ := next(&der)
	return v.bytes
}

// extensions is sun.security.x509.CertificateExtensions.
func (p *parser) extensions(in []byte) error {
	v, ok := next(&in)
	list, err := v.parts()
	if !ok || err != nil {
		return errors.New("extensions: malformed")
	}
	for _, one := range list {
		if err := p.extension(one); err != nil {
			return err
		}
	}
	return nil
}

// extension reads one. What is behind its value is ignored.
func (p *parser) extension(v value) error {
	if v.tag != tagSequence && v.tag != tagSet {
		return errors.New("extensions: malformed")
	}
	in := v.bytes
	first, _ := next(&in)
	id, err := objectID(first)
	if err != nil {
		return errors.New("extensions: the identifier of one is malformed")
	}
	e := pkix.Extension{}
	held, _ := next(&in)
	if held.tag == tagBoolean {
		if e.Critical, err = boolean(held); err != nil {
			return fmt.Errorf("extension %s: its criticality is malformed", id)
		}
		held, _ = next(&in)
	}
	if e.Value, err = octets(held); err != nil {
		return fmt.Errorf("extension %s: its value is malformed", id)
	}
	if read, known := readers[id]; known {
		before := *p.c
		if err := read(p.c, &e); err != nil {
			if e.Critical {
				return fmt.Errorf("extension %s is critical and malformed", id)
			}
			*p.c = before
			return nil
		}
	}
	if slices.Contains(p.seen, id) {
		return fmt.Errorf("extension %s stands there twice", id)
	}
	p.seen = append(p.seen, id)
	if e.Id = identifier(first.bytes); e.Id != nil {
		p.c.Extensions = append(p.c.Extensions, e)
	} else if e.Critical {
		// Of numbers that Go's type does not hold: nobody knows it.
		p.c.Extensions = append(p.c.Extensions, pkix.Extension{Id: asn1.ObjectIdentifier{2, 999}, Critical: true})
	}
	return nil
}

// identifier is nil where a number is too large for Go's type.
func identifier(content []byte) (id asn1.ObjectIdentifier) {
	der := append([]byte{tagOID, byte(len(content))}, content...)
	if rest, err := asn1.Unmarshal(der, &id); len(content) > 127 || err != nil || len(rest) > 0 {
		return nil
	}
	return id
}

// algorithm is an AlgorithmIdentifier; parameters of NULL are none.
type algorithm struct {
	id         string
	parameters []byte // whole
}

func (a algorithm) equal(b algorithm) bool {
	return a.id == b.id && bytes.Equal(a.parameters, b.parameters)
}

// parseAlgorithm is sun.security.x509.AlgorithmId.parse.
func parseAlgorithm(v value) (a algorithm, err error) {
	parts, err := v.parts()
	if err != nil || len(parts) < 1 || len(parts) > 2 {
		return a, errMalformed
	}
	if a.id, err = objectID(parts[0]); err != nil || len(parts) == 1 {
		return a, err
	}
	if parts[1].tag == tagNull {
		if len(parts[1].bytes) > 0 {
			return a, errMalformed
		}
		return a, nil
	}
	a.parameters = parts[1].full
	return a, checkParameters(a.id, parts[1])
}

// Outline is what can be said of a certificate also where Java refuses it.
type Outline struct {
	Issuer, Subject []byte // in DER
	KeyAlgorithm    asn1.ObjectIdentifier
}

// ParseOutline reads what stands at its place in DER, and looks at nothing else.
func ParseOutline(der []byte) (o Outline, ok bool) {
	in := content(content(der))
	v, ok := next(&in)
	if ok && v.tag&^constructed == context {
		v, ok = next(&in) // the serial number
	}
	var parts [5]value // algorithm, issuer, dates, subject, key
	for i := range parts {
		if !ok {
			return o, false
		}
		parts[i], ok = next(&in)
	}
	o.Issuer, o.Subject = parts[1].full, parts[3].full
	o.KeyAlgorithm = identifier(content(content(parts[4].bytes)))
	return o, ok && v.tag == tagInteger && parts[4].tag == tagSequence
}
