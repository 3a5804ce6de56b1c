package certificate

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"net"
)

// A reader takes an extension's value into a certificate, and fails where Java's class for it does.
type reader func(c *x509.Certificate, e *pkix.Extension) error

// readers are those of sun.security.x509.OIDMap.
var readers map[string]reader

func init() {
	readers = map[string]reader{
		"2.5.29.14": subjectKeyID, "2.5.29.15": keyUsage, "2.5.29.16": privateKeyPeriod,
		"2.5.29.17": subjectAltName, "2.5.29.18": otherNames, "2.5.29.29": otherNames,
		"2.5.29.19": basicConstraints, "2.5.29.20": number, "2.5.29.27": number, "2.5.29.21": reason,
		"2.5.29.30": nameConstraints, "2.5.29.32": policies, "2.5.29.33": policyMappings,
		"2.5.29.35": authorityKeyID, "2.5.29.36": policyConstraints, "2.5.29.37": extendedKeyUsage,
		"2.5.29.54": inhibitAnyPolicy, "2.5.29.31": distributionPoints, "2.5.29.46": distributionPoints,
		"2.5.29.28": issuingPoint, "1.3.6.1.5.5.7.1.1": access, "1.3.6.1.5.5.7.1.11": access,
		"2.16.840.1.113730.1.1": netscapeType,
		"1.3.6.1.5.5.7.48.1.5":  func(*x509.Certificate, *pkix.Extension) error { return nil },
	}
}

// whole reads a value to its end: Java's DerValue takes nothing behind it.
func whole(in []byte) (value, error) {
	v, ok := next(&in)
	if !ok || len(in) > 0 {
		return v, errMalformed
	}
	return v, nil
}

func subjectKeyID(c *x509.Certificate, e *pkix.Extension) error {
	v, err := whole(e.Value)
	if err != nil {
		return err
	}
	c.SubjectKeyId, err = octets(v)
	return err
}

func keyUsage(c *x509.Certificate, e *pkix.Extension) error {
	v, err := whole(e.Value)
	if err == nil && v.tag == tagOctets {
		e.Value = v.bytes // wrapped twice
		v, err = whole(e.Value)
	}
	if err != nil || v.tag != tagBits {
		return errMalformed
	}
	b, err := bits(v.bytes)
	if err != nil {
		return err
	}
	c.KeyUsage = 0
	for i := range 9 {
		if b.At(i) != 0 {
			c.KeyUsage |= 1 << i
		}
	}
	return nil
}

func netscapeType(_ *x509.Certificate, e *pkix.Extension) error {
	v, err := one(e.Value, tagBits)
	if err == nil {
		_, err = bits(v.bytes)
	}
	return err
}

// privateKeyPeriod takes something behind its end, as Java does here alone.
func privateKeyPeriod(_ *x509.Certificate, e *pkix.Extension) error {
	in := e.Value
	v, _ := next(&in)
	list, err := values(v.bytes)
	if err != nil || v.tag != tagSequence {
		return errMalformed
	}
	seen := [2]bool{}
	for _, v := range list {
		number := v.tag &^ context
		if v.tag&0xe0 != context || number > 1 || seen[number] {
			return errMalformed
		}
		seen[number] = true
		if _, err := instant(value{tag: tagGeneralTime, bytes: v.bytes}); err != nil {
			return err
		}
	}
	return nil
}

func subjectAltName(c *x509.Certificate, e *pkix.Extension) error {
	v, err := one(e.Value, tagSequence)
	if err != nil {
		return err
	}
	names, err := generalNames(v.bytes)
	if err != nil {
		return err
	}
	c.DNSNames, c.IPAddresses = nil, nil
	for _, n := range names {
		switch {
		case n.is(2, false):
			c.DNSNames = append(c.DNSNames, ascii(n.bytes))
		case n.is(7, false) && (len(n.bytes) == 4 || len(n.bytes) == 16):
			c.IPAddresses = append(c.IPAddresses, net.IP(n.bytes))
		case n.is(1, false):
			c.EmailAddresses = append(c.EmailAddresses, ascii(n.bytes))
		}
	}
	return nil
}

func otherNames(_ *x509.Certificate, e *pkix.Extension) error {
	v, err := one(e.Value, tagSequence)
	if err == nil {
		_, err = generalNames(v.bytes)
	}
	return err
}

// basicConstraints ignores what does not begin with a boolean: then it is no authority.
func basicConstraints(c *x509.Certificate, e *pkix.Extension) error {
	v, err := one(e.Value, tagSequence)
	if err != nil {
		return err
	}
	c.BasicConstraintsValid, c.IsCA, c.MaxPathLen, c.MaxPathLenZero = true, false, -1, false
	in := v.bytes
	if len(in) == 0 {
		return nil
	}
	first, ok := next(&in)
	if !ok {
		return errMalformed
	}
	if first.tag != tagBoolean {
		return nil
	}
	isCA, err := boolean(first)
	if err != nil {
		return err
	}
	c.IsCA = isCA
	if len(in) == 0 {
		return nil
	}
	length, ok := next(&in)
	if !ok || length.tag != tagInteger {
		return errMalformed
	}
	c.MaxPathLen, err = small(length.bytes)
	c.MaxPathLenZero, c.IsCA = c.MaxPathLen == 0, c.IsCA && c.MaxPathLen >= 0
	return err
}

func number(_ *x509.Certificate, e *pkix.Extension) error {
	v, err := one(e.Value, tagInteger)
	if err == nil {
		_, err = integer(v.bytes)
	}
	return err
}

func reason(_ *x509.Certificate, e *pkix.Extension) error {
	v, err := one(e.Value, tagEnumerated)
	if err == nil {
		_, err = small(v.bytes)
	}
	return err
}

func nameConstraints(_ *x509.Certificate, e *pkix.Extension) error {
	parts, err := sequence(e.Value)
	if err != nil {
		return err
	}
	seen := [2]bool{}
	for _, p := range parts {
		number := p.tag &^ (context | constructed)
		if p.tag&0xe0 != context|constructed || number > 1 || seen[number] {
			return errMalformed
		}
		seen[number] = true
		trees, err := values(p.bytes)
		if err != nil {
			return err
		}
		for _, t := range trees {
			if err := checkSubtree(t); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkSubtree(t value) error {
	parts, err := values(t.bytes)
	if err != nil || t.tag != tagSequence || len(parts) == 0 {
		return errMalformed
	}
	if err := checkGeneralName(parts[0], true); err != nil {
		return err
	}
	for _, limit := range parts[1:] {
		if !limit.is(0, false) && !limit.is(1, false) {
			return errMalformed
		}
		if _, err := small(limit.bytes); err != nil {
			return err
		}
	}
	return nil
}

func policies(_ *x509.Certificate, e *pkix.Extension) error {
	list, err := sequence(e.Value)
	if err != nil {
		return err
	}
	for _, p := range list {
		parts, err := values(p.bytes)
		if err != nil || p.tag != tagSequence || len(parts) == 0 {
			return errMalformed
		}
		if _, err := objectID(parts[0]); err != nil {
			return err
		}
		if len(parts) == 1 {
			continue
		}
		qualifiers, err := values(parts[1].bytes)
		if err != nil || parts[1].tag != tagSequence || len(qualifiers) == 0 {
			return errMalformed
		}
		for _, q := range qualifiers {
			in := q.bytes
			id, _ := next(&in)
			if _, err := objectID(id); err != nil || q.tag != tagSequence {
				return errMalformed
			}
		}
	}
	return nil
}

func policyMappings(_ *x509.Certificate, e *pkix.Extension) error {
	list, err := sequence(e.Value)
	if err != nil {
		return err
	}
	for _, m := range list {
		in := m.bytes
		for range 2 {
			v, _ := next(&in)
			if _, err := objectID(v); err != nil || m.tag != tagSequence {
				return errMalformed
			}
		}
	}
	return nil
}

func authorityKeyID(c *x509.Certificate, e *pkix.Extension) error {
	parts, err := sequence(e.Value)
	if err != nil {
		return err
	}
	seen, id := [3]bool{}, []byte(nil)
	for _, p := range parts {
		number := p.tag & 0x1f
		if number > 2 || !p.is(number, number == 1) || seen[number] {
			return errMalformed
		}
		seen[number] = true
		switch number {
		case 0:
			id = p.bytes
		case 1:
			_, err = generalNames(p.bytes)
		case 2:
			_, err = integer(p.bytes)
		}
		if err != nil {
			return err
		}
	}
	c.AuthorityKeyId = id
	return nil
}

func policyConstraints(_ *x509.Certificate, e *pkix.Extension) error {
	parts, err := sequence(e.Value)
	if err != nil {
		return err
	}
	seen := [2]int{-1, -1}
	for _, p := range parts {
		number := p.tag &^ context
		if p.tag&0xe0 != context || number > 1 || seen[number] != -1 {
			return errMalformed
		}
		if seen[number], err = small(p.bytes); err != nil {
			return err
		}
	}
	return nil
}

func extendedKeyUsage(c *x509.Certificate, e *pkix.Extension) error {
	list, err := sequence(e.Value)
	if err != nil {
		return err
	}
	var known []asn1.ObjectIdentifier
	for _, v := range list {
		if _, err := objectID(v); err != nil {
			return err
		}
		id := identifier(v.bytes)
		if id == nil {
			id = asn1.ObjectIdentifier{2, 999}
		}
		known = append(known, id)
	}
	c.UnknownExtKeyUsage = known
	return nil
}

// inhibitAnyPolicy must be critical.
func inhibitAnyPolicy(_ *x509.Certificate, e *pkix.Extension) error {
	v, err := one(e.Value, tagInteger)
	if err != nil || !e.Critical {
		return errMalformed
	}
	if n, err := small(v.bytes); err != nil || n < -1 {
		return errMalformed
	}
	return nil
}
