package idconnect

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/idconnect-go/upgrade/idconnect/internal/installation"
	"github.com/idconnect-go/upgrade/keystore"
)

// lookAtStores proves, before anything is changed, that the source's stores
// are whole and that their keys open. Both are looked at, also when one is
// bad.
func (r *run) lookAtStores(context.Context) Findings {
	if r.u.StoresFile != "" {
		return r.lookAtCarried()
	}
	inst, err := installation.Open(r.u.SourceDir)
	if err != nil {
		return Findings{finding(CodeSourceFolder, StepStores, "%v", err).remedy(RemedyOf(err))}
	}
	var found Findings
	password, err := r.u.keystorePassword()
	if err != nil {
		found = append(found, finding(CodeStorePassword, StepStores, "%v", err).remedy("give the keystore's password"))
	} else if keys, err := keystore.Open(inst.KeystorePath(), password); err != nil {
		found = append(found, storeFinding("keystore", inst.KeystorePath(), password, err))
	} else {
		found = append(found, warnings(inst.KeystorePath(), keys)...)
		found = append(found, disguise("keystore", inst.KeystorePath(), inst.KeystoreType(), keys.Format())...)
		found = append(found, lookAtKeys(inst.KeystorePath(), keys, password, inst.CertificateAlias(), inst.CryptoAlias())...)
		found = append(found, r.lookAtSubject(keys, inst.CertificateAlias())...)
	}
	own := r.u.Source
	own.Truststore = ""
	_, trustPassword := r.truststorePassword()
	trust, err := r.u.openTruststore(own, r.u.SourceDir)
	if err != nil {
		return append(found, storeFinding("truststore", inst.TruststorePath(), trustPassword, err))
	}
	if !trust.Verified() {
		found = append(found, finding(CodeStoreUnverified, StepStores, "%s was read without its password", inst.TruststorePath()))
	}
	found = append(found, warnings(inst.TruststorePath(), trust)...)
	return append(found, disguise("truststore", inst.TruststorePath(), inst.TruststoreType(), trust.Format())...)
}

// lookAtCarried is lookAtStores for stores that were carried here.
func (r *run) lookAtCarried() Findings {
	h, err := r.carried()
	if err != nil {
		return Findings{finding(CodeHandover, StepStores, "%v", err).remedy(RemedyOf(err))}
	}
	var found Findings
	if !same(h.SourceURL, r.u.sourceURL()) {
		found = append(found, finding(CodeHandoverSource, StepStores, "%s was exported from %s, and the source is %s", r.u.StoresFile, h.SourceURL, r.u.sourceURL()))
	}
	password, err := r.u.keystorePassword()
	if err != nil {
		return append(found, finding(CodeStorePassword, StepStores, "%v", err).remedy("give the keystore's password"))
	}
	keys, trust, err := r.openCarried()
	if err != nil {
		return append(found, storeFinding("stores in", r.u.StoresFile, password, err))
	}
	path := "the keystore in " + r.u.StoresFile
	found = append(found, disguise("keystore in", r.u.StoresFile, h.Keystore.Type, keys.Format())...)
	found = append(found, disguise("truststore in", r.u.StoresFile, h.Truststore.Type, trust.Format())...)
	found = append(found, lookAtKeys(path, keys, password, h.CertificateAlias, h.CryptoAlias)...)
	return append(found, r.lookAtSubject(keys, h.CertificateAlias)...)
}

func warnings(path string, s *keystore.Store) Findings {
	var out Findings
	for _, w := range s.Warnings() {
		out = append(out, finding(CodeStoreOdd, StepStores, "%s: %s", path, w))
	}
	return out
}

// readableAs says which formats a JVM of version 11 reads as which type of
// store; by Java 17's keytool: JKS and PKCS#12 are read as each other, JKS as
// JCEKS too.
var readableAs = map[keystore.Format][]keystore.Format{
	keystore.JCEKS:  {keystore.JCEKS, keystore.JKS},
	keystore.JKS:    {keystore.JKS, keystore.PKCS12},
	keystore.PKCS12: {keystore.PKCS12, keystore.JKS},
}

// disguise compares a store's format with the type that the server is told.
func disguise(what, path, declared string, is keystore.Format) Findings {
	says := keystore.Format(strings.ToUpper(strings.TrimSpace(declared)))
	readable, known := readableAs[says]
	if says == is || !known {
		return nil
	}
	f := finding(CodeStoreDisguised, StepStores, "the %s %s is %s, and the server is told that it is %s", what, path, is, says)
	if slices.Contains(readable, is) {
		f = f.as(Warns)
	}
	return Findings{f}
}

// storeFinding tells the kinds of errors of a store apart.
func storeFinding(what, path string, password keystore.Password, err error) Finding {
	code, remedy := CodeStoreCorrupt, ""
	switch {
	case errors.Is(err, fs.ErrNotExist):
		code, remedy = CodeStoreMissing, "name the salesforceIdConnect folder of 2.1, and look at "+what+".location in its boot.properties"
	case errors.Is(err, keystore.ErrIntegrity):
		if code = CodeStorePassword; opensSomeKey(path, password) {
			code = CodeStoreCorrupt
			err = fmt.Errorf("%w: its keys open with this password, so the file is damaged", err)
		}
	case errors.Is(err, keystore.ErrFormat) && isText(path):
		code = CodeStoreDisguised
		err = fmt.Errorf("%w: it is a text, PEM perhaps", err)
		remedy = "import it into a store (keytool -importcert), or restore the file from a backup of 2.1"
	case errors.Is(err, keystore.ErrPKCS12Unsupported):
		code = CodeStoreDisguised
	case errors.Is(err, keystore.ErrFormat), errors.Is(err, keystore.ErrTooLarge):
	default:
		code = CodeStoreUnreadable
	}
	return finding(code, StepStores, "%s %s: %v", what, path, err).remedy(remedy)
}

// opensSomeKey tells a wrong password from a damaged file: the digest covers
// the whole file, a key only itself.
func opensSomeKey(path string, password keystore.Password) bool {
	s, err := keystore.Open(path, keystore.Password{})
	if err != nil || password.IsZero() {
		return false
	}
	for e := range s.Entries() {
		err := errNoKey
		switch e.Kind {
		case keystore.PrivateKey:
			_, err = e.PKCS8(password)
		case keystore.SecretKey:
			_, _, err = e.SecretKey(password)
		}
		if err == nil {
			return true
		}
	}
	return false
}

var errNoKey = errors.New("not a key")

func isText(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	b := make([]byte, 256)
	n, _ := f.Read(b)
	b = bytes.TrimLeft(b[:n], " \t\r\n\xef\xbb\xbf")
	return bytes.HasPrefix(b, []byte("-----BEGIN")) || bytes.HasPrefix(b, []byte("Bag Attributes")) || bytes.HasPrefix(b, []byte("<"))
}

// lookAtKeys opens every key, and looks for the two aliases that the server
// itself names.
func lookAtKeys(path string, keys *keystore.Store, password keystore.Password, aliases ...string) Findings {
	var found Findings
	for _, alias := range aliases {
		if _, ok := keys.Entry(alias); !ok {
			found = append(found, finding(CodeStoreAlias, StepStores, "%s has no entry %s", path, alias))
		}
	}
	for e := range keys.Entries() {
		var err error
		switch e.Kind {
		case keystore.PrivateKey:
			_, err = e.PKCS8(password)
		case keystore.SecretKey:
			_, _, err = e.SecretKey(password)
		}
		if err != nil {
			found = append(found, finding(CodeStoreKey, StepStores, "%s: the key %s does not open: %v", path, e.Alias, err))
		}
	}
	return found
}

// lookAtSubject compares the certificate that the server presents, as the
// keystore has it, with the host of the instance URL, by Java's rules for
// names.
func (r *run) lookAtSubject(keys *keystore.Store, alias string) Findings {
	own := certificateOf(keys, alias)
	instance, err := url.Parse(r.u.instanceURL())
	if own == nil || err != nil {
		return nil
	}
	trust := keystore.NewTrust()
	trust.Add(own)
	var verdict *keystore.TrustError
	if err := trust.Verify(instance.Hostname(), []*x509.Certificate{own}); !errors.As(err, &verdict) || !verdict.IsName() {
		return nil
	}
	return Findings{finding(CodeStoreSubject, StepStores, "the certificate of %s has the subject %s, the instance URL the host %s",
		alias, keystore.CertificateSubject(own.Raw), instance.Hostname()).remedy(verdict.Remedy)}
}
