package certificate

import "slices"

// The extensions that point to other places.

func distributionPoint(point value) error {
	parts, err := point.parts()
	if err != nil {
		return err
	}
	if err := fields(parts, field{true, pointName}, field{false, reads(bits)},
		field{true, reads(generalNames)}); err != nil {
		return err
	}
	if !slices.ContainsFunc(parts, func(v value) bool { return !v.is(1, false) }) {
		return errMalformed // reasons alone
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
		return checkAttributes(v.bytes)
	}
	return errMalformed
}

// issuingPoint checks a part of one: Java takes each as often as it stands there.
func issuingPoint(part value) error {
	flag := field{check: func(content []byte) error {
		_, err := boolean(value{tag: tagBoolean, bytes: content})
		return err
	}}
	return fields([]value{part}, field{true, pointName}, flag, flag, field{check: reads(bits)}, flag, flag)
}

// access is information on the authority or the subject: a method and a place.
func access(d value) error {
	in := d.bytes
	method, _ := next(&in)
	place, ok := next(&in)
	if _, err := objectID(method); err != nil || !ok {
		return errMalformed
	}
	return checkGeneralName(place, false)
}
