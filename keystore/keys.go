package keystore

import (
	"bytes"
	"crypto"
	"crypto/dsa"
	"crypto/sha1"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"

	jks "github.com/pavlo-v-chernykh/keystore-go/v4"
)

type encryptedPrivateKeyInfo struct {
	Algorithm pkix.AlgorithmIdentifier
	Data      []byte
}

type privateKeyInfo struct {
	Version    int
	Algorithm  pkix.AlgorithmIdentifier
	PrivateKey []byte
	Rest       asn1.RawValue `asn1:"optional"`
}

// PKCS8 opens a private key and returns its PrivateKeyInfo in DER (RFC 5208).
// Errors match [ErrKind], [ErrKeyPassword] or [ErrFormat].
func (e Entry) PKCS8(password Password) ([]byte, error) {
	if e.Kind != PrivateKey || e.e == nil {
		return nil, fmt.Errorf("entry %q: %w: it is no private key", e.Alias, ErrKind)
	}
	if e.e.plain {
		return e.e.body, nil
	}
	var info encryptedPrivateKeyInfo
	if rest, err := asn1.Unmarshal(e.e.body, &info); err != nil || len(rest) > 0 {
		if err == nil {
			err = errors.New("more than expected")
		}
		return nil, &FormatError{Alias: e.Alias, What: "an encrypted private key", Err: err}
	}
	var plain []byte
	switch {
	case info.Algorithm.Algorithm.Equal(oidPBEWithMD5AndTripleDES):
		params, err := parsePBEParams(info.Algorithm.Parameters.FullBytes)
		if err != nil {
			return nil, &FormatError{Alias: e.Alias, What: "an encrypted private key", Err: err}
		}
		if plain, err = pbeDecrypt(password, params, info.Data); err != nil {
			return nil, fmt.Errorf("entry %q: %w", e.Alias, err)
		}
	case info.Algorithm.Algorithm.Equal(oidJKSKeyProtector):
		var err error
		if plain, err = openJKSKey(e.e.body, password); err != nil {
			return nil, fmt.Errorf("entry %q: %w: %w", e.Alias, ErrKeyPassword, err)
		}
	default:
		return nil, &FormatError{Alias: e.Alias, What: fmt.Sprintf("a private key under the unknown protection %v", info.Algorithm.Algorithm)}
	}
	var key privateKeyInfo
	if _, err := asn1.Unmarshal(plain, &key); err != nil {
		// One wrong password in 256 leaves a padding that looks right.
		return nil, fmt.Errorf("entry %q: %w", e.Alias, ErrKeyPassword)
	}
	return plain, nil
}

// openJKSKey lets keystore-go open a store that holds this one key.
func openJKSKey(body []byte, password Password) ([]byte, error) {
	bytesOf, err := latin1(password)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	for _, v := range []uint32{magicJKS, 2, 1, tagPrivateKey} {
		binary.Write(&b, binary.BigEndian, v)
	}
	b.Write([]byte{0, 1, 'k'})
	b.Write(make([]byte, 8))
	binary.Write(&b, binary.BigEndian, uint32(len(body)))
	b.Write(body)
	b.Write(make([]byte, 4)) // no certificate
	b.Write(integrity(password.Reveal(), b.Bytes()))
	store := jks.New()
	if err := store.Load(&b, bytesOf); err != nil {
		return nil, err
	}
	key, err := store.GetPrivateKeyEntry("k", bytesOf)
	return key.PrivateKey, err
}

// latin1 is how keystore-go takes a password: one byte for each character.
func latin1(p Password) ([]byte, error) {
	var out []byte
	for _, r := range p.Reveal() {
		if r > 0xff {
			return nil, errors.New("a password of JKS keys with characters beyond Latin-1 is not supported")
		}
		out = append(out, byte(r))
	}
	return out, nil
}

// PrivateKey opens a private key and parses it: RSA, ECDSA, Ed25519 and what
// else [x509.ParsePKCS8PrivateKey] reads, and DSA. Of other algorithms
// [Entry.PKCS8] gives the bytes.
func (e Entry) PrivateKey(password Password) (crypto.PrivateKey, error) {
	der, err := e.PKCS8(password)
	if err != nil {
		return nil, err
	}
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err == nil {
		return key, nil
	}
	if k, ok := parseDSA(der); ok {
		return k, nil
	}
	return nil, fmt.Errorf("entry %q, algorithm %s: %w", e.Alias, algorithmOf(der), err)
}

var oidDSA = asn1.ObjectIdentifier{1, 2, 840, 10040, 4, 1}

func parseDSA(der []byte) (*dsa.PrivateKey, bool) {
	var info privateKeyInfo
	if _, err := asn1.Unmarshal(der, &info); err != nil || !info.Algorithm.Algorithm.Equal(oidDSA) {
		return nil, false
	}
	var params struct{ P, Q, G *big.Int }
	var x *big.Int
	if _, err := asn1.Unmarshal(info.Algorithm.Parameters.FullBytes, &params); err != nil {
		return nil, false
	}
	if _, err := asn1.Unmarshal(info.PrivateKey, &x); err != nil || params.P == nil || params.P.Sign() <= 0 || params.P.BitLen() > 16384 || x.Sign() < 0 {
		return nil, false
	}
	k := &dsa.PrivateKey{X: x}
	k.Parameters = dsa.Parameters{P: params.P, Q: params.Q, G: params.G}
	k.Y = new(big.Int).Exp(params.G, x, params.P)
	return k, true
}

// keyAlgorithms are Java's names (Key.getAlgorithm) of the OIDs.
var keyAlgorithms = map[string]string{
	"1.2.840.113549.1.1.1":  "RSA",
	"1.2.840.113549.1.1.10": "RSASSA-PSS",
	"1.2.840.10045.2.1":     "EC",
	"1.2.840.10040.4.1":     "DSA",
	"1.2.840.113549.1.3.1":  "DH",
	"1.3.101.110":           "XDH",
	"1.3.101.111":           "XDH",
	"1.3.101.112":           "EdDSA",
	"1.3.101.113":           "EdDSA",
}

func algorithmName(oid asn1.ObjectIdentifier) string {
	if n, ok := keyAlgorithms[oid.String()]; ok {
		return n
	}
	return oid.String()
}

func algorithmOf(pkcs8 []byte) string {
	var info privateKeyInfo
	if _, err := asn1.Unmarshal(pkcs8, &info); err != nil {
		return ""
	}
	return algorithmName(info.Algorithm.Algorithm)
}

// Algorithm is Java's name of the algorithm of a private key or a certificate's
// key, as the first certificate says ("RSA", "EC", "DSA", "EdDSA", else an
// OID), "" where that is not known without opening the key.
func (e Entry) Algorithm() string {
	certs := e.RawCertificates()
	if len(certs) == 0 {
		return ""
	}
	tbs, ok := parseCertificateShape(certs[0])
	if !ok {
		return ""
	}
	return algorithmName(tbs.PublicKey.Algorithm.Algorithm)
}

// SecretKey opens a secret key and returns Java's name of its algorithm
// ("AES", "HmacSHA256") and its bytes. Errors match [ErrKind],
// [ErrKeyPassword] or [ErrFormat].
func (e Entry) SecretKey(password Password) (algorithm string, key []byte, err error) {
	if e.Kind != SecretKey || e.e == nil {
		return "", nil, fmt.Errorf("entry %q: %w: it is no secret key", e.Alias, ErrKind)
	}
	broken := func(err error) (string, []byte, error) {
		return "", nil, &FormatError{Alias: e.Alias, What: "a secret key", Err: err}
	}
	obj, _, err := parseSerialized(e.e.body)
	if err != nil {
		return broken(err)
	}
	sealed, err := obj.sealed()
	if err != nil {
		return broken(err)
	}
	if sealed.algorithm != "PBEWithMD5AndTripleDES" {
		return broken(fmt.Errorf("sealed by %q", sealed.algorithm))
	}
	params, err := parsePBEParams(sealed.params)
	if err != nil {
		return broken(err)
	}
	plain, err := pbeDecrypt(password, params, sealed.content)
	if err != nil {
		return "", nil, fmt.Errorf("entry %q: %w", e.Alias, err)
	}
	if len(plain) < 4 || be32(plain) != 0xACED0005 {
		return "", nil, fmt.Errorf("entry %q: %w", e.Alias, ErrKeyPassword)
	}
	if obj, _, err = parseSerialized(plain); err != nil {
		return broken(err)
	}
	if algorithm, key, err = obj.secret(); err != nil {
		return broken(err)
	}
	return algorithm, key, nil
}

// protectJKS is sun.security.provider.KeyProtector.
func protectJKS(password Password, salt, plain []byte) []byte {
	pw := utf16be(password.Reveal())
	out := append([]byte(nil), salt...)
	digest := salt
	for i := 0; i < len(plain); i += sha1.Size {
		h := sha1.New()
		h.Write(pw)
		h.Write(digest)
		digest = h.Sum(nil)
		for j := i; j < min(i+sha1.Size, len(plain)); j++ {
			out = append(out, plain[j]^digest[j-i])
		}
	}
	h := sha1.New()
	h.Write(pw)
	h.Write(plain)
	return h.Sum(out)
}
