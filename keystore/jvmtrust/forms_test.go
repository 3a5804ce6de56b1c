package jvmtrust

import (
	"testing"

	"github.com/idconnect-go/upgrade/keystore/internal/certificate"
	"github.com/idconnect-go/upgrade/keystore/internal/javatest/grammar"
)

// form is a part that crypto/x509 refuses and Java takes.
type form struct {
	name   string
	change func(*grammar.Certificate)
}

func subjectOf(tag byte, text string) func(*grammar.Certificate) {
	return func(c *grammar.Certificate) {
		attribute := grammar.T(0x30, grammar.OID(0x55, 4, 3), grammar.T(tag, []byte(text)))
		c.Subject.DER = grammar.T(0x30, grammar.T(0x31, attribute))
		c.Issuer.DER = c.Subject.DER
	}
}

func extended(id []byte, value []byte) func(*grammar.Certificate) {
	return func(c *grammar.Certificate) {
		c.Extensions = append(c.Extensions, grammar.Extension(false, id, value))
	}
}

func ce(n byte) []byte { return []byte{0x55, 0x1d, n} }

var forms = []form{
	{"negative serial number", func(c *grammar.Certificate) { c.Serial.DER = []byte{2, 1, 0x80} }},
	{"padded serial number", func(c *grammar.Certificate) { c.Serial.DER = []byte{2, 2, 0, 1} }},
	{"underscore in a PrintableString", subjectOf(19, "idc_21")},
	{"@ in a PrintableString", subjectOf(19, "idc@21")},
	{"brackets in a PrintableString", subjectOf(19, "idc[21]")},
	{"Latin-1 in an IA5String", subjectOf(22, "b\xfccher")},
	{"UniversalString", subjectOf(28, "\x00\x00\x00a")},
	{"invalid UTF-8", subjectOf(12, "b\xfccher")},
	{"odd BMPString", subjectOf(30, "\x00a\x00")},
	{"fractional seconds", func(c *grammar.Certificate) {
		c.NotAfter.DER = grammar.T(0x18, []byte("20990101000000.5Z"))
	}},
	{"time without seconds", func(c *grammar.Certificate) { c.NotAfter.DER = grammar.T(0x17, []byte("4001010000Z")) }},
	{"30 February", func(c *grammar.Certificate) { c.NotAfter.DER = grammar.T(0x17, []byte("400230000000Z")) }},
	{"Latin-1 in an alternative name", extended(ce(17), grammar.T(0x30, grammar.T(0x82, []byte("b\xfccher"))))},
	{"malformed URI", extended(ce(17), grammar.T(0x30, grammar.T(0x86, []byte("http://a b/"))))},
	{"malformed IP", extended(ce(17), grammar.T(0x30, grammar.T(0x87, []byte{127, 0, 0})))},
	{"malformed AIA", extended([]byte{0x2b, 6, 1, 5, 5, 7, 1, 1}, []byte{5, 0})},
	{"malformed AKI", extended(ce(35), []byte{5, 0})},
	{"malformed SKI", extended(ce(14), []byte{5, 0})},
	{"malformed CRL points", extended(ce(31), []byte{5, 0})},
	{"malformed policies", extended(ce(32), []byte{5, 0})},
	{"malformed name constraints", extended(ce(30), []byte{5, 0})},
	{"malformed extended usage", extended(ce(37), []byte{5, 0})},
	{"malformed key usage", extended(ce(15), []byte{5, 0})},
	{"malformed basic constraints", extended(ce(19), []byte{5, 0})},
	{"basic constraints with a true of 1", extended(ce(19), []byte{0x30, 3, 1, 1, 1})},
	{"RSA key without NULL", func(c *grammar.Certificate) {
		c.Key.DER = append([]byte{}, c.Key.DER...)
		c.Key.DER = withoutNull(c.Key.DER)
	}},
	{"something behind the extensions", func(c *grammar.Certificate) { c.Behind = []byte{5, 0} }},
}

// withoutNull takes the parameters of a key's algorithm out.
func withoutNull(spki []byte) []byte {
	// The key is 30 82 LEN 30 13 OID NULL BITS.
	algorithm := spki[4:19]
	return grammar.T(0x30, grammar.T(0x30, algorithm[2:13]), spki[19:])
}

// TestEveryForm: each as an anchor and as a server's own certificate, whether crypto/x509 reads it, and as Java says.
func TestEveryForm(t *testing.T) {
	t.Parallel()
	m := newMint(t)
	g := &generator{Grammar: grammar.New(generatedSeed, m.now)}
	var cases []trustCase
	unread := 0
	for _, f := range forms {
		root := g.Plain(grammar.Name("root"), grammar.Name("root"), g.RSA.Public())
		asAuthority(root)
		if f.name == "malformed basic constraints" || f.name == "malformed key usage" ||
			f.name == "basic constraints with a true of 1" {
			root.Extensions = nil
		}
		f.change(root)
		leaf := g.Plain(root.Subject.DER, grammar.Name("localhost"), g.Other.Public())
		own := g.Plain(grammar.Name("localhost"), grammar.Name("localhost"), g.RSA.Public())
		f.change(own)
		ownDER := own.Sign(g.RSA)
		way := "by crypto/tls"
		if why := certificate.Unreadable(ownDER); why != "" {
			unread++
			way = "read in plain, and a finding (" + why + ")"
		}
		t.Logf("%-35s %s", f.name, way)
		cases = append(cases,
			trustCase{name: "as an anchor: " + f.name, anchors: certs{raw(root.Sign(g.RSA))}, host: "localhost",
				chain: certs{raw(leaf.Sign(g.RSA))}},
			trustCase{name: "as the server's: " + f.name, anchors: certs{raw(ownDER)}, host: "localhost",
				chain: certs{raw(ownDER)}})
	}
	for _, c := range cases {
		t.Logf("%-60s %s", c.name, verdictOf(m, c, 11))
	}
	t.Logf("%d of %d forms cannot be read by crypto/x509", unread, len(forms))
	if unread < 20 {
		t.Error("the forms are not those that crypto/x509 refuses")
	}
	compareVerdicts(t, m, cases, len(cases))
}
