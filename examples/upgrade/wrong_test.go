package main

import (
	"bytes"
	"context"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/keystore"
)

// wrongInputs are command lines in a folder with source (which has no server),
// target, file.txt, bad.ids and store.pw, and what error and hint say.
var wrongInputs = []struct{ typed, says, hint string }{
	{"", "no command", "upgrade help"},
	{"fly", `unknown command "fly"`, "upgrade help"},
	{"pln", `unknown command "pln"`, "did you mean upgrade plan?"},
	{"verfiy -json=false", `unknown command "verfiy"`, "did you mean upgrade verify?"},
	{"roll", `unknown command "roll"`, "did you mean upgrade rollback?"},
	{"-source-dir source plan", "a flag stands before the command: -source-dir", "type upgrade COMMAND -source-dir"},
	{"help fly", `unknown command "fly"`, "upgrade help"},
	{"help plan run", `unexpected argument "run"`, "upgrade help help"},
	{"plan -no-such-flag", "unknown flag -no-such-flag", "upgrade help plan"},
	{"plan -sorce-dir source", "unknown flag -sorce-dir", "did you mean -source-dir?"},
	{"plan --sourcedir source", "unknown flag -sourcedir", "did you mean -source-dir?"},
	{"run -source-password secret", "unknown flag -source-password", "did you mean -source-password-file?"},
	{"run -step verify", "unknown flag -step", "did you mean -steps?"},
	{"run -to stores", "run has no flag -to, which belongs to rollback", "upgrade help run"},
	{"inspect -source-dir source file.txt", "inspect has no flag -source-dir", "upgrade help inspect"},
	{"verify -apply", "verify has no flag -apply, which belongs to repair", "upgrade help verify"},
	{"plan -source-dir", "-source-dir needs a value", "type -source-dir FOLDER"},
	{"plan -source-dir -target-dir target", "-source-dir needs a value, and is followed by -target-dir",
		"type -source-dir FOLDER"},
	{"plan -source-dir=", "-source-dir: its value is empty", "type -source-dir FOLDER"},
	{"plan -source-dir nowhere", "-source-dir nowhere: there is no such file or folder", ""},
	{"plan -source-dir sorce", "-source-dir sorce: there is no such", "did you mean source?"},
	{"plan -source-dir file.txt", "-source-dir file.txt: a file, not a folder", ""},
	{"run -target-dir file.txt", "-target-dir file.txt: a file, not a folder", ""},
	{"run -package source", "-package source: a folder, not a file", ""},
	{"run -package pack.zip", "-package pack.zip: there is no such file", ""},
	{"run -report file.txt", "-report file.txt: a file, not a folder", ""},
	{"run -java-home nowhere", "-java-home nowhere: there is no such", ""},
	{"verify -truststore nowhere", "-truststore nowhere: there is no such", ""},
	{"verify -stores-file source", "-stores-file source: a folder, not a file", ""},
	{"verify -source-password-file nowhere.pw", "-source-password-file", "upgrade help verify"},
	{"verify -source-password-file stor.pw", "-source-password-file", "did you mean store.pw?"},
	{"verify -target-password-file source", "-target-password-file", ""},
	{"plan -timeout 5", "-timeout 5: a duration needs a unit", "did you mean 5s or 5m?"},
	{"plan -timeout soon", "-timeout soon: not a duration", "30s, 5m or 1h30m"},
	{"plan -timeout -5s", "-timeout -5s: must not be negative", ""},
	{"run -settle 5min", "-settle 5min: not a duration", "30s, 5m"},
	{"status -interval 0s", "-interval 0s: must be positive", "500ms"},
	{"plan -database-port 70000", "-database-port 70000: a port is between 1 and 65535", ""},
	{"plan -database-port http", "-database-port http: not a whole number", ""},
	{"verify -rate -1", "-rate -1: must not be negative", ""},
	{"verify -max-differences 20000", "-max-differences 20000: must be between 0 and 10000", ""},
	{"verify -max-differences 99999999999999999999", "too large a number", ""},
	{"plan -source-url http://localhost:8443/openidm/", "-source-url: must begin with https://",
		"did you mean https://localhost:8443/openidm/?"},
	{"plan -source-url localhost:8443", "-source-url: must begin with https:// and name a host", "https://idc21"},
	{"plan -target-url https://localhost:99999/openidm/", "-target-url: a port is between", ""},
	{"plan -target-url https://localhost:x/openidm/", "-target-url: not an address", ""},
	{"plan -instance-url https://me:secret@h/openidm/", "-instance-url: must not hold a user name", "has a flag"},
	{"plan -source-url https://h/openidm/?a=b", "must end in /openidm/", ""},
	{"plan -source-address https://h:1/", "-source-address https://h:1/: an address, not HOST:PORT", ""},
	{"plan -target-address h:0", "-target-address h:0: a port is between", ""},
	{"plan -instance-address idc21.example.com", "not an IP address", "hosts file"},
	{"plan -steps fly", `-steps: unknown step "fly"`, "known are prepare"},
	{"plan -steps stores,veify", `-steps: unknown step "veify"`, "did you mean verify?"},
	{"rollback -target-dir target -to store", `-to: unknown step "store"`, "did you mean stores?"},
	{"run -truststore-conflict perhaps", `-truststore-conflict: unknown policy "perhaps"`, "keep, replace, error"},
	{"run -log trace", `-log: unknown form "trace"`, "text, json"},
	{"verify -types planets", `-types: unknown collection "planets"`, "known are users"},
	{"verify -types user", `-types: unknown collection "user"`, "did you mean users?"},
	{"verify -ignore users", "-ignore users: must be COLLECTION.MEMBER", "users.lastSync"},
	{"verify -types users -ignore roles.name", "-ignore roles.name: must be COLLECTION.MEMBER", ""},
	{"verify -accept SERVER", `-accept: unknown code "SERVER"`, "did you mean SERVERS?"},
	{"verify -checks-off TABS", `-checks-off: unknown check "TABS"`, ""},
	{"verify -salesforce (", "-salesforce (: not a regular expression: missing closing )", "backslash"},
	{"plan -json=maybe", "-json maybe: neither true nor false", ""},
	{"plan extra", `unexpected argument "extra"`, "add -source-dir FOLDER"},
	{"plan source-dir source", `unexpected argument "source-dir"`, "did you mean -source-dir?"},
	{"plan", "plan needs -source-dir (step stores), -target-dir (step unpack), -package (step unpack)",
		"add -source-dir FOLDER, -target-dir FOLDER, -package FILE"},
	{"run -source-dir nowhere", "-source-dir nowhere: there is no such file or folder; run needs -target-dir",
		"add -target-dir FOLDER"},
	{"rollback", "rollback needs -target-dir", "add -target-dir FOLDER"},
	{"repair", "repair needs -ids", "add -ids FILE"},
	{"repair -ids missing.ids", "-ids missing.ids: there is no such file", ""},
	{"repair -ids bad.ids", "bad.ids, line 2: ", "verify -ids FILE"},
	{"repair -ids source", "-ids source: a folder, not a file", ""},
	{"verify -ids nowhere/list", "-ids nowhere/list: there is no folder nowhere", ""},
	{"export -source-dir source", "export needs FILE", "type upgrade export [flags] FILE"},
	{"export stores.age", "export needs -source-dir", "add -source-dir FOLDER"},
	{"export -source-dir source -recipient age2x stores.age", "-recipient age2x: not a public key of age",
		"age-keygen"},
	{"export -source-dir source -recipient age1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqs3290gq " +
		"-passphrase-file store.pw stores.age", "-recipient and -passphrase-file are two keys", "one of them"},
	{"export -source-dir source -passphrase-file store.pw stores.age", "at least 12 characters", ""},
	{"import", "import needs FILE", "type upgrade import [flags] FILE"},
	{"import file.txt -identity-file store.pw -passphrase-file store.pw",
		"-identity-file and -passphrase-file are two keys", "one of them"},
	{"inspect", "inspect needs STORE", "type upgrade inspect [flags] STORE"},
	{"inspect nowhere", "nowhere: there is no such file", ""},
	{"inspect -keys sourc", "sourc: there is no such file", "did you mean source?"},
	{"compare file.txt source", "source: a folder, not a file", ""},
	{"import fil.txt -target-dir target", "fil.txt: there is no such file", "did you mean file.txt?"},
	{"rollback -target-dir targt", "-target-dir targt: there is no such file or folder, and no trace of an upgrade",
		"did you mean target?"},
	{"inspect -password-file nowhere.pw file.txt", "-password-file", ""},
	{"compare file.txt", "compare needs B", "type upgrade compare [flags] A B"},
	{"compare file.txt file.txt c", `unexpected argument "c"`, "upgrade help compare"},
	{"trust", "trust needs -truststore; trust needs either -chain or -connect", "add -truststore FILE; add -connect"},
	{"trust -truststore file.txt -chain file.txt -connect h:1", "-chain and -connect are two servers", "one of them"},
	{"trust -truststore file.txt -connect h", "-connect: neither HOST:PORT nor an https URL", "8443"},
	{"trust -truststore file.txt -chain file.txt", "trust -chain needs -host", "add -host NAME"},
	{"trust -truststore file.txt -connect h:1 -fingerprint ab", "-fingerprint needs -add", "add -add"},
	{"checklist -target-dir file.txt", "-target-dir file.txt: a file, not a folder", ""},
	{"checklist now", `unexpected argument "now"`, "upgrade help checklist"},
	{"support", "support needs FILE.zip", "type upgrade support [flags] FILE.zip"},
	{"support file.txt", "file.txt: its name must end in .zip", "did you mean file.txt.zip?"},
	{"support -target-url h:1 s.zip", "-target-url: must begin with https://", ""},
	{"explain SOURCE-CERT-NAM", `explain: unknown code "SOURCE-CERT-NAM"`, "did you mean SOURCE-CERT-NAME?"},
	{"explain nothing-like-it", `unknown code "nothing-like-it"`, "run: upgrade explain"},
	{"completion csh", `completion: unknown shell "csh"`, "bash, zsh, fish, powershell"},
	{"completion", "completion needs SHELL", "type upgrade completion SHELL"},
	{"version now", `unexpected argument "now"`, "upgrade help version"},
	{"trust -truststore file.txt -connect h:1 -alias a", "-alias needs -add", "add -add"},
	{"status -interval 5s", "-interval needs -watch", "add -watch"},
	{"demo -fault fly", `-fault: unknown fault "fly"`, "lost-records"},
	{"demo -fault lost-record", `-fault: unknown fault "lost-record"`, "did you mean lost-records?"},
	{"demo -users 0", "-users 0: must be between 1 and 1000000", ""},
}

// unasked is a person who can be asked, and must not be.
type unasked struct{ t *testing.T }

func (unasked) Available() bool   { return true }
func (unasked) Interactive() bool { return true }

func (u unasked) Line(_ context.Context, question string) (string, error) {
	u.t.Errorf("it asks: %s", question)
	return "", nil
}

func (u unasked) Password(_ context.Context, question string) (keystore.Password, error) {
	u.t.Errorf("it asks: %s", question)
	return keystore.Password{}, nil
}

// TestWrongInput: what is wrong and where, and what to type instead, in two lines;
// nothing is asked, and nothing is changed.
func TestWrongInput(t *testing.T) {
	if len(wrongInputs) < 40 {
		t.Fatalf("%d wrong inputs", len(wrongInputs))
	}
	t.Chdir(t.TempDir())
	for _, dir := range []string{"source", "target"} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, content := range map[string]string{
		"file.txt": "a file\n", "store.pw": "secret\n",
		"bad.ids": "# by hand\nhttps://localhost/openidm/managed/user/x\n",
	} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("XDG_STATE_HOME", filepath.Join(t.TempDir(), "state"))
	before := tree(t)
	for _, w := range wrongInputs {
		t.Run(strings.ReplaceAll(w.typed, "/", "_"), func(t *testing.T) {
			var out, errs bytes.Buffer
			a := &app{out: &out, err: &errs, tty: unasked{t}, env: func(string) string { return "" }}
			code := a.run(t.Context(), strings.Fields(w.typed))
			lines := strings.Split(errs.String(), "\n")
			if code != exitUsage || out.Len() > 0 || len(lines) != 3 ||
				!strings.HasPrefix(lines[0], "upgrade: error: ") || !strings.Contains(lines[0], w.says) ||
				!strings.HasPrefix(lines[1], "upgrade: hint: ") || !strings.Contains(lines[1], w.hint) {
				t.Errorf("exit %d, stdout %q, stderr:\n%s", code, &out, &errs)
			}
			if strings.Contains(errs.String(), "secret") {
				t.Errorf("it repeats a secret: %s", &errs)
			}
			if !maps.Equal(before, tree(t)) {
				t.Errorf("it changed files: %v", slices.Sorted(maps.Keys(tree(t))))
			}
		})
	}
	t.Logf("%d of %d wrong inputs", len(wrongInputs), len(wrongInputs))
}

// tree is what is below the current folder.
func tree(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			content, readErr := os.ReadFile(path)
			all[path], err = string(content), readErr
		} else {
			all[path] = "folder"
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
