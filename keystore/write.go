package keystore

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// PutOptions say how an entry is put into a store.
type PutOptions struct {
	Created    time.Time // zero: now; milliseconds are kept
	Password   Password  // of the key: printable ASCII in JCEKS; unused for certificates
	Iterations int       // of the key's protection in JCEKS, 1 to 5,000,000; 0: 200,000
}

func (o PutOptions) params() (pbeParams, error) {
	p := pbeParams{Salt: make([]byte, 8), Iterations: o.Iterations}
	if p.Iterations == 0 {
		p.Iterations = defaultIterations
	}
	if p.Iterations < 1 || p.Iterations > maxIterations {
		return p, fmt.Errorf("%d iterations, Java takes 1 to %d", p.Iterations, maxIterations)
	}
	if o.Password.IsZero() {
		return p, errors.New("a key needs a password")
	}
	_, err := rand.Read(p.Salt)
	return p, err
}

func (s *Store) put(e *entry, o PutOptions) error {
	if s.format != JCEKS && s.format != JKS {
		return fmt.Errorf("a %s store cannot be changed", s.format)
	}
	e.alias, e.format = strings.ToLower(e.alias), s.format
	e.raw = encodeModifiedUTF8(e.alias)
	if len(e.raw) > 0xffff {
		return fmt.Errorf("alias of %d bytes, at most %d can be written", len(e.raw), 0xffff)
	}
	created := o.Created
	if created.IsZero() {
		created = time.Now()
	}
	e.created = created.UnixMilli()
	for range e.certs {
		e.types = append(e.types, "X.509")
	}
	s.mu.Lock()
	s.keys = nil
	s.mu.Unlock()
	for i, old := range s.entries {
		if strings.ToLower(old.alias) == e.alias {
			s.entries[i] = e
			return nil
		}
	}
	s.entries = append(s.entries, e)
	return nil
}

// PutPrivateKey puts a private key with its chain, its own certificate first;
// an entry of that alias is replaced.
func (s *Store) PutPrivateKey(alias string, key crypto.PrivateKey, chain []*x509.Certificate, o PutOptions) error {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fmt.Errorf("entry %q: %w", alias, err)
	}
	var info encryptedPrivateKeyInfo
	if s.format == JKS {
		if o.Password.IsZero() {
			return fmt.Errorf("entry %q: a key needs a password", alias)
		}
		salt := make([]byte, 20)
		if _, err := rand.Read(salt); err != nil {
			return err
		}
		info.Algorithm = pkix.AlgorithmIdentifier{Algorithm: oidJKSKeyProtector, Parameters: asn1.NullRawValue}
		info.Data = protectJKS(o.Password, salt, der)
	} else {
		params, err := o.params()
		if err != nil {
			return fmt.Errorf("entry %q: %w", alias, err)
		}
		if info.Data, err = pbeEncrypt(o.Password, params, der); err != nil {
			return fmt.Errorf("entry %q: %w", alias, err)
		}
		encoded, err := asn1.Marshal(params)
		if err != nil {
			return err
		}
		info.Algorithm = pkix.AlgorithmIdentifier{Algorithm: oidPBEWithMD5AndTripleDES, Parameters: asn1.RawValue{FullBytes: encoded}}
	}
	e := &entry{alias: alias, kind: PrivateKey}
	if e.body, err = asn1.Marshal(info); err != nil {
		return err
	}
	for _, c := range chain {
		e.certs = append(e.certs, c.Raw)
	}
	return s.put(e, o)
}

// PutSecretKey puts a secret key under Java's name of its algorithm. Only
// JCEKS can hold one.
func (s *Store) PutSecretKey(alias, algorithm string, key []byte, o PutOptions) error {
	if s.format != JCEKS {
		return fmt.Errorf("entry %q: %s holds no secret keys", alias, s.format)
	}
	params, err := o.params()
	if err != nil {
		return fmt.Errorf("entry %q: %w", alias, err)
	}
	content, err := pbeEncrypt(o.Password, params, serializeSecretKey(algorithm, key))
	if err != nil {
		return fmt.Errorf("entry %q: %w", alias, err)
	}
	encoded, err := asn1.Marshal(params)
	if err != nil {
		return err
	}
	return s.put(&entry{alias: alias, kind: SecretKey, body: serializeSealed(encoded, content)}, o)
}

// PutCertificate puts a trusted certificate.
func (s *Store) PutCertificate(alias string, cert *x509.Certificate, o PutOptions) error {
	return s.put(&entry{alias: alias, kind: TrustedCertificate, certs: [][]byte{cert.Raw}}, o)
}

// Delete removes an entry and says whether there was one.
func (s *Store) Delete(alias string) bool {
	e := s.find(alias)
	if e == nil {
		return false
	}
	s.mu.Lock()
	s.keys = nil
	s.mu.Unlock()
	s.entries = slices.DeleteFunc(s.entries, func(x *entry) bool { return x == e })
	return true
}

// Encode writes a JCEKS or JKS store. A store that was read and not changed
// gives the same bytes under the same password, but for what [Store.Warnings]
// lists.
func (s *Store) Encode(w io.Writer, password Password) error {
	if s.format != JCEKS && s.format != JKS {
		return fmt.Errorf("a %s store cannot be written", s.format)
	}
	if password.IsZero() {
		return errors.New("writing a key store needs a password")
	}
	var b bytes.Buffer
	u32 := func(v int) { binary.Write(&b, binary.BigEndian, uint32(v)) }
	text := func(raw []byte) {
		binary.Write(&b, binary.BigEndian, uint16(len(raw)))
		b.Write(raw)
	}
	magic := magicJCEKS
	if s.format == JKS {
		magic = magicJKS
	}
	u32(magic)
	u32(s.version)
	u32(len(s.entries))
	for _, e := range s.entries {
		switch e.kind {
		case PrivateKey:
			u32(tagPrivateKey)
		case TrustedCertificate:
			u32(tagCertificate)
		case SecretKey:
			u32(tagSecretKey)
		}
		text(e.raw)
		binary.Write(&b, binary.BigEndian, e.created)
		switch e.kind {
		case PrivateKey:
			u32(len(e.body))
			b.Write(e.body)
			u32(len(e.certs))
		case SecretKey:
			b.Write(e.body)
		}
		for i, der := range e.certs {
			if s.version == 2 {
				text(encodeModifiedUTF8(e.types[i]))
			}
			u32(len(der))
			b.Write(der)
		}
	}
	b.Write(integrity(password.Reveal(), b.Bytes()))
	_, err := w.Write(b.Bytes())
	return err
}
