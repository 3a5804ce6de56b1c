package idconnect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// lookAtStores proves, before anything is changed, that the source's stores
// are whole and open what the source encrypted, and that the target may still
// have them.
func (r *run) lookAtStores(ctx context.Context) Findings {
	if r.u.StoresFile != "" {
		return r.lookAtCarried(ctx)
	}
	inst, err := OpenInstallation(r.u.SourceDir)
	if err != nil {
		return Findings{{Code: CodeSourceFolder, Severity: Blocks, Step: StepStores, Seen: err.Error(),
			Why: "its stores are what is copied", Remedy: "name the salesforceIdConnect folder of 2.1"}}
	}
	password, err := r.u.keystorePassword()
	if err != nil {
		return Findings{{Code: CodeStorePassword, Severity: Blocks, Step: StepStores, Seen: err.Error(),
			Why: "the keys cannot be proved", Remedy: "give the keystore's password"}}
	}
	keys, err := keystore.Open(inst.KeystorePath(), password)
	if err != nil {
		return Findings{storeFinding("keystore", inst.KeystorePath(), err)}
	}
	own := r.u.Source
	own.Truststore = ""
	trust, err := r.u.openTruststore(own, r.u.SourceDir)
	if err != nil {
		return Findings{storeFinding("truststore", inst.TruststorePath(), err)}
	}
	var found Findings
	if !trust.Verified() {
		found = append(found, Finding{Code: CodeStoreUnverified, Severity: Warns, Step: StepStores,
			Seen: inst.TruststorePath() + " was read without its password",
			Why:  "whether it is whole is not known", Remedy: "give the truststore's password"})
	}
	for _, w := range append(warnings(inst.KeystorePath(), keys), warnings(inst.TruststorePath(), trust)...) {
		found = append(found, Finding{Code: CodeStoreUnreadable, Severity: Warns, Step: StepStores, Seen: w,
			Why: "Java reads it, but it is not as Java writes it"})
	}
	found = append(found, lookAtKeys(inst, keys, password)...)
	if state, _, err := checkStores(ctx, r); err == nil && state == Done {
		return found
	}
	if len(found.Blocking()) == 0 {
		found = append(found, r.lookAtValues(ctx, keys)...)
	}
	return append(found, r.lookAtOrder(keys, trust)...)
}

func warnings(path string, s *keystore.Store) []string {
	var out []string
	for _, w := range s.Warnings() {
		out = append(out, fmt.Sprintf("%s: %s", path, w))
	}
	return out
}

func storeFinding(what, path string, err error) Finding {
	f := Finding{Code: CodeStoreUnreadable, Severity: Blocks, Step: StepStores,
		Seen:   fmt.Sprintf("%s %s: %v", what, path, err),
		Why:    "every encrypted value of the source depends on it",
		Remedy: "restore the file from a backup of 2.1"}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		f.Code, f.Remedy = CodeStoreMissing, "name the salesforceIdConnect folder of 2.1, and look at "+what+".location in its boot.properties"
	case errors.Is(err, keystore.ErrIntegrity):
		f.Code, f.Remedy = CodeStorePassword, "give the right password; if it is right, the file is damaged"
	case errors.Is(err, fs.ErrPermission):
		f.Remedy = "run this as a user who may read it"
	}
	return f
}

// lookAtKeys opens every key, and looks for the two aliases that the server
// itself names.
func lookAtKeys(inst *Installation, keys *keystore.Store, password keystore.Password) Findings {
	var found Findings
	for _, alias := range []string{inst.CertificateAlias(), inst.CryptoAlias()} {
		if _, ok := keys.Entry(alias); !ok {
			found = append(found, Finding{Code: CodeStoreAlias, Severity: Blocks, Step: StepStores,
				Seen: fmt.Sprintf("%s has no entry %s", inst.KeystorePath(), alias),
				Why:  "the server's TLS and encryption need it", Remedy: "this is not the keystore of a 2.1 that runs: name its folder"})
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
			found = append(found, Finding{Code: CodeStoreKey, Severity: Blocks, Step: StepStores,
				Seen: fmt.Sprintf("%s: the key %s does not open: %v", inst.KeystorePath(), e.Alias, err),
				Why:  "OpenIDM opens keys with the store's password", Remedy: "set the key's password to the store's (keytool -keypasswd)"})
		}
	}
	return found
}

// lookAtValues decrypts what the source encrypted with the keys that will be
// copied: its configuration, and a sample of its users. The plaintext never
// leaves the check.
func (r *run) lookAtValues(ctx context.Context, keys *keystore.Store) Findings {
	c, err := r.sourceClient()
	if err != nil || c.Credentials.Password.IsZero() {
		return Findings{{Code: CodeValuesNotChecked, Severity: Warns, Step: StepStores,
			Seen: "the source's encrypted values were not tried: there is no account to read them with",
			Why:  "a key that is missing shows only after the migration", Remedy: "give the source's address and password"}}
	}
	t := valueTally{keys: keys}
	err = t.configuration(ctx, c)
	if err == nil {
		err = t.users(ctx, c, r.u.ValueSample)
	}
	var found Findings
	if len(t.bad) > 0 {
		found = append(found, Finding{Code: CodeValueDoesNotOpen, Severity: Blocks, Step: StepStores,
			Seen: fmt.Sprintf("%d of %d encrypted values of the source do not open with its keystore, first %s", len(t.bad), t.tried(), t.bad[0]),
			Why:  "they would be lost", Remedy: "find the keystore that the source runs with (openidm.keystore.location)"})
	}
	if err != nil || t.unknown > 0 {
		f := Finding{Code: CodeValuesNotChecked, Severity: Warns, Step: StepStores,
			Seen: fmt.Sprintf("%d of %d encrypted values have a form that is not known", t.unknown, t.tried()),
			Why:  "whether the keys open them is not known"}
		if err != nil {
			f.Seen = fmt.Sprintf("not all encrypted values of the source were tried: %v", err)
		}
		found = append(found, f)
	}
	if len(found) == 0 {
		found = append(found, Finding{Code: "VALUES-OPEN", Severity: Informs, Step: StepStores,
			Seen: fmt.Sprintf("the keystore opens all %d encrypted values that were tried, in %s and %s",
				t.tried(), plural(t.documents, "configuration document"), plural(t.records, "user"))})
	}
	return found
}

type valueTally struct {
	keys               *keystore.Store
	opened, unknown    int
	bad                []string
	documents, records int
}

func (t *valueTally) tried() int { return t.opened + t.unknown + len(t.bad) }

func (t *valueTally) scan(where string, doc []byte) error {
	return keystore.ScanEncrypted(doc, func(pointer string, value []byte) error {
		switch err := t.keys.Opens(value); {
		case err == nil:
			t.opened++
		case errors.Is(err, keystore.ErrNotChecked):
			t.unknown++
		default:
			t.bad = append(t.bad, where+pointer)
		}
		return nil
	})
}

func (t *valueTally) configuration(ctx context.Context, c *openidm.Client) error {
	ids, err := c.Configs(ctx)
	if err != nil {
		return err
	}
	for _, id := range ids {
		var doc json.RawMessage
		if err := c.Config(ctx, id, &doc); errors.Is(err, openidm.ErrNotFound) {
			continue // gone since it was listed
		} else if err != nil {
			return err
		}
		t.documents++
		if err := t.scan("config/"+id, doc); err != nil {
			return err
		}
	}
	return nil
}

const defaultValueSample = 1000

func (t *valueTally) users(ctx context.Context, c *openidm.Client, sample int) error {
	if sample == 0 {
		sample = defaultValueSample
	}
	for record, err := range c.Query(ctx, "repo/managed/user", openidm.Query{PageSize: 200}) {
		if err != nil {
			return err
		}
		t.records++
		if err := t.scan("repo/managed/user", record); err != nil {
			return err
		}
		if t.records == sample {
			break
		}
	}
	return nil
}

// lookAtOrder refuses a target that ran before it had the source's stores: it
// made keys of its own, and encrypted with them.
func (r *run) lookAtOrder(keys, trust *keystore.Store) Findings {
	if !isInstallation(r.u.TargetDir) {
		return nil
	}
	sign, started := everStarted(r.u.TargetDir)
	if r.targetUp {
		sign, started = "it answers at "+r.u.targetURL(), true
	}
	if !started {
		return nil
	}
	_, own, err := r.storesHeld(keys, trust)
	seen := fmt.Sprintf("the target was started before the stores were copied (%s)", sign)
	switch {
	case err != nil:
		seen += fmt.Sprintf("; its keystore does not open with the source's password: %v", err)
	case len(own) > 0:
		slices.Sort(own)
		seen += "; its own keys: " + strings.Join(own, ", ")
	}
	return Findings{{Code: CodeTargetStarted, Severity: Blocks, Step: StepStores, Seen: seen,
		Why:    "it encrypted with keys of its own, and presents and trusts its own certificates; what it migrates later cannot be opened with the copied keys",
		Remedy: "stop it, unpack the package afresh into another folder, and run this before its first start"}}
}
