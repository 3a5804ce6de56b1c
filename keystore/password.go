package keystore

import (
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/idconnect-go/upgrade/internal/disk"
	"github.com/idconnect-go/upgrade/keystore/internal/textfile"
)

const redacted = "[redacted]"

// Password is a secret text. It prints, logs and marshals as "[redacted]", also
// as a field of another value; only [Password.Reveal] returns the text. The zero
// value means that no password is known, which differs from the empty password.
type Password struct {
	// A pointer, because fmt does not call methods of unexported fields: it
	// would print a string, but of a nested pointer only the address.
	text *string

	file textfile.Exposure
}

// NewPassword returns text as a password. The empty text is a password, too.
func NewPassword(text string) Password { return Password{text: &text} }

// ReadPasswordFile returns the first line of a file, without its end (LF or CR LF). A byte order mark is no part of it:
// a file in UTF-16, as PowerShell writes it, is read as such. An empty file is the empty password. A file with more
// than one line is an error, and so is one that is no text. The limit is 64 KiB. See [Password.Exposed].
func ReadPasswordFile(path string) (Password, error) {
	f, err := textfile.Read(os.Open(path)) // a pipe, too
	line := ""
	if err == nil {
		line, err = f.Line()
	}
	if err != nil {
		return Password{}, fmt.Errorf("reading a password: %w", err)
	}
	return Password{text: &line, file: f.OpenTo}, nil
}

// ReadSecretFile returns a whole regular file as it is, such as one of age identities. The limit is 64 KiB. See
// [Password.Exposed].
func ReadSecretFile(path string) (Password, error) {
	f, err := textfile.Read(disk.Open(path))
	if err != nil {
		return Password{}, fmt.Errorf("reading a secret: %w", err)
	}
	text := string(f.Content)
	return Password{text: &text, file: f.OpenTo}, nil
}

// Exposed returns the file that a password was read from, and which users may read that beyond its owner, its group
// and the administrators: "everyone", or on Windows groups such as "Authenticated Users, Users". Both are "" if there
// are none, or the password comes from elsewhere. Permission bits and folders count on Unix, and the access control
// list on Windows, both as they were when the file was read.
func (p Password) Exposed() (file, to string) { return p.file.Path, p.file.Readers }

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
