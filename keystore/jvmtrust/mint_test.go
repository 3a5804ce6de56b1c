package jvmtrust

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"
)

// authority signs certificates: an anchor, an intermediate, or a server that
// signed its own.
type authority struct {
	cert *x509.Certificate
	key  crypto.Signer
}

// mint makes the certificates of the cases.
type mint struct {
	t             testing.TB
	now           time.Time
	rsa, rsa2, ec crypto.Signer
	serial        int64
}

// minted are the keys of every mint: to make them takes long.
var minted = sync.OnceValues(func() (mint, error) {
	first, err := rsa.GenerateKey(rand.Reader, 2048)
	second, secondErr := rsa.GenerateKey(rand.Reader, 2048)
	third, thirdErr := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	return mint{rsa: first, rsa2: second, ec: third}, errors.Join(err, secondErr, thirdErr)
})

func newMint(t testing.TB) *mint {
	t.Helper()
	m, err := minted()
	m.t, m.now = t, time.Now()
	m.check(err)
	return &m
}

func (m *mint) rsaKey(bits int) crypto.Signer {
	k, err := rsa.GenerateKey(rand.Reader, bits)
	m.check(err)
	return k
}

func (m *mint) ecKey(c elliptic.Curve) crypto.Signer {
	k, err := ecdsa.GenerateKey(c, rand.Reader)
	m.check(err)
	return k
}

func (m *mint) check(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
}

type edit func(*x509.Certificate)

// issue makes a certificate of a key, signed by the issuer, or by itself when
// there is none.
func (m *mint) issue(cn string, key crypto.PublicKey, by *authority, signer crypto.Signer,
	edits ...edit) *x509.Certificate {
	m.t.Helper()
	m.serial++
	c := &x509.Certificate{
		SerialNumber: big.NewInt(m.serial), Subject: pkix.Name{CommonName: cn},
		NotBefore: m.now.Add(-time.Hour), NotAfter: m.now.Add(24 * time.Hour),
	}
	if cn == "" {
		c.Subject = pkix.Name{}
	}
	for _, e := range edits {
		e(c)
	}
	parent := c
	if by != nil {
		parent, signer = by.cert, by.key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, key, signer)
	m.check(err)
	return m.parse(der)
}

func (m *mint) parse(der []byte) *x509.Certificate {
	m.t.Helper()
	c, err := x509.ParseCertificate(der)
	m.check(err)
	return c
}

// self is a server's own certificate as keytool makes it: self-signed, no
// alternative name.
func (m *mint) self(cn string, edits ...edit) *x509.Certificate {
	m.t.Helper()
	return m.issue(cn, m.rsa.Public(), nil, m.rsa, edits...)
}

func (m *mint) leaf(by *authority, cn string, edits ...edit) *x509.Certificate {
	m.t.Helper()
	return m.issue(cn, m.rsa.Public(), by, nil, edits...)
}

func (m *mint) ca(by *authority, cn string, edits ...edit) *authority {
	m.t.Helper()
	key := m.rsa2
	if by != nil {
		key = m.ec // another than the root's
	}
	return &authority{m.issue(cn, key.Public(), by, key, append([]edit{caExtensions}, edits...)...), key}
}

// remake changes the body of a certificate and signs it anew, for what
// crypto/x509 does not make.
func (m *mint) remake(c *x509.Certificate, by *authority, change func(body []byte) []byte, algorithm []byte,
	hash crypto.Hash) *x509.Certificate {
	m.t.Helper()
	body := change(slices.Clone(c.RawTBSCertificate))
	h := hash.New()
	h.Write(body)
	signature, err := by.key.Sign(rand.Reader, h.Sum(nil), hash)
	m.check(err)
	der, err := asn1.Marshal(struct {
		Body, Algorithm asn1.RawValue
		Signature       asn1.BitString
	}{asn1.RawValue{FullBytes: body}, asn1.RawValue{FullBytes: algorithm},
		asn1.BitString{Bytes: signature, BitLength: 8 * len(signature)}})
	m.check(err)
	return m.parse(der)
}

// sha256RSA is the algorithm sha256WithRSAEncryption; its last byte of the OID
// is 11, and another for another hash.
var sha256RSA = []byte{0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 11, 5, 0}

const md2RSA, md5RSA, sha224RSA = 2, 4, 14

func (m *mint) signedByRSA(c *x509.Certificate, by *authority, algorithm byte, hash crypto.Hash) *x509.Certificate {
	m.t.Helper()
	id := slices.Clone(sha256RSA)
	id[12] = algorithm
	return m.remake(c, by, func(b []byte) []byte { return bytes.Replace(b, sha256RSA, id, 1) }, id, hash)
}

// file is a certificate that keytool made, valid until 2119.
func (m *mint) file(name string) *x509.Certificate {
	m.t.Helper()
	der, err := os.ReadFile(filepath.Join("testdata", name))
	m.check(err)
	return m.parse(der)
}

// spoiled changes the end of a certificate's signature.
func (m *mint) spoiled(c *x509.Certificate) *x509.Certificate {
	m.t.Helper()
	der := slices.Clone(c.Raw)
	der[len(der)-1] ^= 1
	return m.parse(der)
}

// v1 takes version and extensions out.
func (m *mint) v1(c *x509.Certificate, by *authority) *x509.Certificate {
	m.t.Helper()
	return m.remake(c, by, func(b []byte) []byte {
		var parts, kept []asn1.RawValue
		_, err := asn1.Unmarshal(b, &parts)
		m.check(err)
		for _, p := range parts {
			if p.Class != asn1.ClassContextSpecific {
				kept = append(kept, p)
			}
		}
		der, err := asn1.Marshal(kept)
		m.check(err)
		return der
	}, sha256RSA, crypto.SHA256)
}

func caExtensions(c *x509.Certificate) {
	c.IsCA, c.BasicConstraintsValid, c.KeyUsage = true, true, x509.KeyUsageCertSign
}

func dns(names ...string) edit { return func(c *x509.Certificate) { c.DNSNames = names } }
func ips(addresses ...string) edit {
	return func(c *x509.Certificate) {
		for _, a := range addresses {
			ip := net.ParseIP(a)
			if v4 := ip.To4(); v4 != nil {
				ip = v4
			}
			c.IPAddresses = append(c.IPAddresses, ip)
		}
	}
}
func email(a string) edit                { return func(c *x509.Certificate) { c.EmailAddresses = []string{a} } }
func usage(u x509.KeyUsage) edit         { return func(c *x509.Certificate) { c.KeyUsage = u } }
func purpose(u ...x509.ExtKeyUsage) edit { return func(c *x509.Certificate) { c.ExtKeyUsage = u } }
func subject(n pkix.Name) edit           { return func(c *x509.Certificate) { c.Subject = n } }
func signedWith(a x509.SignatureAlgorithm) edit {
	return func(c *x509.Certificate) { c.SignatureAlgorithm = a }
}
func notCAExtensions(c *x509.Certificate) { c.BasicConstraintsValid, c.IsCA = true, false }
func expired(c *x509.Certificate)         { c.NotAfter = c.NotBefore.Add(30 * time.Minute) }
func future(c *x509.Certificate)          { c.NotBefore = c.NotBefore.Add(2 * time.Hour) }
func maxPath(n int) edit {
	return func(c *x509.Certificate) { c.MaxPathLen, c.MaxPathLenZero = n, n == 0 }
}
func extra(critical bool, oid asn1.ObjectIdentifier, value ...byte) edit {
	return func(c *x509.Certificate) {
		c.ExtraExtensions = append(c.ExtraExtensions, pkix.Extension{Id: oid, Critical: critical, Value: value})
	}
}

// rawSubject is a subject of one CN in a string type of choice.
func rawSubject(tag byte, text string) edit {
	return func(c *x509.Certificate) {
		v := append([]byte{tag, byte(len(text))}, text...)
		a := append([]byte{0x30, byte(5 + len(v)), 6, 3, 0x55, 4, 3}, v...)
		s := append([]byte{0x31, byte(len(a))}, a...)
		c.RawSubject = append([]byte{0x30, byte(len(s))}, s...)
	}
}

func commonNames(cns ...string) edit {
	return func(c *x509.Certificate) {
		c.Subject = pkix.Name{}
		for _, cn := range cns {
			c.Subject.ExtraNames = append(c.Subject.ExtraNames,
				pkix.AttributeTypeAndValue{Type: asn1.ObjectIdentifier{2, 5, 4, 3}, Value: cn})
		}
	}
}
