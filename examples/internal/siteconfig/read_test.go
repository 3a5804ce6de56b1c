package siteconfig_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idconnect-go/upgrade/examples/internal/siteconfig"
	"github.com/idconnect-go/upgrade/examples/internal/yamlfile"
	"github.com/idconnect-go/upgrade/internal/exhaustive"
)

var update = flag.Bool("update", false, "write testdata/mistakes.txt anew")

const good = `# One site.
id: hamburg
source:
  dir: idc21/salesforceIdConnect
  url: https://idc21.example.com:8443/openidm/
  password: {file: source.pw}
target:
  dir: /opt/idc716/salesforceIdConnect
  url: https://localhost:9443/openidm/
  password:
    env: IDC_TARGET_PASSWORD
package: IdentityConnect-7.1.6.zip
steps: [prepare, verify]
verify:
  types: [users, links]
  ignore: [users.lastSync]
  maxDifferences: 50
checks: {timeout: 1m, callbackURLs: ["https://a.example.com/connect/"]}
settle: 90s
`

// mistakes are files that are wrong, as changes of the good one: OLD => NEW.
var mistakes = []struct{ name, old, new string }{
	{"empty", good, ""},
	{"only a comment", good, "# nothing\n"},
	{"a list", good, "- id: hamburg\n"},
	{"text", good, "hush-hush\n"},
	{"not closed", "[prepare, verify]", "[prepare, verify"},
	{"a tab", "  dir: idc21", "\tdir: idc21"},
	{"a tab below", "  password:\n    env", "  password:\n \tenv"},
	{"a wrong indentation", "  url: https://idc21", " url: https://idc21"},
	{"no space after the colon", "id: hamburg", "id:hamburg"},
	{"a second colon", "id: hamburg", "id: hamburg: north"},
	{"a second document", good, good + "---\n" + good},
	{"a control character", "id: hamburg", "id: ham\x01burg"},
	{"not UTF-8", "id: hamburg", "id: ham\xffburg"},
	{"a Windows path in double quotes", "dir: /opt/idc716/salesforceIdConnect", `dir: "C:\opt\idc716"`},
	{"an anchor and an alias", "IdentityConnect-7.1.6.zip", "&a [x]\njavaHome: *a"},
	{"an anchor bomb", "id: hamburg", "a: &a [x]\nb: &b [*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b]\nid: hamburg"},
	{"an unknown anchor", "{file: source.pw}", "*hush-hush"},
	{"a tag", "{file: source.pw}", "!hush-hush x"},
	{"a special character", "{file: source.pw}", "@hush-hush"},
	{"a merge", "target:\n", "target:\n  <<: {dir: x}\n"},
	{"nested too deeply", "[prepare, verify]", strings.Repeat("[", 60) + strings.Repeat("]", 60)},
	{"a key twice", "id: hamburg", "id: hamburg\nid: bremen"},
	{"a password twice", "  password: {file: source.pw}", "  password: {file: source.pw}\n  password: hush-hush"},
	{"a key misspelt", "dir: idc21", "dirr: idc21"},
	{"a key in another case", "package:", "Package:"},
	{"an unknown key", "package:", "colour:"},
	{"a key of the list of before", "package:", "SourcePasswordFile:"},
	{"a key as the flag", "package:", "target-dir:"},
	{"a key of a block", "package:", "truststore:"},
	{"a key of a fleet", "  dir: idc21", "  worker: app1\n  dir: idc21"},
	{"a key that is none", "id: hamburg", "? [a, b]\n: c"},
	{"a key without a value", "package: IdentityConnect-7.1.6.zip", "package:"},
	{"a block without a value", good, "source:\n"},
	{"a number for text", "IdentityConnect-7.1.6.zip", "716"},
	{"text for a block", good, "target: localhost\n"},
	{"text for a list", "[prepare, verify]", "prepare"},
	{"text for a number", "maxDifferences: 50", "maxDifferences: many"},
	{"text for a switch", "maxDifferences: 50", "values: yes please"},
	{"a fraction", "maxDifferences: 50", "maxDifferences: 1.5"},
	{"no number", "maxDifferences: 50", "maxDifferences: .nan"},
	{"out of range", "maxDifferences: 50", "maxDifferences: 20000"},
	{"a password", "{file: source.pw}", "hush-hush"},
	{"a number as a password", "{file: source.pw}", "12345678"},
	{"a password in a list", "{file: source.pw}", "[hush-hush]"},
	{"a password as a key", "{file: source.pw}", "{hush-hush: x}"},
	{"two keys of passwords", "{file: source.pw}", "{hush-hush, hush-hush}"},
	{"a password as a variable", "env: IDC_TARGET_PASSWORD", "env: hush-hush"},
	{"a variable of another", "env: IDC_TARGET_PASSWORD", "env: HOME"},
	{"two places of a secret", "{file: source.pw}", "{file: source.pw, env: IDC_A_PASSWORD}"},
	{"a command as text", "{file: source.pw}", "{command: vault get hush-hush}"},
	{"a password in an address", "https://idc21", "https://admin:hush-hush@idc21"},
	{"http", "https://idc21", "http://idc21"},
	{"an address without its path", "example.com:8443/openidm/", "example.com:8443"},
	{"an address with another path", "localhost:9443/openidm/", "localhost:9443/admin/#dashboard/"},
	{"a host alone", "https://localhost:9443/openidm/", "localhost:9443"},
	{"a port that is none", "localhost:9443", "localhost:99999"},
	{"a home folder", "dir: idc21", "dir: ~/idc21"},
	{"an unknown step", "[prepare, verify]", "[prepare, verfy]"},
	{"a step twice", "[prepare, verify]", "[verify, verify]"},
	{"no step", "[prepare, verify]", "[]"},
	{"a time without a unit", "settle: 90s", "settle: 90"},
	{"a time in other words", "settle: 90s", "settle: 1 minute"},
	{"an unknown collection", "[users, links]", "[users, computers]"},
	{"ignored in no collection", "[users.lastSync]", "[groups.lastSync]"},
	{"a member of nothing", "[users.lastSync]", "[lastSync]"},
	{"an unknown check", "maxDifferences: 50", "checksOff: [NO-SUCH]"},
	{"a bad expression", "maxDifferences: 50", "salesforce: '['"},
	{"old TLS of the target", "url: https://localhost", "legacyTLS: true\n  url: https://localhost"},
	{"a conflict in other words", "settle: 90s", "truststoreConflict: kepp"},
	{"another version", "id: hamburg", "version: 2"},
	{"a name with a space", "id: hamburg", "id: Hamburg 1"},
	{"a handover without a target", "settle: 90s", "handover: {source: stores.age}"},
	{"a callback that is none", `["https://a.example.com/connect/"]`, "[a.example.com]"},
	{"an open quote", "id: hamburg", "id: 'hamburg"},
	{"an open block", "{file: source.pw}", "{file: source.pw"},
	{"a block on two lines", "{file: source.pw}", "{\n    file: hush-hush,\n    env: x }\n x: y"},
	{"several", good, "id: Hamburg\npackge: x\ntarget: hush-hush\nsteps: fly\nsource: {password: hush-hush, dir: 7}\n"},
}

// TestMistakes: each mistake has its line and column, what is wrong and what to
// write instead, and none repeats a secret.
func TestMistakes(t *testing.T) {
	var got strings.Builder
	for _, m := range mistakes {
		if strings.Count(good, m.old) < 1 {
			t.Fatalf("%s: %q is not in the good file", m.name, m.old)
		}
		c, err := siteconfig.Parse("upgrade.yaml", []byte(strings.Replace(good, m.old, m.new, 1)))
		var problems yamlfile.Problems
		if c != nil || !errors.As(err, &problems) {
			t.Errorf("%s: %v, %v", m.name, c, err)
			continue
		}
		fmt.Fprintf(&got, "# %s\n%s\n", m.name, err)
	}
	if strings.Contains(got.String(), "hush") {
		t.Errorf("a secret is repeated:\n%s", &got)
	}
	file := filepath.Join("testdata", "mistakes.txt")
	if *update {
		if err := os.WriteFile(file, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("testdata/mistakes.txt and what is said: %s", diff)
	}
}

// FuzzParse: whatever stands in a file, each line of the error begins with the
// file's name, and what is read can be used.
func FuzzParse(f *testing.F) {
	for _, m := range mistakes {
		f.Add(strings.Replace(good, m.old, m.new, 1))
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := siteconfig.Parse("upgrade.yaml", []byte(text))
		if err == nil {
			if _, err = c.Upgrade(); err != nil {
				t.Errorf("it is read, and cannot be used: %v\n%s", err, text)
			}
			return
		}
		for line := range strings.SplitSeq(err.Error(), "\n") {
			if !strings.HasPrefix(line, "upgrade.yaml:") && !strings.HasPrefix(line, "and ") {
				t.Errorf("%q of\n%s", line, text)
			}
		}
	})
}

// A secret may be cut off if the program's output is still open after its end.
func TestSecretOutputHeld(t *testing.T) {
	t.Parallel()
	if !exhaustive.All() || runtime.GOOS == "windows" {
		t.Skip("it waits for 5 s, which EXHAUSTIVE=1 asks for, and needs sh")
	}
	file := filepath.Join(t.TempDir(), "pid") // of what holds it for longer than is waited, on any machine
	_, err := siteconfig.Reader{Commands: true}.Run(t.Context(),
		[]string{"sh", "-c", "printf secret; sleep 300 & echo $! >" + file})
	text, readErr := os.ReadFile(file)
	if readErr != nil {
		t.Fatal(readErr)
	}
	if pid, err := strconv.Atoi(strings.TrimSpace(string(text))); err != nil {
		t.Error(err)
	} else if p, err := os.FindProcess(pid); err == nil {
		p.Kill()
	}
	if err == nil || !strings.Contains(err.Error(), "still holds its output") {
		t.Error(err)
	}
}
