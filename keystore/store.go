package keystore

import (
	"bytes"
	"crypto/sha1"
	"crypto/subtle"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"strings"
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

const (
	magicJCEKS = 0xCECECECE
	magicJKS   = 0xFEEDFEED

	tagPrivateKey  = 1
	tagCertificate = 2
	tagSecretKey   = 3

	defaultLimit = 256 << 20
)

type options struct {
	limit       int64
	keyPassword Password
	strict      bool
}

// Option changes how [Open] and [Decode] read.
type Option func(*options)

// WithLimit sets the largest file that is read, in bytes; the default is
// 256 MiB.
func WithLimit(n int64) Option { return func(o *options) { o.limit = n } }

// WithKeyPassword is for stores whose keys have another password than the
// store, and is used where a call does not name one ([Store.Opens], [Compare]).
func WithKeyPassword(p Password) Option { return func(o *options) { o.keyPassword = p } }

// Strict makes an error of what Java only tolerates, see [Store.Warnings].
func Strict() Option { return func(o *options) { o.strict = true } }

// Store is a key store in memory. Its methods may be called by several
// goroutines at once as long as none changes it.
type Store struct {
	format   Format
	version  int
	verified bool
	entries  []*entry
	warnings []string
	// password and keyPassword are those that it was opened with.
	password, keyPassword Password

	mu   sync.Mutex
	keys map[string]secretKey // opened secret keys, by alias
}

type secretKey struct {
	algorithm string
	key       []byte
	err       error
}

// entry is an entry as it is in the file.
type entry struct {
	alias   string
	raw     []byte // the alias as the file has it
	kind    Kind
	created int64 // ms since 1970
	noDate  bool
	body    []byte   // EncryptedPrivateKeyInfo, or the serialized object
	certs   [][]byte // DER
	types   []string // of the certificates, as the file says
	plain   bool     // body is PKCS#8 in plain (from PKCS#12)
	format  Format
}

// Entry is one entry of a store. Key bytes are given out only by an explicit
// call with the key's password.
type Entry struct {
	Alias string
	Kind  Kind
	// Created is zero where the file does not say.
	Created time.Time
	e       *entry
}

func (e *entry) public() Entry {
	p := Entry{Alias: e.alias, Kind: e.kind, e: e}
	if !e.noDate {
		p.Created = time.UnixMilli(e.created)
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

// Warnings says what Java tolerates in the file, and [Strict] does not.
func (s *Store) Warnings() []string { return append([]string(nil), s.warnings...) }

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
	if e := s.find(alias); e != nil {
		return e.public(), true
	}
	return Entry{}, false
}

func (s *Store) find(alias string) *entry {
	alias = strings.ToLower(alias)
	for _, e := range s.entries {
		if strings.ToLower(e.alias) == alias {
			return e
		}
	}
	return nil
}

// RawCertificates returns the certificates in DER: the chain of a private key,
// its own certificate first, or the trusted certificate. They must not be
// changed.
func (e Entry) RawCertificates() [][]byte {
	if e.e == nil {
		return nil
	}
	return e.e.certs
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
// without the proof that it is whole ([Store.Verified]). See [Decode] for
// errors; those of the file system are wrapped.
func Open(path string, password Password, opts ...Option) (*Store, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, &FormatError{What: "a folder"}
	}
	return Decode(f, password, opts...)
}

// Decode reads a key store. Errors match [ErrFormat], [ErrIntegrity],
// [ErrTooLarge] or [ErrPKCS12Unsupported], or are the reader's.
func Decode(r io.Reader, password Password, opts ...Option) (*Store, error) {
	o := options{limit: defaultLimit}
	for _, f := range opts {
		f(&o)
	}
	var b bytes.Buffer
	if f, ok := r.(*os.File); ok {
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
	if o.strict && len(s.warnings) > 0 {
		return nil, &FormatError{What: s.warnings[0]}
	}
	s.password, s.keyPassword = password, o.keyPassword
	if s.keyPassword.IsZero() {
		s.keyPassword = password
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

// integrity is SHA-1 over the password in UTF-16BE, a fixed text and the
// content; sun.security.provider.JavaKeyStore.getPreKeyedHash.
func integrity(password string, content []byte) []byte {
	h := sha1.New()
	h.Write(utf16be(password))
	io.WriteString(h, "Mighty Aphrodite")
	h.Write(content)
	return h.Sum(nil)
}

func decodeContainer(data []byte, password Password) (*Store, error) {
	d := &decoder{data: data}
	s := &Store{format: JCEKS}
	if d.u32() == magicJKS {
		s.format = JKS
	}
	v := d.u32()
	if d.err == nil && v != 1 && v != 2 {
		return nil, &FormatError{Offset: 4, What: fmt.Sprintf("version %d is not known", v)}
	}
	s.version = int(v)
	count := int32(d.u32())
	if d.err == nil && count < 0 {
		return nil, &FormatError{Offset: 8, What: "negative number of entries"}
	}
	byAlias := map[string]int{}
	for i := int32(0); i < count && d.err == nil; i++ {
		e := d.entry(s.format, s.version)
		if d.err != nil {
			break
		}
		key := strings.ToLower(e.alias)
		if at, ok := byAlias[key]; ok {
			// Java puts both into a table: the later one stays.
			s.warnings = append(s.warnings, fmt.Sprintf("alias %q stands twice, the later entry counts", e.alias))
			s.entries[at] = e
			continue
		}
		byAlias[key] = len(s.entries)
		s.entries = append(s.entries, e)
	}
	if d.err != nil {
		return nil, d.err
	}
	end := d.at
	sum := d.take(sha1.Size, "the trailer")
	if d.err != nil {
		return nil, d.err
	}
	if d.at < len(data) {
		s.warnings = append(s.warnings, fmt.Sprintf("%d bytes follow the trailer", len(data)-d.at))
	}
	if !password.IsZero() {
		if subtle.ConstantTimeCompare(sum, integrity(password.Reveal(), data[:end])) != 1 {
			return nil, ErrIntegrity
		}
		s.verified = true
	}
	return s, nil
}
