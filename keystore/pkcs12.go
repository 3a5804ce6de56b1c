package keystore

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"software.sslmate.com/src/go-pkcs12"

	"github.com/idconnect-go/upgrade/keystore/internal/certificate"
	"github.com/idconnect-go/upgrade/keystore/internal/javatext"
	"github.com/idconnect-go/upgrade/keystore/internal/kind"
	"github.com/idconnect-go/upgrade/keystore/internal/p12"
)

const maxDERDepth = 32

// p12Entry is what go-pkcs12 shows of an entry.
type p12Entry struct {
	key     []byte // PKCS#8
	certs   [][]byte
	created int64 // ms since 1970
	dated   bool
}

func decodePKCS12(data []byte, password Password) (s *Store, err error) {
	// A hostile file may make the library panic: that is an error.
	defer func() {
		if r := recover(); r != nil {
			s, err = nil, &FormatError{What: "PKCS#12: the file makes the library panic"}
		}
	}()
	var pfx struct {
		Version  int
		AuthSafe asn1.RawValue
		MAC      asn1.RawValue `asn1:"optional"`
	}
	rest, err := asn1.Unmarshal(data, &pfx)
	switch {
	case err != nil && kind.IsPKCS12(data) && kind.Indefinite(data) && !kind.Cut(data):
		return nil, &UnsupportedError{What: inBER}
	case err != nil:
		return nil, &FormatError{What: "PKCS#12 that is damaged"}
	case password.IsZero() && len(pfx.MAC.FullBytes) > 0:
		return nil, ErrPasswordNeeded
	}
	data = data[:len(data)-len(rest)]
	left := int64(maxIterations)
	if err := boundIterations(data, &left, 0); err != nil {
		return nil, err
	}
	s = &Store{format: PKCS12, version: 3, verified: len(pfx.MAC.FullBytes) > 0, index: map[string]int{}}
	if len(rest) > 0 {
		s.warn(int64(len(data)), "", fmt.Sprintf("%d bytes after the end", len(rest)), "Java does not read them")
	}
	trustPassword := password.Reveal()
	if !s.verified {
		trustPassword = "" // the truststore of a JDK since 18: in plain, under no password
	}
	certs, trustErr := pkcs12.DecodeTrustStore(data, trustPassword)
	if trustErr == nil {
		for _, c := range certs {
			s.entries = append(s.entries,
				entry{kind: TrustedCertificate, p12: &p12Entry{certs: [][]byte{c.Raw}}})
		}
		return s, nil
	}
	if errors.Is(trustErr, pkcs12.ErrIncorrectPassword) {
		return nil, integrityError(len(data) - len(pfx.MAC.FullBytes))
	}
	blocks, err := p12.Blocks(data, password.Reveal())
	switch {
	case errors.Is(err, pkcs12.ErrIncorrectPassword):
		return nil, integrityError(len(data) - len(pfx.MAC.FullBytes))
	case err != nil && s.verified && strings.Contains(err.Error(), "but this file has 0"):
		return s, nil // go-pkcs12 says so after the digest was right
	case err != nil:
		return nil, &UnsupportedError{What: inTheWay(err, trustErr)}
	}
	if err := s.addPEM(blocks); err != nil {
		return nil, err
	}
	return s, nil
}

// addPEM adds the private keys of a PKCS#12 file, each with its chain.
func (s *Store) addPEM(blocks []*pem.Block) error {
	byID := map[string][]byte{}
	var certificates [][]byte
	for _, b := range blocks {
		if b.Type != "CERTIFICATE" {
			continue
		}
		certificates = append(certificates, b.Bytes)
		if id := b.Headers["localKeyId"]; id != "" {
			byID[id] = b.Bytes
		}
	}
	used, unnamed := map[string]bool{}, 0
	for _, b := range blocks {
		if b.Type != "PRIVATE KEY" {
			continue
		}
		e := &p12Entry{}
		id := b.Headers["localKeyId"]
		e.created, e.dated = javaDate(id)
		var err error
		if e.key, err = pkcs8(b.Bytes, !e.dated); err != nil {
			return err
		}
		leaf, ok := byID[id]
		if !ok {
			return &UnsupportedError{What: "a key without its certificate"}
		}
		used[id] = true
		e.certs = chainOf(leaf, certificates)
		alias, named := b.Headers["friendlyName"]
		if !named { // Java counts these
			unnamed++
			alias = strconv.Itoa(unnamed)
		}
		alias = javatext.LowerCase(alias)
		if _, ok := s.index[alias]; ok {
			return &UnsupportedError{What: "two keys of one alias"}
		}
		s.index[alias] = len(s.entries)
		s.entries = append(s.entries, entry{alias: alias, kind: PrivateKey, p12: e})
	}
	if len(s.entries) == 0 || len(used) < len(byID) {
		return &UnsupportedError{What: "certificates that belong to no key"}
	}
	return nil
}

// javaDate reads the date of an entry, in ms since 1970, which Java writes as the key's identifier.
func javaDate(localKeyID string) (ms int64, ok bool) {
	raw, err := hex.DecodeString(localKeyID)
	if err != nil {
		return 0, false
	}
	text, ok := strings.CutPrefix(string(raw), "Time ")
	if !ok {
		return 0, false
	}
	ms, err = strconv.ParseInt(text, 10, 64)
	return ms, err == nil
}

const inBER = "BER with indefinite lengths, as Bouncy Castle writes it"

// inTheWay returns in our words what go-pkcs12 has no type for, else what it said
// of the file as a store of keys, and as a truststore.
func inTheWay(err, trustErr error) string {
	for _, w := range []struct{ part, what string }{
		{"2.16.840.1.113894.746875.1.1", "trusted certificates beside keys"},
		{"1.2.840.113549.1.12.10.1.5", "a secret key"},
		{"1.2.840.113549.1.12.10.1.1", "a private key that is not encrypted"},
		{"indefinite length", inBER},
		{"error decrypting PKCS#8 shrouded key bag", "a key under a password of its own"},
		{"but this file has 1", "keys without certificates, as secret keys are, or certificates that nothing " +
			"says to trust"},
		{"but this file has", "more than keys and their certificates"},
		{"no MAC in data", "keys under no digest"},
		{"MAC digest algorithm not supported", "a digest other than SHA-1, SHA-256 and SHA-512"},
		{"unknown private key type", "a private key that is neither RSA nor EC"},
		{"unknown algorithm", "a private key that is neither RSA nor EC"},
		{"x509: ", "a key or certificate that Go does not read"},
		{"asn1: ", "a part that Go does not read"},
		{"unknown attribute", "certificates with attributes that are not known"},
	} {
		if strings.Contains(err.Error(), w.part) {
			return w.what
		}
	}
	return strings.ReplaceAll(fmt.Sprintf("%v; %v", err, trustErr), "pkcs12: ", "")
}

// pkcs8 is exact for RSA, and for EC as Java writes it, without the public key,
// or as OpenSSL does, with it: go-pkcs12 gives keys encoded anew, not as they
// are in the file.
func pkcs8(der []byte, public bool) ([]byte, error) {
	if key, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return x509.MarshalPKCS8PrivateKey(key)
	}
	var ec struct { // RFC 5915, as x509.MarshalECPrivateKey writes it
		Version    int
		PrivateKey []byte
		Curve      asn1.ObjectIdentifier `asn1:"optional,explicit,tag:0"`
		PublicKey  asn1.BitString        `asn1:"optional,explicit,tag:1"`
	}
	if _, err := asn1.Unmarshal(der, &ec); err != nil || ec.Version != 1 || len(ec.Curve) == 0 {
		return nil, &UnsupportedError{What: "a private key that is neither RSA nor EC"}
	}
	if key, err := x509.ParseECPrivateKey(der); err == nil && public {
		return x509.MarshalPKCS8PrivateKey(key)
	}
	curve, err := asn1.Marshal(ec.Curve)
	if err != nil {
		return nil, err
	}
	key, err := asn1.Marshal(struct {
		Version    int
		PrivateKey []byte
	}{1, ec.PrivateKey})
	if err != nil {
		return nil, err
	}
	return asn1.Marshal(privateKeyInfo{PrivateKey: key, Algorithm: pkix.AlgorithmIdentifier{
		Algorithm: asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}, Parameters: asn1.RawValue{FullBytes: curve}}})
}

// chainOf follows the issuers, as Java does when it reads PKCS#12.
func chainOf(leaf []byte, all [][]byte) [][]byte {
	chain := [][]byte{leaf}
	for range all {
		last, ok := certificate.ParseOutline(chain[len(chain)-1])
		if !ok || bytes.Equal(last.Issuer, last.Subject) {
			break
		}
		next := slices.IndexFunc(all, func(der []byte) bool {
			c, ok := certificate.ParseOutline(der)
			return ok && bytes.Equal(c.Subject, last.Issuer)
		})
		if next < 0 {
			break
		}
		chain = append(chain, all[next])
	}
	return chain
}

// boundIterations refuses iteration counts that together go beyond Java's
// limit for one, before any work is done: in all parameters of PKCS#12 and
// PKCS#5 the count follows the salt, an OCTET STRING. What is left to do is
// counted down in left. It does not see into what is encrypted.
func boundIterations(der []byte, left *int64, depth int) error {
	if depth > maxDERDepth {
		return &FormatError{What: "PKCS#12: nested too deeply"}
	}
	salt := false
	for len(der) > 0 {
		var v asn1.RawValue
		rest, err := asn1.Unmarshal(der, &v)
		if err != nil {
			return nil // an OCTET STRING that holds something else
		}
		der = rest
		if salt && v.Class == asn1.ClassUniversal && v.Tag == asn1.TagInteger {
			n := new(big.Int).SetBytes(v.Bytes)
			if !n.IsInt64() || n.Int64() > *left || len(v.Bytes) > 0 && v.Bytes[0] >= 0x80 {
				return &FormatError{What: fmt.Sprintf("PKCS#12: iteration counts beyond %d",
					maxIterations)}
			}
			*left -= n.Int64()
		}
		salt = v.Tag == asn1.TagOctetString // of any class: go-pkcs12 does not look
		if v.IsCompound || salt {
			if err := boundIterations(v.Bytes, left, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}
