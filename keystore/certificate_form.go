package keystore

import (
	"bytes"
	"time"

	"golang.org/x/crypto/cryptobyte"
	tags "golang.org/x/crypto/cryptobyte/asn1"
)

// certificateFlaw returns what keeps a certificate from having the form of RFC
// 5280, section 4.1, or "". It checks every level but few values: Java
// parses all certificates, and does not load a store with one that it cannot
// parse, but crypto/x509 refuses some that Java takes.
func certificateFlaw(der []byte) string {
	in := cryptobyte.String(der)
	var outer, tbs, algorithm, signature cryptobyte.String
	switch {
	case len(der) == 0:
		return "it is empty"
	case !in.ReadASN1(&outer, tags.SEQUENCE):
		return "not DER, or cut off"
	case !outer.ReadASN1(&tbs, tags.SEQUENCE) || !outer.ReadASN1Element(&algorithm, tags.SEQUENCE) ||
		!outer.ReadASN1(&signature, tags.BIT_STRING) || !outer.Empty():
		return "it is not content, algorithm and signature"
	}
	return contentFlaw(tbs, algorithm)
}

// contentFlaw checks the part that is signed.
func contentFlaw(tbs, outer cryptobyte.String) string {
	var version, serial, algorithm, issuer, validity, subject, key cryptobyte.String
	var versioned bool
	number := 0
	if !tbs.ReadOptionalASN1(&version, &versioned, tags.Tag(0).Constructed().ContextSpecific()) ||
		versioned && (!version.ReadASN1Integer(&number) || !version.Empty() || number < 0 || number > 2) {
		return "its version"
	}
	if !tbs.ReadASN1(&serial, tags.INTEGER) || len(serial) == 0 {
		return "its serial number"
	}
	if !tbs.ReadASN1Element(&algorithm, tags.SEQUENCE) || !algorithmForm(algorithm) ||
		!bytes.Equal(algorithm, outer) {
		return "its algorithm, or another one outside"
	}
	if !tbs.ReadASN1(&issuer, tags.SEQUENCE) || !nameForm(issuer) {
		return "its issuer"
	}
	if !tbs.ReadASN1(&validity, tags.SEQUENCE) || !skipTime(&validity) || !skipTime(&validity) ||
		!validity.Empty() {
		return "its dates"
	}
	if !tbs.ReadASN1(&subject, tags.SEQUENCE) || !nameForm(subject) {
		return "its subject"
	}
	var keyAlgorithm, bits cryptobyte.String
	if !tbs.ReadASN1(&key, tags.SEQUENCE) || !key.ReadASN1Element(&keyAlgorithm, tags.SEQUENCE) ||
		!algorithmForm(keyAlgorithm) ||
		!key.ReadASN1(&bits, tags.BIT_STRING) || len(bits) == 0 || !key.Empty() {
		return "its public key"
	}
	for _, n := range []tags.Tag{1, 2} { // unique identifiers, of version 2
		if !tbs.SkipOptionalASN1(n.ContextSpecific()) {
			return "its identifiers"
		}
	}
	var extensions, list cryptobyte.String
	var extended bool
	if !tbs.ReadOptionalASN1(&extensions, &extended, tags.Tag(3).Constructed().ContextSpecific()) ||
		extended && (number != 2 || !extensions.ReadASN1(&list, tags.SEQUENCE)) {
		return "its extensions"
	}
	for !list.Empty() {
		var one, oid, value cryptobyte.String
		if !list.ReadASN1(&one, tags.SEQUENCE) || !one.ReadASN1(&oid, tags.OBJECT_IDENTIFIER) ||
			len(oid) == 0 ||
			!one.SkipOptionalASN1(tags.BOOLEAN) || !one.ReadASN1(&value, tags.OCTET_STRING) ||
			!one.Empty() {
			return "its extensions"
		}
	}
	return ""
}

func algorithmForm(element cryptobyte.String) bool {
	var in, oid cryptobyte.String
	return element.ReadASN1(&in, tags.SEQUENCE) && in.ReadASN1(&oid, tags.OBJECT_IDENTIFIER) && len(oid) > 0
}

func nameForm(name cryptobyte.String) bool {
	for !name.Empty() {
		var set cryptobyte.String
		if !name.ReadASN1(&set, tags.SET) || set.Empty() {
			return false
		}
		for !set.Empty() {
			var pair, oid, value cryptobyte.String
			var tag tags.Tag
			if !set.ReadASN1(&pair, tags.SEQUENCE) || !pair.ReadASN1(&oid, tags.OBJECT_IDENTIFIER) ||
				len(oid) == 0 ||
				!pair.ReadAnyASN1(&value, &tag) || !pair.Empty() {
				return false
			}
		}
	}
	return true
}

func skipTime(in *cryptobyte.String) bool {
	var t time.Time
	if in.PeekASN1Tag(tags.UTCTime) {
		return in.ReadASN1UTCTime(&t)
	}
	return in.ReadASN1GeneralizedTime(&t)
}
