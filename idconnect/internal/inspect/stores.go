package inspect

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"slices"
	"strings"

	"github.com/idconnect-go/upgrade/idconnect/internal/site"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/keystore/jvmtrust"
)

// storesCheck proves, before anything is changed, that the source's stores are
// whole and that their keys open. Both are looked at, also when one is bad.
type storesCheck struct{ site *site.Site }

func (c storesCheck) check(ctx context.Context, _ string) preflight.Findings {
	s := c.site
	if !s.SourceAtHand() {
		return nil // a status does without
	}
	stores, err := s.SourceStores()
	if err != nil {
		code := codes.SourceFolder
		if s.StoresFile != "" {
			code = codes.HandoverUnreadable
		}
		return preflight.Findings{code.Finding(site.StepStores, "%v", err).WithRemedy(remedyOf(err))}
	}
	var found preflight.Findings
	if h := stores.ExportedFrom; h != "" && !sameHost(h, s.Source.URL) {
		found = append(found, codes.HandoverOtherSource.Finding(site.StepStores,
			"%s was exported from %s, and the source is %s", s.StoresFile, h, s.Source.URL))
	}
	found = append(found, c.keystore(ctx, stores)...)
	return append(found, c.truststore(ctx, stores)...)
}

func (c storesCheck) keystore(ctx context.Context, stores *site.Stores) (found preflight.Findings) {
	password, err := c.site.KeystorePassword()
	if err != nil {
		return preflight.Findings{codes.StorePassword.Finding(site.StepStores,
			"%v", err).WithRemedy("give the keystore's password")}
	}
	keys, err := stores.Keystore.Open(password)
	if err != nil {
		return preflight.Findings{storeFinding(ctx, stores.Keystore, password, err)}
	}
	found = append(c.file(stores.Keystore, keys), openKeys(ctx, stores, keys, password)...)
	return append(found, c.subject(stores, keys)...)
}

func (c storesCheck) truststore(ctx context.Context, stores *site.Stores) (found preflight.Findings) {
	trust, err := c.site.OpenSourceTruststore(stores)
	if err != nil {
		return preflight.Findings{storeFinding(ctx, stores.Truststore, c.site.TruststorePassword(), err)}
	}
	if !trust.Verified() && !stores.Truststore.Carried { // a handover is authenticated
		found = append(found, codes.StoreUnverified.Finding(site.StepStores,
			"%s was read without its password", stores.Truststore.Path))
	}
	return append(found, c.file(stores.Truststore, trust)...)
}

// file looks at the file of a store that opens.
func (c storesCheck) file(file site.StoreFile, store *keystore.Store) preflight.Findings {
	return slices.Concat(c.readable(file, store), warnings(file, store), disguise(file, store.Format()))
}

// readable: every user can read a file with keys. A truststore may have the server's own.
func (c storesCheck) readable(file site.StoreFile, store *keystore.Store) preflight.Findings {
	info := file.Info()
	if info == nil || info.Mode()&0o004 == 0 || c.site.Machine.System() == "windows" {
		return nil
	}
	for e := range store.Entries() {
		if e.Kind != keystore.TrustedCertificate {
			return preflight.Findings{codes.StoreReadable.Finding(site.StepStores,
				"%s has the mode %v", file, info.Mode())}
		}
	}
	return nil
}

// warnings are what Java tolerates in a store, and what it does not.
func warnings(file site.StoreFile, s *keystore.Store) (found preflight.Findings) {
	for _, w := range s.Warnings() {
		if !strings.HasSuffix(w, keystore.NotLoaded) {
			found = append(found, codes.StoreOdd.Finding(site.StepStores, "%s: %s", file.Path, w))
		}
	}
	for _, refused := range jvmtrust.New(s).Refused() {
		found = append(found, codes.StoreNotLoaded.Finding(site.StepStores, "%s: %s", file.Path, refused))
	}
	return found
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
func disguise(file site.StoreFile, is keystore.Format) preflight.Findings {
	says := saidType(file)
	readable, known := readableAs[says]
	if says == is || !known {
		return nil
	}
	f := codes.StoreDisguised.Finding(site.StepStores,
		"the %s is %s, and the server is told that it is %s", file, is, says)
	if slices.Contains(readable, is) {
		f = f.As(preflight.Warns)
	}
	return preflight.Findings{f}
}

// storeFinding tells the kinds of errors of a store apart.
func storeFinding(ctx context.Context, file site.StoreFile, password keystore.Password, err error) preflight.Finding {
	code, remedy := codes.StoreCorrupt, remedyOf(err)
	var other *keystore.OtherFileError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		code, remedy = codes.StoreMissing,
			"name the salesforceIdConnect folder of 2.1, and look at "+file.What+".location in its boot.properties"
	case errors.Is(err, keystore.ErrIntegrity):
		if code = codes.StorePassword; opensSomeKey(ctx, file, password) {
			code = codes.StoreCorrupt
			err = fmt.Errorf("%w: its keys open with this password, so the file is damaged", err)
		}
	case errors.Is(err, keystore.ErrPasswordNeeded):
		code, remedy = codes.StorePassword, "give the "+file.What+"'s password"
	case errors.As(err, &other) && !other.Damaged:
		code = codes.StoreDisguised
	case errors.Is(err, keystore.ErrPKCS12Unsupported):
		if code = codes.StoreNotRead; isPKCS12(file) {
			break
		}
		code = codes.StoreDisguised
	case errors.Is(err, keystore.ErrFormat), errors.Is(err, keystore.ErrTooLarge):
	default:
		code = codes.StoreUnreadable
	}
	return code.Finding(site.StepStores, "%v", err).WithRemedy(remedy)
}

// isPKCS12 reports whether a server that is told the store's type reads PKCS#12.
func isPKCS12(file site.StoreFile) bool {
	return slices.Contains(readableAs[saidType(file)], keystore.PKCS12)
}

func saidType(file site.StoreFile) keystore.Format {
	return keystore.Format(strings.ToUpper(strings.TrimSpace(file.Type)))
}

// opensSomeKey tells a wrong password from a damaged file: the digest covers
// the whole file, a key only itself.
func opensSomeKey(ctx context.Context, file site.StoreFile, password keystore.Password) bool {
	s, err := file.Open(keystore.Password{})
	if err != nil || password.IsZero() {
		return false
	}
	opens := func(k keystore.OpenedKey) bool { return k.Err == nil }
	return slices.ContainsFunc(s.OpenKeys(ctx, password), opens)
}

// openKeys opens every key, and looks for the two aliases that the server
// itself names.
func openKeys(
	ctx context.Context, stores *site.Stores, keys *keystore.Store, password keystore.Password,
) (found preflight.Findings) {
	for _, alias := range []string{stores.CertificateAlias, stores.CryptoAlias} {
		if _, ok := keys.Entry(alias); !ok {
			found = append(found, codes.StoreAliasMissing.Finding(site.StepStores,
				"%s has no entry %s", stores.Keystore.Path, alias))
		}
	}
	for _, k := range keys.OpenKeys(ctx, password) {
		if ctx.Err() != nil {
			return found // the deadline's finding says it
		}
		if k.Err != nil {
			found = append(found, codes.StoreKeyDoesNotOpen.Finding(site.StepStores,
				"%s: the key %s does not open: %v", stores.Keystore.Path, k.Entry.Alias, k.Err))
		}
	}
	return found
}

// subject compares the certificate that the server presents, as the keystore
// has it, with the host of the instance URL, by Java's rules for names.
func (c storesCheck) subject(stores *site.Stores, keys *keystore.Store) preflight.Findings {
	own := stores.CertificateIn(keys)
	instance, err := url.Parse(c.site.InstanceURL)
	if own == nil || err != nil {
		return nil
	}
	trust := jvmtrust.New()
	trust.Add(own)
	var verdict *jvmtrust.Error
	err = trust.Verify(instance.Hostname(), []*x509.Certificate{own})
	if !errors.As(err, &verdict) || !verdict.IsName() {
		return nil
	}
	return preflight.Findings{codes.StoreSubject.Finding(site.StepStores,
		"the certificate of %s has the subject %s, the instance URL the host %s",
		stores.CertificateAlias, keystore.CertificateSubject(own.Raw), instance.Hostname()).WithRemedy(verdict.Remedy)}
}

// remedyOf is what an error itself says to do, "" where it says nothing.
func remedyOf(err error) string {
	var known interface{ Remedy() string }
	if errors.As(err, &known) {
		return known.Remedy()
	}
	return ""
}
