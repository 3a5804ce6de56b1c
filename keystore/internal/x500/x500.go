// Package x500 reads distinguished names in DER as Java does: the subjects and issuers of certificates. It serves
// package keystore, which prints them, and package jvmtrust, which compares them. It does not parse certificates.
// Begin with [Parse] and [RFC2253].
package x500

import (
	"encoding/asn1"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"

	"golang.org/x/crypto/cryptobyte"
	tags "golang.org/x/crypto/cryptobyte/asn1"
)

// Attribute is a type and its value, as CN=localhost.
type Attribute struct {
	Type  string // in dotted form
	Value asn1.RawValue
}

// keywords are those of RFC 2253, section 2.3.
var keywords = map[string]string{
	"2.5.4.3": "CN", "2.5.4.7": "L", "2.5.4.8": "ST", "2.5.4.10": "O", "2.5.4.11": "OU", "2.5.4.6": "C",
	"2.5.4.9": "STREET", "0.9.2342.19200300.100.1.25": "DC", "0.9.2342.19200300.100.1.1": "UID",
}

// Parse returns the relative distinguished names in the order of the encoding, nil where der is not a name. A set may
// be empty, and of a value only the frame is looked at, as in Java.
func Parse(der []byte) [][]Attribute {
	in := cryptobyte.String(der)
	var name cryptobyte.String
	if !in.ReadASN1(&name, tags.SEQUENCE) || !in.Empty() {
		return nil
	}
	rdns := [][]Attribute{}
	for !name.Empty() {
		var set cryptobyte.String
		var rdn []Attribute
		if !name.ReadASN1(&set, tags.SET) {
			return nil
		}
		for !set.Empty() {
			var pair, id, value cryptobyte.String
			var tag tags.Tag
			if !set.ReadASN1(&pair, tags.SEQUENCE) || !pair.ReadASN1(&id, tags.OBJECT_IDENTIFIER) ||
				!pair.ReadAnyASN1Element(&value, &tag) || !pair.Empty() {
				return nil
			}
			whole := value
			if !value.ReadAnyASN1(&value, &tag) {
				return nil
			}
			rdn = append(rdn, Attribute{OID(id), asn1.RawValue{Class: int(tag >> 6), Tag: int(tag & 0x1f),
				IsCompound: tag&0x20 != 0, Bytes: value, FullBytes: whole}})
		}
		rdns = append(rdns, rdn)
	}
	return rdns
}

// OID is the dotted form of the content of an OBJECT IDENTIFIER. Its numbers may have any size.
func OID(content []byte) string {
	var parts []string
	n := new(big.Int)
	for _, b := range content {
		n.Lsh(n, 7).Or(n, big.NewInt(int64(b&0x7f)))
		if b&0x80 != 0 {
			continue
		}
		if parts == nil {
			top := big.NewInt(2)
			if n.Cmp(big.NewInt(80)) < 0 {
				top.Div(n, big.NewInt(40))
			}
			n.Sub(n, new(big.Int).Mul(top, big.NewInt(40)))
			parts = append(parts, top.String())
		}
		parts = append(parts, n.String())
		n = new(big.Int)
	}
	return strings.Join(parts, ".")
}

// Keyword returns the attribute type's name of RFC 2253, "CN" for example, and whether it has one.
func (a Attribute) Keyword() (string, bool) {
	k, ok := keywords[a.Type]
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
		return validUTF8(v.Bytes), true
	// ASCII and Latin-1, as in Java
	case asn1.TagPrintableString, asn1.TagIA5String, asn1.TagT61String, asn1.TagGeneralString:
		r := make([]rune, len(v.Bytes))
		for i, b := range v.Bytes {
			if r[i] = rune(b); b > unicode.MaxASCII && v.Tag != asn1.TagT61String {
				r[i] = unicode.ReplacementChar
			}
		}
		return string(r), true
	case asn1.TagBMPString:
		u := make([]uint16, len(v.Bytes)/2, len(v.Bytes)/2+1)
		for i := range u {
			u[i] = uint16(v.Bytes[2*i])<<8 | uint16(v.Bytes[2*i+1])
		}
		if len(v.Bytes)%2 != 0 {
			u = append(u, unicode.ReplacementChar)
		}
		return string(utf16.Decode(u)), true
	}
	return "", false
}

// validUTF8 replaces each byte that is not of a character.
func validUTF8(b []byte) string { return string([]rune(string(b))) }

// RFC2253 prints a name as javax.security.auth.x500.X500Principal.getName does: the last part first, and values
// of attribute types that RFC 2253 does not name in hexadecimal. It is "" where der is not a name.
func RFC2253(der []byte) string {
	var parts []string
	for _, rdn := range slices.Backward(Parse(der)) {
		var one []string
		for _, a := range rdn {
			keyword, known := a.Keyword()
			text, readable := a.Text()
			if known && readable && a.Value.Tag != asn1.TagT61String && a.Value.Tag != asn1.TagBMPString {
				text = validUTF8(a.Value.Bytes) // whatever the kind of string, up to Java 17
			}
			if known && readable {
				one = append(one, keyword+"="+escape2253(text))
				continue
			}
			if !known {
				keyword = a.Type
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
