// Package p12 reads the keys of PKCS#12 files by a library that refuses attributes that it does not know, as
// Windows and Java write them. Begin with [Blocks].
package p12

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha256"
	"crypto/x509/pkix"
	"encoding/asn1"
	"slices"
)

type pfx struct {
	Version  int
	AuthSafe contentInfo
	MAC      mac
}

type contentInfo struct {
	Type    asn1.ObjectIdentifier
	Content asn1.RawValue `asn1:"tag:0,explicit,optional"`
}

type mac struct {
	Digest struct {
		Algorithm pkix.AlgorithmIdentifier
		Digest    []byte
	}
	Salt       []byte
	Iterations int `asn1:"optional,default:1"`
}

type bag struct {
	ID         asn1.ObjectIdentifier
	Value      asn1.RawValue
	Attributes []attribute `asn1:"set,optional"`
}

type attribute struct {
	ID     asn1.ObjectIdentifier
	Values asn1.RawValue `asn1:"set"`
}

var (
	oidData      = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}
	oidShrouded  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 10, 1, 2}
	oidName      = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 20}
	oidKeyID     = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 21}
	oidPBMAC1    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 14}
	oidPBKDF2    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 12}
	oidHMACSHA2  = asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 9}
	saltOfCopies = []byte("a copy in memory")
)

// known returns a copy in which encrypted keys have no attributes but their name and identifier, under a digest
// of its own. What is encrypted, certificates among it, is as it was. The caller must have verified the file's
// own digest: that of the copy says nothing, and must stay in memory.
func known(der []byte, password string) ([]byte, bool) {
	var p pfx
	var content []byte
	var parts []contentInfo
	if !unmarshal(der, &p) || !p.AuthSafe.Type.Equal(oidData) || !unmarshal(p.AuthSafe.Content.Bytes, &content) ||
		!unmarshal(content, &parts) {
		return nil, false
	}
	for i, part := range parts {
		if part.Type.Equal(oidData) {
			plain, ok := withoutUnknown(part.Content.Bytes)
			if !ok {
				return nil, false
			}
			parts[i].Content = explicit(plain)
		}
	}
	content, err := asn1.Marshal(parts)
	if err != nil {
		return nil, false
	}
	octets, err := asn1.Marshal(content)
	if err != nil {
		return nil, false
	}
	p.AuthSafe.Content = explicit(octets)
	if p.MAC, err = digestOf(content, password); err != nil {
		return nil, false
	}
	out, err := asn1.Marshal(p)
	return out, err == nil
}

// withoutUnknown takes attributes away from keys in an OCTET STRING of bags.
func withoutUnknown(octets []byte) ([]byte, bool) {
	var inner []byte
	var bags []bag
	if !unmarshal(octets, &inner) || !unmarshal(inner, &bags) {
		return nil, false
	}
	for i := range bags {
		if bags[i].ID.Equal(oidShrouded) {
			bags[i].Attributes = slices.DeleteFunc(bags[i].Attributes, func(a attribute) bool {
				return !a.ID.Equal(oidName) && !a.ID.Equal(oidKeyID)
			})
		}
	}
	inner, err := asn1.Marshal(bags)
	if err != nil {
		return nil, false
	}
	octets, err = asn1.Marshal(inner)
	return octets, err == nil
}

// digestOf is PBMAC1 (RFC 9579), which needs nothing but the standard library.
func digestOf(content []byte, password string) (m mac, err error) {
	type derivation struct {
		Salt               []byte
		Iterations, Length int
		PRF                pkix.AlgorithmIdentifier
	}
	prf := pkix.AlgorithmIdentifier{Algorithm: oidHMACSHA2}
	kdf, err := asn1.Marshal(derivation{saltOfCopies, 1, sha256.Size, prf})
	if err != nil {
		return m, err
	}
	parameters, err := asn1.Marshal(struct{ KDF, MAC pkix.AlgorithmIdentifier }{
		pkix.AlgorithmIdentifier{Algorithm: oidPBKDF2, Parameters: asn1.RawValue{FullBytes: kdf}}, prf,
	})
	if err != nil {
		return m, err
	}
	key, err := pbkdf2.Key(sha256.New, password, saltOfCopies, 1, sha256.Size)
	if err != nil {
		return m, err
	}
	h := hmac.New(sha256.New, key)
	h.Write(content)
	m.Digest.Algorithm.Algorithm, m.Digest.Algorithm.Parameters.FullBytes = oidPBMAC1, parameters
	m.Digest.Digest, m.Salt, m.Iterations = h.Sum(nil), saltOfCopies, 1
	return m, nil
}

func explicit(content []byte) asn1.RawValue {
	return asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: content}
}

func unmarshal(der []byte, into any) bool {
	rest, err := asn1.Unmarshal(der, into)
	return err == nil && len(rest) == 0
}
