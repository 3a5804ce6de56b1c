package fleetfile

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/examples/internal/yamlfile"
)

const good = `version: 1
name: emea
waves: [1, 5%, rest]
sites:
  hamburg: {atOnce: 4, window: {from: "22:00", to: "05:00", zone: Europe/Berlin, days: [sat]}}
defaults:
  package: /srv/IdentityConnect-7.1.6.zip
  source:
    dir: /opt/idc21/{id}
    password: {file: /etc/idconnect/source.pw}
  target:
    worker: "{site}-app1"
    dir: /opt/idc716/{id}
    password: {env: IDC_TARGET_PASSWORD}
installations:
  - id: hamburg-1
    site: hamburg
    source: {url: "https://idc21.hamburg.example.com:8443/openidm/"}
    target: {url: "https://idc716.hamburg.example.com:8443/openidm/"}
  - id: hamburg-2
    site: hamburg
    source:
      url: https://idc21b.hamburg.example.com:8443/openidm/
      password: {command: [vault, kv, get, "idc/{id}"]}
    target: {url: "https://idc716b.hamburg.example.com:8443/openidm/", worker: hamburg-app2}
`

func TestRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fleet.yaml")
	if err := os.WriteFile(path, []byte(good), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	one, two := f.Installations[0], f.Installations[1]
	switch {
	case f.AtOnce != 20 || f.Approval != ApproveOnce || f.Patience != "15m" || f.StopAbove != "5%":
		t.Errorf("defaults: %+v", f)
	case one.Target.Worker != "hamburg-app1" || two.Target.Worker != "hamburg-app2" ||
		one.Source.Dir != "/opt/idc21/hamburg-1" || two.SourceWorker() != "hamburg-app2":
		t.Errorf("%+v, %+v", one, two)
	case one.Source.Password.File != "/etc/idconnect/source.pw" || two.Source.Password.File != "" ||
		two.Source.Password.Command[3] != "idc/hamburg-2":
		t.Errorf("secrets: %+v, %+v", one.Source.Password, two.Source.Password)
	}
	// The same as JSON.
	d := yamlfile.Parse("fleet.yaml", []byte(good))
	text, err := json.Marshal(d.Value)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Parse("fleet.json", text)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := fmt.Sprintf("%+v", asJSON(t, f)), fmt.Sprintf("%+v", asJSON(t, again)); a != b {
		t.Errorf("as JSON it is another:\n%s\n%s", a, b)
	}
}

func asJSON(t *testing.T, f *Fleet) string {
	t.Helper()
	b, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestProblems: what is wrong is said with its line and what to write instead.
func TestProblems(t *testing.T) {
	change := func(from, to string) string {
		if strings.Count(good, from) < 1 {
			t.Fatalf("%q is not in the good file", from)
		}
		return strings.Replace(good, from, to, 1)
	}
	problems := map[string]problem{
		"empty":         {"", 1, []string{"the file is empty"}},
		"no YAML":       {"version: 1\nname: [\n", 2, []string{"a value that is not closed"}},
		"a list":        {"- 1\n", 1, []string{"a list, not a block of keys"}},
		"a tabulator":   {"version: 1\n\tname: x\n", 2, nil},
		"two documents": {good + "---\n" + good, 26, []string{"a second document"}},
		"an alias": {change("{file: /etc/idconnect/source.pw}",
			"&p {file: /etc/idconnect/source.pw}") + "  - *p\n", 26, []string{"aliases are not supported"}},
		"a key twice": {change("name: emea\n", "name: emea\nname: emea\n"), 3,
			[]string{"duplicate key, first in line 2"}},
		"another version": {change("version: 1", "version: 2"), 1, []string{"unknown value 2", "write 1"}},
		"a word misspelt": {change("atOnce: 4", "atonce: 4"), 5,
			[]string{"sites.hamburg.atonce", "unknown key, did you mean atOnce?"}},
		"no name": {change("name: emea\n", ""), 1, []string{"name is missing"}},
		"no installations": {good[:strings.Index(good, "installations:")], 1,
			[]string{"installations is missing"}},
		"none of them": {good[:strings.Index(good, "  - id")] + "  []\n", 15, []string{"empty"}},
		"a name with a space": {change("id: hamburg-1", "id: Hamburg 1"), 16,
			[]string{"installations[0].id", "small letters"}},
		"a relative path": {change("/srv/IdentityConnect-7.1.6.zip", "IdentityConnect-7.1.6.zip"), 7,
			[]string{"defaults.package", "an absolute path"}},
		"http": {change("https://idc21.hamburg", "http://idc21.hamburg"), 18,
			[]string{"installations[0].source.url", "https://"}},
		"a password in the URL": {change("https://idc21.hamburg", "https://me:hush-hush@idc21.hamburg"), 18,
			[]string{"installations[0].source.url"}},
		"a password itself": {change("{file: /etc/idconnect/source.pw}", "hush-hush"), 10,
			[]string{"defaults.source.password", "a secret in the file itself", "never the secret itself"}},
		"a password in a file": {change("{file: /etc/idconnect/source.pw}", "{file: hush-hush}"), 10,
			[]string{"defaults.source.password.file", "an absolute path"}},
		"a variable of another": {change("{env: IDC_TARGET_PASSWORD}", "{env: HOME}"), 14,
			[]string{"not a reference to a secret", "IDC_"}},
		"rest in the middle": {change("[1, 5%, rest]", "[rest, 5%]"), 3,
			[]string{"rest stands at the end", `[1, "5%", rest]`}},
		"a wave of 0":       {change("[1, 5%, rest]", "[0, rest]"), 3, []string{"waves[0]"}},
		"a share above all": {change("[1, 5%, rest]", "[101%, rest]"), 3, []string{"waves[0]"}},
		"an unknown zone": {change("Europe/Berlin", "Europe/Hamburg"), 5,
			[]string{"unknown time zone", "Europe/Berlin"}},
		"a window never open":    {change(`to: "05:00"`, `to: "22:00"`), 5, []string{"never open"}},
		"a clock that is none":   {change(`from: "22:00"`, `from: "25:00"`), 5, []string{"a time of day"}},
		"a clock without quotes": {change(`from: "22:00"`, `from: 22`), 5, []string{"a time of day"}},
		"an unknown day":         {change("[sat]", "[saturday]"), 5, []string{"saturday", "sat"}},
		"an unknown site": {change("site: hamburg\n    source: {url", "site: bremen\n    source: {url"), 17,
			[]string{"the site bremen is not one of sites", "hamburg"}},
		"an id twice": {change("id: hamburg-2", "id: hamburg-1"), 20,
			[]string{"the id hamburg-1 is that of line 16 too"}},
		"a target twice": {change("idc716b.hamburg", "idc716.hamburg"), 25,
			[]string{"is that of line 19 too"}},
		"no worker": {change("    worker: \"{site}-app1\"\n", ""), 18,
			[]string{"target.worker", "the step prepare needs it"}},
		"no password": {change("    password: {file: /etc/idconnect/source.pw}\n", ""), 17,
			[]string{"source.password", "the step prepare needs it"}},
		"no package": {change("  package: /srv/IdentityConnect-7.1.6.zip\n", ""), 15,
			[]string{"package", "the step unpack needs it"}},
		"two machines": {change("    source: {url", "    source: {worker: hamburg-db1, url"), 16,
			[]string{"handover", "keystorePassword"}},
		"an unknown step": {change("    site: hamburg\n", "    site: hamburg\n    steps: [fly]\n"), 18,
			[]string{"fly", "one of"}},
		"verify on any machine": {change("    site: hamburg\n", "    site: hamburg\n    anywhere: [verify]\n"), 18,
			[]string{"whom to trust", "source.truststore"}},
		"a step that changes": {change("    site: hamburg\n", "    site: hamburg\n    anywhere: [migrate]\n"), 18,
			[]string{"migrate"}},
		"a number for a name": {change("name: emea", "name: 7"), 2, []string{"a number, not text"}},
		"deeper than a fleet is": {"version: 1\nname: " + strings.Repeat("[", 60) + strings.Repeat("]", 60) + "\n",
			2, []string{"nested too deeply"}},
		"more than a fleet allow": {change("atOnce: 4", "atOnce: 100000"), 5, []string{"1 to 1000"}},
	}
	for name, p := range problems {
		p.check(t, name)
	}
}

// problem is a fleet file that is wrong, the line that must be named, and words
// of the error.
type problem struct {
	text string
	line int
	says []string
}

func (c problem) check(t *testing.T, name string) {
	t.Helper()
	f, err := Parse("fleet.yaml", []byte(c.text))
	var problems yamlfile.Problems
	if f != nil || !errors.As(err, &problems) {
		t.Errorf("%s: %v, %v", name, f, err)
		return
	}
	if !slices.ContainsFunc(problems, func(p yamlfile.Problem) bool { return p.Line == c.line }) {
		t.Errorf("%s: nothing in line %d:\n%s", name, c.line, err)
		return
	}
	for _, word := range c.says {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%s: %q is not in\n%s", name, word, err)
		}
	}
	if strings.Contains(err.Error(), "hush-hush") {
		t.Errorf("%s: the error holds the secret: %v", name, err)
	}
	if !strings.HasPrefix(err.Error(), "fleet.yaml:") {
		t.Errorf("%s: %v", name, err)
	}
}

func TestWaveSizes(t *testing.T) {
	for _, c := range []struct {
		waves []WaveSize
		all   int
		n     int
		want  string
	}{
		{[]WaveSize{"1", "5%", "rest"}, 1000, 1000, "[1 50 949]"},
		{[]WaveSize{"1", "5%", "rest"}, 1000, 20, "[1 19]"}, // of all, though few are left
		{[]WaveSize{"1", "5%", "rest"}, 3, 3, "[1 1 1]"},
		{[]WaveSize{"rest"}, 7, 7, "[7]"},
		{[]WaveSize{"10", "rest"}, 4, 4, "[4]"},
		{[]WaveSize{"33%", "rest"}, 10, 10, "[4 6]"}, // rounded up
		{[]WaveSize{"1", "rest"}, 5, 0, "[]"},
	} {
		f := Fleet{Waves: c.waves, Installations: make([]Installation, c.all)}
		if got := fmt.Sprint(f.WaveSizes(c.n)); got != c.want {
			t.Errorf("%v of %d: %s, not %s", c.waves, c.n, got, c.want)
		}
	}
	for share, want := range map[string]int{"0%": 0, "5%": 2, "100%": 49} {
		if got := (&Fleet{StopAbove: share}).MayFail(49); got != want {
			t.Errorf("%s of 49: %d", share, got)
		}
	}
}
