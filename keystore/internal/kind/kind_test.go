package kind

import (
	"bytes"
	"compress/gzip"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// made are DER by crypto/x509.
func made(t testing.TB) (certificate, request, crl, key, public []byte) {
	t.Helper()
	signer, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "a"},
		NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<31, 0), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCRLSign, SubjectKeyId: []byte{1}}
	certificate, err = x509.CreateCertificate(rand.Reader, template, template, signer.Public(), signer)
	must(t, err)
	named := &x509.CertificateRequest{Subject: template.Subject}
	request, err = x509.CreateCertificateRequest(rand.Reader, named, signer)
	must(t, err)
	crl, err = x509.CreateRevocationList(rand.Reader, &x509.RevocationList{Number: big.NewInt(1),
		ThisUpdate: time.Unix(0, 0), NextUpdate: time.Unix(1<<30, 0)}, template, signer)
	must(t, err)
	key, err = x509.MarshalPKCS8PrivateKey(signer)
	must(t, err)
	public, err = x509.MarshalPKIXPublicKey(signer.Public())
	must(t, err)
	return certificate, request, crl, key, public
}

func block(label string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: label, Bytes: der}))
}

func inUTF16(s string, big bool) string {
	var out []byte
	for _, u := range utf16.Encode([]rune(s)) {
		if big {
			out = append(out, byte(u>>8), byte(u))
		} else {
			out = append(out, byte(u), byte(u>>8))
		}
	}
	return string(out)
}

// asText is what Java and others make of a binary file that they take for UTF-8.
func asText(s string) string {
	return strings.Map(func(r rune) rune { return r }, s) // of what is not UTF-8, each byte becomes U+FFFD
}

// TestOf: each is named, and has a next step.
func TestOf(t *testing.T) {
	t.Parallel()
	certificate, request, crl, key, public := made(t)
	jceks := "\xce\xce\xce\xce\x00\x00\x00\x02\x00\x00\x00\x01\x00\x00\x00\x03\x00\x01a\x00\x00\x01\x90\xa0\xb1\xc2\xd3"
	jks := "\xfe\xed\xfe\xed" + jceks[4:]
	p12 := "\x30\x10\x02\x01\x03\x30\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"
	salt := "\x00\x00\x00\x14" + strings.Repeat("\xa5", 20) + "\x00\x00\x04\x00"
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, err := z.Write([]byte(jceks))
	must(t, err)
	must(t, z.Close())
	crt := block("CERTIFICATE", certificate)
	b64 := base64.StdEncoding.EncodeToString([]byte(jceks))
	for name, row := range map[string]struct {
		content, what string
		damaged       bool
	}{
		"empty":               {"", "empty", true},
		"PEM":                 {crt, "PEM with a certificate", false},
		"PEM behind a text":   {"Bag Attributes\n friendlyName: x\n" + crt, "with a certificate", false},
		"X509 CERTIFICATE":    {block("X509 CERTIFICATE", certificate), "PEM with a certificate", false},
		"PEM of a key":        {block("PRIVATE KEY", key), "PEM with \"PRIVATE KEY\"", false},
		"PEM of PKCS#7":       {block("PKCS7", nil), "PEM with PKCS#7", false},
		"PEM in UTF-16LE":     {"\xff\xfe" + inUTF16(crt, false), "certificate, written in UTF-16", false},
		"PEM in UTF-16BE":     {"\xfe\xff" + inUTF16(crt, true), "certificate, written in UTF-16", false},
		"PEM in bare UTF-16":  {inUTF16(crt, false), "UTF-16 without", false},
		"PEM with a BOM":      {"\xef\xbb\xbf" + crt, "a certificate, written in UTF-8 with a byte order mark", false},
		"a text in UTF-16":    {"\xff\xfe" + inUTF16("hello", false), "a text in UTF-16", false},
		"a certificate":       {string(certificate), "a certificate in DER", false},
		"one in BER":          {"\x30\x80" + string(certificate[4:]) + "\x00\x00", "a certificate in BER", false},
		"a certificate, cut":  {string(certificate[:100]), "a certificate in DER that is cut off", false},
		"a request":           {string(request), "request", false},
		"a CRL":               {string(crl), "revocation list", false},
		"a key":               {string(key), "a private key in DER", false},
		"a public key":        {string(public), "a public key", false},
		"PKCS#7":              {"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x00", "PKCS#7", false},
		"PKCS#7 in BER":       {"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x80", "PKCS#7", false},
		"BCFKS":               {"\x30\x0c\x30\x06\x30\x02\x06\x00\x04\x00\x30\x02\x30\x00", "BCFKS", false},
		"BKS":                 {"\x00\x00\x00\x02" + salt + "\x01\x00\x02ca\x00\x00", "a BKS", false},
		"BKS of version 1":    {"\x00\x00\x00\x01" + salt + "\x04\x00\x02ca\x00\x00", "a BKS", false},
		"UBER":                {"\x00\x00\x00\x01" + salt + "\x9b\x00\x02\x9d\xf4\x01", "an UBER", false},
		"Base64":              {b64, "Base64 of a JCEKS store", false},
		"Base64 in lines":     {b64[:20] + "\r\n" + b64[20:] + "\n", "Base64 of a JCEKS", false},
		"Base64 with a BOM":   {"\xef\xbb\xbf" + b64, "Base64 of a JCEKS", false},
		"Base64 for URLs":     {base64.RawURLEncoding.EncodeToString([]byte(jks)), "Base64 of a JKS", false},
		"Base64 of PKCS#12":   {base64.StdEncoding.EncodeToString([]byte(p12)), "Base64 of a PKCS#12 store", false},
		"Base64 of DER":       {base64.StdEncoding.EncodeToString(certificate), "Base64 of a certificate", false},
		"hexadecimal":         {hex.EncodeToString([]byte(jks)), "hexadecimal digits of a JKS", false},
		"EF BF BD":            {asText(jceks), "turned into text", true},
		"EF BF BD of JKS":     {asText(jks), "turned into text", true},
		"EF BF BD of PKCS#12": {"0\xef\xbf\xbd\n\xef\xbf\xbd\x02\x01\x030", "turned into text", true},
		"question marks":      {"????" + jceks[4:], "turned into text", true},
		"Latin-1 as UTF-8":    {string(latin1(jceks)), "a JCEKS store that was turned from Latin-1", true},
		"a line break before": {"\r\n" + jks, "a JKS store with other bytes before it", true},
		"gzip":                {zipped.String(), "compressed by gzip", false},
		"zip":                 {"PK\x03\x04..", "a zip file", false},
		"a pointer of LFS":    {"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 2\n", "Git LFS", false},
		"HTML":                {"\n<!DOCTYPE html><html>", "an HTML page", false},
		"HTML in capitals":    {"<HTML><HEAD>", "an HTML page", false},
		"a text":              {"hello\n", "a text", false},
		"what nobody knows":   {"\x01\x02\x03\x04\x05\x06", "", false},
		"a store":             {jceks, "", false},
		"PKCS#12":             {p12, "", false},
	} {
		f := Of([]byte(row.content))
		if !strings.Contains(f.What, row.what) || row.what == "" && f.What != "" || f.Damaged != row.damaged ||
			(f.Next == "") != (row.what == "") {
			t.Errorf("%s: %+v, want %q", name, f, row.what)
		}
	}
}

// FuzzOf: no content makes it panic.
func FuzzOf(f *testing.F) {
	certificate, request, crl, key, public := made(f)
	for _, seed := range [][]byte{certificate, request, crl, key, public, []byte("\xff\xfea\x00"), {0x30}} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		if file := Of(content); (file.What == "") != (file.Next == "") {
			t.Errorf("%+v", file)
		}
		Damage(content)
	})
}
