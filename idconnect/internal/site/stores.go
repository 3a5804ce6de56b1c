package site

import (
	"bytes"
	"cmp"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"github.com/idconnect-go/upgrade/idconnect/internal/handover"
	"github.com/idconnect-go/upgrade/idconnect/internal/installation"
	"github.com/idconnect-go/upgrade/internal/disk"
	"github.com/idconnect-go/upgrade/internal/text"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/keystore/idmvalues"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// maxStore bounds the file of a key store, in bytes, as package keystore does.
const maxStore = 64 << 20

// Stores are the keystore and the truststore of one server, in its folder or
// carried in a handover file, and what its configuration says of them.
type Stores struct {
	Keystore, Truststore StoreFile
	// CertificateAlias is the entry that the server presents, CryptoAlias the
	// key that it encrypts with.
	CertificateAlias, CryptoAlias string
	// ExportedFrom is the address of the source that a handover was exported from.
	ExportedFrom string
}

// StoreFile is one store.
type StoreFile struct {
	What string // keystore or truststore
	// Path is its file; where it was carried here, that of the handover, and
	// Carried is true.
	Path    string
	Carried bool
	// Type is what the server is told that it is.
	Type string
	read func() (content, error)
}

// content is what a file held, and the file itself, nil where it was carried.
type content struct {
	bytes []byte
	info  fs.FileInfo
}

// Content is at most maxStore bytes, read once: what was proved is what is
// copied.
func (f StoreFile) Content() ([]byte, error) {
	c, err := f.read()
	return c.bytes, err
}

// Info is the file as it was when it was read, nil where it was carried here or
// could not be read.
func (f StoreFile) Info() fs.FileInfo {
	c, _ := f.read()
	return c.info
}

// Open opens the store with a password; without one it is read without an integrity check. If the password is wrong,
// the others are tried, too.
func (f StoreFile) Open(password keystore.Password, others ...keystore.Password) (*keystore.Store, error) {
	content, err := f.Content()
	if err != nil {
		return nil, err
	}
	store, err := keystore.Decode(bytes.NewReader(content), password)
	for _, other := range others {
		if !errors.Is(err, keystore.ErrIntegrity) {
			break
		}
		if opened, otherErr := keystore.Decode(bytes.NewReader(content), other); otherErr == nil {
			store, err = opened, nil
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f, keystore.At(f.Path, err))
	}
	return store, nil
}

func (f StoreFile) String() string {
	if f.Carried {
		return f.What + " in " + f.Path
	}
	return f.What + " " + f.Path
}

// readAll reads a store for as long as one can be.
func readAll(in *disk.Tree, path string) (c content, err error) {
	f, err := in.Open(path)
	if err != nil {
		return c, err
	}
	defer f.Close()
	if c.info, err = f.Stat(); err != nil {
		return c, err
	}
	c.bytes, err = disk.ReadFrom(f, maxStore)
	return c, err
}

// storesOf are the stores in an installation's folder, wherever that says that
// they are.
func storesOf(inst *installation.Installation) *Stores {
	return storesBy(inst, func(path string) (content, error) { return readAll(nil, path) })
}

// TargetStores are those of the target: files of its folder.
func (s *Site) TargetStores() (*Stores, error) {
	t, err := s.OpenTarget()
	if err != nil {
		return nil, err
	}
	defer t.Close()
	return storesBy(t.Installation, func(path string) (content, error) {
		t, err := s.OpenTarget()
		if err != nil {
			return content{}, err
		}
		defer t.Close()
		return readAll(disk.In(t.Root), path)
	}), nil
}

func storesBy(inst *installation.Installation, read func(path string) (content, error)) *Stores {
	file := func(what, path, kind string) StoreFile {
		once := sync.OnceValues(func() (content, error) { return read(path) })
		return StoreFile{What: what, Path: path, Type: kind, read: once}
	}
	return &Stores{
		Keystore:         file("keystore", inst.KeystorePath(), inst.KeystoreType()),
		Truststore:       file("truststore", inst.TruststorePath(), inst.TruststoreType()),
		CertificateAlias: inst.CertificateAlias(), CryptoAlias: inst.CryptoAlias(),
	}
}

// OwnCertificate is the certificate that the server presents, nil where its
// keystore, or no store at all, does not say. The keystore is read without a password: certificates
// are not encrypted, and whoever can change the file can change the server.
func (s *Stores) OwnCertificate() *x509.Certificate {
	if s == nil {
		return nil
	}
	store, err := s.Keystore.Open(keystore.Password{})
	if err != nil {
		return nil
	}
	return s.CertificateIn(store)
}

// CertificateIn is that of CertificateAlias in an opened keystore, nil where
// there is none.
func (s *Stores) CertificateIn(keys *keystore.Store) *x509.Certificate {
	entry, ok := keys.Entry(s.CertificateAlias)
	if !ok {
		return nil
	}
	chain, err := entry.Certificates()
	if err != nil || len(chain) == 0 {
		return nil
	}
	return chain[0]
}

// CertificateNames are the host names of a certificate, as Java reads them, without those that hold a *.
func CertificateNames(c *x509.Certificate) (names []string) {
	for _, name := range append(slices.Clone(c.DNSNames), c.Subject.CommonName) {
		if name != "" && !strings.Contains(name, "*") && (name != c.Subject.CommonName || len(c.DNSNames) == 0) {
			names = append(names, text.Printable(text.Cut(name, 253)))
		}
	}
	return names
}

// SourceStores are those of the source's folder, or of StoresFile.
func (s *Site) SourceStores() (*Stores, error) {
	if !s.SourceAtHand() {
		return nil, &installation.Error{Err: errors.New("the source's folder is not named (Upgrade.SourceDir)")}
	}
	if s.StoresFile == "" {
		inst, err := installation.Open(s.SourceDir)
		if err != nil {
			return nil, err
		}
		stores := storesOf(inst)
		if inst.SharesKeystore() {
			stores.Truststore = s.fromKeystore(stores.Keystore)
		}
		return stores, nil
	}
	h, err := s.carried()
	if err != nil {
		return nil, err
	}
	stores := StoresIn(h)
	stores.Keystore.Path, stores.Keystore.Carried = s.StoresFile, true
	stores.Truststore.Path, stores.Truststore.Carried = s.StoresFile, true
	return stores, nil
}

// StoresIn are the stores of a handover.
func StoresIn(h *handover.File) *Stores {
	file := func(what string, store handover.Store) StoreFile {
		read := func() (content, error) { return content{bytes: store.Content}, nil }
		return StoreFile{What: what, Type: store.Type, read: read}
	}
	return &Stores{
		Keystore: file("keystore", h.Keystore), Truststore: file("truststore", h.Truststore),
		CertificateAlias: h.CertificateAlias, CryptoAlias: h.CryptoAlias, ExportedFrom: h.SourceURL,
	}
}

// KeystorePassword is the one given, else what boot.properties of the source
// says, else, on a machine without the source's folder, what that of the target
// says, whose stores are the source's by then. It is zero where nobody says it.
func (s *Site) KeystorePassword() (openidm.Secret, error) {
	if !s.GivenPassword.IsZero() {
		return s.GivenPassword, nil
	}
	dir := cmp.Or(s.SourceDir, s.TargetDir)
	if dir == "" {
		return openidm.Secret{}, nil
	}
	inst, err := installation.Open(dir)
	if err != nil {
		return openidm.Secret{}, err
	}
	p, err := inst.KeystorePassword()
	return s.learn(p), err
}

// TruststorePassword is that of the source's own truststore, zero where nobody
// says it.
func (s *Site) TruststorePassword() keystore.Password {
	password, _ := s.truststorePassword()
	return password
}

func (s *Site) truststorePassword() (keystore.Password, error) {
	if p := s.Source.TruststorePassword; !p.IsZero() {
		return p, nil
	}
	dir := s.SourceDir
	if s.StoresFile != "" {
		dir = s.TargetDir // no file says it, but both are usually the same
	}
	password, err := truststorePasswordOf(dir)
	return s.learn(password), err
}

// OpenSource opens both stores of the source.
func (s *Site) OpenSource() (keys, trust *keystore.Store, err error) {
	stores, err := s.SourceStores()
	if err != nil {
		return nil, nil, err
	}
	return s.OpenStores(stores)
}

func (s *Site) OpenStores(stores *Stores) (keys, trust *keystore.Store, err error) {
	password, err := s.KeystorePassword()
	if err != nil {
		return nil, nil, err
	}
	if keys, err = stores.Keystore.Open(password); err != nil {
		return nil, nil, err
	}
	trust, err = s.OpenSourceTruststore(stores)
	return keys, trust, err
}

// OpenSourceTruststore opens the source's truststore. Without its password it
// is read without an integrity check, as Java reads it. That of a handover,
// which is authenticated, is where the password is wrong, too.
func (s *Site) OpenSourceTruststore(stores *Stores) (*keystore.Store, error) {
	password, err := s.truststorePassword()
	switch {
	case stores.Truststore.Carried:
		return stores.Truststore.Open(password, keystore.Password{})
	case err != nil:
		return nil, err
	}
	return stores.Truststore.Open(password)
}

// truststorePasswordOf is what boot.properties says, zero where the password is
// asked for at the server's start.
func truststorePasswordOf(dir string) (keystore.Password, error) {
	inst, err := installation.Open(dir)
	if err != nil {
		return keystore.Password{}, err
	}
	password, err := inst.TruststorePassword()
	if errors.Is(err, idmvalues.ErrConsole) {
		return keystore.Password{}, nil
	}
	return password, err
}

// TargetTruststore opens the target's own truststore. Without its password it is
// read without an integrity check. It is the package's at first and the source's
// once it was copied, and boot.properties says the one password until the set-up
// says the other: it opens with whichever is right.
func (s *Site) TargetTruststore() (*keystore.Store, error) {
	stores, err := s.TargetStores()
	if err != nil {
		return nil, err
	}
	password := s.Target.TruststorePassword
	if password.IsZero() {
		if password, err = truststorePasswordOf(s.TargetDir); err != nil {
			return nil, err
		}
	}
	return stores.Truststore.Open(password, keystore.Password{}, s.TruststorePassword())
}

// TargetKeys opens the target's keystore, whose password is the source's once the
// stores were copied.
func (s *Site) TargetKeys() (*keystore.Store, error) {
	stores, err := s.TargetStores()
	if err != nil {
		return nil, err
	}
	password, err := s.KeystorePassword()
	if err != nil {
		return nil, err
	}
	return stores.Keystore.Open(password)
}

// fromKeystore is the truststore of a source that has none of its own: what its JVM trusts of the keystore, the first
// certificate of each entry, as a store of the type that the target expects. No key leaves the keystore.
func (s *Site) fromKeystore(keys StoreFile) StoreFile {
	return StoreFile{What: "truststore", Path: keys.Path, Type: string(keystore.JKS),
		read: sync.OnceValues(func() (content, error) {
			password, err := s.KeystorePassword()
			if err != nil {
				return content{}, err
			}
			if password.IsZero() {
				return content{}, errors.New("the keystore is the truststore, too, and its password is not known")
			}
			store, err := keys.Open(password)
			if err != nil {
				return content{}, err
			}
			trust := keystore.New(keystore.JKS)
			for e := range store.Entries() {
				certificates, err := e.Certificates()
				if err != nil {
					return content{}, err
				}
				if len(certificates) == 0 {
					continue
				}
				o := keystore.PutOptions{Created: e.Created}
				if err := trust.PutCertificate(e.Alias, certificates[0], o); err != nil {
					return content{}, err
				}
			}
			var b bytes.Buffer
			err = trust.Encode(&b, password)
			return content{bytes: b.Bytes(), info: keys.Info()}, err
		})}
}
