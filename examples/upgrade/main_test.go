package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"filippo.io/age"
	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/idconnect-go/upgrade/examples/upgrade/internal/prompt"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/storeview"
	"github.com/idconnect-go/upgrade/internal/await"
	"github.com/idconnect-go/upgrade/internal/exhaustive"
	"github.com/idconnect-go/upgrade/keystore"
)

func TestMain(m *testing.M) {
	await.Beside(8)
	testscript.Main(m, map[string]func(){"upgrade": main, "idcupgrade": main})
}

// TestScripts runs the command as people do; each file in testdata is a story.
func TestScripts(t *testing.T) {
	t.Parallel()
	fixtures := quickFixtures(t)
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Condition: func(name string) (bool, error) {
			if name != "exhaustive" {
				return false, errors.New("unknown condition")
			}
			return exhaustive.All(), nil
		},
		Setup: func(e *testscript.Env) error {
			e.Setenv("FIXTURES", fixtures)
			e.Setenv("RECIPIENT", identity.Recipient().String())
			if err := os.WriteFile(filepath.Join(e.WorkDir, "identity"), []byte(identity.String()), 0o600); err != nil {
				return err
			}
			e.Setenv("TMPDIR", e.WorkDir)
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("GOGC", "400") // of commands that end at once
			e.Setenv("SHA256", "AE:7D:9A:87:3F:F1:E7:55:2B:9A:06:93:3E:00:BA:2A:"+
				"9A:48:C7:A5:F9:19:DB:AD:DD:8E:59:1E:63:6A:EC:C2") // of self.pem in trust.txtar
			e.Setenv("ANOTHER", strings.Repeat("ab", 32))
			return nil
		},

		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			// atmost fails when the last output has more lines.
			"atmost": func(ts *testscript.TestScript, _ bool, args []string) {
				most, err := strconv.Atoi(args[0])
				ts.Check(err)
				if runtime.GOOS == "windows" {
					most += 4 // wine gives every file to everybody, and the command says so
				}
				if n := strings.Count(ts.ReadFile("stdout")+ts.ReadFile("stderr"), "\n"); n > most {
					ts.Fatalf("%d lines, at most %d", n, most)
				}
			},
			// nosecret fails when a file or the last output holds a password.
			"nosecret": func(ts *testscript.TestScript, _ bool, files []string) {
				for _, f := range append(files, "stdout", "stderr") {
					for _, secret := range []string{"changeit", "hush-hush"} {
						if strings.Contains(ts.ReadFile(f), secret) {
							ts.Fatalf("%s holds %s", f, secret)
						}
					}
				}
			},
		},
	})
}

// quickFixtures copies the key stores of package keystore. To open the keys of one, which scripts do again and again,
// takes a hundredth of the iterations in the copy.
func quickFixtures(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../../keystore/testdata/fixtures")); err != nil {
		t.Fatal(err)
	}
	if err := putAgain(filepath.Join(dir, "openidm-7.0.2.jceks"), keystore.NewPassword("changeit"), 2000); err != nil {
		t.Fatal(err)
	}
	return dir
}

// putAgain writes each entry of a store anew.
func putAgain(path string, p keystore.Password, iterations int) error {
	old, err := keystore.Open(path, p)
	if err != nil {
		return err
	}
	store := keystore.New(old.Format())
	for e := range old.Entries() {
		o := keystore.PutOptions{Password: p, Created: e.Created, Iterations: iterations}
		if e.Kind == keystore.SecretKey {
			algorithm, key, err := e.SecretKey(p)
			if err := errors.Join(err, store.PutSecretKey(e.Alias, algorithm, key, o)); err != nil {
				return err
			}
			continue
		}
		key, keyErr := e.PrivateKey(p)
		chain, err := e.Certificates()
		if err := errors.Join(keyErr, err, store.PutPrivateKey(e.Alias, key, chain, o)); err != nil {
			return err
		}
	}
	return keystore.WriteFile(path, store, p)
}

// noTerminal is a machine without anybody to ask.
type noTerminal struct{}

func (noTerminal) Password(context.Context, string) (keystore.Password, error) {
	return keystore.Password{}, prompt.ErrNoTerminal
}

func (noTerminal) Line(context.Context, string) (string, error) { return "", prompt.ErrNoTerminal }
func (noTerminal) Available() bool                              { return false }
func (noTerminal) Interactive() bool                            { return false }

// person answers every question.
type person struct {
	answer string
	asked  *[]string
}

func (person) Available() bool   { return true }
func (person) Interactive() bool { return false }

func (p person) Line(_ context.Context, question string) (string, error) {
	*p.asked = append(*p.asked, question)
	return p.answer, nil
}

func (p person) Password(_ context.Context, prompt string) (keystore.Password, error) {
	*p.asked = append(*p.asked, prompt)
	return keystore.NewPassword(p.answer), nil
}

// inspectKeys runs inspect -json -keys.
func inspectKeys(t *testing.T, path, password string) (got storeview.View, code int, errs string) {
	t.Helper()
	var out, complaints bytes.Buffer
	a := &app{out: &out, err: &complaints, tty: noTerminal{}, env: func(n string) string {
		if n == "IDC_KEYSTORE_PASSWORD" {
			return password
		}
		return ""
	}}
	code = a.run(t.Context(), []string{"inspect", "-json", "-keys", path})
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return got, code, complaints.String()
}

// TestInspectFixtures: inspect -json -keys says of every fixture what Java
// says of it.
func TestInspectFixtures(t *testing.T) {
	t.Parallel()
	dir := "../../keystore/testdata/fixtures"
	b, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	type certificate struct{ SHA256, Subject string }
	var manifest map[string]struct {
		Type, Password string
		Entries        []struct {
			Alias, Kind, Algorithm, KeySHA256, PKCS8SHA256, KeyPassword string
			Created                                                     int64
			Chain                                                       []certificate
			Certificate                                                 *certificate
		}
	}
	if err := json.Unmarshal(b, &manifest); err != nil {
		t.Fatal(err)
	}
	if len(manifest) < 20 {
		t.Fatalf("%d fixtures", len(manifest))
	}
	names := slices.Sorted(maps.Keys(manifest))
	sample := exhaustive.Sample(names, 8)
	t.Logf("%d of %d fixtures", len(sample), len(names))
	for _, name := range sample {
		want := manifest[name]
		got, code, errs := inspectKeys(t, filepath.Join(dir, name), want.Password)
		expected := exitDone
		if name == "otherkeypass.jceks" {
			expected = exitFailed
		}
		if code != expected {
			t.Errorf("%s: exit %d, %s", name, code, errs)
		}
		if string(got.Type) != want.Type || !got.Verified || len(got.Entries) != len(want.Entries) {
			t.Errorf("%s: %+v", name, got)
		}
		if name == "trust.p12" {
			continue // neither alias nor date: compared in the package
		}
		byAlias := map[string]storeview.Entry{}
		for _, e := range got.Entries {
			byAlias[e.Alias] = e
		}
		for _, w := range want.Entries {
			g := byAlias[w.Alias]
			if string(g.Kind) != w.Kind || g.Created == nil || *g.Created != w.Created {
				t.Errorf("%s, %s: %+v", name, w.Alias, g)
			}
			fingerprint := w.KeySHA256 + w.PKCS8SHA256
			if w.KeyPassword != "" {
				if g.Error == "" || g.Fingerprint != "" {
					t.Errorf("%s, %s: opened with the wrong password", name, w.Alias)
				}
			} else if g.Fingerprint != fingerprint || w.Algorithm != "" && g.Algorithm != w.Algorithm {
				t.Errorf("%s, %s: %s %s", name, w.Alias, g.Algorithm, g.Fingerprint)
			}
			certs := w.Chain
			if w.Certificate != nil {
				certs = []certificate{*w.Certificate}
			}
			var have []certificate
			for _, c := range g.Certificates {
				have = append(have, certificate{c.SHA256, c.Subject})
			}
			if d := cmp.Diff(certs, have); d != "" {
				t.Errorf("%s, %s:\n%s", name, w.Alias, d)
			}
		}
	}
}

func TestPasswords(t *testing.T) {
	t.Parallel()
	store := "../../keystore/testdata/fixtures/openidm-7.0.2.jceks"
	none := func(string) string { return "" }
	t.Run("a person is asked", func(t *testing.T) {
		t.Parallel()
		var out, errs bytes.Buffer
		var asked []string
		a := &app{out: &out, err: &errs, env: none, tty: person{"changeit", &asked}}
		if code := a.run(t.Context(), []string{"inspect", "-keys", store}); code != exitDone || len(asked) != 1 {
			t.Errorf("exit %d, asked %v, %s", code, asked, &errs)
		}
	})
	t.Run("nobody is there", func(t *testing.T) {
		t.Parallel()
		var out, errs bytes.Buffer
		a := &app{out: &out, err: &errs, env: none, tty: noTerminal{}}
		if code := a.run(t.Context(), []string{"inspect", "-keys", store}); code != exitUsage ||
			!strings.Contains(errs.String(), "IDC_KEYSTORE_PASSWORD") {
			t.Errorf("exit %d, %s", code, &errs)
		}
		if code := a.run(t.Context(), []string{"verify"}); code != exitUsage ||
			!strings.Contains(errs.String(), "IDC_SOURCE_PASSWORD") {
			t.Errorf("exit %d, %s", code, &errs)
		}
	})
}
