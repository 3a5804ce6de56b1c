package certificate

import (
	"crypto/x509"
	"crypto/x509/pkix"
)

// The extensions that point to other places.

func distributionPoints(_ *x509.Certificate, e *pkix.Extension) error {
	list, err := sequence(e.Value)
	if err != nil {
		return err
	}
	for _, point := range list {
		parts, err := values(point.bytes)
		if err != nil || point.tag != tagSequence {
			return errMalformed
		}
		seen := [3]bool{}
		for _, p := range parts {
			number := p.tag & 0x1f
			if number > 2 || !p.is(number, number != 1) || seen[number] {
				return errMalformed
			}
			seen[number] = true
			switch number {
			case 0:
				err = pointName(p.bytes)
			case 1:
				_, err = bits(p.bytes)
			case 2:
				_, err = generalNames(p.bytes)
			}
			if err != nil {
				return err
			}
		}
		if !seen[0] && !seen[2] {
			return errMalformed
		}
	}
	return nil
}

// pointName is a full name, or one relative to the issuer's.
func pointName(in []byte) error {
	v, _ := next(&in)
	switch {
	case v.is(0, true):
		_, err := generalNames(v.bytes)
		return err
	case v.is(1, true):
		pairs, err := values(v.bytes)
		if err != nil {
			return err
		}
		for _, pair := range pairs {
			if err := checkAttribute(pair); err != nil {
				return err
			}
		}
		return nil
	}
	return errMalformed
}

func issuingPoint(_ *x509.Certificate, e *pkix.Extension) error {
	parts, err := sequence(e.Value)
	if err != nil {
		return err
	}
	for _, p := range parts {
		number := p.tag & 0x1f
		if number > 5 || !p.is(number, number == 0) {
			return errMalformed
		}
		switch number {
		case 0:
			err = pointName(p.bytes)
		case 3:
			_, err = bits(p.bytes)
		default:
			_, err = boolean(value{tag: tagBoolean, bytes: p.bytes})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// access is information on the authority or the subject: methods and places.
func access(_ *x509.Certificate, e *pkix.Extension) error {
	list, err := sequence(e.Value)
	if err != nil {
		return err
	}
	for _, d := range list {
		in := d.bytes
		method, _ := next(&in)
		place, ok := next(&in)
		if _, err := objectID(method); err != nil || !ok {
			return errMalformed
		}
		if err := checkGeneralName(place, false); err != nil {
			return err
		}
	}
	return nil
}
