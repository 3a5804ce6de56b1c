package keystore

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// damagedCertificates are made of a certificate that is whole, each with what
// is said of it, "" where nothing is.
func damagedCertificates(t *testing.T) map[string]struct {
	der  []byte
	flaw string
} {
	t.Helper()
	e, _ := openFixture(t, "trust.jks").Entry("leaf")
	whole := e.RawCertificates()[0]
	marshal := func(v any) []byte {
		der, err := asn1.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	// change gives the certificate after a change of its parts: of the outer
	// sequence, and of the one that is signed.
	change := func(f func(outer, tbs []asn1.RawValue) []asn1.RawValue) []byte {
		var outer, tbs []asn1.RawValue
		if _, err := asn1.Unmarshal(whole, &outer); err != nil {
			t.Fatal(err)
		}
		if _, err := asn1.Unmarshal(outer[0].FullBytes, &tbs); err != nil || len(tbs) != 8 {
			t.Fatal(len(tbs), err)
		}
		outer[0] = asn1.RawValue{FullBytes: marshal(f(outer, tbs))}
		return marshal(outer)
	}
	set := func(i int, der string) []byte {
		return change(func(_, tbs []asn1.RawValue) []asn1.RawValue {
			tbs[i] = asn1.RawValue{FullBytes: []byte(der)}
			return tbs
		})
	}
	return map[string]struct {
		der  []byte
		flaw string
	}{
		"whole":           {whole, ""},
		"bytes behind it": {append(bytes.Clone(whole), 1, 2, 3), ""},
		"empty":           {nil, "empty"},
		"text":            {[]byte("certificate"), "neither DER nor PEM"},
		"PEM":             {pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: whole}), ""},
		"PEM with words in front": {append([]byte("subject=x\n"),
			pem.EncodeToMemory(&pem.Block{Type: "X509 CERTIFICATE", Bytes: whole})...), ""},
		"PEM, cut off": {pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: whole})[:200], "PEM"},
		"PEM of two names": {bytes.Replace(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: whole}),
			[]byte("END CERT"), []byte("END X"), 1), "PEM"},
		"30 February":           {set(4, "\x30\x1e\x17\x0d300230000000Z\x17\x0d300230000000Z"), ""},
		"an empty set":          {set(5, "\x30\x02\x31\x00"), "subject"},
		"an empty set and more": {set(5, "\x30\x0e\x31\x00\x31\x0a\x30\x08\x06\x03\x55\x04\x03\x0c\x01a"), ""},
		"cut off":               {whole[:len(whole)-1], "cut off"},
		"one part more": {change(func(outer, tbs []asn1.RawValue) []asn1.RawValue {
			outer[2] = asn1.RawValue{FullBytes: append(outer[2].FullBytes, 5, 0)}
			return tbs
		}), "content, algorithm and signature"},
		"other algorithm outside": {change(func(outer, tbs []asn1.RawValue) []asn1.RawValue {
			outer[1] = asn1.RawValue{FullBytes: []byte("\x30\x05\x06\x03\x2b\x65\x70")}
			return tbs
		}), "algorithm"},
		"version 9":        {set(0, "\xa0\x03\x02\x01\x08"), "version"},
		"version is text":  {set(0, "\xa0\x03\x0c\x01a"), "version"},
		"serial is text":   {set(1, "\x0c\x01a"), "serial"},
		"no algorithm":     {set(2, "\x30\x00"), "algorithm"},
		"issuer of a text": {set(3, "\x30\x03\x0c\x01a"), "issuer"},
		"issuer, no value": {set(3, "\x30\x09\x31\x07\x30\x05\x06\x03\x55\x04\x03"), "issuer"},
		"one date":         {set(4, "\x30\x0f\x17\x0d250101000000Z"), "dates"},
		"dates are words":  {set(4, "\x30\x1e\x17\x0dsometimeoncebb\x17\x0dsometimeoncebb"[:34]), "dates"},
		"subject is text":  {set(5, "\x0c\x01a"), "subject"},
		"no key":           {set(6, "\x30\x00"), "public key"},
		"extensions cut":   {set(7, "\xa3\x04\x30\x02\x30\x00"), "extensions"},
		"a part too many": {change(func(_, tbs []asn1.RawValue) []asn1.RawValue {
			return append(tbs, asn1.RawValue{FullBytes: []byte{5, 0}})
		}), ""},
		"version 1 with extensions": {change(func(_, tbs []asn1.RawValue) []asn1.RawValue { return tbs[1:] }),
			"extensions"},
	}
}

// TestDamagedCertificates: a store whose digest is right and whose certificate
// is not, which Java refuses, is read with a warning.
func TestDamagedCertificates(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var questions []question
	var warned []bool
	for name, row := range damagedCertificates(t) {
		s := New(JKS)
		if err := s.PutCertificate("c", &x509.Certificate{Raw: row.der}, PutOptions{}); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, name)
		if err := WriteFile(path, s, NewPassword("p")); err != nil {
			t.Fatal(err)
		}
		s, err := Open(path, NewPassword("p"))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		w := fmt.Sprint(s.Warnings())
		if w == "[]" != (row.flaw == "") || !strings.Contains(w, row.flaw) {
			t.Errorf("%s: %s", name, w)
		}
		if _, err := Open(path, NewPassword("p"), Strict()); (err == nil) != (row.flaw == "") || err != nil &&
			!isAny(err, ErrFormat) {
			t.Errorf("%s, strict: %v", name, err)
		}
		questions, warned = append(questions, question{JKS, path, "p", "p"}), append(warned, row.flaw != "")
	}
	if len(questions) < 20 {
		t.Fatal("rows are missing")
	}
	t.Run("as Java", func(t *testing.T) {
		_, failed := askJava(t, questions)
		for i, q := range questions {
			if (failed[i] != "") != warned[i] {
				t.Errorf("%s: Java says %q, a warning: %v", filepath.Base(q.path), failed[i], warned[i])
			}
		}
	})
}
