package keystore

import (
	"crypto"
	"crypto/x509"
	"errors"
	"io"
	"iter"
	"time"
)

type Format string

const (
	JCEKS  Format = "JCEKS"
	JKS    Format = "JKS"
	PKCS12 Format = "PKCS12"
)

type Kind string

const (
	PrivateKey         Kind = "private key"
	SecretKey          Kind = "secret key"
	TrustedCertificate Kind = "trusted certificate"
)

type options struct{}
type Option func(*options)

func WithLimit(bytes int64) Option             { return nil }
func WithKeyPassword(password Password) Option { return nil }
func Strict() Option                           { return nil }

type Store struct{}

func Open(path string, password Password, opts ...Option) (*Store, error)   { return nil, ErrFormat }
func Decode(r io.Reader, password Password, opts ...Option) (*Store, error) { return nil, ErrFormat }
func New(format Format) *Store                                              { return nil }

func (s *Store) Format() Format                              { return "" }
func (s *Store) Version() int                                { return 0 }
func (s *Store) Verified() bool                              { return false }
func (s *Store) Len() int                                    { return 0 }
func (s *Store) Warnings() []string                          { return nil }
func (s *Store) Entries() iter.Seq[Entry]                    { return nil }
func (s *Store) Entry(alias string) (Entry, bool)            { return Entry{}, false }
func (s *Store) Encode(w io.Writer, password Password) error { return ErrFormat }
func (s *Store) Delete(alias string) bool                    { return false }
func (s *Store) PutPrivateKey(alias string, key crypto.PrivateKey, chain []*x509.Certificate, opts PutOptions) error {
	return ErrFormat
}
func (s *Store) PutSecretKey(alias, algorithm string, key []byte, opts PutOptions) error {
	return ErrFormat
}
func (s *Store) PutCertificate(alias string, cert *x509.Certificate, opts PutOptions) error {
	return ErrFormat
}

type PutOptions struct {
	Created    time.Time
	Password   Password
	Iterations int
}

func WriteFile(path string, s *Store, password Password) error { return ErrFormat }

type Entry struct {
	Alias   string
	Kind    Kind
	Created time.Time
}

func (e Entry) RawCertificates() [][]byte                                      { return nil }
func (e Entry) Certificates() ([]*x509.Certificate, error)                     { return nil, nil }
func (e Entry) PKCS8(p Password) ([]byte, error)                               { return nil, nil }
func (e Entry) PrivateKey(p Password) (crypto.PrivateKey, error)               { return nil, nil }
func (e Entry) SecretKey(p Password) (algorithm string, key []byte, err error) { return "", nil, nil }
func (e Entry) Algorithm(p Password) (string, error)                           { return "", nil }

func CertificateSubject(der []byte) string     { return "" }
func CertificateFingerprint(der []byte) string { return "" }

var (
	ErrIntegrity         = errors.New("wrong store password or damaged file")
	ErrKeyPassword       = errors.New("key does not open")
	ErrFormat            = errors.New("not a key store")
	ErrTooLarge          = errors.New("too large")
	ErrNoSuchAlias       = errors.New("no such alias")
	ErrPKCS12Unsupported = errors.New("not supported in PKCS#12")
	ErrSameFile          = errors.New("source and destination are the same file")
	ErrInUse             = errors.New("in use")
	ErrConflict          = errors.New("destination holds keys of its own")
	ErrChanged           = errors.New("file was changed since")
	ErrNotChecked        = errors.New("not checked")
	ErrConsolePassword   = errors.New("password is asked for on the console")
)

type FormatError struct {
	Offset int64
	Alias  string
	What   string
	Err    error
}

func (e *FormatError) Error() string { return e.What }

type CopyOptions struct {
	Password    Password
	KeyPassword Password
	InUse       func(path string) error
	Replace     bool
	Now         func() time.Time
}

type Changes struct {
	Path, Backup    string
	Replaced, Added []string
	SHA256          string
}

func (c Changes) Undo() error { return ErrFormat }

type ConflictError struct {
	Path        string
	Differences Differences
}

func (e *ConflictError) Error() string { return "" }

func Copy(src, dst string, opts CopyOptions) (Changes, error) { return Changes{}, ErrFormat }

type Policy string

const (
	Keep    Policy = "keep"
	Replace Policy = "replace"
	Error   Policy = "error"
)

func Merge(dst, src *Store, policy Policy) (Changes, error) { return Changes{}, ErrFormat }
func Compare(a, b *Store) (Differences, error)              { return Differences{}, ErrFormat }

type Differences struct{ Same, OnlyA, OnlyB, Changed []string }

func (d Differences) Empty() bool    { return false }
func (d Differences) String() string { return "" }

type ValueError struct {
	Key  string
	What string
	Err  error
}

func (e *ValueError) Error() string { return "" }

func (s *Store) Opens(value []byte) error                    { return ErrNotChecked }
func (s *Store) Digest(value, runKey []byte) ([]byte, error) { return nil, ErrNotChecked }
func ScanEncrypted(r io.Reader, found func(pointer string, value []byte) error) error {
	return ErrFormat
}
func DecodeBootPassword(text string) (Password, error) { return Password{}, ErrFormat }
