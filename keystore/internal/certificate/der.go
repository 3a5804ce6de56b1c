package certificate

import (
	"encoding/asn1"
	"errors"
	"math/big"
	"regexp"
	"strconv"
	"time"

	"golang.org/x/crypto/cryptobyte"
	tags "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/idconnect-go/upgrade/keystore/internal/x500"
)

// Tags of DER values, whole: Java compares the byte.
const (
	tagBoolean     = 0x01
	tagInteger     = 0x02
	tagBits        = 0x03
	tagOctets      = 0x04
	tagNull        = 0x05
	tagOID         = 0x06
	tagEnumerated  = 0x0a
	tagUTCTime     = 0x17
	tagGeneralTime = 0x18
	tagSequence    = 0x30
	tagSet         = 0x31

	constructed = 0x20
	context     = 0x80
)

var errMalformed = errors.New("malformed")

// value is a DER value.
type value struct {
	tag   byte
	bytes []byte // its content
	full  []byte // with tag and length
}

const (
	indefinite = 0x80 // the length of BER whose value ends with two zero bytes
	maxOpen    = 32   // such values in each other
)

// next takes a value off the front. One of indefinite length gets the length that it
// has in DER, as in Java.
func next(in *[]byte) (value, bool) {
	if isOpen(*in) {
		tag := (*in)[0]
		content, rest, ok := closed((*in)[2:], 0)
		if !ok {
			return value{}, false
		}
		*in = rest
		full := inDER(tag, content)
		return value{tag, full[len(full)-len(content):], full}, true
	}
	s := cryptobyte.String(*in)
	var element cryptobyte.String
	var tag tags.Tag
	if !s.ReadAnyASN1Element(&element, &tag) {
		return value{}, false
	}
	content := element
	var inner cryptobyte.String
	if !content.ReadAnyASN1(&inner, &tag) {
		return value{}, false
	}
	*in = s
	return value{byte(tag), inner, element}, true
}

// nextClosed is next where Java 11 does not take a value of indefinite length: as the first in one that has a length.
func nextClosed(in *[]byte) (value, bool) {
	if isOpen(*in) {
		return value{}, false
	}
	return next(in)
}

func isOpen(in []byte) bool { return len(in) > 1 && in[0]&constructed != 0 && in[1] == indefinite }

// closed is what stands before the end of a value of indefinite length, with those in
// it in DER, and what follows that end.
func closed(in []byte, depth int) (content, rest []byte, ok bool) {
	for len(in) > 1 && depth < maxOpen {
		switch {
		case in[0] == 0 && in[1] == 0:
			return content, in[2:], true
		case isOpen(in):
			inner, rest, ok := closed(in[2:], depth+1)
			if !ok {
				return nil, nil, false
			}
			content, in = append(content, inDER(in[0], inner)...), rest
		default:
			v, ok := next(&in)
			if !ok {
				return nil, nil, false
			}
			content = append(content, v.full...)
		}
	}
	return nil, nil, false
}

func inDER(tag byte, content []byte) []byte {
	var b cryptobyte.Builder
	b.AddASN1(tags.Tag(tag), func(b *cryptobyte.Builder) { b.AddBytes(content) })
	full, _ := b.Bytes() // it fails for more than 4 GiB alone
	return full
}

// is reports whether a value is of a context-specific tag.
func (v value) is(number byte, isConstructed bool) bool {
	want := context | number
	if isConstructed {
		want |= constructed
	}
	return v.tag == want
}

// values reads a sequence of values to its end.
func values(in []byte) (all []value, err error) {
	for len(in) > 0 {
		v, ok := next(&in)
		if !ok {
			return nil, errMalformed
		}
		all = append(all, v)
	}
	return all, nil
}

// parts reads what is in a sequence.
func (v value) parts() ([]value, error) {
	if v.tag != tagSequence {
		return nil, errMalformed
	}
	return values(v.bytes)
}

// one reads what must be a single value, of a tag.
func one(in []byte, tag byte) (value, error) {
	v, ok := next(&in)
	if !ok || len(in) > 0 || v.tag != tag {
		return v, errMalformed
	}
	return v, nil
}

// sequence reads a single sequence and what is in it.
func sequence(in []byte) ([]value, error) {
	v, err := one(in, tagSequence)
	if err != nil {
		return nil, err
	}
	return v.parts()
}

// integer reads the content of an INTEGER, of any size.
func integer(content []byte) (*big.Int, error) {
	if len(content) == 0 {
		return nil, errMalformed
	}
	n := new(big.Int).SetBytes(content)
	if content[0]&0x80 != 0 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(content))))
	}
	return n, nil
}

// small reads an INTEGER of 32 bits.
func small(content []byte) (int, error) {
	n, err := integer(content)
	if err != nil || !n.IsInt64() || n.Int64() != int64(int32(n.Int64())) {
		return 0, errMalformed
	}
	return int(n.Int64()), nil
}

// positive reads an INTEGER whose first bit is no sign.
func positive(content []byte) (*big.Int, error) {
	if len(content) == 0 {
		return nil, errMalformed
	}
	return new(big.Int).SetBytes(content), nil
}

// bits reads the content of a BIT STRING.
func bits(content []byte) (asn1.BitString, error) {
	if len(content) == 0 || content[0] > 7 || content[0] > 0 && len(content) == 1 {
		return asn1.BitString{}, errMalformed
	}
	unused := content[0]
	b := append([]byte(nil), content[1:]...)
	if unused > 0 {
		b[len(b)-1] &= 0xff << unused
	}
	return asn1.BitString{Bytes: b, BitLength: 8*len(b) - int(unused)}, nil
}

// octets reads an OCTET STRING, which may be made of several.
func octets(v value) ([]byte, error) {
	switch v.tag {
	case tagOctets:
		return v.bytes, nil
	case tagOctets | constructed:
		parts, err := values(v.bytes)
		var whole []byte
		for _, p := range parts {
			if p.tag != tagOctets {
				return nil, errMalformed
			}
			whole = append(whole, p.bytes...)
		}
		return whole, err
	}
	return nil, errMalformed
}

func boolean(v value) (bool, error) {
	if v.tag != tagBoolean || len(v.bytes) != 1 {
		return false, errMalformed
	}
	return v.bytes[0] != 0, nil
}

// checkOID is ObjectIdentifier.check: whole numbers without padding.
func checkOID(content []byte) error {
	if len(content) == 0 || len(content) > 4096 || content[len(content)-1]&0x80 != 0 {
		return errMalformed
	}
	for i, b := range content {
		if b == 0x80 && (i == 0 || content[i-1]&0x80 == 0) {
			return errMalformed
		}
	}
	return nil
}

// objectID reads an OBJECT IDENTIFIER as its text.
func objectID(v value) (string, error) {
	if v.tag != tagOID {
		return "", errMalformed
	}
	if err := checkOID(v.bytes); err != nil {
		return "", err
	}
	return x500.OID(v.bytes), nil
}

// The forms of a time: seconds may be missing, and the one with the whole year may have a fraction of them.
var (
	utcTime     = regexp.MustCompile(`^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?()(?:Z|([+-])(\d\d)(\d\d))$`)
	generalTime = regexp.MustCompile(
		`^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?(?:[.,](\d+))?(?:Z|([+-])(\d\d)(\d\d))$`)
)

// instant reads a time of a certificate's validity. Java's calendar takes 30 February for 1 or 2 March.
func instant(v value) (time.Time, error) {
	var parts []string
	switch v.tag {
	case tagUTCTime:
		parts = utcTime.FindStringSubmatch(string(v.bytes))
	case tagGeneralTime:
		parts = generalTime.FindStringSubmatch(string(v.bytes))
	}
	if parts == nil {
		return time.Time{}, errMalformed
	}
	number := func(i int) int {
		n, _ := strconv.Atoi(parts[i]) // 0 where it is missing
		return n
	}
	year, month, day, hour, minute, second := number(1), number(2), number(3), number(4), number(5), number(6)
	milliseconds, _ := strconv.Atoi((parts[7] + "000")[:3]) // Java drops the rest
	zoneHours, zoneMinutes := number(9), number(10)
	if month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 59 ||
		zoneHours > 23 || zoneMinutes > 59 {
		return time.Time{}, errMalformed
	}
	if v.tag == tagUTCTime {
		year += 1900
		if year < 1950 {
			year += 100
		}
	}
	ahead := time.Duration(zoneHours)*time.Hour + time.Duration(zoneMinutes)*time.Minute
	if parts[8] == "-" {
		ahead = -ahead
	}
	nanoseconds := milliseconds * int(time.Millisecond)
	return time.Date(year, time.Month(month), day, hour, minute, second, nanoseconds, time.UTC).Add(-ahead), nil
}
