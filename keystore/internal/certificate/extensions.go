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
	names := only(single(tagSequence, reads(generalNames)))
	number := only(single(tagInteger, reads(integer)))
	points, places := only(each(distributionPoint)), only(each(access))
	readers = map[string]reader{
		"2.5.29.14": subjectKeyID, "2.5.29.15": keyUsage, "2.5.29.16": privateKeyPeriod,
		"2.5.29.17": subjectAltName, "2.5.29.18": names, "2.5.29.29": names,
		"2.5.29.19": basicConstraints, "2.5.29.20": number, "2.5.29.27": number,
		"2.5.29.21": only(single(tagEnumerated, reads(small))),
		"2.5.29.30": nameConstraints, "2.5.29.32": only(each(policy)), "2.5.29.33": only(each(policyMapping)),
		"2.5.29.35": authorityKeyID, "2.5.29.36": policyConstraints, "2.5.29.37": extendedKeyUsage,
		"2.5.29.54": inhibitAnyPolicy, "2.5.29.31": points, "2.5.29.46": points,
		"2.5.29.28": only(each(issuingPoint)), "1.3.6.1.5.5.7.1.1": places, "1.3.6.1.5.5.7.1.11": places,
		"2.16.840.1.113730.1.1": only(single(tagBits, reads(bits))),
		"1.3.6.1.5.5.7.48.1.5":  only(func([]byte) error { return nil }),
	}
}

// only is a reader that keeps nothing.
func only(check func(der []byte) error) reader {
	return func(_ *x509.Certificate, e *pkix.Extension) error { return check(e.Value) }
}

// single checks a value of this tag, by its content.
func single(tag byte, check func(content []byte) error) func(der []byte) error {
	return func(der []byte) error {
		v, err := one(der, tag)
		if err != nil {
			return err
		}
		return check(v.bytes)
	}
}

// each checks all that is in a sequence.
func each(check func(value) error) func(der []byte) error {
	return func(der []byte) error {
		list, err := sequence(der)
		for _, v := range list {
			if err == nil {
				err = check(v)
			}
		}
		return err
	}
}

// reads checks that something can be read.
func reads[T any](read func(content []byte) (T, error)) func(content []byte) error {
	return func(content []byte) error {
		_, err := read(content)
		return err
	}
}

// field is a value with a context-specific tag.
type field struct {
	constructed bool
	check       func(content []byte) error
}

// fields checks a list of those with the tags 0, 1 and so on: in any order, and each once at most.
func fields(list []value, known ...field) error {
	seen := make([]bool, len(known))
	for _, v := range list {
		number := v.tag & 0x1f
		if int(number) >= len(known) || !v.is(number, known[number].constructed) || seen[number] {
			return errMalformed
		}
		seen[number] = true
		if err := known[number].check(v.bytes); err != nil {
			return err
		}
	}
	return nil
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

// privateKeyPeriod takes something behind its end, as Java does here alone.
func privateKeyPeriod(_ *x509.Certificate, e *pkix.Extension) error {
	in := e.Value
	v, _ := next(&in)
	list, err := v.parts()
	if err != nil {
		return err
	}
	date := field{check: func(content []byte) error {
		_, err := instant(value{tag: tagGeneralTime, bytes: content})
		return err
	}}
	return fields(list, date, date)
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

func nameConstraints(_ *x509.Certificate, e *pkix.Extension) error {
	parts, err := sequence(e.Value)
	if err != nil {
		return err
	}
	trees := field{true, func(content []byte) error {
		list, err := values(content)
		for _, t := range list {
			if err == nil {
				err = checkSubtree(t)
			}
		}
		return err
	}}
	return fields(parts, trees, trees)
}

func checkSubtree(t value) error {
	parts, err := t.parts()
	if err != nil || len(parts) == 0 {
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

func policy(p value) error {
	parts, err := p.parts()
	if err != nil || len(parts) == 0 {
		return errMalformed
	}
	if _, err := objectID(parts[0]); err != nil || len(parts) == 1 {
		return err
	}
	qualifiers, err := parts[1].parts()
	if err != nil || len(qualifiers) == 0 {
		return errMalformed
	}
	for _, q := range qualifiers {
		in := q.bytes
		id, _ := next(&in)
		if _, err := objectID(id); err != nil || q.tag != tagSequence {
			return errMalformed
		}
	}
	return nil
}

func policyMapping(m value) error {
	in := m.bytes
	for range 2 {
		v, _ := next(&in)
		if _, err := objectID(v); err != nil || m.tag != tagSequence {
			return errMalformed
		}
	}
	return nil
}

func authorityKeyID(c *x509.Certificate, e *pkix.Extension) error {
	parts, err := sequence(e.Value)
	if err != nil {
		return err
	}
	c.AuthorityKeyId = nil
	id := func(content []byte) error {
		c.AuthorityKeyId = content
		return nil
	}
	return fields(parts, field{check: id}, field{true, reads(generalNames)}, field{check: reads(integer)})
}

// policyConstraints takes a number twice where the first is -1, which for Java is none.
func policyConstraints(_ *x509.Certificate, e *pkix.Extension) error {
	limits := [2]int{-1, -1}
	limit := func(i int) field {
		return field{check: func(content []byte) (err error) {
			if limits[i] != -1 {
				return errMalformed
			}
			limits[i], err = small(content)
			return err
		}}
	}
	return each(func(v value) error { return fields([]value{v}, limit(0), limit(1)) })(e.Value)
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
