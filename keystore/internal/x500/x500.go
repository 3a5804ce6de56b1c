// Package x500 reads distinguished names in DER as Java does: the subjects and issuers of certificates. It serves
// package keystore, which prints them, and package jvmtrust, which compares them. It does not parse certificates.
// Begin with [Parse] and [RFC2253].
package x500

import (
	"encoding/asn1"
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"
)

// Attribute is a type and its value, as CN=localhost.
type Attribute struct {
	Type  asn1.ObjectIdentifier
	Value asn1.RawValue
}

// keywords are those of RFC 2253, section 2.3.
var keywords = map[string]string{
	"2.5.4.3": "CN", "2.5.4.7": "L", "2.5.4.8": "ST", "2.5.4.10": "O", "2.5.4.11": "OU", "2.5.4.6": "C",
	"2.5.4.9": "STREET", "0.9.2342.19200300.100.1.25": "DC", "0.9.2342.19200300.100.1.1": "UID",
}

// Parse returns the relative distinguished names in the order of the encoding, nil where der is not a name.
func Parse(der []byte) [][]Attribute {
	var raw []asn1.RawValue
	if _, err := asn1.Unmarshal(der, &raw); err != nil {
		return nil
	}
	rdns := make([][]Attribute, len(raw))
	for i, r := range raw {
		if _, err := asn1.UnmarshalWithParams(r.FullBytes, &rdns[i], "set"); err != nil {
			return nil
		}
	}
	return rdns
}

// Keyword returns the attribute type's name of RFC 2253, "CN" for example, and whether it has one.
func (a Attribute) Keyword() (string, bool) {
	k, ok := keywords[a.Type.String()]
	return k, ok
}

// Text returns the value where it is one of the string types.
func (a Attribute) Text() (string, bool) {
	v := a.Value
	if v.Class != asn1.ClassUniversal {
		return "", false
	}
	switch v.Tag {
	case asn1.TagUTF8String:
		return strings.ToValidUTF8(string(v.Bytes), "\ufffd"), true
	// Latin-1, as in Java
	case asn1.TagPrintableString, asn1.TagIA5String, asn1.TagT61String, asn1.TagGeneralString:
		r := make([]rune, len(v.Bytes))
		for i, b := range v.Bytes {
			r[i] = rune(b)
		}
		return string(r), true
	case asn1.TagBMPString:
		if len(v.Bytes)%2 != 0 {
			return "", false
		}
		u := make([]uint16, len(v.Bytes)/2)
		for i := range u {
			u[i] = uint16(v.Bytes[2*i])<<8 | uint16(v.Bytes[2*i+1])
		}
		return string(utf16.Decode(u)), true
	}
	return "", false
}

// RFC2253 prints a name as javax.security.auth.x500.X500Principal.getName does: the last part first, and values
// of attribute types that RFC 2253 does not name in hexadecimal. It is "" where der is not a name.
func RFC2253(der []byte) string {
	var parts []string
	for _, rdn := range slices.Backward(Parse(der)) {
		var one []string
		for _, a := range rdn {
			keyword, known := a.Keyword()
			text, readable := a.Text()
			if known && readable {
				one = append(one, keyword+"="+escape2253(text))
				continue
			}
			if !known {
				keyword = a.Type.String()
			}
			one = append(one, fmt.Sprintf("%s=#%x", keyword, a.Value.FullBytes))
		}
		parts = append(parts, strings.Join(one, "+"))
	}
	return strings.Join(parts, ",")
}

// escape2253 follows sun.security.x509.AVA.toRFC2253String, which escapes more than it must.
func escape2253(s string) string {
	var b strings.Builder
	lead := len(s) - len(strings.TrimLeft(s, " \r"))
	trail := len(strings.TrimRight(s, " \r"))
	for i, r := range s {
		switch {
		case r == 0:
			b.WriteString(`\00`)
			continue
		case strings.ContainsRune(",=+<>#;\"\\", r), i < lead, i >= trail:
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
