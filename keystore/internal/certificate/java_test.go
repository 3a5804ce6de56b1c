package certificate_test

import (
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cryptoasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/idconnect-go/upgrade/internal/exhaustive"
	"github.com/idconnect-go/upgrade/keystore/internal/certificate"
	"github.com/idconnect-go/upgrade/keystore/internal/javatest"
	"github.com/idconnect-go/upgrade/keystore/internal/javatest/grammar"
)

const seed = 24

type sample struct {
	name string
	der  []byte
}

// samples are each part and each value of an extension alone, critical and not, and mixtures.
func samples(t testing.TB) []sample {
	t.Helper()
	g := grammar.New(seed, time.Now())
	var all []sample
	add := func(c *grammar.Certificate) {
		key := crypto.Signer(g.EC) // the faster one
		if c.Outer.DER != nil {
			key = g.RSA // of which the odd algorithms are
		}
		all = append(all, sample{c.Names(), c.Sign(key)})
	}
	plain := func() *grammar.Certificate {
		c := g.Plain(grammar.Name("root"), grammar.Name("localhost"), g.RSA.Public())
		c.Extensions = append(c.Extensions, grammar.Extension(false, []byte{0x55, 0x1d, 14}, []byte{4, 1, 'a'}))
		return c
	}
	for _, row := range []struct {
		name  string
		parts []grammar.Part
		part  func(*grammar.Certificate) *grammar.Part
	}{
		{"version", grammar.Versions, func(c *grammar.Certificate) *grammar.Part { return &c.Version }},
		{"serial", grammar.Serials, func(c *grammar.Certificate) *grammar.Part { return &c.Serial }},
		{"subject", grammar.Subjects, func(c *grammar.Certificate) *grammar.Part { return &c.Subject }},
		{"issuer", grammar.Subjects, func(c *grammar.Certificate) *grammar.Part { return &c.Issuer }},
		{"notBefore", g.Times(), func(c *grammar.Certificate) *grammar.Part { return &c.NotBefore }},
		{"notAfter", g.Times(), func(c *grammar.Certificate) *grammar.Part { return &c.NotAfter }},
		{"key", g.Keys(), func(c *grammar.Certificate) *grammar.Part { return &c.Key }},
		{"outer algorithm", grammar.Algorithms, func(c *grammar.Certificate) *grammar.Part { return &c.Outer }},
	} {
		for _, p := range row.parts {
			for _, extended := range []bool{true, false} {
				c := plain()
				if !extended {
					c.Extensions = nil
				}
				*row.part(c) = p
				c.Note("%s %s, with extensions: %v", row.name, p.Name, extended)
				add(c)
			}
		}
	}
	for _, e := range grammar.EveryExtension() {
		c := plain()
		c.Extensions = []grammar.Part{e}
		c.Note("%s", e.Name)
		add(c)
	}
	for range 3000 {
		c := plain()
		g.Spoil(c)
		add(c)
	}
	return all
}

// open are the forms in BER of a certificate: each constructed value with an end instead of a length, and all of them.
// So is a value without its end, and a primitive one.
func open(der []byte) (all []sample) {
	n := 0
	for of := 0; of == 0 || of <= n; of++ {
		n = 0
		all = append(all, sample{fmt.Sprintf("BER: constructed value %d, 0 is all", of), reopen(der, of, &n)})
	}
	whole := all[0].der
	for cut := 1; cut <= 6; cut++ {
		all = append(all, sample{fmt.Sprintf("BER: %d bytes short", cut), whole[:len(whole)-cut]})
	}
	return append(all, sample{"BER: more behind it", append(slices.Clone(whole), "more"...)})
}

// reopen writes values anew: that of the number of, or all for 0, with an end instead of a length.
func reopen(in []byte, of int, n *int) (out []byte) {
	s := cryptobyte.String(in)
	for !s.Empty() {
		var whole, content cryptobyte.String
		var tag cryptoasn1.Tag
		if !s.ReadAnyASN1Element(&whole, &tag) || tag&0x20 == 0 {
			out = append(out, whole...)
			continue
		}
		*n++
		is := of == 0 || of == *n
		whole.ReadAnyASN1(&content, &tag)
		inner := reopen(content, of, n)
		if is {
			out = append(append(append(out, byte(tag), 0x80), inner...), 0, 0)
			continue
		}
		var b cryptobyte.Builder
		b.AddASN1(tag, func(b *cryptobyte.Builder) { b.AddBytes(inner) })
		out = append(out, b.BytesOrPanic()...)
	}
	return out
}

// describe is what Loads.java prints.
func describe(der []byte) string {
	c, err := certificate.Parse(der)
	if err != nil {
		return "refused"
	}
	path := -1
	if c.IsCA {
		if path = c.MaxPathLen; path < 0 {
			path = 1<<31 - 1
		}
	}
	usage, extended, critical := "", "none", []string{}
	for _, e := range c.Extensions {
		switch id := e.Id.String(); id {
		case "2.5.29.15":
			for i := range 9 {
				usage += string("01"[int(c.KeyUsage)>>i&1])
			}
		case "2.5.29.37":
			var ids []string
			for _, id := range c.UnknownExtKeyUsage {
				ids = append(ids, id.String())
			}
			extended = strings.Join(ids, ",")
		}
		if e.Critical {
			id := e.Id.String()
			if id == "2.999" {
				id = "1.2.70368744177663" // Go's type does not hold it
			}
			critical = append(critical, id)
		}
	}
	slices.Sort(critical)
	return fmt.Sprintf("read v%d %s %d %d path=%d usage=%s extended=%s names=%s critical=%s", c.Version, c.SerialNumber,
		c.NotBefore.UnixMilli(), c.NotAfter.UnixMilli(), path, usage, extended, names(c), strings.Join(critical, ","))
}

func names(c *x509.Certificate) string {
	all := slices.Clone(c.DNSNames)
	for _, ip := range c.IPAddresses {
		all = append(all, javaAddress(ip))
	}
	slices.Sort(all)
	return strings.Join(all, ",")
}

func javaAddress(ip net.IP) string {
	if len(ip) == net.IPv4len {
		return ip.String()
	}
	var groups []string
	for i := 0; i < len(ip); i += 2 {
		groups = append(groups, fmt.Sprintf("%x", int(ip[i])<<8|int(ip[i+1])))
	}
	return strings.Join(groups, ":")
}

func TestMain(m *testing.M) { javatest.Main(m) }

// TestJavaReads compares what we read in certificates, and which we refuse, with Java.
func TestJavaReads(t *testing.T) {
	t.Parallel()
	g := grammar.New(seed, time.Now())
	good := g.Plain(grammar.Name("root"), grammar.Name("localhost"), g.RSA.Public())
	chosen := append(exhaustive.Sample(samples(t), 400), open(good.Sign(g.RSA))...)
	var lines strings.Builder
	for _, s := range chosen {
		lines.WriteString(base64.StdEncoding.EncodeToString(s.der) + "\n")
	}
	file := filepath.Join(t.TempDir(), "certificates")
	if err := os.WriteFile(file, []byte(lines.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	javatest.Each(t, "Loads", []string{file}, func(t *testing.T, out string) {
		answers := strings.Split(strings.TrimRight(out, "\n"), "\n")
		version, answers := answers[0], answers[1:]
		if len(answers) != len(chosen) {
			t.Fatalf("%d answers to %d questions", len(answers), len(chosen))
		}
		agree, changed := 0, 0
		for i, s := range chosen {
			java, ours := answers[i], describe(s.der)
			if java == ours || strings.HasPrefix(java, "refused ") && ours == "refused" {
				agree++
				continue
			}
			if version != "11" && strings.HasPrefix(java, "refused ") && strictSince17(s.name) {
				changed++
				continue
			}
			t.Errorf("%s:\n  Java %s: %s\n  here:    %s\n  %x", s.name, version, java, ours, s.der)
		}
		t.Logf("%d of %d certificates read as Java %s does", agree, len(chosen), version)
		if changed > 0 {
			t.Logf("%d are of three rules that came after Java 11", changed)
		}
	})
}

// strictSince17 names what later versions refuse: something behind a key's bits, an Ed25519 key, which they know, of
// another length, and a value without a length in one that has one.
func strictSince17(name string) bool {
	var open int
	n, _ := fmt.Sscanf(name, "BER: constructed value %d", &open)
	return n == 1 && open > 1 || strings.Contains(name, "key a part more") ||
		strings.Contains(name, "key Ed25519 cut off")
}
