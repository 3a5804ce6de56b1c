package idconnect_test

import (
	"bytes"
	"encoding/json"
	"github.com/idconnect-go/upgrade/idconnect/acceptance"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/verify"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration/openidm"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

// formats are files that the first version wrote, see the README there.
var formats = filepath.Join("testdata", "formats")

var formatsAdmin = openidm.Credentials{Username: "openidm-admin", Password: keystore.NewPassword("openidm-admin")}

// formatsServers are a source and a target under the addresses that the fixtures hold.
func formatsServers(t *testing.T, users int) (source, target *openidmtest.Server) {
	security := filepath.Join(formats, "source", "security")
	o := openidmtest.Options{
		Users: users, InMemory: true,
		Keystore: filepath.Join(security, "keystore.jceks"), Truststore: filepath.Join(security, "truststore"),
	}
	source = openidmtest.NewSource(t, o)
	o.Users, o.Peers, o.Hosts = 0, []*openidmtest.Server{source}, map[string]string{testHost: "127.0.0.1"}
	return source, openidmtest.NewTarget(t, o)
}

// formatsUpgrade is an upgrade that begins with a journal of the fixtures, and
// with a target's folder where there is one.
func formatsUpgrade(t *testing.T, fixture string, source, target *openidmtest.Server) *idconnect.Upgrade {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "salesforceIdConnect")
	from := filepath.Join(formats, "journal", fixture)
	if folder := filepath.Join(from, "salesforceIdConnect"); exists(folder) {
		must(t, os.CopyFS(dir, os.DirFS(folder)))
		for path := range tree(t, dir) {
			must(t, os.Chmod(path, 0o755)) // whatever the umask of the checkout was
		}
	}
	journal, err := os.ReadFile(filepath.Join(from, "journal.json"))
	must(t, err)
	quoted, err := json.Marshal(dir)
	must(t, err)
	journal = bytes.ReplaceAll(journal, []byte("/opt/idc716/salesforceIdConnect"), bytes.Trim(quoted, `"`))
	must(t, os.Mkdir(dir+".upgrade", 0o700))
	must(t, os.WriteFile(filepath.Join(dir+".upgrade", "journal.json"), journal, 0o600))
	u := &idconnect.Upgrade{
		SourceDir: filepath.Join(formats, "source"), TargetDir: dir,
		Source: formatsServer(source), Target: formatsServer(target),
		InstanceURL: "https://" + testHost + ":8443/openidm/", SettleTime: 200 * time.Millisecond,
		RemoveAdded: runtime.GOOS == "windows",                  // which keeps no modes
		Verify:      verify.Options{Accept: acceptance.Codes()}, // there is nothing of Salesforce
	}
	u.Hurry(testHurry)
	return u
}

func formatsServer(s *openidmtest.Server) idconnect.Server {
	return idconnect.Server{URL: s.URL, Credentials: formatsAdmin, HTTPClient: s.Client()}
}

// formatsJournal is what a run left of a journal, without the target's folder.
func formatsJournal(t *testing.T, dir string) (j map[string]map[string]any) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "journal.json"))
	must(t, err)
	var raw map[string]json.RawMessage
	must(t, json.Unmarshal(b, &raw))
	j = map[string]map[string]any{}
	for _, member := range []string{"unpack", "setup", "configure", "migrate"} {
		if raw[member] != nil {
			var value map[string]any
			must(t, json.Unmarshal(raw[member], &value))
			j[member] = value
		}
	}
	return j
}

func formatsRun(t *testing.T, u *idconnect.Upgrade, steps ...string) {
	t.Helper()
	u.Steps = steps
	if report, err := u.Run(t.Context()); err != nil || report.Outcome != "done" {
		t.Fatalf("%v: %v, %v", steps, err, report)
	}
}

// TestJournalFormat: a run resumes with the journal of the first version and sends
// nothing twice.
func TestJournalFormat(t *testing.T) {
	t.Parallel()
	for _, fixture := range []string{"configuring", "migrating", "done"} {
		t.Run(fixture, func(t *testing.T) {
			t.Parallel()
			source, target := formatsServers(t, 5)
			u := formatsUpgrade(t, fixture, source, target)
			dir := u.TargetDir + ".upgrade"
			was := formatsJournal(t, dir)
			// What the killed run had sent, by one that keeps its journal elsewhere.
			u.StateDir = t.TempDir()
			sent := []string{idconnect.StepConfigure, idconnect.StepMigrate}
			if fixture == "configuring" {
				sent = sent[:1]
			}
			formatsRun(t, u, sent...)

			u.StateDir = ""
			formatsRun(t, u, idconnect.StepConfigure, idconnect.StepMigrate, idconnect.StepVerify)
			actions := map[string]int{}
			for _, r := range target.Requests() {
				actions[r.Action]++
			}
			if actions["configure"] != 1 || actions["migrate"] != 1 {
				t.Errorf("the target received %v", actions)
			}
			is := formatsJournal(t, dir)
			for name, before := range was {
				if fixture == "configuring" && name == "migrate" {
					continue // it began in this run
				}
				now := is[name]
				changed := before["ended"] != nil && !cmp.Equal(now, before)
				if now["ended"] == nil || now["began"] != before["began"] || changed {
					t.Errorf("%s was %v and is %v", name, before, now)
				}
			}
		})
	}
}

// TestJournalFormatRollback: what the first version did is undone by its journal.
func TestJournalFormatRollback(t *testing.T) {
	t.Parallel()
	for _, fixture := range []string{"unpacked", "done"} {
		t.Run(fixture, func(t *testing.T) {
			t.Parallel()
			source, target := formatsServers(t, 5)
			u := formatsUpgrade(t, fixture, source, target)
			target.Close()
			keys := filepath.Join(u.TargetDir, "security", "keystore.jceks")
			if fixture == "unpacked" {
				formatsRun(t, u, idconnect.StepUnpack, idconnect.StepStores)
			}
			want, err := os.ReadFile(filepath.Join(u.SourceDir, "security", "keystore.jceks"))
			must(t, err)
			if got, err := os.ReadFile(keys); err != nil || !bytes.Equal(got, want) {
				t.Errorf("the keystore is not the source's: %v", err)
			}
			u.Steps = nil
			_, err = u.Rollback(t.Context(), idconnect.StepStores)
			must(t, err)
			if info, err := os.Stat(keys); err != nil || info.Size() != 32 {
				t.Errorf("the keystore did not come back: %v, %v", info, err)
			}
			_, err = u.Rollback(t.Context(), "")
			must(t, err)
			if exists(u.TargetDir) {
				t.Error("the folder is still there")
			}
		})
	}
}

// TestHandoverFormat: the stores of a file that the first version exported are installed.
func TestHandoverFormat(t *testing.T) {
	t.Parallel()
	source, target := formatsServers(t, 5)
	u := formatsUpgrade(t, "unpacked", source, target)
	stores := filepath.Join(u.SourceDir, "security")
	u.SourceDir, u.StoresFile = "", filepath.Join(formats, "handover", "stores.age")
	u.StoresKey = idconnect.HandoverKey{Passphrase: keystore.NewPassword("correct horse battery")}
	u.KeystorePassword = keystore.NewPassword("changeit")
	u.Checks.Timeout = scryptTime
	target.Close()
	formatsRun(t, u, idconnect.StepStores)
	for _, name := range []string{"keystore.jceks", "truststore"} {
		want, err := os.ReadFile(filepath.Join(stores, name))
		must(t, err)
		got, err := os.ReadFile(filepath.Join(u.TargetDir, "security", name))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not the exported one: %v", name, err)
		}
	}
}

// TestVerifyStateFormat: a comparison resumes with the state that the first version
// left, or refuses it and names the command after which the same call goes on.
func TestVerifyStateFormat(t *testing.T) {
	t.Parallel()
	state := filepath.Join(t.TempDir(), "state")
	content, err := os.ReadFile(filepath.Join(formats, "verify", "state"))
	must(t, err)
	must(t, os.WriteFile(state, content, 0o600))
	o := openidmtest.Options{Users: 1000, InMemory: true}
	source, target := openidmtest.NewSource(t, o), openidmtest.NewTarget(t, o)
	client := func(s *openidmtest.Server) *openidm.Client {
		return &openidm.Client{
			BaseURL: s.URL, Credentials: formatsAdmin, HTTPClient: &http.Client{Transport: s.Transport()},
		}
	}
	opts := idconnect.VerifyOptions{Options: verify.Options{
		PageSize: 10, StateFile: state,
		Collections: []verify.Collection{{Name: "users", Resource: "managed/user"}},
	}}
	report, err := idconnect.Verify(t.Context(), client(source), client(target), opts)
	refused := err != nil
	if refused {
		remedy := idconnect.RemedyOf(err)
		if !strings.Contains(remedy, "run: ") || !strings.Contains(remedy, `"`+state+`"`) {
			t.Fatalf("no command: %v; remedy: %s", err, remedy)
		}
		if left, err := os.ReadFile(state); err != nil || !bytes.Equal(left, content) {
			t.Fatalf("the refused state was touched: %v", err)
		}
		must(t, os.Remove(state))
		report, err = idconnect.Verify(t.Context(), client(source), client(target), opts)
		must(t, err)
	}
	users := report.Collections[0]
	if report.Resumed == refused || users.SourceCount != 1000 || users.Differences() != 0 {
		t.Errorf("%+v", report)
	}
}
