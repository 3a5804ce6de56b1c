package keystore

import (
	"crypto/sha256"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode/utf16"
)

// CertificateFingerprint is the SHA-256 of a certificate in DER, in hex.
func CertificateFingerprint(der []byte) string {
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:])
}

// certificateShape is as much of a certificate as must be read also where
// crypto/x509 refuses it.
type certificateShape struct {
	Version      int `asn1:"optional,explicit,default:0,tag:0"`
	SerialNumber asn1.RawValue
	Signature    asn1.RawValue
	Issuer       asn1.RawValue
	Validity     asn1.RawValue
	Subject      asn1.RawValue
	PublicKey    struct {
		Algorithm pkix.AlgorithmIdentifier
		Key       asn1.BitString
	}
	IssuerUniqueID  asn1.RawValue `asn1:"optional,tag:1"`
	SubjectUniqueID asn1.RawValue `asn1:"optional,tag:2"`
	Extensions      asn1.RawValue `asn1:"optional,explicit,tag:3"`
}

func parseCertificateShape(der []byte) (certificateShape, bool) {
	var outer struct {
		TBS       asn1.RawValue
		Algorithm asn1.RawValue
		Signature asn1.BitString
	}
	var tbs certificateShape
	if _, err := asn1.Unmarshal(der, &outer); err != nil {
		return tbs, false
	}
	_, err := asn1.Unmarshal(outer.TBS.FullBytes, &tbs)
	return tbs, err == nil
}

// CertificateSubject is the subject as java.security.auth.x500.X500Principal
// prints it by getName(): RFC 2253, with the attribute types outside that
// document as OID and hexadecimal value. It also reads certificates that
// crypto/x509 refuses; "" when der is no certificate.
func CertificateSubject(der []byte) string {
	tbs, ok := parseCertificateShape(der)
	if !ok {
		return ""
	}
	return rfc2253(tbs.Subject.FullBytes)
}

// attributeKeywords are those of RFC 2253, section 2.3.
var attributeKeywords = map[string]string{
	"2.5.4.3": "CN", "2.5.4.7": "L", "2.5.4.8": "ST", "2.5.4.10": "O", "2.5.4.11": "OU", "2.5.4.6": "C",
	"2.5.4.9": "STREET", "0.9.2342.19200300.100.1.25": "DC", "0.9.2342.19200300.100.1.1": "UID",
}

func rfc2253(name []byte) string {
	var rdns []asn1.RawValue
	if _, err := asn1.Unmarshal(name, &rdns); err != nil {
		return ""
	}
	var parts []string
	for i := len(rdns) - 1; i >= 0; i-- {
		var attributes []struct {
			Type  asn1.ObjectIdentifier
			Value asn1.RawValue
		}
		if _, err := asn1.UnmarshalWithParams(rdns[i].FullBytes, &attributes, "set"); err != nil {
			return ""
		}
		var one []string
		for _, a := range attributes {
			keyword, known := attributeKeywords[a.Type.String()]
			text, readable := directoryString(a.Value)
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

func directoryString(v asn1.RawValue) (string, bool) {
	if v.Class != asn1.ClassUniversal {
		return "", false
	}
	switch v.Tag {
	case asn1.TagUTF8String:
		return strings.ToValidUTF8(string(v.Bytes), "\ufffd"), true
	case asn1.TagPrintableString, asn1.TagIA5String, asn1.TagT61String, asn1.TagGeneralString: // all Latin-1 to Java
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

// escape2253 follows sun.security.x509.AVA.toRFC2253String, which escapes more
// than it must.
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
