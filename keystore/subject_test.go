package keystore

import (
	"crypto/rand"
	"crypto/x509"
	"encoding/asn1"
	"math/big"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/idconnect-go/upgrade/keystore/internal/javatest"
)

// TestJavaSubjects: names as Java prints them.
func TestJavaSubjects(t *testing.T) {
	t.Parallel()
	javatest.Tool(t, "java")
	type attribute struct {
		Type  asn1.ObjectIdentifier
		Value asn1.RawValue
	}
	type rdn []attribute
	text := func(oid string, tag int, value string) attribute {
		var id asn1.ObjectIdentifier
		for part := range strings.SplitSeq(oid, ".") {
			n, err := strconv.Atoi(part)
			if err != nil {
				t.Fatal(err)
			}
			id = append(id, n)
		}
		return attribute{id, asn1.RawValue{Tag: tag, Bytes: []byte(value)}}
	}
	const cn, ou = "2.5.4.3", "2.5.4.11"
	names := [][]rdn{
		{},
		{{text(cn, 12, "plain")}},
		{{text(cn, 12, ` #lead, trail `)}, {text(ou, 19, "a+b=c")}},
		{{text(cn, 12, `"q"\;<x>,#`)}},
		{{text(cn, 12, "nul\x00 \r"), text(ou, 12, "multi")}},
		{{text(ou, 12, "z"), text(cn, 12, "a"), text("2.5.4.5", 19, "123")}},
		{{text(cn, 12, "Zoë 鍵 😀")}},
		{{text(cn, 12, "   ")}},
		{{text(cn, 20, "T61")}},
		{{text(cn, 22, "ia5@example.com")}},
		{{text(cn, 12, "")}},
		{{text("2.5.4.9", 12, "street")}, {text("0.9.2342.19200300.100.1.25", 22, "dc")},
			{text("0.9.2342.19200300.100.1.1", 12, "uid")}},
		{{text("1.2.840.113549.1.9.1", 22, "mail@example.com")}, {text("2.5.4.12", 12, "title")},
			{text("2.5.4.4", 12, "sn")}, {text("1.2.3.4", 12, "x")}},
		{{text("2.5.4.6", 19, "DE")}, {text("2.5.4.8", 12, "st")}, {text("2.5.4.7", 12, "l")},
			{text("2.5.4.10", 12, "o")}},
		{{text(cn, 18, "123")}},
		{{text(cn, 27, "general")}},
	}
	key := testKeys(t)["p256"]
	issuer := selfSigned(t, key, commonName(t, "issuer"))
	s := New(JKS)
	for i, n := range names {
		var sequence []asn1.RawValue
		for _, r := range n {
			der, err := asn1.MarshalWithParams(r, "set")
			if err != nil {
				t.Fatal(err)
			}
			sequence = append(sequence, asn1.RawValue{FullBytes: der})
		}
		subject, err := asn1.Marshal(sequence)
		if err != nil {
			t.Fatal(err)
		}
		template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Unix(1e9, 0),
			NotAfter: time.Unix(4e9, 0), RawSubject: subject}
		der, err := x509.CreateCertificate(rand.Reader, template, issuer, key.Public(), key)
		if err != nil {
			t.Fatal(err)
		}
		// Some of these crypto/x509 refuses to parse.
		if err := s.PutCertificate(strconv.Itoa(i), &x509.Certificate{Raw: der}, PutOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "names.jks")
	if err := WriteFile(path, s, NewPassword("p")); err != nil {
		t.Fatal(err)
	}
	agree(t, []question{{JKS, path, "p", "p"}}, 1)
}
