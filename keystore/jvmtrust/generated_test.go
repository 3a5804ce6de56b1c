package jvmtrust

import (
	"crypto"
	"crypto/x509"
	"fmt"
	"slices"
	"testing"

	"github.com/idconnect-go/upgrade/internal/exhaustive"
	"github.com/idconnect-go/upgrade/keystore/internal/javatest"
	"github.com/idconnect-go/upgrade/keystore/internal/javatest/grammar"
)

// generatedCases is how many are made by the grammar, with generatedSeed.
const (
	generatedCases = 900
	generatedSeed  = 24
)

// TestGeneratedMatrix compares verdicts on chains and anchors that a grammar makes.
func TestGeneratedMatrix(t *testing.T) {
	t.Parallel()
	javatest.Tool(t, "java") // nothing is compared without it
	m := newMint(t)
	g := &generator{Grammar: grammar.New(generatedSeed, m.now)}
	g.Common = true
	var numbers [generatedCases]int
	for i := range numbers {
		numbers[i] = i
	}
	chosen := exhaustive.Sample(numbers[:], 60)
	var cases []trustCase
	for _, i := range numbers {
		g.unsigned = !slices.Contains(chosen, i)
		c := g.next() // each draws from the same numbers
		c.name = fmt.Sprintf("%d: %s", i, c.name)
		if !g.unsigned {
			cases = append(cases, c)
		}
	}
	compareVerdicts(t, m, cases, generatedCases)
}

// generator makes a root, an intermediate and a server, and spoils some of it.
type generator struct {
	*grammar.Grammar
	unsigned bool // leaves out the signatures, which take long and draw no numbers
}

func (g *generator) sign(c *grammar.Certificate, key crypto.Signer) []byte {
	if g.unsigned {
		return nil
	}
	return c.Sign(key)
}

var (
	keyUsageID    = []byte{0x55, 0x1d, 15}
	constraintsID = []byte{0x55, 0x1d, 19}
	namesID       = []byte{0x55, 0x1d, 17}
)

func asAuthority(c *grammar.Certificate) {
	c.Extensions = append(c.Extensions, grammar.Extension(true, constraintsID, []byte{0x30, 3, 1, 1, 0xff}),
		grammar.Extension(true, keyUsageID, []byte{3, 2, 1, 6}))
}

func (g *generator) next() trustCase {
	root, sub := grammar.Name("root"), grammar.Name("sub")
	anchor := g.Plain(root, root, g.RSA.Public())
	asAuthority(anchor)
	rootKey := crypto.Signer(g.RSA)
	middle := g.Plain(root, sub, g.EC.Public())
	asAuthority(middle)
	leafIssuer, leafKey := sub, crypto.Signer(g.EC)
	if g.IntN(3) == 0 { // a server that the root itself issued
		leafIssuer, leafKey = root, rootKey
	}
	leaf := g.Plain(leafIssuer, grammar.Name("localhost"), g.Other.Public())
	host := g.nameOf(leaf)
	how := g.spoilSome(anchor, middle, leaf)

	c := trustCase{host: host}
	rootDER, subDER, leafDER := g.sign(anchor, rootKey), g.sign(middle, rootKey), g.sign(leaf, leafKey)
	c.anchors = g.anchor(&how, anchor, rootDER, subDER, leafDER)
	c.chain = certs{raw(leafDER)}
	if &leafIssuer[0] == &sub[0] {
		c.chain = append(c.chain, raw(subDER))
	}
	if g.IntN(3) == 0 {
		c.chain = append(c.chain, raw(rootDER))
	}
	c.chain = g.order(&how, c.chain)
	c.name = fmt.Sprintf("%s; chain of %d", how, len(c.chain))
	return c
}

// nameOf gives the server a name, and returns the host that is asked for.
func (g *generator) nameOf(leaf *grammar.Certificate) string {
	switch g.IntN(6) {
	case 0:
		leaf.Extensions = append(leaf.Extensions, grammar.Extension(false, namesID,
			grammar.T(0x30, grammar.T(0x82, []byte("idc21.example.com")))))
		return grammar.Pick(g.Grammar, []string{"idc21.example.com", "localhost"})
	case 1:
		leaf.Extensions = append(leaf.Extensions, grammar.Extension(true, namesID,
			grammar.T(0x30, grammar.T(0x87, []byte{127, 0, 0, 1}))))
		return grammar.Pick(g.Grammar, []string{"127.0.0.1", "localhost", "127.0.0.2"})
	}
	return "localhost"
}

func (g *generator) spoilSome(anchor, middle, leaf *grammar.Certificate) string {
	switch g.IntN(8) {
	case 0:
		g.Spoil(anchor)
	case 1:
		g.Spoil(middle)
	case 2:
		g.Spoil(middle)
		g.Spoil(leaf)
	case 3, 4, 5:
		g.Spoil(leaf)
	}
	return fmt.Sprintf("root %s; sub %s; server %s", anchor.Names(), middle.Names(), leaf.Names())
}

// namesake: which of two anchors of one name Java tried last, and names in its
// message, the order of a hash set decides.
const namesake = "a namesake and the root"

func raw(der []byte) *x509.Certificate { return &x509.Certificate{Raw: der} }

// anchor chooses what the truststore holds.
func (g *generator) anchor(how *string, root *grammar.Certificate, rootDER, subDER, leafDER []byte) certs {
	note := func(s string) { *how += "; anchor " + s }
	old := g.Now.AddDate(-3, 0, 0)
	switch g.IntN(12) {
	case 0:
		note("expired")
		root.NotBefore.DER = grammar.T(0x17, []byte(old.Format("060102150405Z")))
		root.NotAfter.DER = grammar.T(0x17, []byte(old.AddDate(1, 0, 0).Format("060102150405Z")))
		return certs{raw(g.sign(root, g.RSA))}
	case 1:
		note("not yet valid")
		root.NotBefore.DER = grammar.T(0x17, []byte(g.Now.AddDate(1, 0, 0).Format("060102150405Z")))
		root.NotAfter.DER = grammar.T(0x17, []byte(g.Now.AddDate(2, 0, 0).Format("060102150405Z")))
		return certs{raw(g.sign(root, g.RSA))}
	case 2:
		note("cross-signed")
		root.Issuer.DER = grammar.Name("other")
		return certs{raw(g.sign(root, g.Other))}
	case 3:
		note("cross-signed and expired")
		root.Issuer.DER = grammar.Name("other")
		root.NotBefore.DER = grammar.T(0x17, []byte(old.Format("060102150405Z")))
		root.NotAfter.DER = grammar.T(0x17, []byte(old.AddDate(1, 0, 0).Format("060102150405Z")))
		return certs{raw(g.sign(root, g.Other))}
	case 4:
		note("the intermediate")
		return certs{raw(subDER)}
	case 5:
		note("the server itself")
		return certs{raw(leafDER)}
	case 6:
		note(namesake)
		return certs{raw(g.sign(g.Plain(grammar.Name("root"), grammar.Name("root"), g.Other.Public()), g.Other)),
			raw(rootDER)}
	case 7:
		note("of version 1")
		old := g.Plain(grammar.Name("root"), grammar.Name("root"), g.RSA.Public())
		old.Version.DER = nil
		return certs{raw(g.sign(old, g.RSA))}
	}
	return certs{raw(rootDER)}
}

// order changes the chain.
func (g *generator) order(how *string, chain certs) certs {
	junk := func() *x509.Certificate {
		return raw(g.sign(g.Plain(grammar.Name("junk"), grammar.Name("junk"), g.Other.Public()), g.Other))
	}
	switch g.IntN(8) {
	case 0:
		*how += "; the server twice"
		return slices.Insert(chain, 1, chain[0])
	case 1:
		*how += "; junk behind the server"
		return slices.Insert(chain, 1, junk())
	case 2:
		*how += "; junk at the end"
		return append(chain, junk())
	case 3:
		*how += "; the rest turned round"
		slices.Reverse(chain[1:])
	}
	return chain
}
