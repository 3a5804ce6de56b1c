// Package grammar writes X.509 certificates of every odd form for tests that ask Java about them: most of the parts
// are sound, and one or two are not. The same seed gives the same certificates but for signatures. It is for tests
// only. Begin with [New] and [Grammar.Leaf].
package grammar

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	cryptorand "crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// Grammar chooses. Its methods panic where a key cannot be made: it is for tests.
type Grammar struct {
	*rand.Rand
	RSA, Other *rsa.PrivateKey
	EC         *ecdsa.PrivateKey
	Now        time.Time
	// Common leaves out what Java 11 and 17 read differently.
	Common bool
	serial int
}

// New returns a grammar with keys of its own.
func New(seed uint64, now time.Time) *Grammar {
	g := &Grammar{Rand: rand.New(rand.NewPCG(seed, 24)), Now: now}
	var err [3]error
	g.RSA, err[0] = rsa.GenerateKey(cryptorand.Reader, 2048)
	g.Other, err[1] = rsa.GenerateKey(cryptorand.Reader, 2048)
	g.EC, err[2] = ecdsa.GenerateKey(elliptic.P256(), cryptorand.Reader)
	for _, e := range err {
		if e != nil {
			panic(e)
		}
	}
	return g
}

// Part is a choice: DER, and what it is called where it is odd.
type Part struct {
	Name string
	DER  []byte
}

// Certificate is what a certificate is made of. Names says what is odd in it.
type Certificate struct {
	Version, Serial, Algorithm, Outer, Issuer, Subject, NotBefore, NotAfter, Key Part
	Identifiers                                                                  []byte
	Extensions                                                                   []Part
	Behind                                                                       []byte // after the extensions
	odd                                                                          []string
}

// Names are the odd parts, "plain" where there are none.
func (c *Certificate) Names() string {
	if len(c.odd) == 0 {
		return "plain"
	}
	return strings.Join(c.odd, ", ")
}

// Note adds to what is odd.
func (c *Certificate) Note(format string, args ...any) {
	c.odd = append(c.odd, fmt.Sprintf(format, args...))
}

// T is a DER value.
func T(tag byte, content ...[]byte) []byte {
	var all []byte
	for _, c := range content {
		all = append(all, c...)
	}
	n := len(all)
	switch {
	case n < 128:
		return append([]byte{tag, byte(n)}, all...)
	case n < 256:
		return append([]byte{tag, 0x81, byte(n)}, all...)
	default:
		return append([]byte{tag, 0x82, byte(n >> 8), byte(n)}, all...)
	}
}

// OID is an OBJECT IDENTIFIER of the bytes given.
func OID(content ...byte) []byte { return T(6, content) }

var (
	sha256RSA   = T(0x30, OID(0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 11), []byte{5, 0})
	sha256ECDSA = T(0x30, OID(0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2))
)

// Name is a name of one common name, in UTF-8.
func Name(cn string) []byte { return T(0x30, T(0x31, attribute([]byte{0x55, 4, 3}, 12, cn))) }

func attribute(oid []byte, tag byte, value string) []byte {
	return T(0x30, OID(oid...), T(tag, []byte(value)))
}

// Plain is a certificate with nothing odd: version 3, no extensions.
func (g *Grammar) Plain(issuer, subject []byte, key crypto.PublicKey) *Certificate {
	spki, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		panic(err)
	}
	g.serial++
	utc := func(t time.Time) Part { return Part{DER: T(0x17, []byte(t.UTC().Format("060102150405Z")))} }
	return &Certificate{
		Version: Part{DER: []byte{0xa0, 3, 2, 1, 2}}, Serial: Part{DER: T(2,
			[]byte{1, byte(g.serial >> 8), byte(g.serial)})},
		Issuer: Part{DER: issuer}, Subject: Part{DER: subject}, Key: Part{DER: spki},
		NotBefore: utc(g.Now.Add(-time.Hour)), NotAfter: utc(g.Now.Add(24 * time.Hour)),
	}
}

// Sign returns the certificate in DER. Signed by RSA or EC with SHA-256, unless it names another algorithm.
func (c *Certificate) Sign(key crypto.Signer) []byte {
	algorithm := sha256RSA
	if _, ok := key.(*ecdsa.PrivateKey); ok {
		algorithm = sha256ECDSA
	}
	inner, outer := algorithm, algorithm
	if c.Algorithm.DER != nil {
		inner, outer = c.Algorithm.DER, c.Algorithm.DER
	}
	if c.Outer.DER != nil {
		outer = c.Outer.DER
	}
	var tail []byte
	if len(c.Extensions) > 0 {
		var list []byte
		for _, e := range c.Extensions {
			list = append(list, e.DER...)
		}
		tail = T(0xa3, T(0x30, list))
	}
	tbs := T(0x30, c.Version.DER, c.Serial.DER, inner, c.Issuer.DER, T(0x30, c.NotBefore.DER, c.NotAfter.DER),
		c.Subject.DER, c.Key.DER, c.Identifiers, tail, c.Behind)
	sum := sha256.Sum256(tbs)
	signature, err := key.Sign(cryptorand.Reader, sum[:], crypto.SHA256)
	if err != nil {
		panic(err)
	}
	return T(0x30, tbs, outer, T(3, []byte{0}, signature))
}

// Pick chooses one.
func Pick[E any](g *Grammar, from []E) E { return from[g.IntN(len(from))] }

// Spoil makes one to three parts of a certificate odd.
func (g *Grammar) Spoil(c *Certificate) {
	for range 1 + g.IntN(3) {
		g.spoil(c)
	}
}

func (g *Grammar) spoil(c *Certificate) {
	take := func(into *Part, what string, from []Part) {
		*into = Pick(g, from)
		c.Note("%s %s", what, into.Name)
	}
	switch g.IntN(12) {
	case 0:
		take(&c.Serial, "serial", Serials)
	case 1:
		take(&c.Subject, "subject", Subjects)
	case 2:
		take(&c.NotAfter, "notAfter", g.Times())
	case 3:
		take(&c.NotBefore, "notBefore", g.Times())
	case 4:
		keys := g.Keys()
		if g.Common {
			keys = slices.DeleteFunc(keys, func(p Part) bool {
				return slices.Contains([]string{"a part more", "Ed25519 cut off", "EC, a byte more"}, p.Name)
			})
		}
		take(&c.Key, "key", keys)
	case 5:
		switch g.IntN(4) {
		case 0:
			take(&c.Version, "version", Versions)
		case 1:
			take(&c.Outer, "outer algorithm", Algorithms)
		case 2:
			p := Pick(g, []Part{{"issuer's", []byte{0x81, 2, 0, 1}}, {"subject's", []byte{0x82, 2, 0, 1}},
				{"both", []byte{0x81, 1, 0, 0x82, 1, 0}}, {"malformed", []byte{0x81, 0}}})
			c.Identifiers = p.DER
			c.Note("identifier %s", p.Name)
		default:
			c.Behind = []byte{5, 0}
			c.Note("something behind the extensions")
		}
	default:
		g.AddExtension(c)
	}
}
