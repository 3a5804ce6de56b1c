package kind

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/idconnect-go/upgrade/keystore/internal/certificate"
)

// Tags of DER and BER.
const (
	tagInteger  = 0x02
	tagBits     = 0x03
	tagOctets   = 0x04
	tagOID      = 0x06
	tagUTCTime  = 0x17
	tagSequence = 0x30
	tagContext0 = 0xa0
)

var oidPKCS7 = []byte("\x2a\x86\x48\x86\xf7\x0d\x01\x07")

// node is a value of BER. Of one of indefinite length, or that is cut off, content is all that follows.
type node struct {
	tag     byte
	content []byte
	open    bool // of indefinite length
	cut     bool
}

// take reads a value and what follows it.
func take(b []byte) (n node, rest []byte, ok bool) {
	if len(b) < 2 {
		return n, nil, false
	}
	n.tag = b[0]
	length, at := int(b[1]), 2
	switch {
	case length == 0x80:
		n.content, n.open = b[2:], true
		return n, nil, true
	case length > 0x84:
		return n, nil, false
	case length > 0x80:
		at = 2 + length - 0x80
		if len(b) < at {
			return n, nil, false
		}
		length = 0
		for _, c := range b[2:at] {
			length = length<<8 | int(c)
		}
	}
	if length > len(b)-at {
		n.content, n.cut = b[at:], true
		return n, nil, true
	}
	n.content = b[at : at+length]
	return n, b[at+length:], true
}

// parts are the first values in a node, at most 4, with their tags as a text.
func (n node) parts() (parts []node, tags string) {
	for b := n.content; len(b) > 0 && len(parts) < 4; {
		p, rest, ok := take(b)
		if !ok {
			break
		}
		parts, b = append(parts, p), rest
		tags += string(rune(p.tag))
	}
	return parts, tags
}

// IsPKCS12 reports whether b begins as PKCS#12, in DER or BER.
func IsPKCS12(b []byte) bool {
	outer, _, ok := take(b)
	if !ok || outer.tag != tagSequence {
		return false
	}
	version, rest, ok := take(outer.content)
	if !ok || version.tag != tagInteger || !bytes.Equal(version.content, []byte{3}) {
		return false
	}
	safe, _, ok := take(rest)
	if !ok || safe.tag != tagSequence {
		return false
	}
	oid, _, ok := take(safe.content)
	return !ok || oid.tag == tagOID && bytes.HasPrefix(oid.content, oidPKCS7)
}

// Cut reports whether a value of BER says that it is longer than what is there.
func Cut(b []byte) bool {
	n, _, ok := take(b)
	return !ok || n.cut || n.open && !bytes.HasSuffix(bytes.TrimRight(b, "\r\n"), []byte{0, 0})
}

// Indefinite reports whether the value has an indefinite length, which DER does not allow.
func Indefinite(b []byte) bool {
	n, _, ok := take(b)
	return ok && n.open
}

const (
	seq  = string(rune(tagSequence))
	num  = string(rune(tagInteger))
	oct  = string(rune(tagOctets))
	oid  = string(rune(tagOID))
	bits = string(rune(tagBits))
	ctx0 = string(rune(tagContext0))
)

// structure tells what else begins with a sequence.
func structure(b []byte) File {
	if b[0] != tagSequence || IsPKCS12(b) {
		return File{}
	}
	der, err := certificate.DER(b)
	if !Indefinite(b) || err != nil {
		return structureOf(b)
	}
	f := structureOf(der)
	f.What = strings.Replace(f.What, "in DER", "in BER", 1)
	return f
}

func structureOf(b []byte) File {
	outer, _, ok := take(b)
	if !ok {
		return File{}
	}
	parts, tags := outer.parts()
	if len(parts) == 0 {
		return File{}
	}
	first, inner := parts[0].parts()
	f := File{"", nextOther, false}
	switch {
	case tags == oid+ctx0 && bytes.HasPrefix(parts[0].content, oidPKCS7):
		f.What, f.Next = "PKCS#7", nextBundle
	case tags == seq+seq+bits,
		outer.cut && (strings.HasPrefix(inner, num+seq+seq) || strings.HasPrefix(inner, ctx0+num+seq)):
		return signed(first, inner, outer.cut)
	case tags == seq+oct && len(first) > 0 && first[0].tag == tagOID:
		f.What, f.Next = "an encrypted private key (PKCS#8)", nextKey
	case len(tags) >= 3 && tags[:3] == num+seq+oct, len(tags) >= 2 && tags[:2] == num+num,
		len(tags) >= 2 && tags[:2] == num+oct:
		f.What, f.Next = "a private key in DER", nextKey
	case tags == seq+bits:
		f.What = "a public key in DER"
	case tags == seq+seq && inner == seq+oct:
		f.What, f.Next = "a BCFKS store of Bouncy Castle", fmt.Sprintf(nextCastle, "BCFKS")
	case outer.cut:
		f = File{"a file in DER that is cut off", nextAgain, true}
	}
	if f.What == "" {
		return File{}
	}
	return f
}

// signed tells certificates, requests and revocation lists apart, by what stands in the part that is signed.
func signed(content []node, tags string, cut bool) File {
	f := File{"a certificate in DER", nextImport, false}
	switch {
	case strings.Contains(tags, string(rune(tagUTCTime))): // in a certificate, the dates are a sequence
		f.What, f.Next = "a certificate revocation list", nextOther
	case tags == num+seq+seq+ctx0 && bytes.Equal(content[0].content, []byte{0}):
		f.What, f.Next = "a certificate request", nextOther
	}
	if cut {
		f.What += " that is cut off"
	}
	return f
}
