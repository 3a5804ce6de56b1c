package keystore

import (
	"errors"
	"strings"

	"github.com/idconnect-go/upgrade/keystore/internal/kind"
)

// OtherFileError means that a file is not a key store but something else, which is
// known. It matches [ErrFormat].
type OtherFileError struct {
	// What fits behind "it is": "a certificate in DER".
	What string
	// Damaged: it was a key store once, and another program changed its bytes.
	Damaged bool

	path, next string
	err        error
}

func (e *OtherFileError) Error() string { return "not a key store but " + e.What }

// Is matches [ErrFormat].
func (e *OtherFileError) Is(target error) bool { return target == ErrFormat }
func (e *OtherFileError) Unwrap() error        { return e.err }

// Remedy says what to do with such a file.
func (e *OtherFileError) Remedy() string { return named(e.next, e.path) }

// ErrPKCS12Unsupported means that a PKCS#12 file has content that go-pkcs12 does
// not support: secret keys, keys beside trusted certificates, keys other than RSA
// and EC, or BER. Java reads it. An [*UnsupportedError] says what it is.
var ErrPKCS12Unsupported = errors.New("PKCS#12 with content that is not read here")

// UnsupportedError is what a PKCS#12 file holds that is not read here. It matches
// [ErrPKCS12Unsupported].
type UnsupportedError struct {
	What string

	path string
}

func (e *UnsupportedError) Error() string { return ErrPKCS12Unsupported.Error() + ": " + e.What }

// Is matches [ErrPKCS12Unsupported].
func (e *UnsupportedError) Is(target error) bool { return target == ErrPKCS12Unsupported }

// Remedy is the command that makes a store of it that is read here.
func (e *UnsupportedError) Remedy() string {
	return named("convert it under the same password, and name the new store in boot.properties with the type JCEKS: "+
		"keytool -importkeystore -srckeystore FILE -srcstoretype PKCS12 -destkeystore FILE.jceks "+
		"-deststoretype JCEKS", e.path)
}

// ErrPasswordNeeded means that a PKCS#12 file lists nothing without its password.
var ErrPasswordNeeded = errors.New("the content of PKCS#12 is encrypted, so listing it needs the password")

// At returns err, of [Decode], with a remedy that names the file at path.
func At(path string, err error) error {
	var other *OtherFileError
	var unsupported *UnsupportedError
	switch {
	case errors.As(err, &other):
		other.path = path
	case errors.As(err, &unsupported):
		unsupported.path = path
	}
	return err
}

// named puts a path in the place of FILE, in quotes where a shell needs them.
func named(command, path string) string {
	if path == "" {
		return command
	}
	quoted, jceks := path, strings.TrimSuffix(path, ".jceks")+".new.jceks"
	if strings.ContainsAny(path, " \t'\"$`&;|<>()*?[]#~!\\\n") {
		quote := func(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
		quoted, jceks = quote(path), quote(jceks)
	}
	return strings.NewReplacer("FILE.jceks", jceks, "FILE", quoted).Replace(command)
}

// explain says what a file is that could not be decoded.
func explain(data []byte, err error) error {
	var place *FormatError
	if !errors.As(err, &place) {
		return err
	}
	if f := kind.Of(data); f.What != "" && place.Alias == "" {
		return &OtherFileError{What: f.What, Damaged: f.Damaged, next: f.Next, err: err}
	}
	if what, next := kind.Damage(data); what != "" {
		place.What, place.next = what+": "+place.What, next
	}
	return err
}
