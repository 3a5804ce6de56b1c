package idconnect

import (
	"bytes"
	"context"
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

	"github.com/idconnect-go/upgrade/internal/disk"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// Limits of a handover. Real stores have some hundred kilobytes.
const (
	handoverFormat  = "identity-connect-stores"
	handoverVersion = 1

	maxHandoverStore = 16 << 20
	// The stores in base64, with what JSON and age add.
	maxHandover = 2*(maxHandoverStore/3*4) + 1<<20
	// maxWorkFactor is the logarithm of what opening with a passphrase costs:
	// age's own choice, some 256 MB and a second.
	maxWorkFactor = 18

	// MinPassphrase is the least length of a passphrase, in characters.
	MinPassphrase = 12
)

// ErrHandover: see [HandoverError].
var ErrHandover = errors.New("handover file")

// HandoverError says what is wrong with a file that carries stores. It matches
// [ErrHandover].
type HandoverError struct {
	Path, Reason string
	Err          error

	remedy string
}

func (e *HandoverError) Error() string {
	s := fmt.Sprintf("handover file %s: %s", e.Path, e.Reason)
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Is makes it match ErrHandover.
func (e *HandoverError) Is(target error) bool { return target == ErrHandover }

// Unwrap gives the reason.
func (e *HandoverError) Unwrap() error { return e.Err }

// Remedy says what to do.
func (e *HandoverError) Remedy() string {
	if e.remedy != "" {
		return e.remedy
	}
	return "export the stores again on the machine of the source, and carry the file over whole"
}

// HandoverKey encrypts or opens a handover: a passphrase, or age's key pairs
// (age-keygen makes one).
type HandoverKey struct {
	// Passphrase of at least [MinPassphrase] characters.
	Passphrase openidm.Secret
	// Recipients are public keys, "age1…": who has one of their identities
	// can open what [Upgrade.Export] writes. Not together with Passphrase.
	Recipients []string
	// Identities is the text of a file of identities, "AGE-SECRET-KEY-1…".
	Identities openidm.Secret
}

func (k HandoverKey) recipients() ([]age.Recipient, error) {
	switch {
	case len(k.Recipients) > 0 && !k.Passphrase.IsZero():
		return nil, errors.New("give a passphrase or recipients, not both")
	case len(k.Recipients) > 0:
		return age.ParseRecipients(strings.NewReader(strings.Join(k.Recipients, "\n")))
	case utf8.RuneCountInString(k.Passphrase.Reveal()) < MinPassphrase:
		return nil, fmt.Errorf("a passphrase of at least %d characters, or recipients, are needed", MinPassphrase)
	}
	r, err := age.NewScryptRecipient(k.Passphrase.Reveal())
	if err != nil {
		return nil, err
	}
	r.SetWorkFactor(maxWorkFactor)
	return []age.Recipient{r}, nil
}

func (k HandoverKey) identities() (all []age.Identity, err error) {
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

// handover is what the file holds.
type handover struct {
	Format  string    `json:"format"`
	Version int       `json:"version"`
	Created time.Time `json:"created"`
	// SourceURL says which source the stores are of.
	SourceURL  string        `json:"sourceUrl"`
	Keystore   handoverStore `json:"keystore"`
	Truststore handoverStore `json:"truststore"`
}

type handoverStore struct {
	SHA256  string `json:"sha256"`
	Content []byte `json:"content"`
}

func newHandoverStore(content []byte) handoverStore {
	sum := sha256.Sum256(content)
	return handoverStore{hex.EncodeToString(sum[:]), content}
}

// Export writes the two stores of SourceDir into one file, encrypted with age,
// to be carried to the machine of the target, where StoresFile names it. It is
// run on the machine of the source, which is only read. The stores are proved
// to be whole first. They are never on the disk in plain: the file is
// encrypted in memory. A file that is there is not replaced.
func (u *Upgrade) Export(ctx context.Context, path string, key HandoverKey) error {
	if u.SourceDir == "" {
		return &MissingError{Field: "SourceDir", Step: "export"}
	}
	to, err := key.recipients()
	if err != nil {
		return &HandoverError{Path: path, Reason: "it cannot be encrypted", Err: err, remedy: "give a passphrase file, or recipients made by age-keygen"}
	}
	if _, err := os.Lstat(path); err == nil {
		return &HandoverError{Path: path, Reason: "it is there already", Err: fs.ErrExist, remedy: "name a new file, or remove the old one"}
	}
	only := *u
	only.StoresFile = ""
	from, err := only.resolve()
	if err != nil {
		return err
	}
	h, err := from.export()
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	sealed, err := h.seal(to)
	if err != nil {
		return &HandoverError{Path: path, Reason: "it cannot be encrypted", Err: err}
	}
	// An export that was killed may have left a part, encrypted as it is.
	if err := errors.Join(disk.Sweep(path), writeFile(path, sealed, 0o600)); err != nil {
		return &HandoverError{Path: path, Reason: "it cannot be written", Err: err, remedy: "name a file in a folder that is there and can be written"}
	}
	return nil
}

// export proves that the stores of the source's folder open, and gives just what
// was proved.
func (s *site) export() (*handover, error) {
	stores, err := s.SourceStores()
	if err != nil {
		return nil, err
	}
	if _, _, err := s.open(stores); err != nil {
		return nil, err
	}
	h := handover{Format: handoverFormat, Version: handoverVersion, Created: time.Now().UTC(), SourceURL: s.Source.URL}
	for _, f := range []struct {
		from storeFile
		into *handoverStore
	}{{stores.Keystore, &h.Keystore}, {stores.Truststore, &h.Truststore}} {
		content, err := f.from.Content()
		if err != nil {
			return nil, err
		}
		if len(content) > maxHandoverStore {
			return nil, fmt.Errorf("%s: larger than %d bytes", f.from.Path, maxHandoverStore)
		}
		*f.into = newHandoverStore(content)
	}
	return &h, nil
}

func (h handover) seal(to []age.Recipient) ([]byte, error) {
	plain, err := json.Marshal(h)
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

// readHandover opens a handover. Everything of it is authenticated by age
// before it is looked at, and bounded.
func readHandover(path string, key HandoverKey) (*handover, error) {
	fail := func(reason string, err error, remedy string) (*handover, error) {
		return nil, &HandoverError{Path: path, Reason: reason, Err: err, remedy: remedy}
	}
	with, err := key.identities()
	if err != nil {
		return fail("it cannot be opened", err, "give the passphrase or the identity that it was exported for")
	}
	f, err := os.Open(path)
	if err != nil {
		return fail("it cannot be read", err, "give the path of the file that export wrote")
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() || info.Size() > maxHandover {
		return fail(fmt.Sprintf("it is no file of at most %d bytes", maxHandover), err, "")
	}
	sealed := io.LimitReader(f, maxHandover)
	r, err := age.Decrypt(sealed, with...)
	var none *age.NoIdentityMatchError
	switch {
	case errors.As(err, &none):
		return fail("the passphrase or identity does not open it", nil, "give the passphrase or the identity that it was exported for")
	case err != nil:
		return fail("it is not what export writes", err, "")
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		return fail("it is cut off or damaged", err, "")
	}
	h, err := parseHandover(plain)
	if err != nil {
		return fail(err.Error(), nil, "")
	}
	return h, nil
}

func parseHandover(plain []byte) (*handover, error) {
	// The header first: another version may have any form.
	var head struct {
		Format  string `json:"format"`
		Version int    `json:"version"`
	}
	if err := json.Unmarshal(plain, &head); err != nil || head.Format != handoverFormat {
		return nil, errors.New("it is encrypted, but holds no stores of this program")
	}
	if head.Version != handoverVersion {
		return nil, fmt.Errorf("it has the version %d, this program knows %d", head.Version, handoverVersion)
	}
	var h handover
	d := json.NewDecoder(bytes.NewReader(plain))
	d.DisallowUnknownFields()
	if err := d.Decode(&h); err != nil {
		return nil, errors.New("it holds something else than stores")
	}
	for what, s := range map[string]handoverStore{"keystore": h.Keystore, "truststore": h.Truststore} {
		if len(s.Content) == 0 || len(s.Content) > maxHandoverStore || newHandoverStore(s.Content).SHA256 != s.SHA256 {
			return nil, fmt.Errorf("its %s is not whole", what)
		}
	}
	return &h, nil
}
