package keystore

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
	"sync"
	"time"
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
	// ErrIntegrity: the store's password is wrong or the file is damaged. The
	// format does not let anybody tell which.
	ErrIntegrity = errors.New("wrong store password, or the file is damaged")
	// ErrKeyPassword: a key does not open with the password given.
	ErrKeyPassword = errors.New("the key does not open with this password")
	// ErrFormat: not a key store, or a broken one; a [*FormatError] says where.
	ErrFormat = errors.New("not a key store that Java would read")
	// ErrNotRegular: a folder, a pipe or a device stands where a file should.
	ErrNotRegular = errors.New("not a regular file")
	// ErrTooLarge: the file is larger than the limit.
	ErrTooLarge = errors.New("larger than the limit")
	// ErrNoSuchAlias: the store has no such entry.
	ErrNoSuchAlias = errors.New("no such alias")
	// ErrKind: the entry is of another kind than was asked for.
	ErrKind = errors.New("entry of another kind")
)

// FormatError says where a file is broken. It matches [ErrFormat].
type FormatError struct {
	Offset int64  // in the file
	Alias  string // of the entry, where known
	What   string
	Err    error // the cause, where there is one
}

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

// KeyError says which key does not open. It matches [ErrKeyPassword].
type KeyError struct {
	Offset int64 // of the encrypted key in the file
	Alias  string
	Err    error
}

func (e *KeyError) Error() string {
	return fmt.Sprintf("entry %q, key at offset %d: %v", e.Alias, e.Offset, e.Err)
}

func (e *KeyError) Unwrap() error { return e.Err }

// IntegrityError: the digest at the end of the file is not the one of its
// content under this password. It matches [ErrIntegrity].
type IntegrityError struct {
	Offset int64 // of the digest
}

func (e *IntegrityError) Error() string {
	return fmt.Sprintf("%v (digest at offset %d)", ErrIntegrity, e.Offset)
}

func (e *IntegrityError) Unwrap() error { return ErrIntegrity }

const (
	magicJCEKS = 0xCECECECE
	magicJKS   = 0xFEEDFEED

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

// WithKeyPassword is for stores whose keys have other passwords than the store,
// and is used where a call does not name one ([Store.Opens], [Compare],
// [Store.OpenKeys]). It may be given several times: each key is tried with the
// passwords in their order, and with the store's last, which costs a key's whole
// derivation every time. The zero password is none.
func WithKeyPassword(p Password) Option {
	return func(o *options) {
		if !p.IsZero() {
			o.keyPasswords = append(o.keyPasswords, p)
		}
	}
}

// Strict makes an error of each of the [Store.Warnings].
func Strict() Option { return func(o *options) { o.strict = true } }

// Store is a key store in memory. Its methods may be called by several
// goroutines at once as long as none changes it.
type Store struct {
	format   Format
	version  int
	verified bool
	entries  []entry
	index    map[string]int // alias to entry
	warnings []*FormatError
	// keyPasswords are what the keys are tried with.
	keyPasswords []Password

	mu   sync.Mutex
	keys map[string]OpenedKey // opened secret keys, by alias
}

// entry is an entry as it is in the file; what it holds is read when asked for,
// so that a store takes little more memory than its file.
type entry struct {
	alias  string
	raw    []byte // from the tag to the end
	offset int64  // of raw in the file
	kind   Kind
	old    bool      // raw is of version 1
	jks    bool      // raw is of a JKS store
	p12    *p12Entry // instead of raw
	own    Password  // that the key was put with
}

// Entry is one entry of a store. Key bytes are given out only by an explicit
// call with the key's password.
type Entry struct {
	Alias string
	Kind  Kind
	// Created is zero where the file does not say.
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

// Format is the form that the file really has, whatever its name.
func (s *Store) Format() Format { return s.format }

// Version is 1 or 2 for JCEKS and JKS, 3 for PKCS#12.
func (s *Store) Version() int { return s.version }

// Verified says that the password proved the file to be whole.
func (s *Store) Verified() bool { return s.verified }

// Len is the number of entries.
func (s *Store) Len() int { return len(s.entries) }

// Warnings says what Java tolerates in the file, and [Strict] does not; and what
// Java does not: certificates that are damaged under a digest that is right.
// For these it looks at every certificate, which takes 0.5 µs each.
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

// flaws are at most one more than maxWarnings.
func (s *Store) flaws() []*FormatError {
	all := Store{warnings: slices.Clone(s.warnings)}
	for _, e := range s.entries {
		if e.p12 != nil || e.kind == SecretKey {
			continue
		}
		f := e.fields()
		for i, der := range f.certs {
			if flaw := certificateFlaw(der); flaw != "" {
				all.warn(e.offset, e.alias, fmt.Sprintf("certificate %d is damaged", i+1),
					flaw+"; Java may not load the store at all")
			}
		}
	}
	return all.warnings
}

// Entries gives the entries in the order of the file.
func (s *Store) Entries() iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		for _, e := range s.entries {
			if !yield(e.public()) {
				return
			}
		}
	}
}

// Entry finds an entry; aliases are compared as Java does, in lower case.
func (s *Store) Entry(alias string) (Entry, bool) {
	if i := s.find(alias); i >= 0 {
		return s.entries[i].public(), true
	}
	return Entry{}, false
}

// find gives an entry's place, or -1. Java looks up the alias in lower case; an
// entry that the file has in upper case it lists and never finds, we do.
func (s *Store) find(alias string) int {
	for _, a := range []string{lowerCase(alias), alias} {
		if i, ok := s.index[a]; ok {
			return i
		}
	}
	return -1
}

// passwordsOf are those to try of a key where the caller names none.
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
// its own certificate first, or the trusted certificate. They must not be
// changed.
func (e Entry) RawCertificates() [][]byte {
	if e.e.p12 != nil {
		return e.e.p12.certs
	}
	return e.e.fields().certs
}

// Certificates parses the certificates. Java reads some that crypto/x509
// refuses; for these it is an error, and [Entry.RawCertificates] has them.
func (e Entry) Certificates() ([]*x509.Certificate, error) {
	var out []*x509.Certificate
	for i, der := range e.RawCertificates() {
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, fmt.Errorf("entry %q, certificate %d: %w", e.Alias, i+1, err)
		}
		out = append(out, c)
	}
	return out, nil
}

// Open reads a key store from a file: JCEKS, JKS or PKCS#12, told by its
// content and not by its name. The zero password lists a JCEKS or JKS store
// without the proof that it is whole ([Store.Verified]). What is no regular
// file is [ErrNotRegular]: a pipe might never end. See [Decode] for the other
// errors; those of the file system are wrapped.
func Open(path string, password Password, opts ...Option) (*Store, error) {
	f, err := openFile(path)
	if err != nil {
		return nil, fmt.Errorf("opening the key store %s: %w", path, err)
	}
	defer f.Close()
	s, err := Decode(f, password, opts...)
	if err != nil {
		return nil, fmt.Errorf("opening the key store %s: %w", path, err)
	}
	return s, nil
}

// openFile opens a regular file. It asks before it opens, because to open a
// pipe waits for who writes into it.
func openFile(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, ErrNotRegular
	}
	return os.Open(path)
}

// Decode reads a key store. Errors match [ErrFormat], [ErrIntegrity],
// [ErrTooLarge] or [ErrPKCS12Unsupported], or are the reader's.
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
	case len(data) >= 4 && be32(data) == magicJCEKS, len(data) >= 4 && be32(data) == magicJKS:
		s, err = decodeContainer(data, password)
	case len(data) >= 2 && data[0] == 0x30:
		s, err = decodePKCS12(data, password)
	default:
		return nil, &FormatError{What: "the file begins neither as JCEKS, JKS nor PKCS#12" + disguise(data)}
	}
	if err != nil {
		return nil, err
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

func disguise(data []byte) string {
	switch {
	case len(data) == 0:
		return ": it is empty"
	case bytes.HasPrefix(data, []byte("-----BEGIN")):
		return ": it is PEM"
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		return ": it is a zip file"
	}
	return ""
}

func be32(b []byte) uint32 {
	return uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
}
