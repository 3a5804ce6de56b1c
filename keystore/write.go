package keystore

import (
	"bufio"
	"bytes"
	"crypto"

	//lint:ignore SA1019 Java stores hold DSA keys
	"crypto/dsa"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"slices"
	"time"

	"github.com/idconnect-go/upgrade/keystore/internal/javatext"
)

// PutOptions are the options of an entry that is put into a store.
type PutOptions struct {
	Created    time.Time // zero: now; milliseconds are kept
	Password   Password  // of the key: printable ASCII in JCEKS; unused for certificates
	Iterations int       // of the key's protection in JCEKS, 1 to 5,000,000; 0: 200,000
}

var errNoKeyPassword = errors.New("a key needs a password")

func (o PutOptions) params() (pbeParams, error) {
	p := pbeParams{Salt: make([]byte, 8), Iterations: o.Iterations}
	if p.Iterations == 0 {
		p.Iterations = defaultIterations
	}
	if p.Iterations < 1 || p.Iterations > maxIterations {
		return p, fmt.Errorf("%d iterations, Java takes 1 to %d", p.Iterations, maxIterations)
	}
	if o.Password.IsZero() {
		return p, errNoKeyPassword
	}
	rand.Read(p.Salt) // never fails
	return p, nil
}

// put writes the entry as the file will have it.
func (s *Store) put(alias string, kind Kind, body []byte, certs [][]byte, o PutOptions) error {
	if err := s.writable(); err != nil {
		return fmt.Errorf("entry %q: %w", alias, err)
	}
	e := entry{alias: javatext.LowerCase(alias), kind: kind, old: s.version == 1, jks: s.format == JKS, own: o.Password}
	name := javatext.ModifiedUTF8(e.alias)
	if len(name) > math.MaxUint16 {
		return fmt.Errorf("alias of %d bytes, at most %d can be written", len(name), math.MaxUint16)
	}
	if o.Created.IsZero() {
		o.Created = time.Now()
	}
	var b []byte
	number := func(n int) { b = binary.BigEndian.AppendUint32(b, uint32(n)) }
	text := func(t []byte) { b = append(binary.BigEndian.AppendUint16(b, uint16(len(t))), t...) }
	bytes := func(c []byte) { number(len(c)); b = append(b, c...) }
	number(map[Kind]int{PrivateKey: tagPrivateKey, TrustedCertificate: tagCertificate,
		SecretKey: tagSecretKey}[kind])
	text(name)
	b = binary.BigEndian.AppendUint64(b, uint64(o.Created.UnixMilli()))
	switch kind {
	case PrivateKey:
		bytes(body)
		number(len(certs))
	case SecretKey:
		b = append(b, body...)
	}
	for _, der := range certs {
		if !e.old {
			text([]byte("X.509"))
		}
		bytes(der)
	}
	e.raw = b
	s.forgetKeys()
	if i := s.find(e.alias); i >= 0 {
		s.entries[i] = e
		return nil
	}
	if s.index == nil {
		s.index = map[string]int{}
	}
	s.index[e.alias] = len(s.entries)
	s.entries = append(s.entries, e)
	return nil
}

func (s *Store) forgetKeys() {
	s.mu.Lock()
	s.keys = nil
	s.mu.Unlock()
}

func marshalPKCS8(key crypto.PrivateKey) ([]byte, error) {
	switch k := key.(type) {
	case nil:
		return nil, errors.New("the key is nil")
	case *dsa.PrivateKey:
		return marshalDSA(k)
	case opaqueKey:
		if k.pkcs8 == nil {
			return nil, errors.New("an opaque key without content")
		}
		return k.PKCS8(), nil
	}
	return x509.MarshalPKCS8PrivateKey(key)
}

// seal encrypts a key as JCEKS does, and returns the encryption's parameters in DER.
func (o PutOptions) seal(plain []byte) (params, content []byte, err error) {
	p, err := o.params()
	if err != nil {
		return nil, nil, err
	}
	if content, err = pbeEncrypt(o.Password, p, plain); err != nil {
		return nil, nil, err
	}
	params, err = asn1.Marshal(p)
	return params, content, err
}

// protect returns the EncryptedPrivateKeyInfo of a private key.
func (o PutOptions) protect(format Format, der []byte) (_ []byte, err error) {
	var info encryptedPrivateKeyInfo
	if format == JKS {
		if o.Password.IsZero() {
			return nil, errNoKeyPassword
		}
		salt := make([]byte, 20)
		rand.Read(salt)
		info.Algorithm = pkix.AlgorithmIdentifier{Algorithm: oidJKSKeyProtector, Parameters: asn1.NullRawValue}
		info.Data = protectJKS(o.Password, salt, der)
	} else {
		info.Algorithm.Algorithm = oidPBEWithMD5AndTripleDES
		if info.Algorithm.Parameters.FullBytes, info.Data, err = o.seal(der); err != nil {
			return nil, err
		}
	}
	return asn1.Marshal(info)
}

// PutPrivateKey puts a private key with its chain, its own certificate first. It
// replaces an entry of that alias. The key has one of the types that
// [Entry.PrivateKey] returns.
func (s *Store) PutPrivateKey(alias string, key crypto.PrivateKey, chain []*x509.Certificate, o PutOptions) error {
	der, err := marshalPKCS8(key)
	if err == nil && len(chain) == 0 {
		err = errors.New("a private key needs its certificate")
	}
	var body []byte
	if err == nil {
		body, err = o.protect(s.format, der)
	}
	if err != nil {
		return fmt.Errorf("entry %q: %w", alias, err)
	}
	certs := make([][]byte, len(chain))
	for i, c := range chain {
		certs[i] = c.Raw
	}
	return s.put(alias, PrivateKey, body, certs, o)
}

// PutSecretKey puts a secret key of one byte or more, with Java's name of its
// algorithm ("AES"). It replaces an entry of that alias. Only JCEKS has secret
// keys.
func (s *Store) PutSecretKey(alias, algorithm string, key []byte, o PutOptions) error {
	err := s.writable()
	switch {
	case err != nil:
	case s.format != JCEKS:
		err = fmt.Errorf("%s holds no secret keys", s.format)
	case len(key) == 0:
		err = errors.New("an empty key, which Java would not open")
	}
	if err != nil {
		return fmt.Errorf("entry %q: %w", alias, err)
	}
	params, content, err := o.seal(serializeSecretKey(algorithm, key))
	if err != nil {
		return fmt.Errorf("entry %q: %w", alias, err)
	}
	return s.put(alias, SecretKey, serializeSealed(params, content), nil, o)
}

// PutCertificate puts a trusted certificate. It replaces an entry of that alias.
func (s *Store) PutCertificate(alias string, cert *x509.Certificate, o PutOptions) error {
	if cert == nil {
		return fmt.Errorf("entry %q: the certificate is nil", alias)
	}
	return s.put(alias, TrustedCertificate, nil, [][]byte{cert.Raw}, o)
}

// Delete removes an entry and reports whether there was one.
func (s *Store) Delete(alias string) bool {
	i := s.find(alias)
	if i < 0 {
		return false
	}
	s.forgetKeys()
	s.entries = slices.Delete(s.entries, i, i+1)
	clear(s.index)
	for i, e := range s.entries {
		s.index[e.alias] = i
	}
	return true
}

// Encode writes a JCEKS or JKS store. A store that was read and not changed is
// written byte for byte as it was under the same password, except for what
// [Store.Warnings] lists.
func (s *Store) Encode(w io.Writer, password Password) error {
	if err := s.writable(); err != nil {
		return err
	}
	if password.IsZero() {
		return errors.New("writing a key store needs a password")
	}
	magic := magicJCEKS
	if s.format == JKS {
		magic = magicJKS
	}
	out := bufio.NewWriter(w)
	h := newIntegrity(password.Reveal())
	both := io.MultiWriter(out, h) // out remembers its error until Flush
	head := binary.BigEndian.AppendUint32([]byte(magic), uint32(s.version))
	both.Write(binary.BigEndian.AppendUint32(head, uint32(len(s.entries))))
	for _, e := range s.entries {
		both.Write(e.raw)
	}
	out.Write(h.Sum(nil))
	return out.Flush()
}

// WriteFile writes a JCEKS or JKS store completely or not at all. It keeps the
// mode of an existing file; a new one can be read by its owner only.
func WriteFile(path string, s *Store, password Password) error {
	var b bytes.Buffer
	if err := s.Encode(&b, password); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	like, err := os.Stat(path)
	mode := fs.FileMode(0o600)
	switch {
	case err == nil:
		mode = like.Mode()
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("writing %s: %w", path, err)
	}
	if err := replaceFile(nil, path, b.Bytes(), mode, like, true); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}
