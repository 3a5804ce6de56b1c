package grammar

import (
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/x509"
	"math/big"
	"time"
)

func text(s string) []byte { return []byte(s) }

// Versions of a certificate.
var Versions = []Part{
	{"1", nil}, {"1, written", []byte{0xa0, 3, 2, 1, 0}}, {"2", []byte{0xa0, 3, 2, 1, 1}},
	{"9", []byte{0xa0, 3, 2, 1, 8}}, {"negative", []byte{0xa0, 3, 2, 1, 0xff}},
	{"of text", []byte{0xa0, 3, 12, 1, 'a'}},
	{"padded", []byte{0xa0, 4, 2, 2, 0, 2}}, {"primitive", []byte{0x80, 1, 2}}, {"empty", []byte{0xa0, 0}},
	{"with a byte more", []byte{0xa0, 5, 2, 1, 2, 5, 0}},
}

// Serials are serial numbers.
var Serials = []Part{
	{"negative", []byte{2, 1, 0x80}}, {"zero", []byte{2, 1, 0}}, {"padded", []byte{2, 2, 0, 1}},
	{"padded, negative", []byte{2, 2, 0xff, 0xfe}},
	{"of 21 bytes", T(2, text("\x01abcdefghijklmnopqrst"))}, {"of 30 bytes, negative",
		T(2, text("\x81abcdefghijklmnopqrstuvwxyz123"))},
	{"empty", []byte{2, 0}}, {"of text", []byte{12, 1, 'a'}},
}

// Subjects are names: the string types, and sets.
var Subjects = []Part{
	{"of PrintableString", T(0x30, T(0x31, attribute([]byte{0x55, 4, 3}, 19, "localhost")))},
	{"with _ in a PrintableString", T(0x30, T(0x31, attribute([]byte{0x55, 4, 3}, 19, "idc_21")))},
	{"with @ in a PrintableString", T(0x30, T(0x31, attribute([]byte{0x55, 4, 3}, 19, "a@b")),
		T(0x31, attribute([]byte{0x55, 4, 3}, 12, "localhost")))},
	{"of Latin-1 in a PrintableString", T(0x30, T(0x31, attribute([]byte{0x55, 4, 3}, 19, "b\xfccher")))},
	{"of Latin-1 in an IA5String", T(0x30, T(0x31, attribute([]byte{0x55, 4, 3}, 22, "b\xfccher")))},
	{"of Latin-1 in a T61String", T(0x30, T(0x31, attribute([]byte{0x55, 4, 3}, 20, "b\xfccher")))},
	{"of BMPString", T(0x30, T(0x31, attribute([]byte{0x55, 4, 3}, 30, "\x00a\x00b")))},
	{"of an odd BMPString", T(0x30, T(0x31, attribute([]byte{0x55, 4, 3}, 30, "\x00a\x00")))},
	{"of UniversalString", T(0x30, T(0x31, attribute([]byte{0x55, 4, 3}, 28, "\x00\x00\x00a")))},
	{"of NumericString", T(0x30, T(0x31, attribute([]byte{0x55, 4, 3}, 18, "123")))},
	{"of invalid UTF-8", T(0x30, T(0x31, attribute([]byte{0x55, 4, 3}, 12, "b\xfccher")))},
	{"of an integer", T(0x30, T(0x31, attribute([]byte{0x55, 4, 3}, 2, "\x01")))},
	{"of an empty text", T(0x30, T(0x31, attribute([]byte{0x55, 4, 3}, 12, "")))},
	{"with an empty set", T(0x30, []byte{0x31, 0}, T(0x31, attribute([]byte{0x55, 4, 3}, 12, "localhost")))},
	{"of an empty set", T(0x30, []byte{0x31, 0})},
	{"empty", []byte{0x30, 0}},
	{"with two in a set", T(0x30, T(0x31, attribute([]byte{0x55, 4, 11}, 12, "ou"),
		attribute([]byte{0x55, 4, 3}, 12, "localhost")))},
	{"with a mail address", T(0x30, T(0x31, attribute([]byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 9, 1}, 22,
		"a@example.com")), T(0x31, attribute([]byte{0x55, 4, 3}, 12, "localhost")))},
	{"with a padded OID", T(0x30, T(0x31, attribute([]byte{0x55, 0x80, 4, 3}, 12, "localhost")))},
	{"with an OID that does not end", T(0x30, T(0x31, attribute([]byte{0x55, 4, 0x83}, 12, "localhost")))},
	{"with a large OID", T(0x30, T(0x31, attribute([]byte{0x55, 0x8f, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}, 12,
		"x")), T(0x31, attribute([]byte{0x55, 4, 3}, 12, "localhost")))},
	{"of a sequence, not a set", T(0x30, T(0x30, attribute([]byte{0x55, 4, 3}, 12, "localhost")))},
	{"without a value", T(0x30, T(0x31, T(0x30, OID(0x55, 4, 3))))},
	{"of a text", []byte{12, 1, 'a'}},
}

// Times are dates; those that are sound are of today.
func (g *Grammar) Times() []Part {
	now := g.Now.UTC()
	utc := func(layout string) []byte { return T(0x17, text(now.Format(layout))) }
	general := func(layout string) []byte { return T(0x18, text(now.Add(time.Hour).Format(layout))) }
	return []Part{
		{"expired or begun", utc("060102150405Z")},
		{"without seconds", utc("0601021504Z")}, {"with an offset", utc("060102150405+0100")},
		{"with an offset of minutes", utc("060102150405-0930")}, {"without a zone", utc("060102150405")},
		{"generalized", general("20060102150405Z")}, {"generalized without seconds", general("200601021504Z")},
		{"with a fraction", general("20060102150405.5Z")}, {"with a long fraction",
			general("20060102150405.123456Z")},
		{"with a comma", general("20060102150405,25Z")}, {"with an empty fraction", general("20060102150405.Z")},
		{"generalized with an offset", general("20060102150405+0100")},
		{"30 February", T(0x17, text("300230000000Z"))}, {"31 April", T(0x18, text("20310431000000Z"))},
		{"29 February of no leap year", T(0x17, text("290229120000Z"))},
		{"month 13", T(0x17, text("301301000000Z"))}, {"day 0", T(0x17, text("300100000000Z"))},
		{"day 32", T(0x17, text("300132000000Z"))}, {"hour 24", T(0x17, text("300101240000Z"))},
		{"second 60", T(0x17, text("300101000060Z"))}, {"year 0", T(0x18, text("00000101000000Z"))},
		{"year 9999", T(0x18, text("99991231235959Z"))}, {"of 1950", T(0x17, text("500101000000Z"))},
		{"of words", T(0x17, text("sometimeoncebb"[:13]))}, {"of another type", T(12, text("300101000000Z"))},
		{"with a blank", T(0x17, text("30010 000000Z"))}, {"empty", []byte{0x17, 0}},
	}
}

// Algorithms that stand outside of a certificate.
var Algorithms = []Part{
	{"without NULL", T(0x30, OID(0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 11))},
	{"another", T(0x30, OID(0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 12), []byte{5, 0})},
	{"with parameters", T(0x30, OID(0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 11), []byte{2, 1, 1})},
	{"with a long NULL", T(0x30, OID(0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 11), []byte{5, 1, 0})},
	{"with a third part", T(0x30, OID(0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 11), []byte{5, 0, 5, 0})},
	{"empty", []byte{0x30, 0}},
}

func spki(algorithm []byte, key []byte) []byte { return T(0x30, algorithm, T(3, []byte{0}, key)) }

func rsaKey(n *big.Int, e int64) []byte {
	return T(0x30, T(2, append([]byte{0}, n.Bytes()...)), T(2, append([]byte{0}, big.NewInt(e).Bytes()...)))
}

var (
	rsaID  = T(0x30, OID(0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 1), []byte{5, 0})
	ecID   = OID(0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1)
	p256ID = OID(0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7)
)

// Keys are public keys.
func (g *Grammar) Keys() []Part {
	n := func(bits uint) *big.Int {
		return new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), bits), big.NewInt(569))
	}
	ec := func(curve []byte, point ...byte) []byte { return spki(T(0x30, ecID, curve), point) }
	point := elliptic.Marshal(elliptic.P256(), g.EC.X, g.EC.Y) //lint:ignore SA1019 the form is wanted
	off := append([]byte{}, point...)
	off[len(off)-1] ^= 1
	ed, err := x509.MarshalPKIXPublicKey(ed25519.NewKeyFromSeed(make([]byte, 32)).Public())
	if err != nil {
		panic(err)
	}
	parts := []Part{
		{"RSA 512", spki(rsaID, rsaKey(n(512), 65537))}, {"RSA 504", spki(rsaID, rsaKey(n(504), 65537))},
		{"RSA 508", spki(rsaID, rsaKey(n(508), 65537))}, {"RSA 1024", spki(rsaID, rsaKey(n(1024), 65537))},
		{"RSA 1023", spki(rsaID, rsaKey(n(1023), 65537))},
		{"RSA, exponent 1", spki(rsaID, rsaKey(n(2048), 1))}, {"RSA, exponent 2", spki(rsaID, rsaKey(n(2048), 2))},
		{"RSA, exponent 3", spki(rsaID, rsaKey(n(2048), 3))}, {"RSA, exponent of 40 bits",
			spki(rsaID, rsaKey(n(2048), 1<<40+1))},
		{"RSA without NULL", spki(rsaID[:len(rsaID)-2], rsaKey(n(2048), 65537))},
		{"RSA, modulus negative", spki(rsaID, T(0x30, T(2, n(2048).Bytes()), T(2, []byte{1, 0, 1})))},
		{"RSA, a part more", spki(rsaID, T(0x30, T(2, n(1024).Bytes()), T(2, []byte{3}), []byte{5, 0}))},
		{"RSA of junk", spki(rsaID, []byte{1, 2, 3})}, {"RSA, empty", spki(rsaID, nil)},
		{"EC", ec(p256ID, point...)}, {"EC compressed", ec(p256ID, append([]byte{2}, point[1:33]...)...)},
		{"EC off the curve", ec(p256ID, off...)}, {"EC at infinity", ec(p256ID, 0)},
		{"EC cut off", ec(p256ID, point[:64]...)},
		{"EC, a byte more", ec(p256ID, append(point[:65:65], 1)...)},
		{"EC without a curve", spki(T(0x30, ecID), point)}, {"EC of an unknown curve", ec(OID(0x2a, 3, 4), point...)},
		{"EC with parameters", ec(T(0x30, []byte{2, 1, 1}), point...)},
		{"EC of NULL", ec([]byte{5, 0}, point...)},
		{"secp256k1", ec(OID(0x2b, 0x81, 4, 0, 10), point...)},
		{"brainpoolP256r1", ec(OID(0x2b, 0x24, 3, 3, 2, 8, 1, 1, 7), point...)},
		{"secp192r1", ec(OID(0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 1), point[:49]...)},
		{"sect283k1", ec(OID(0x2b, 0x81, 4, 0, 16), append(point, point[1:9]...)...)},
		{"secp224r1", ec(OID(0x2b, 0x81, 4, 0, 33), point[:57]...)},
		{"Ed25519", ed}, {"Ed25519 cut off", spki(T(0x30, OID(0x2b, 0x65, 0x70)), []byte{1, 2})},
		{"X25519", spki(T(0x30, OID(0x2b, 0x65, 0x6e)), ed[len(ed)-32:])},
		{"X25519 cut off", spki(T(0x30, OID(0x2b, 0x65, 0x6e)), []byte{1})},
		{"unknown", spki(T(0x30, OID(0x2a, 3, 4)), []byte{1})},
		{"DSA without parameters", spki(T(0x30, OID(0x2a, 0x86, 0x48, 0xce, 0x38, 4, 1)), []byte{2, 1, 5})},
		{"DSA with two parameters", spki(T(0x30, OID(0x2a, 0x86, 0x48, 0xce, 0x38, 4, 1),
			T(0x30, []byte{2, 1, 5, 2, 1, 7})), []byte{2, 1, 5})},
		{"without bits", T(0x30, rsaID, []byte{3, 0})}, {"with unused bits",
			T(0x30, rsaID, T(3, []byte{3}, rsaKey(n(2048), 65537)))},
		{"with 9 unused bits", T(0x30, rsaID, T(3, []byte{9}, rsaKey(n(2048), 65537)))},
		{"a part more", T(0x30, rsaID, T(3, []byte{0}, rsaKey(n(2048), 65537)), []byte{5, 0})},
		{"empty", []byte{0x30, 0}},
	}
	return parts
}
