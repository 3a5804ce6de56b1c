package keystore

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/idconnect-go/upgrade/internal/disk"
	"github.com/idconnect-go/upgrade/keystore/internal/certificate"
	"github.com/idconnect-go/upgrade/keystore/internal/javatext"
)

// Format is the form of a key store's file.
type Format string

// The formats.
const (
	JCEKS  Format = "JCEKS"
	JKS    Format = "JKS"
	PKCS12 Format = "PKCS12"
)

// Kind is the kind of an [Entry].
type Kind string

// The kinds of entries.
const (
	PrivateKey         Kind = "private key"
	SecretKey          Kind = "secret key"
	TrustedCertificate Kind = "trusted certificate"
)

// Errors that a program may branch on.
var (
	// ErrIntegrity means that the store's password is wrong or the file is
	// damaged; the format cannot tell which.
	ErrIntegrity = errors.New("wrong store password, or the file is damaged")
	// ErrKeyPassword means that a key does not open with the given password.
	ErrKeyPassword = errors.New("the key does not open with this password")
	// ErrFormat means that the file is not a key store, or a damaged one; an
	// [*OtherFileError] says what it is, a [*FormatError] has the place.
	ErrFormat = errors.New("not a key store that Java would read")
	// ErrNotRegular means that the path is a folder, a pipe or a device.
	ErrNotRegular = disk.ErrNotRegular
	// ErrTooLarge means that the file is larger than the limit.
	ErrTooLarge = errors.New("larger than the limit")
	// ErrNoSuchAlias means that the store has no entry of that alias.
	ErrNoSuchAlias = errors.New("no such alias")
	// ErrKind means that the entry is of another kind than the call wants.
	ErrKind = errors.New("entry of another kind")
)

// FormatError has the place where a file is damaged. It matches [ErrFormat].
type FormatError struct {
	Offset int64  // in the file
	Alias  string // of the entry, where known
	What   string
	Err    error // the cause, where there is one

	next string
}

// Remedy says what to do about a file that was damaged in a known way, "" for others.
func (e *FormatError) Remedy() string { return e.next }

func (e *FormatError) Error() string {
	s := fmt.Sprintf("%s at offset %d", e.What, e.Offset)
	if e.Alias != "" {
		s += fmt.Sprintf(" in entry %q", e.Alias)
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Is matches [ErrFormat].
func (e *FormatError) Is(target error) bool { return target == ErrFormat }
func (e *FormatError) Unwrap() error        { return e.Err }

// integrityError: the digest at this offset is not the one of the content under this password.
func integrityError(offset int) error {
	return fmt.Errorf("%w (digest at offset %d)", ErrIntegrity, offset)
}

const (
	magicJCEKS = "\xce\xce\xce\xce"
	magicJKS   = "\xfe\xed\xfe\xed"

	tagPrivateKey  = 1
	tagCertificate = 2
	tagSecretKey   = 3

	defaultLimit = 256 << 20
)

type options struct {
	limit        int64
	keyPasswords []Password
	strict       bool
}

// Option changes how [Open] and [Decode] read.
type Option func(*options)

// WithLimit sets the largest file that is read, in bytes; the default is
// 256 MiB.
func WithLimit(n int64) Option { return func(o *options) { o.limit = n } }

// WithKeyPassword names a password of keys that differs from the store's, for
// calls without a password: [Store.SecretKey], [Store.OpenKeys], [Compare]. It
// may be given several times. Each key is tried with the passwords in this
// order and with the store's password last; each try costs a key derivation.
// The zero password is ignored.
func WithKeyPassword(p Password) Option {
	return func(o *options) {
		if !p.IsZero() {
			o.keyPasswords = append(o.keyPasswords, p)
		}
	}
}

// Strict turns each of the [Store.Warnings] into an error.
func Strict() Option { return func(o *options) { o.strict = true } }

// Store is a key store in memory. Several goroutines may call its methods at once
// as long as none changes it.
type Store struct {
	format   Format
	version  int
	verified bool
	entries  []entry
	index    map[string]int // alias to entry
	warnings []*FormatError
	// keyPasswords are tried on keys in this order.
	keyPasswords []Password

	mu sync.Mutex
	// keys are opened secret keys by alias: pointers, so that no print of what holds
	// the store shows them.
	keys map[string]*OpenedKey
}

// entry is an entry as it is in the file. Its content is parsed on demand, so that
// a store takes little more memory than its file.
type entry struct {
	alias  string
	raw    []byte // from the tag to the end
	offset int64  // of raw in the file
	kind   Kind
	old    bool      // raw is of version 1
	jks    bool      // raw is of a JKS store
	p12    *p12Entry // instead of raw
	own    Password  // with which the key was put
}

// Entry is one entry of a store. Its key is opened only by an explicit call with
// the key's password.
type Entry struct {
	Alias string
	Kind  Kind
	// Created has milliseconds; it is zero if the file has no date.
	Created time.Time
	e       entry
}

func (e entry) public() Entry {
	p := Entry{Alias: e.alias, Kind: e.kind, e: e}
	switch {
	case e.p12 == nil:
		p.Created = time.UnixMilli(e.fields().created)
	case e.p12.dated:
		p.Created = time.UnixMilli(e.p12.created)
	}
	return p
}

// New returns an empty store, JCEKS or JKS, version 2.
func New(format Format) *Store { return &Store{format: format, version: 2, verified: true} }

var errNoStore = errors.New("the key store is nil")

// writable returns an error for a store that has no format to be written in.
func (s *Store) writable() error {
	switch {
	case s == nil:
		return errNoStore
	case s.format == "":
		return errors.New("the key store has no format: New makes one that has")
	case s.format != JCEKS && s.format != JKS:
		return fmt.Errorf("a %s store cannot be written", s.format)
	}
	return nil
}

// String returns the format and the number of entries.
func (s *Store) String() string {
	if s == nil {
		return "no store"
	}
	if len(s.entries) == 1 {
		return fmt.Sprintf("%s, 1 entry", s.format)
	}
	return fmt.Sprintf("%s, %d entries", s.format, len(s.entries))
}

// GoString is String: the fields hold keys.
func (s *Store) GoString() string { return s.String() }

// LogValue implements [slog.LogValuer].
func (s *Store) LogValue() slog.Value { return slog.StringValue(s.String()) }

// Format returns the file's format, detected from its content.
func (s *Store) Format() Format { return s.format }

// Version returns 1 or 2 for JCEKS and JKS, 3 for PKCS#12.
func (s *Store) Version() int { return s.version }

// Verified reports whether the file's integrity was checked with its password.
func (s *Store) Verified() bool { return s.verified }

// Len returns the number of entries.
func (s *Store) Len() int { return len(s.entries) }

// Warnings lists what Java tolerates in the file and [Strict] does not, and
// certificates that are damaged under a correct digest, which Java does not
// tolerate. It checks every certificate, which takes some µs each. At most 100
// are listed.
func (s *Store) Warnings() []string {
	var texts []string
	for _, w := range s.flaws() {
		texts = append(texts, w.Error())
	}
	if len(texts) > maxWarnings {
		texts[maxWarnings] = "and more of that kind"
	}
	return texts
}

// NotLoaded ends a warning of what Java does not tolerate.
const NotLoaded = "; Java does not load the store"

// flaws are at most one more than maxWarnings.
func (s *Store) flaws() []*FormatError {
	all := Store{warnings: slices.Clone(s.warnings)}
	for _, e := range s.entries {
		if e.p12 != nil || e.kind == SecretKey {
			continue
		}
		f := e.fields()
		for i, der := range f.certs {
			if _, err := certificate.Parse(der); err != nil {
				all.warn(e.offset, e.alias, fmt.Sprintf("certificate %d is damaged", i+1),
					err.Error()+NotLoaded)
			}
		}
	}
	return all.warnings
}

// Entries iterates over the entries in the order of the file.
func (s *Store) Entries() iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		for _, e := range s.entries {
			if !yield(e.public()) {
				return
			}
		}
	}
}

// Entry finds an entry. Like Java, it compares aliases in lower case.
func (s *Store) Entry(alias string) (Entry, bool) {
	if i := s.find(alias); i >= 0 {
		return s.entries[i].public(), true
	}
	return Entry{}, false
}

// find returns an entry's index, or -1. Java looks up the alias in lower case, so
// it never finds an alias that the file has in upper case; we do.
func (s *Store) find(alias string) int {
	for _, a := range []string{javatext.LowerCase(alias), alias} {
		if i, ok := s.index[a]; ok {
			return i
		}
	}
	return -1
}

// passwordsOf returns those to try on a key where the caller names none.
func (s *Store) passwordsOf(e Entry) []Password {
	switch {
	case !e.e.own.IsZero():
		return []Password{e.e.own}
	case len(s.keyPasswords) > 0:
		return s.keyPasswords
	}
	return make([]Password, 1)
}

// RawCertificates returns the certificates in DER: the chain of a private key,
// its own certificate first, or the trusted certificate. Those that the store has
// in PEM, which Java takes, are decoded. The caller must not change them.
func (e Entry) RawCertificates() [][]byte {
	if e.e.p12 != nil {
		return e.e.p12.certs
	}
	certs := e.e.fields().certs
	for i, c := range certs {
		if der, err := certificate.DER(c); err == nil {
			certs[i] = der
		}
	}
	return certs
}

// Certificates parses the certificates, in the order of [Entry.RawCertificates].
// Of those that Java reads and crypto/x509 refuses, names and keys are in the Raw
// fields alone. An error means that Java does not read the certificate.
func (e Entry) Certificates() ([]*x509.Certificate, error) {
	var out []*x509.Certificate
	for i, der := range e.RawCertificates() {
		c, err := x509.ParseCertificate(der)
		if err != nil {
			c, err = certificate.Parse(der)
		}
		if err != nil {
			return nil, fmt.Errorf("entry %q, certificate %d: %w", e.Alias, i+1, err)
		}
		out = append(out, c)
	}
	return out, nil
}

// Open reads a key store from a file: JCEKS, JKS or PKCS#12, detected from its
// content. With the zero password, a JCEKS or JKS store is read without an
// integrity check ([Store.Verified]). The largest file is 256 MiB unless
// [WithLimit] is given. Errors match [ErrNotRegular], those of [Decode], or wrap
// those of the file system.
func Open(path string, password Password, opts ...Option) (*Store, error) {
	f, err := disk.Open(path)
	if err != nil {
		return nil, fmt.Errorf("opening the key store %s: %w", path, err)
	}
	defer f.Close()
	s, err := Decode(f, password, opts...)
	if err != nil {
		return nil, fmt.Errorf("opening the key store %s: %w", path, At(path, err))
	}
	return s, nil
}

// Decode reads a key store as [Open] does. Errors match [ErrFormat], [ErrIntegrity],
// [ErrPasswordNeeded], [ErrTooLarge] or [ErrPKCS12Unsupported], or are the reader's.
func Decode(r io.Reader, password Password, opts ...Option) (*Store, error) {
	o := options{limit: defaultLimit}
	for _, f := range opts {
		if f != nil {
			f(&o)
		}
	}
	var b bytes.Buffer
	switch f := r.(type) {
	case interface{ Len() int }:
		b.Grow(int(min(int64(f.Len()), o.limit)) + bytes.MinRead)
	case *os.File:
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
			if info.Size() > o.limit {
				return nil, fmt.Errorf("%w of %d bytes", ErrTooLarge, o.limit)
			}
			b.Grow(int(info.Size()) + bytes.MinRead)
		}
	}
	n, err := b.ReadFrom(io.LimitReader(r, o.limit+1))
	if err != nil {
		return nil, fmt.Errorf("reading a key store: %w", err)
	}
	if n > o.limit {
		return nil, fmt.Errorf("%w of %d bytes", ErrTooLarge, o.limit)
	}
	data := b.Bytes()
	var s *Store
	switch {
	case bytes.HasPrefix(data, []byte(magicJCEKS)), bytes.HasPrefix(data, []byte(magicJKS)):
		s, err = decodeContainer(data, password)
	case len(data) >= 2 && data[0] == 0x30:
		s, err = decodePKCS12(data, password)
	default:
		err = &FormatError{What: "the file begins neither as JCEKS, JKS nor PKCS#12"}
	}
	if err != nil {
		return nil, explain(data, err)
	}
	if o.strict {
		if w := s.flaws(); len(w) > 0 {
			return nil, w[0]
		}
	}
	s.keyPasswords = o.keyPasswords
	if !password.IsZero() && !slices.ContainsFunc(s.keyPasswords, password.Equal) {
		s.keyPasswords = append(s.keyPasswords, password)
	}
	return s, nil
}
