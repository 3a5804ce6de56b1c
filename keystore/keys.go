package keystore

import (
	"bytes"
	"context"
	"crypto"
	"crypto/des"

	//lint:ignore SA1019 Java stores hold DSA keys
	"crypto/dsa"
	"crypto/sha1"
	"crypto/subtle"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"slices"

	"github.com/idconnect-go/upgrade/keystore/internal/certificate"
	"github.com/idconnect-go/upgrade/keystore/internal/javatext"
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
// Keys of PKCS#12 were opened with the store and need no password.
// Errors match [ErrKind], [ErrKeyPassword] or [ErrFormat].
func (e Entry) PKCS8(password Password) ([]byte, error) {
	return e.pkcs8(context.Background(), password)
}

func (e Entry) pkcs8(ctx context.Context, password Password) ([]byte, error) {
	if e.Kind != PrivateKey {
		return nil, fmt.Errorf("entry %q: %w: not a private key", e.Alias, ErrKind)
	}
	if e.e.p12 != nil {
		return bytes.Clone(e.e.p12.key), nil
	}
	f := e.e.fields()
	broken := func(what string, err error) error { return e.broken(f, what, err) }
	closed := func(err error) error { return e.closed(f, err) }
	var info encryptedPrivateKeyInfo
	if rest, err := asn1.Unmarshal(f.body, &info); err != nil || len(rest) > 0 {
		if err == nil {
			err = errors.New("more than expected")
		}
		return nil, broken("an encrypted private key", err)
	}
	var plain []byte
	switch {
	case !e.e.jks && info.Algorithm.Algorithm.Equal(oidPBEWithMD5AndTripleDES) &&
		len(info.Data)%des.BlockSize == 0 && len(info.Data) > 0:
		params, err := parsePBEParams(info.Algorithm.Parameters.FullBytes)
		if err != nil {
			return nil, broken("an encrypted private key", err)
		}
		if plain, err = pbeDecrypt(ctx, password, params, info.Data); err != nil {
			return nil, closed(err)
		}
	case info.Algorithm.Algorithm.Equal(oidJKSKeyProtector) && len(info.Data) >= 2*sha1.Size:
		var ok bool
		if plain, ok = openJKSKey(info.Data, password); !ok {
			return nil, closed(ErrKeyPassword)
		}
	default:
		return nil, broken(fmt.Sprintf("a private key of %d bytes under the protection %v", len(info.Data),
			info.Algorithm.Algorithm), nil)
	}
	var key privateKeyInfo
	if _, err := asn1.Unmarshal(plain, &key); err != nil {
		// One wrong password in 256 leaves a padding that looks right.
		return nil, closed(ErrKeyPassword)
	}
	return plain, nil
}

// broken is the error of a key that is damaged.
func (e Entry) broken(f entryFields, what string, err error) error {
	return &FormatError{Offset: e.e.offset + int64(f.bodyAt), Alias: e.Alias, What: what, Err: err}
}

// closed is the error of a key that does not open. It matches [ErrKeyPassword] if err does.
func (e Entry) closed(f entryFields, err error) error {
	return fmt.Errorf("entry %q, key at offset %d: %w", e.Alias, e.e.offset+int64(f.bodyAt), err)
}

// openJKSKey needs at least 40 bytes: a salt, the key, and its digest.
func openJKSKey(data []byte, password Password) ([]byte, bool) {
	pw := javatext.UTF16BE(password.Reveal())
	n := len(data) - sha1.Size
	plain := xorJKS(pw, data[:sha1.Size], data[sha1.Size:n])
	return plain, subtle.ConstantTimeCompare(digestJKS(pw, plain), data[n:]) == 1
}

// PrivateKey opens a private key and parses it: RSA, ECDSA, Ed25519 and what
// else [x509.ParsePKCS8PrivateKey] reads, and DSA. Others (Ed448, X448, DH,
// RSASSA-PSS, curves that Go does not have) are an opaque value that
// [Store.PutPrivateKey] takes; [Entry.PKCS8] returns their bytes. Errors are
// those of [Entry.PKCS8].
func (e Entry) PrivateKey(password Password) (crypto.PrivateKey, error) {
	der, err := e.PKCS8(password)
	if err != nil {
		return nil, err
	}
	if key, err := x509.ParsePKCS8PrivateKey(der); err == nil {
		return key, nil
	}
	if k, ok := parseDSA(der); ok {
		return k, nil
	}
	var info privateKeyInfo
	if _, err := asn1.Unmarshal(der, &info); err != nil {
		return nil, fmt.Errorf("entry %q: a private key: %w", e.Alias, err)
	}
	return opaqueKey{Algorithm: info.Algorithm.Algorithm, pkcs8: &der}, nil
}

// opaqueKey is a private key that Go has no type for. [Store.PutPrivateKey]
// takes it, so that it can be moved between stores. It prints as its algorithm
// alone.
type opaqueKey struct {
	Algorithm asn1.ObjectIdentifier
	pkcs8     *[]byte // a pointer, because fmt would print the bytes
}

// PKCS8 is the key's PrivateKeyInfo in DER (RFC 5208).
func (k opaqueKey) PKCS8() []byte {
	if k.pkcs8 == nil {
		return nil
	}
	return bytes.Clone(*k.pkcs8)
}

// String is Java's name of the algorithm, else its OID.
func (k opaqueKey) String() string { return certificate.KeyNameOf(k.Algorithm.String()) }

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
	if _, err := asn1.Unmarshal(info.PrivateKey, &x); err != nil || params.P == nil || params.P.Sign() <= 0 ||
		params.P.BitLen() > 16384 || x.Sign() < 0 {
		return nil, false
	}
	k := &dsa.PrivateKey{X: x}
	k.Parameters = dsa.Parameters{P: params.P, Q: params.Q, G: params.G}
	k.Y = new(big.Int).Exp(params.G, x, params.P)
	return k, true
}

// marshalDSA writes PKCS#8 as RFC 3279 and Java have it; crypto/x509 does not.
func marshalDSA(k *dsa.PrivateKey) ([]byte, error) {
	params, err := asn1.Marshal(k.Parameters)
	if err != nil {
		return nil, err
	}
	x, err := asn1.Marshal(k.X)
	if err != nil {
		return nil, err
	}
	return asn1.Marshal(privateKeyInfo{
		Algorithm:  pkix.AlgorithmIdentifier{Algorithm: oidDSA, Parameters: asn1.RawValue{FullBytes: params}},
		PrivateKey: x,
	})
}

func algorithmOf(pkcs8 []byte) string {
	var info privateKeyInfo
	if _, err := asn1.Unmarshal(pkcs8, &info); err != nil {
		return ""
	}
	return certificate.KeyNameOf(info.Algorithm.Algorithm.String())
}

// Algorithm is Java's name of the algorithm of a private key or a certificate's
// key, as the first certificate says ("RSA", "EC", "DSA", "EdDSA", else an
// OID), "" where that is not known without opening the key.
func (e Entry) Algorithm() string {
	certs := e.RawCertificates()
	if len(certs) == 0 {
		return ""
	}
	o, ok := certificate.ParseOutline(certs[0])
	if !ok {
		return ""
	}
	return certificate.KeyNameOf(o.KeyAlgorithm.String())
}

// SecretKey opens a secret key and returns Java's name of its algorithm
// ("AES", "HmacSHA256") and its bytes. Errors match [ErrKind],
// [ErrKeyPassword] or [ErrFormat].
func (e Entry) SecretKey(password Password) (algorithm string, key []byte, err error) {
	return e.secretKey(context.Background(), password)
}

func (e Entry) secretKey(ctx context.Context, password Password) (algorithm string, key []byte, err error) {
	if e.Kind != SecretKey {
		return "", nil, fmt.Errorf("entry %q: %w: not a secret key", e.Alias, ErrKind)
	}
	f := e.e.fields()
	broken := func(err error) (string, []byte, error) { return "", nil, e.broken(f, "a secret key", err) }
	obj, _, err := parseSerialized(f.body)
	if err != nil {
		return broken(err)
	}
	sealed, err := obj.sealed()
	if err != nil {
		return broken(err)
	}
	params, err := parsePBEParams(sealed.params)
	if err != nil {
		return broken(err)
	}
	if n := len(sealed.content); n == 0 || n%des.BlockSize != 0 {
		return broken(fmt.Errorf("an encrypted key of %d bytes", n))
	}
	plain, err := pbeDecrypt(ctx, password, params, sealed.content)
	if err == nil && !bytes.HasPrefix(plain, []byte(magicSerial)) {
		err = ErrKeyPassword
	}
	if err != nil {
		return "", nil, e.closed(f, err)
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
	pw := javatext.UTF16BE(password.Reveal())
	return slices.Concat(salt, xorJKS(pw, salt, plain), digestJKS(pw, plain))
}

func xorJKS(pw, salt, in []byte) []byte {
	out := bytes.Clone(in)
	digest := salt
	for rest := out; len(rest) > 0; rest = rest[min(sha1.Size, len(rest)):] {
		digest = digestJKS(pw, digest)
		subtle.XORBytes(rest, rest, digest)
	}
	return out
}

func digestJKS(pw, data []byte) []byte {
	h := sha1.New()
	h.Write(pw)
	h.Write(data)
	return h.Sum(nil)
}
