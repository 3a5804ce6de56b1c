package certificate_test

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"testing"
	"time"

	"github.com/idconnect-go/upgrade/keystore/internal/certificate"
	"github.com/idconnect-go/upgrade/keystore/internal/javatest/grammar"
)

// FuzzParse: what both this parser and crypto/x509 read, they read alike, and what was read once is read again.
func FuzzParse(f *testing.F) {
	g := grammar.New(seed, time.Unix(1.7e9, 0))
	for range 60 {
		c := g.Plain(grammar.Name("root"), grammar.Name("localhost"), g.EC.Public())
		g.Spoil(c)
		f.Add(c.Sign(g.EC))
	}
	f.Add(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte{0x30, 0}}))
	f.Fuzz(func(t *testing.T, encoded []byte) {
		certificate.ParseOutline(encoded)
		c, err := certificate.Parse(encoded)
		if err != nil {
			return
		}
		again, err := certificate.Parse(c.Raw)
		if err != nil || !bytes.Equal(again.Raw, c.Raw) {
			t.Fatalf("read once and not again: %v", err)
		}
		o, ok := certificate.ParseOutline(c.Raw)
		if !ok || !bytes.Equal(o.Subject, c.RawSubject) || !bytes.Equal(o.Issuer, c.RawIssuer) {
			t.Error("the outline is another")
		}
		certificate.Curve(c)
		certificate.PSS(c)
		x, err := x509.ParseCertificate(c.Raw)
		if err != nil {
			return
		}
		if !x.NotBefore.Equal(c.NotBefore) || !x.NotAfter.Equal(c.NotAfter) || x.Version != c.Version ||
			x.SerialNumber.Cmp(c.SerialNumber) != 0 ||
			!bytes.Equal(x.RawTBSCertificate, c.RawTBSCertificate) ||
			!bytes.Equal(x.RawSubjectPublicKeyInfo, c.RawSubjectPublicKeyInfo) {
			t.Error("crypto/x509 reads it otherwise")
		}
	})
}
