package p12

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"strings"
	"unicode/utf16"

	"software.sslmate.com/src/go-pkcs12"
)

// Blocks are the private keys and certificates of a file with a digest, as ToPEM of go-pkcs12 gives them: a key
// in PKCS#1 or SEC 1, alias and identifier as headers. Attributes that are not known are passed over, unless
// they could be Java's mark of a trusted certificate.
func Blocks(der []byte, password string) ([]*pem.Block, error) {
	//lint:ignore SA1019 nothing else of the library gives alias and date
	blocks, err := pkcs12.ToPEM(der, password)
	if err == nil || !isAttribute(err) {
		return blocks, err
	}
	plain, ok := known(der, password)
	if !ok {
		return nil, err
	}
	//lint:ignore SA1019 as above
	if blocks, err = pkcs12.ToPEM(plain, password); err == nil || !isAttribute(err) {
		return blocks, err
	}
	return oneChain(der, password, err)
}

// isAttribute reports whether an attribute is in the way, but not Java's mark.
func isAttribute(err error) bool {
	said := err.Error()
	return strings.Contains(said, "unknown attribute") && !strings.Contains(said, "2.16.840.1.113894.746875.1.1")
}

// oneChain reads a file of one key, whose certificates have attributes that nobody sees. All must be of its
// chain, and none may be there twice: Java writes one that is trusted, too, once more.
func oneChain(der []byte, password string, unknown error) ([]*pem.Block, error) {
	key, first, more, err := pkcs12.DecodeChain(der, password)
	if err != nil {
		return nil, err
	}
	block := &pem.Block{Type: "PRIVATE KEY", Headers: headers(der)}
	var public interface{ Equal(crypto.PublicKey) bool }
	switch k := key.(type) {
	case *rsa.PrivateKey:
		block.Bytes, public = x509.MarshalPKCS1PrivateKey(k), &k.PublicKey
	case *ecdsa.PrivateKey:
		if block.Bytes, err = x509.MarshalECPrivateKey(k); err != nil {
			return nil, err
		}
		public = &k.PublicKey
	default:
		return nil, errors.New("unknown private key type")
	}
	blocks := []*pem.Block{block}
	seen := map[string]bool{}
	var leaf *x509.Certificate
	for _, c := range append([]*x509.Certificate{first}, more...) {
		b := &pem.Block{Type: "CERTIFICATE", Bytes: c.Raw, Headers: map[string]string{}}
		if leaf == nil && public.Equal(c.PublicKey) {
			leaf = c
			b.Headers["localKeyId"] = block.Headers["localKeyId"]
		}
		if seen[string(c.Raw)] {
			return nil, unknown
		}
		seen[string(c.Raw)] = true
		blocks = append(blocks, b)
	}
	if leaf == nil || !isChain(leaf, len(seen), more, first) {
		return nil, unknown
	}
	return blocks, nil
}

// isChain reports whether the issuers, from the leaf on, are all certificates.
func isChain(leaf *x509.Certificate, count int, more []*x509.Certificate, first *x509.Certificate) bool {
	bySubject := map[string]*x509.Certificate{string(first.RawSubject): first}
	for _, c := range more {
		bySubject[string(c.RawSubject)] = c
	}
	for c := leaf; count > 0; count-- {
		next, ok := bySubject[string(c.RawIssuer)]
		if !ok || next == c {
			return count == 1
		}
		c = next
	}
	return true
}

// headers are alias and identifier of the first key, as ToPEM has them.
func headers(der []byte) map[string]string {
	out := map[string]string{"localKeyId": "00"}
	var p pfx
	var content, inner []byte
	var parts []contentInfo
	var bags []bag
	if !unmarshal(der, &p) || !unmarshal(p.AuthSafe.Content.Bytes, &content) || !unmarshal(content, &parts) {
		return out
	}
	for _, part := range parts {
		if part.Type.Equal(oidData) && unmarshal(part.Content.Bytes, &inner) && unmarshal(inner, &bags) {
			break
		}
	}
	for _, b := range bags {
		if !b.ID.Equal(oidShrouded) {
			continue
		}
		for _, a := range b.Attributes {
			var value asn1.RawValue
			if !unmarshal(a.Values.Bytes, &value) {
				continue
			}
			switch {
			case a.ID.Equal(oidName):
				out["friendlyName"] = fromUTF16(value.Bytes)
			case a.ID.Equal(oidKeyID):
				out["localKeyId"] = hex.EncodeToString(value.Bytes)
			}
		}
		break
	}
	return out
}

func fromUTF16(b []byte) string {
	var units []uint16
	for ; len(b) > 1; b = b[2:] {
		units = append(units, uint16(b[0])<<8|uint16(b[1]))
	}
	return string(utf16.Decode(units))
}
