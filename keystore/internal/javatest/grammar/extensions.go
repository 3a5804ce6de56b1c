package grammar

import "fmt"

// extension is one that Java knows: sound values, and those that are odd in a way of their own.
type extension struct {
	name       string
	id         []byte
	sound, odd [][]byte
}

func ce(n byte) []byte { return []byte{0x55, 0x1d, n} }

func pe(n ...byte) []byte { return append([]byte{0x2b, 6, 1, 5, 5, 7}, n...) }

// GeneralName of a kind, by its tag.
func generalName(kind byte, content string) []byte { return T(0x80|kind, text(content)) }

var uris = []string{"https://example.com/a", "http://example.com:8080/", "ldap:///CN=a?b", "urn:x:y",
	"https://exa mple.com/", "example.com", "https://", "http://a_b.example.com/", "http://example.com./",
	"http://[::1]/",
	"http://[zz]/", "http://example.com/a|b", "http://example.com/%zz", "http://b\xfccher/", "file:///c:\\a", "x:",
	"http://1.2.3.4/", "http://a.1/", "://x", "1http://x", "http://h:99999999999/", "http://user@h/", "http://h:x/"}

var extensions = []extension{
	{"key usage", ce(15), [][]byte{{3, 2, 5, 0xa0}, {3, 2, 2, 4}, {3, 2, 7, 0x80}, {3, 3, 7, 0, 0x80}},
		[][]byte{{3, 2, 7, 0}, {3, 1, 0}, {3, 2, 9, 0x80}, {3, 2, 0, 0xff}, {3, 2, 5, 0xbf},
			{4, 4, 3, 2, 7, 0x80}, {3, 0}}},
	{"extended usage", ce(37), [][]byte{T(0x30, OID(pe(3, 1)...)), T(0x30, OID(pe(3, 2)...)),
		T(0x30, OID(ce(37)...), OID(pe(3, 1)...))},
		[][]byte{{0x30, 0}, T(0x30, OID(0x55, 0x1d, 37, 0)), T(0x30, OID(0x2a, 0x80, 1)),
			T(0x30, []byte{12, 1, 'a'})}},
	{"basic constraints", ce(19), [][]byte{{0x30, 0}, {0x30, 3, 1, 1, 0xff}, {0x30, 6, 1, 1, 0xff, 2, 1, 0},
		{0x30, 6, 1, 1, 0xff, 2, 1, 3}},
		[][]byte{{0x30, 3, 1, 1, 1}, {0x30, 3, 1, 1, 0}, {0x30, 3, 2, 1, 0}, {0x30, 6, 1, 1, 0xff, 2, 1, 0xff},
			{0x30, 6, 1, 1, 0xff, 12, 1, 'a'}, {0x30, 4, 1, 2, 0xff, 0xff}, {0x30, 6, 1, 1, 0, 2, 1, 3},
			{0x30, 9, 1, 1, 0xff, 2, 4, 0x7f, 0xff, 0xff, 0xff}, {0x30, 10, 1, 1, 0xff, 2, 5, 1, 0, 0, 0, 0},
			{0x30, 8, 1, 1, 0xff, 2, 1, 0, 5, 0}}},
	{"alternative names", ce(17), [][]byte{T(0x30, generalName(2, "localhost")),
		T(0x30, generalName(2, "idc21.example.com"), generalName(7, "\x7f\x00\x00\x01")),
		T(0x30, generalName(1, "a@example.com")), T(0x30, generalName(2, "*.example.com"))},
		[][]byte{{0x30, 0}, T(0x30, generalName(2, "b\xfccher")), T(0x30, generalName(2, "b\xfccher"),
			generalName(2, "localhost")), T(0x30, generalName(2, "idc_21.example.com"), generalName(2, "localhost")),
			T(0x30, generalName(7, "\x7f\x00\x00")), T(0x30, generalName(7,
				"\x7f\x00\x00\x01\xff\xff\xff\xff")), T(0x30, generalName(2, "")),
			T(0x30, generalName(1, "")), T(0x30, generalName(1, "a@")), T(0x30, generalName(1, "b\xfc@x")),
			T(0x30, generalName(8, "\x2a\x80\x01")), T(0x30, generalName(8, "\x2a\x03")),
			T(0x30, T(0xa2, text("localhost"))), T(0x30, T(0xa4, Name("x"))),
			T(0x30, T(0xa0, OID(0x2a, 3), T(0xa0, T(12, text("a"))))), T(0x30, T(0xa0, OID(0x2a, 3))),
			T(0x30, generalName(9, "x")), T(0x30, T(12, text("localhost"))),
			T(0x30, T(0xa5, generalName(1, "\x0c\x01a"))), T(0x30,
				generalName(7, "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01")),
			T(0x30, generalName(2, "localhost "), generalName(2, "localhost\x00"))}},
	{"issuer's names", ce(18), [][]byte{T(0x30, generalName(1, "a@example.com"))},
		[][]byte{{0x30, 0}, T(0x30, generalName(6, "no uri"))}},
	{"key identifier", ce(14), [][]byte{T(4, text("abcd"))}, [][]byte{{4, 0},
		T(0x24, T(4, text("ab")), T(4, text("cd"))), {3, 2, 0, 1}}},
	{"authority key identifier", ce(35), [][]byte{T(0x30, generalName(0, "abcd")), {0x30, 0}},
		[][]byte{T(0x30, generalName(0, "abcd"), generalName(0, "abcd")),
			T(0x30, T(0xa1, T(0xa4, Name("x"))), generalName(2, "\x01")), T(0x30, generalName(2, "")),
			T(0x30, generalName(2, "\x80")), T(0x30, T(0xa0, []byte{4, 1, 1})), T(0x30, generalName(3, "x")),
			{4, 1, 1}}},
	{"policies", ce(32), [][]byte{T(0x30, T(0x30, OID(0x2a, 3, 4))), T(0x30, T(0x30, OID(0x55, 0x1d, 32, 0))),
		{0x30, 0}},
		[][]byte{T(0x30, T(0x30, OID(0x2a, 3, 4)), T(0x30, OID(0x2a, 3, 4))),
			T(0x30, T(0x30, OID(0x2a, 3, 4), []byte{0x30, 0})), T(0x30, []byte{0x30, 0}),
			T(0x30, T(0x30, OID(0x2a, 0x80, 4))), T(0x30, T(0x30, OID(0x2a, 3),
				T(0x30, T(0x30, OID(pe(2, 1)...), T(22, text("http://x y")))))),
			T(0x30, T(0x30, OID(0x2a, 3), T(0x30, T(0x31, OID(pe(2, 1)...))))),
			T(0x30, T(0x30, OID(0x2a, 3), []byte{5, 0}))}},
	{"policy mappings", ce(33), [][]byte{T(0x30, T(0x30, OID(0x2a, 3), OID(0x2a, 4)))},
		[][]byte{{0x30, 0}, T(0x30, T(0x30, OID(0x2a, 3))), T(0x30, T(0x31, OID(0x2a, 3), OID(0x2a, 4)))}},
	{"policy constraints", ce(36), [][]byte{T(0x30, generalName(0, "\x00")), T(0x30, generalName(1, "\x02"))},
		[][]byte{{0x30, 0}, T(0x30, generalName(0, "\x00"), generalName(0, "\x01")),
			T(0x30, generalName(0, "\xff")), T(0x30, generalName(0, "\xfe")), T(0x30, generalName(2, "\x01")),
			T(0x30, generalName(0, ""))}},
	{"any policy inhibited", ce(54), [][]byte{{2, 1, 0}, {2, 1, 5}}, [][]byte{{2, 1, 0xff}, {2, 1, 0xfe},
		{2, 0}, {2, 5, 1, 0, 0, 0, 0}}},
	{"name constraints", ce(30), [][]byte{T(0x30, T(0xa0, T(0x30, generalName(2, "example.com")))),
		T(0x30, T(0xa1, T(0x30, generalName(2, "localhost"))))},
		[][]byte{{0x30, 0}, T(0x30, T(0xa0, T(0x30, generalName(2, "localhost"), generalName(0, "\x00")))),
			T(0x30, T(0xa0, T(0x30, generalName(2, "localhost"), generalName(1, "\x05")))),
			T(0x30, T(0xa0, T(0x30, generalName(2, "localhost"), generalName(3, "\x05")))), T(0x30, T(0xa0)),
			T(0x30, T(0xa0, []byte{0x30, 0})),
			T(0x30, T(0xa0, T(0x30, generalName(6, "http://x/")))), T(0x30,
				T(0xa0, T(0x30, generalName(6, ".example.com")))), T(0x30, T(0xa0, T(0x30, generalName(6, "a_b")))),
			T(0x30, T(0xa0), T(0xa0)), T(0x30, T(0xa0, T(0x30, generalName(2, "")))),
			T(0x30, T(0xa0, T(0x30, generalName(7, "\x7f\x00\x00\x00\xff\x00\x00\x00")))), T(0x30, T(0xa2)),
			T(0x30, T(0xa0, T(0x30, generalName(1, "example.com"))))}},
	{"CRL points", ce(31), [][]byte{T(0x30, T(0x30, T(0xa0, T(0xa0, generalName(6, "http://example.com/a.crl")))))},
		[][]byte{{0x30, 0}, T(0x30, []byte{0x30, 0}), T(0x30, T(0x30, T(0xa0,
			T(0xa0, generalName(6, "no uri"))))), T(0x30, T(0x30, T(0xa0,
			T(0xa1, attribute([]byte{0x55, 4, 3}, 12, "x"))))),
			T(0x30, T(0x30, T(0xa2, T(0xa4, Name("x"))))), T(0x30, T(0x30, generalName(1, "\x00\x01"))),
			T(0x30, T(0x30, T(0xa0, T(0xa2))))}},
	{"freshest CRL", ce(46), [][]byte{T(0x30, T(0x30, T(0xa0, T(0xa0, generalName(6,
		"http://example.com/a.crl")))))}, [][]byte{{2, 1, 1}}},
	{"issuing point", ce(28), [][]byte{{0x30, 0}, T(0x30, generalName(1, "\xff"))},
		[][]byte{T(0x30, generalName(1, "")), T(0x30, generalName(6, "\xff")), T(0x30, generalName(3, "\x00\x01"))}},
	{"authority access", pe(1, 1), [][]byte{T(0x30, T(0x30, OID(pe(48, 1)...),
		generalName(6, "http://example.com/")))},
		[][]byte{{0x30, 0}, T(0x30, []byte{0x30, 0}), T(0x30, T(0x30, OID(pe(48, 1)...),
			generalName(6, "no uri"))), T(0x30, T(0x31, OID(pe(48, 1)...), generalName(6, "x:y")))}},
	{"subject access", pe(1, 11), [][]byte{T(0x30, T(0x30, OID(pe(48, 1)...),
		generalName(6, "http://example.com/")))}, [][]byte{{5, 0}}},
	{"private key period", ce(16), [][]byte{T(0x30, generalName(0, "20300101000000Z"))},
		[][]byte{{0x30, 0}, T(0x30, generalName(0, "300101000000Z")), T(0x30, generalName(0, "x"))}},
	{"CRL number", ce(20), [][]byte{{2, 1, 1}}, [][]byte{{2, 0}, {5, 0}}},
	{"reason", ce(21), [][]byte{{10, 1, 1}}, [][]byte{{2, 1, 1}, {10, 0}}},
	{"delta CRL", ce(27), [][]byte{{2, 1, 1}}, [][]byte{{5, 0}}},
	{"certificate issuer", ce(29), [][]byte{T(0x30, T(0xa4, Name("x")))}, [][]byte{{0x30, 0}}},
	{"Netscape type", []byte{0x60, 0x86, 0x48, 1, 0x86, 0xf8, 0x42, 1, 1},
		[][]byte{{3, 2, 6, 0x40}, {3, 2, 7, 0x80}}, [][]byte{{3, 1, 0}, {5, 0}}},
	{"no OCSP check", pe(48, 1, 5), [][]byte{{5, 0}}, [][]byte{{1, 2, 3}, {}}},
	{"unknown", []byte{0x2a, 3, 4, 5}, [][]byte{{5, 0}}, [][]byte{{}, {1, 2, 3}}},
	{"of a large number", []byte{0x2a, 0x8f, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}, [][]byte{{5, 0}}, nil},
}

func init() {
	for i := range extensions {
		if e := &extensions[i]; e.name == "alternative names" {
			for _, u := range uris {
				e.odd = append(e.odd, T(0x30, generalName(6, u), generalName(2, "localhost")))
			}
		}
	}
}

// AddExtension adds one, or two of a kind: sound or odd, critical or not.
func (g *Grammar) AddExtension(c *Certificate) {
	e := Pick(g, extensions)
	if g.IntN(3) == 0 {
		e = extensions[g.IntN(4)]
	}
	copies := 1
	if g.IntN(8) == 0 {
		copies = 2
	}
	for range copies {
		value, how := Pick(g, e.sound), "sound"
		switch {
		case g.IntN(3) > 0 && len(e.odd) > 0:
			value, how = Pick(g, e.odd), "odd"
		case g.IntN(5) == 0:
			value, how = append(append([]byte{}, value...), 0), "with a byte more"
		case g.IntN(8) == 0:
			value, how = value[:len(value)-1], "cut off"
		}
		critical := []byte(nil)
		switch g.IntN(6) {
		case 0, 1:
			critical = []byte{1, 1, 0xff}
			how += ", critical"
		case 2:
			critical = Pick(g, [][]byte{{1, 1, 0}, {1, 1, 1}, {1, 2, 0xff, 0xff}, {1, 0}})
			how += ", criticality odd"
		}
		held := T(4, value)
		if g.IntN(12) == 0 {
			held, how = T(0x24, held), how+", in pieces"
		}
		c.Extensions = append(c.Extensions, Part{DER: T(0x30, OID(e.id...), critical, held)})
		c.Note("%s %s", e.name, how)
	}
}

// Extension is one with a value of choice.
func Extension(critical bool, id []byte, value []byte) Part {
	flag := []byte(nil)
	if critical {
		flag = []byte{1, 1, 0xff}
	}
	return Part{DER: T(0x30, OID(id...), flag, T(4, value))}
}

// EveryExtension are all values of all that Java knows, critical and not.
func EveryExtension() (all []Part) {
	for _, e := range extensions {
		for i, value := range append(e.sound[:len(e.sound):len(e.sound)], e.odd...) {
			for _, critical := range []bool{false, true} {
				p := Extension(critical, e.id, value)
				p.Name = fmt.Sprintf("%s, value %d, critical: %v", e.name, i+1, critical)
				all = append(all, p)
			}
		}
	}
	return all
}
