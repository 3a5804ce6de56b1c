package idconnect_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/google/go-cmp/cmp"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/keystore"
)

// scryptTime is enough for a passphrase, which is slow on purpose, under the race detector on a busy machine.
const scryptTime = 5 * time.Minute

// TestHandover: half of the upgrade on each of two machines, with the stores
// carried from one to the other; they lie nowhere in plain.
func TestHandover(t *testing.T) {
	t.Parallel()
	pair, err := age.GenerateX25519Identity()
	must(t, err)
	keys := map[string][2]idconnect.HandoverKey{
		"key pair": {
			{Recipients: []string{pair.Recipient().String()}},
			{Identities: keystore.NewPassword("# mine\n" + pair.String() + "\n")},
		},
	}
	if !testing.Short() { // scrypt is slow on purpose
		phrase := idconnect.HandoverKey{Passphrase: keystore.NewPassword("correct horse battery")}
		keys["passphrase"] = [2]idconnect.HandoverKey{phrase, phrase}
	}
	for name, key := range keys {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 30)
			file := filepath.Join(w.dir, "carried", "stores.age")
			must(t, os.Mkdir(filepath.Dir(file), 0o755))
			sourceMachine := idconnect.Upgrade{SourceDir: w.u.SourceDir, Source: w.u.Source}
			before := tree(t, w.u.SourceDir)
			must(t, sourceMachine.Export(t.Context(), file, key[0]))
			if err := sourceMachine.Export(t.Context(), file, key[0]); !errors.Is(err, fs.ErrExist) {
				t.Errorf("again: %v", err)
			}
			if d := cmp.Diff(before, tree(t, w.u.SourceDir)); d != "" {
				t.Errorf("the source was changed:\n%s", d)
			}
			if info, err := os.Stat(file); err != nil || os.PathSeparator == '/' && info.Mode().Perm() != 0o600 {
				t.Errorf("%v, %v", info, err)
			}
			store, err := os.ReadFile(filepath.Join(w.u.SourceDir, "security", "keystore.jceks"))
			must(t, err)

			targetMachine := *w.u
			targetMachine.SourceDir, targetMachine.StoresFile = "", file
			if missing := targetMachine.Missing(); len(missing) == 0 || missing[0].Field != "StoresKey" {
				t.Errorf("%v", missing)
			}
			targetMachine.StoresKey = key[1]
			targetMachine.KeystorePassword = keystore.NewPassword("changeit")
			targetMachine.Checks.Timeout = scryptTime
			report, err := targetMachine.Run(t.Context())
			if err != nil || report.Outcome != "done" || report.Verify == nil || !report.Verify.Same() ||
				w.Migrations() != 1 {
				t.Fatalf("%v, %+v", err, report)
			}
			plain := 0
			must(t, filepath.WalkDir(w.dir, func(path string, d fs.DirEntry, err error) error {
				if err != nil || d.IsDir() {
					return err
				}
				b, err := os.ReadFile(path)
				if bytes.Contains(b, store[12:200]) {
					plain++
				}
				return err
			}))
			if plain != 2 {
				t.Errorf("the keystore lies in %d files in plain, not in those of source and target", plain)
			}
		})
	}
}

// TestHandoverAliases: what the source's boot.properties says of its stores
// holds for the carried ones, too. The server's certificate is known by its own
// alias, under whatever name the source is reached.
func TestHandoverAliases(t *testing.T) {
	t.Parallel()
	pair, err := age.GenerateX25519Identity()
	must(t, err)
	w := newWorld(t, 5)
	password := keystore.NewPassword("changeit")
	store := filepath.Join(w.u.SourceDir, "security", "keystore.jceks")
	s, err := keystore.Open(store, password)
	must(t, err)
	for old, alias := range map[string]string{
		"openidm-sym-default": "other-key", "openidm-localhost": "other-certificate",
	} {
		entry, ok := s.Entry(old)
		if !ok {
			t.Fatalf("no entry %s", old)
		}
		must(t, putAs(s, entry, alias, password))
		s.Delete(old)
	}
	must(t, keystore.WriteFile(store, s, password))
	boot := filepath.Join(w.u.SourceDir, "conf", "boot", "boot.properties")
	text, err := os.ReadFile(boot)
	must(t, err)
	must(t, os.WriteFile(boot, append(text, "openidm.config.crypto.alias=other-key\n"+
		"openidm.https.keystore.cert.alias=other-certificate\n"...), 0o644))

	file := filepath.Join(w.dir, "stores.age")
	key := idconnect.HandoverKey{
		Recipients: []string{pair.Recipient().String()}, Identities: keystore.NewPassword(pair.String()),
	}
	must(t, w.u.Export(t.Context(), file, key))
	w.u.SourceDir, w.u.StoresFile, w.u.StoresKey, w.u.KeystorePassword = "", file, key, password
	plan, err := w.u.Plan(t.Context())
	must(t, err)
	if plan.Findings.Has("STORE-ALIAS-MISSING") || plan.Findings.Has("SOURCE-TLS") {
		t.Errorf("%v", plan.Findings)
	}

	// A key that the properties name and the keystore lacks is missed, in the
	// file that was carried.
	s.Delete("other-key")
	w.u.SourceDir, w.u.StoresFile = filepath.Dir(filepath.Dir(store)), ""
	must(t, keystore.WriteFile(store, s, password))
	file = filepath.Join(w.dir, "without.age")
	must(t, w.u.Export(t.Context(), file, key))
	w.u.SourceDir, w.u.StoresFile = "", file
	plan, err = w.u.Plan(t.Context())
	must(t, err)
	i := slices.IndexFunc(plan.Findings, func(f preflight.Finding) bool { return f.Code == "STORE-ALIAS-MISSING" })
	if i < 0 || plan.Findings[i].Seen != file+" has no entry other-key" {
		t.Errorf("%v", plan.Findings)
	}
}

// putAs puts an entry under another alias.
func putAs(s *keystore.Store, e keystore.Entry, alias string, password keystore.Password) error {
	if e.Kind == keystore.SecretKey {
		algorithm, key, err := e.SecretKey(password)
		if err != nil {
			return err
		}
		return s.PutSecretKey(alias, algorithm, key, keystore.PutOptions{Password: password})
	}
	key, err := e.PrivateKey(password)
	if err != nil {
		return err
	}
	chain, err := e.Certificates()
	if err != nil {
		return err
	}
	return s.PutPrivateKey(alias, key, chain, keystore.PutOptions{Password: password})
}

// TestHandoverRefused: what cannot be opened changes nothing.
func TestHandoverRefused(t *testing.T) {
	t.Parallel()
	pair, err := age.GenerateX25519Identity()
	must(t, err)
	other, err := age.GenerateX25519Identity()
	must(t, err)
	w := newWorld(t, 5)
	file := filepath.Join(w.dir, "stores.age")
	key := idconnect.HandoverKey{Recipients: []string{pair.Recipient().String()}}
	for name, bad := range map[string]idconnect.HandoverKey{
		"nothing":          {},
		"short passphrase": {Passphrase: keystore.NewPassword("hush-hush")},
		"both":             {Passphrase: keystore.NewPassword("hush-hush hush-hush"), Recipients: key.Recipients},
		"no key":           {Recipients: []string{"age1hush-hush"}},
	} {
		err := w.u.Export(t.Context(), file, bad)
		if err == nil || idconnect.RemedyOf(err) == "" || strings.Contains(err.Error(), "hush-hush hush") {
			t.Errorf("%s: %v", name, err)
		}
		if exists(file) {
			t.Errorf("%s: a file was written", name)
		}
	}
	must(t, w.u.Export(t.Context(), file, key))
	w.u.SourceDir, w.u.StoresFile, w.u.KeystorePassword = "", file, keystore.NewPassword("changeit")
	w.u.StoresKey = idconnect.HandoverKey{Identities: keystore.NewPassword(other.String())}
	report, err := w.u.Run(t.Context())
	if !errors.Is(err, preflight.ErrBlocked) || exists(w.u.TargetDir) ||
		!strings.Contains(report.Findings.Blocking()[0].Seen, "does not open it") {
		t.Errorf("%v, %v", err, report.Findings)
	}
}
