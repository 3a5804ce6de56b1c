package keystore

import (
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/idconnect-go/upgrade/keystore/internal/textfile"
)

const redacted = "[redacted]"

// maxPasswordFile bounds what [ReadPasswordFile] reads.
const maxPasswordFile = 64 << 10

// Password is a secret text. It prints, logs and marshals as "[redacted]", also
// as a field of another value; only [Password.Reveal] returns the text. The zero
// value means that no password is known, which differs from the empty password.
type Password struct {
	// A pointer, because fmt does not call methods of unexported fields: it
	// would print a string, but of a nested pointer only the address.
	text *string
}

// NewPassword returns text as a password. The empty text is a password, too.
func NewPassword(text string) Password { return Password{&text} }

// ReadPasswordFile returns the first line of a file, without its end (LF or CR LF). A byte order mark is no part of it:
// a file in UTF-16, as PowerShell writes it, is read as such. An empty file is the empty password. A file with more
// than one line is an error, and so is one that is no text. The limit is 64 KiB.
func ReadPasswordFile(path string) (Password, error) {
	f, err := os.Open(path)
	if err != nil {
		return Password{}, fmt.Errorf("reading a password: %w", err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxPasswordFile+1))
	if err != nil {
		return Password{}, fmt.Errorf("reading a password: %w", err)
	}
	if len(b) > maxPasswordFile {
		return Password{}, fmt.Errorf("reading a password: %s: larger than %d bytes, which no password is",
			path, maxPasswordFile)
	}
	line, err := textfile.Line(b)
	if err != nil {
		return Password{}, fmt.Errorf("reading a password: %s: %w", path, err)
	}
	return NewPassword(line), nil
}

// Reveal returns the text, "" if none is known.
func (p Password) Reveal() string {
	if p.text == nil {
		return ""
	}
	return *p.text
}

// IsZero reports whether no password is known.
func (p Password) IsZero() bool { return p.text == nil }

// Equal compares two passwords in a time that depends on their lengths only.
func (p Password) Equal(q Password) bool {
	return p.IsZero() == q.IsZero() && subtle.ConstantTimeCompare([]byte(p.Reveal()), []byte(q.Reveal())) == 1
}

// String returns "[redacted]".
func (Password) String() string { return redacted }

// Format writes "[redacted]" for every verb.
func (Password) Format(f fmt.State, _ rune) { io.WriteString(f, redacted) }

// LogValue implements [slog.LogValuer].
func (Password) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText implements [encoding.TextMarshaler].
func (Password) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// MarshalJSON implements [json.Marshaler].
func (Password) MarshalJSON() ([]byte, error) { return json.Marshal(redacted) }
