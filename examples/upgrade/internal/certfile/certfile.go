// Package certfile reads and writes files of certificates, checks a fingerprint that a person gives, and puts a
// certificate into a truststore. Begin with [Read] and [Add].
package certfile

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/idconnect-go/upgrade/internal/disk"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/keystore/jvmtrust"
)

const maxFile = 1 << 20

// Read reads the certificates of a file in PEM, in OpenSSL's forms of it, too, or one in DER, as Java does.
func Read(path string) ([]*x509.Certificate, error) {
	content, err := disk.Read(path, maxFile)
	if err != nil {
		return nil, err
	}
	if one, err := jvmtrust.ParseCertificate(content); err == nil && content[0] == 0x30 {
		return []*x509.Certificate{one}, nil
	}
	var chain []*x509.Certificate
	for rest := content; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		switch block.Type {
		case "CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE":
		default:
			continue
		}
		// Behind a trusted one OpenSSL writes what it is trusted for.
		cert, err := jvmtrust.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("%s: certificate %d: %w", path, len(chain)+1, err)
		}
		chain = append(chain, cert)
	}
	if len(chain) == 0 {
		return nil, noneIn(path, content)
	}
	return chain, nil
}

// noneIn says what a file without certificates is.
func noneIn(path string, content []byte) error {
	_, err := keystore.Decode(bytes.NewReader(content), keystore.Password{})
	var other *keystore.OtherFileError
	switch {
	case errors.As(err, &other):
		return fmt.Errorf("%s: no certificate in PEM or DER but %s", path, other.What)
	case err == nil, errors.Is(err, keystore.ErrPasswordNeeded):
		return fmt.Errorf("%s: a key store, not a certificate in PEM or DER: the command inspect lists it", path)
	}
	return fmt.Errorf("%s: no certificate in PEM or DER", path)
}

// Write writes a certificate in PEM to a new file.
func Write(path string, cert *x509.Certificate) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	err = pem.Encode(f, &pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})
	return errors.Join(err, f.Sync(), f.Close())
}

// Matches compares a SHA-256 fingerprint as keytool or openssl print it with a certificate's.
func Matches(fingerprint string, cert *x509.Certificate) error {
	given := strings.ToLower(strings.NewReplacer(":", "", " ", "").Replace(fingerprint))
	given = strings.TrimPrefix(strings.TrimPrefix(given, "sha256fingerprint="), "sha256")
	own := keystore.CertificateFingerprint(cert.Raw)
	switch {
	case len(given) == 40:
		return errors.New("a SHA-1 fingerprint does not identify a certificate: give the SHA-256 one")
	case len(given) != len(own) || strings.Trim(given, "0123456789abcdef") != "":
		return errors.New("not a SHA-256 fingerprint, which has 64 hexadecimal digits")
	case given != own:
		return fmt.Errorf("the certificate's SHA-256 fingerprint is another, %s: it is not the one that was meant",
			jvmtrust.Colons(own))
	}
	return nil
}

// Errors of [Add].
var (
	ErrThere = errors.New("the truststore has this certificate already")
	ErrTaken = errors.New("the truststore has another entry of this alias")
)

// Add puts a certificate into the truststore of JKS or JCEKS at path, and keeps the old file beside it, as
// [keystore.Copy] does.
func Add(path string, password keystore.Password, alias string, cert *x509.Certificate) (keystore.Changes, error) {
	none := keystore.Changes{Path: path}
	f, err := disk.Open(path)
	if err != nil {
		return none, err
	}
	info, err := f.Stat()
	if err != nil {
		return none, errors.Join(err, f.Close())
	}
	store, err := keystore.Decode(f, password)
	f.Close() // Windows replaces no file that is open
	if err != nil {
		return none, fmt.Errorf("opening the truststore %s: %w", path, keystore.At(path, err))
	}
	for e := range store.Entries() {
		raw := e.RawCertificates()
		if e.Kind == keystore.TrustedCertificate && len(raw) > 0 && bytes.Equal(raw[0], cert.Raw) {
			return none, fmt.Errorf("%w, as %q", ErrThere, e.Alias)
		}
	}
	if _, taken := store.Entry(alias); taken {
		return none, fmt.Errorf("%w: %q", ErrTaken, alias)
	}
	if err := store.PutCertificate(alias, cert, keystore.PutOptions{}); err != nil {
		return none, fmt.Errorf("%s: %w", path, err)
	}
	var b bytes.Buffer
	if err := store.Encode(&b, password); err != nil {
		return none, fmt.Errorf("%s: %w", path, err)
	}
	return keystore.CopyBytes(b.Bytes(), path, keystore.CopyOptions{Password: password, Like: like{info}})
}

// like is a file whose mode and owner are taken, under another name than the file that is replaced.
type like struct{ fs.FileInfo }
