// Package handover reads and writes the file that carries the key stores of a source to the machine of the target:
// their bytes, and what the source's boot.properties says of them. The file is encrypted with age, and nothing of
// it is looked at before age has authenticated it. Opening the stores, and whether they fit a source, is for the
// caller. Begin with [Write] and [Read].
package handover

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"filippo.io/age"

	"github.com/idconnect-go/upgrade/idconnect/internal/installation"
	"github.com/idconnect-go/upgrade/internal/disk"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// Limits of a handover. Real stores have some hundred kilobytes.
const (
	format = "identity-connect-stores"
	// version 2 added the aliases and types; a file of version 1 has none.
	version = 2

	maxStore = 16 << 20
	// The stores in base64, with what JSON and age add.
	maxFile = 2*(maxStore/3*4) + 1<<20
	// maxWorkFactor is the logarithm of what opening with a passphrase costs: age's own choice, about 256 MB
	// and a second.
	maxWorkFactor = 18

	// MinPassphrase is the minimum length of a passphrase, in characters.
	MinPassphrase = 12
)

// Error says why a handover file cannot be written or read.
type Error struct {
	Path, Reason string
	Err          error

	remedy string
}

func (e *Error) Error() string {
	s := fmt.Sprintf("handover file %s: %s", e.Path, e.Reason)
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *Error) Unwrap() error { return e.Err }

// Remedy says what to do about it.
func (e *Error) Remedy() string {
	if e.remedy != "" {
		return e.remedy
	}
	return "export the stores again on the machine of the source, and carry the file over whole"
}

// Key encrypts or opens a file: a passphrase, or age's key pairs.
type Key struct {
	// Passphrase of at least MinPassphrase characters.
	Passphrase openidm.Secret
	// Recipients are public keys, "age1…". They exclude a passphrase.
	Recipients []string
	// Identities is the text of a file of identities, "AGE-SECRET-KEY-1…".
	Identities openidm.Secret
}

func (k Key) recipients() ([]age.Recipient, error) {
	switch {
	case len(k.Recipients) > 0 && !k.Passphrase.IsZero():
		return nil, errors.New("give a passphrase or recipients, not both")
	case len(k.Recipients) > 0:
		return age.ParseRecipients(strings.NewReader(strings.Join(k.Recipients, "\n")))
	case utf8.RuneCountInString(k.Passphrase.Reveal()) < MinPassphrase:
		return nil, fmt.Errorf("need a passphrase of at least %d characters, or recipients", MinPassphrase)
	}
	r, err := age.NewScryptRecipient(k.Passphrase.Reveal())
	if err != nil {
		return nil, err
	}
	r.SetWorkFactor(maxWorkFactor)
	return []age.Recipient{r}, nil
}

func (k Key) identities() (all []age.Identity, err error) {
	if !k.Identities.IsZero() {
		if all, err = age.ParseIdentities(strings.NewReader(k.Identities.Reveal())); err != nil {
			return nil, errors.New("the identities cannot be read") // the error may quote them
		}
	}
	if !k.Passphrase.IsZero() {
		p, err := age.NewScryptIdentity(k.Passphrase.Reveal())
		if err != nil {
			return nil, err
		}
		p.SetMaxWorkFactor(maxWorkFactor)
		all = append(all, p)
	}
	if len(all) == 0 {
		return nil, errors.New("a passphrase or an identity is needed")
	}
	return all, nil
}

// File is what is carried.
type File struct {
	Format  string    `json:"format"`
	Version int       `json:"version"`
	Created time.Time `json:"created"`
	// SourceURL is the address of the server whose stores these are.
	SourceURL  string `json:"sourceUrl"`
	Keystore   Store  `json:"keystore"`
	Truststore Store  `json:"truststore"`
	// CertificateAlias and CryptoAlias are, in the keystore, the entry of the server's TLS certificate and the
	// key that it encrypts with. Read fills in OpenIDM's defaults where the file has none.
	CertificateAlias string `json:"certificateAlias,omitempty"`
	CryptoAlias      string `json:"cryptoAlias,omitempty"`
}

// Store is the file of a key store.
type Store struct {
	// Type is what the server is told that it is, "" where that is not known.
	Type    string `json:"type,omitempty"`
	SHA256  string `json:"sha256"`
	Content []byte `json:"content"`
}

func newStore(kind string, content []byte) Store {
	return Store{Type: kind, SHA256: sum(content), Content: content}
}

func sum(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// New reads both stores of an installation, as they are.
func New(sourceURL string, inst *installation.Installation) (*File, error) {
	f := &File{
		Format: format, Version: version, Created: time.Now().UTC(), SourceURL: sourceURL,
		CertificateAlias: inst.CertificateAlias(), CryptoAlias: inst.CryptoAlias(),
	}
	for _, s := range []struct {
		path, kind string
		into       *Store
	}{
		{inst.KeystorePath(), inst.KeystoreType(), &f.Keystore},
		{inst.TruststorePath(), inst.TruststoreType(), &f.Truststore},
	} {
		content, err := disk.Read(s.path, maxStore)
		if err != nil {
			return nil, err
		}
		*s.into = newStore(s.kind, content)
	}
	return f, nil
}

// Check says why no file can be written at path, as far as that shows before its content is there.
func Check(path string, key Key) error {
	if _, err := key.recipients(); err != nil {
		return &Error{Path: path, Reason: "cannot be encrypted", Err: err,
			remedy: "give a passphrase file, or recipients made by age-keygen"}
	}
	if _, err := os.Lstat(path); err == nil {
		return &Error{Path: path, Reason: "exists already", Err: fs.ErrExist,
			remedy: "name a new file, or remove the old one"}
	}
	return nil
}

// Write encrypts a file in memory and writes it, completely or not at all, with mode 0600. It replaces none.
func Write(path string, f *File, key Key) error {
	if err := Check(path, key); err != nil {
		return err
	}
	to, err := key.recipients()
	if err != nil {
		return err
	}
	sealed, err := f.seal(to)
	if err != nil {
		return &Error{Path: path, Reason: "cannot be encrypted", Err: err}
	}
	// A run that was killed may have left a part, encrypted as it is.
	if err := errors.Join(disk.Sweep(path), disk.Write(path, sealed, 0o600, nil)); err != nil {
		return &Error{Path: path, Reason: "cannot be written", Err: err,
			remedy: "name a file in a folder that is there and can be written"}
	}
	return nil
}

func (f *File) seal(to []age.Recipient) ([]byte, error) {
	plain, err := json.Marshal(f)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	w, err := age.Encrypt(&out, to...)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(plain); err != nil {
		return nil, err
	}
	err = w.Close()
	return out.Bytes(), err
}

const giveKey = "give the passphrase or the identity that it was exported for"

// Read opens a file. What is wrong with it is an [*Error], which holds no secret.
func Read(path string, key Key) (*File, error) {
	fail := func(reason string, err error, remedy string) (*File, error) {
		return nil, &Error{Path: path, Reason: reason, Err: err, remedy: remedy}
	}
	with, err := key.identities()
	if err != nil {
		return fail("cannot be opened", err, giveKey)
	}
	f, err := disk.Open(path)
	if err != nil {
		return fail("cannot be read", err, "give the path of the file that export wrote")
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || info.Size() > maxFile {
		return fail(fmt.Sprintf("not a file of at most %d bytes", maxFile), err, "")
	}
	sealed := io.LimitReader(f, maxFile)
	r, err := age.Decrypt(sealed, with...)
	var none *age.NoIdentityMatchError
	switch {
	case errors.As(err, &none):
		return fail("the passphrase or identity does not open it", nil, giveKey)
	case err != nil:
		return fail("not a file of export", err, "")
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		return fail("cut off or damaged", err, "")
	}
	file, err := parse(plain)
	if err != nil {
		return fail(err.Error(), nil, "")
	}
	return file, nil
}

func parse(plain []byte) (*File, error) {
	// The header first: another version may have any form.
	var head struct {
		Format  string `json:"format"`
		Version int    `json:"version"`
	}
	if err := json.Unmarshal(plain, &head); err != nil || head.Format != format {
		return nil, errors.New("encrypted, but no key stores of this program")
	}
	if head.Version < 1 || head.Version > version {
		return nil, fmt.Errorf("it has the version %d, this program knows 1 to %d", head.Version, version)
	}
	var f File
	d := json.NewDecoder(bytes.NewReader(plain))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return nil, errors.New("it holds something else than stores")
	}
	for what, s := range map[string]Store{"keystore": f.Keystore, "truststore": f.Truststore} {
		if len(s.Content) == 0 || len(s.Content) > maxStore || sum(s.Content) != s.SHA256 {
			return nil, fmt.Errorf("its %s is incomplete", what)
		}
	}
	f.CertificateAlias = cmp.Or(f.CertificateAlias, installation.DefaultCertificateAlias)
	f.CryptoAlias = cmp.Or(f.CryptoAlias, installation.DefaultCryptoAlias)
	return &f, nil
}
