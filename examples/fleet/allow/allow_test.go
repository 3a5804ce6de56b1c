package allow_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/examples/fleet/allow"
	"github.com/idconnect-go/upgrade/examples/internal/siteconfig"
)

var list = &allow.List{
	Secrets:  []string{"/etc/idconnect/", "/srv/one.pw", "IDC_TARGET_PASSWORD"},
	Servers:  []string{"*.hamburg.example.com", "localhost:9443", "[::1]:8443"},
	Programs: []string{"vault"},
}

// wants is what a list says of an order with that secret.
func wants(l *allow.List, s *siteconfig.Secret) error {
	return l.Site(&siteconfig.Config{Source: siteconfig.Server{Password: s}})
}

// TestSecret: an order gets what is named, and nothing beside it.
func TestSecret(t *testing.T) {
	for _, c := range []struct {
		from *siteconfig.Secret
		ok   bool
	}{
		{nil, true},
		{&siteconfig.Secret{File: "/etc/idconnect/a.pw"}, true},
		{&siteconfig.Secret{File: "/etc/idconnect/hamburg/a.pw"}, true},
		{&siteconfig.Secret{File: "/srv/one.pw"}, true},
		{&siteconfig.Secret{File: "/srv/one.pw/x"}, false},
		{&siteconfig.Secret{File: "/etc/idconnect/../shadow"}, false},
		{&siteconfig.Secret{File: "/etc/idconnect-other/a.pw"}, false},
		{&siteconfig.Secret{File: "etc/idconnect/a.pw"}, false},
		{&siteconfig.Secret{File: "/root/.ssh/id_ed25519"}, false},
		{&siteconfig.Secret{Env: "IDC_TARGET_PASSWORD"}, true},
		{&siteconfig.Secret{Env: "IDC_OTHER_PASSWORD"}, false},
		{&siteconfig.Secret{Command: []string{"vault", "get"}}, true},
		{&siteconfig.Secret{Command: []string{"/tmp/vault", "get"}}, false},
		{&siteconfig.Secret{Command: []string{"./vault"}}, false},
		{&siteconfig.Secret{Command: []string{"VAULT"}}, false},
		{&siteconfig.Secret{Command: []string{"sh", "-c", "vault get"}}, false},
		{&siteconfig.Secret{Command: []string{""}}, false},
		{&siteconfig.Secret{File: "/etc/idconnect/hamburg/../a.pw"}, false}, // hamburg may be a link
		{&siteconfig.Secret{File: "/etc/idconnect/.."}, false},
		{&siteconfig.Secret{File: "/etc/idconnect/"}, false},
		{&siteconfig.Secret{File: "/etc/idconnect"}, false},
		{&siteconfig.Secret{File: "/ETC/idconnect/a.pw"}, false},
		{&siteconfig.Secret{File: "/etc/idconnect/a\x00.pw"}, false},
		{&siteconfig.Secret{File: "//host/share/a.pw"}, false},
		{&siteconfig.Secret{File: "/proc/self/environ"}, false},
		{&siteconfig.Secret{Env: "idc_target_password"}, false},
		{&siteconfig.Secret{Env: "IDC_TARGET_PASSWORD", File: "/etc/shadow"}, false},
		{&siteconfig.Secret{File: "/srv/one.pw", Command: []string{"sh"}}, false},
		{&siteconfig.Secret{Env: "PATH", Command: []string{"vault"}}, false},
	} {
		if os.PathSeparator == '\\' && c.from != nil && c.from.File != "" {
			continue // no drive
		}
		if err := wants(list, c.from); (err == nil) != c.ok {
			t.Errorf("%+v: %v", c.from, err)
		}
		if err := wants(&allow.List{}, c.from); (err == nil) != (c.from == nil) {
			t.Errorf("an empty list, %+v: %v", c.from, err)
		}
	}
}

// TestLinks: a link does not lead out of what is allowed. A folder of links, and
// a folder that is one, are as good as others.
func TestLinks(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"in/a.pw", "in/sub/b.pw", "out/c.pw"} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{
		"in/inside": "in/sub/b.pw", "in/outside": "out/c.pw", "in/folder": "out", "in/loop": "in/loop",
		"in/again": "in/outside", "listed": "in", "one": "out/c.pw",
	} {
		if err := os.Symlink(filepath.Join(dir, to), filepath.Join(dir, link)); err != nil {
			t.Skip("no links here:", err)
		}
	}
	folders := &allow.List{Secrets: []string{dir + "/in/", dir + "/listed/"}}
	one := &allow.List{Secrets: []string{filepath.Join(dir, "one")}}
	for _, c := range []struct {
		list *allow.List
		name string
		ok   bool
	}{
		{folders, "in/a.pw", true},
		{folders, "in/sub/b.pw", true},
		{folders, "in/inside", true},
		{folders, "in/none", true}, // who reads it says so
		{folders, "listed/a.pw", true},
		{folders, "in/outside", false},
		{folders, "in/folder/c.pw", false},
		{folders, "in/again", false},
		{folders, "in/loop", false},
		{folders, "listed/outside", false},
		{folders, "out/c.pw", false},
		{one, "one", true},
		{one, "out/c.pw", false},
		{one, "in/outside", false},
	} {
		err := wants(c.list, &siteconfig.Secret{File: filepath.Join(dir, filepath.FromSlash(c.name))})
		if (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// TestSite: secrets go to the servers that are named, whatever way an order takes.
func TestSite(t *testing.T) {
	const good = "https://a.hamburg.example.com:8443/openidm/"
	const other = "an address other than https://"
	for _, c := range []struct {
		source, target, instance, address string
		refused                           string
	}{
		{good, "https://localhost:9443/openidm/", "", "", ""},
		{good, "https://[::1]:8443/openidm/", good, "b.HAMBURG.example.com:1", ""},
		{good, "https://localhost:9444/openidm/", "", "", "localhost:9444"},
		{"https://evil.example.com/openidm/", good, "", "", "evil.example.com"},
		{"https://hamburg.example.com/openidm/", good, "", "", "hamburg.example.com"},
		{"https://xhamburg.example.com/openidm/", good, "", "", "xhamburg.example.com"},
		{good, good, "https://evil.example.com/openidm/", "", "evil.example.com"},
		{good, good, "", "evil.example.com:443", "evil.example.com"},
		{good, good, "", "evil.example.com", "evil.example.com"},
		{"https://a.hamburg.example.com@evil.example.com/openidm/", good, "", "", other},
		{"https://evil@a.hamburg.example.com/openidm/", good, "", "", other},
		{"http://a.hamburg.example.com/openidm/", good, "", "", other},
		{"//a.hamburg.example.com/openidm/", good, "", "", other},
		{"https:///openidm/", good, "", "", other},
		{"https://a.hamburg.example.com./openidm/", good, "", "", "the server a.hamburg.example.com."},
		{"https://evil.example.com./openidm/", good, "", "", "the server evil.example.com."},
		{"https://localhost/openidm/", good, "", "", "the server localhost:443"},
		{"https://[::1]/openidm/", good, "", "", "the server [::1]:443"},
		{"https://[0:0:0:0:0:0:0:1]:8443/openidm/", good, "", "", ""},
		{"https://[::ffff:127.0.0.1]:8443/openidm/", good, "", "", "the server [::ffff:127.0.0.1]:8443"},
		{"https://[2001:db8::1%25.hamburg.example.com]/openidm/", good, "", "", "the server [2001:db8::1%"},
		{good, good, "", "[2001:db8::1%a.hamburg.example.com]:443", "the server [2001:db8::1%"},
		{good, good, "", "2001:db8::1%a.hamburg.example.com", "the server 2001:db8::1%"},
		{good, good, "", "localho\u017ft:9443", "the server localho"},
		{good, good, "", "evil.example.com/.hamburg.example.com", "the server evil.example.com/"},
		{good, good, "", "evil.example.com\x00.hamburg.example.com", "the server evil.example.com"},
		{good, good, "", ".hamburg.example.com", "the server .hamburg"},
		{good, good, "", "127.0.0.1:9443", "the server 127.0.0.1"},
		{good, good, "", "localhost:09443", "the server localhost:09443"},
	} {
		for _, place := range []string{"source", "target"} {
			s := &siteconfig.Config{
				Source: siteconfig.Server{URL: c.source}, Target: siteconfig.Server{URL: c.target},
				InstanceURL: c.instance,
			}
			if s.Source.Address = c.address; place == "target" {
				s.Source.Address, s.Target.Address = "", c.address
			}
			err := list.Site(s)
			if c.refused == "" && err != nil || c.refused != "" &&
				(!errors.As(err, new(*allow.Error)) || !strings.Contains(err.Error(), c.refused)) {
				t.Errorf("%+v: %v", c, err)
			}
		}
	}
}

func TestRead(t *testing.T) {
	file := filepath.Join(t.TempDir(), "allow.yaml")
	for _, c := range []struct{ text, says string }{
		{"secrets: [/etc/idconnect/]\npaths: [/opt/]\nservers: ['*.example.com']\nprograms: [vault]\n", ""},
		{"secrets: []\npaths: []\nservers: []\n", ""},
		{"secrets: [/a]\npaths: []\n", ":1:1: servers is missing"},
		{"secrets: []\nservers: []\n", ":1:1: paths is missing"},
		{"secrets: []\nservers: []\npaths: [IDC_PASSWORD]", ":3:9: paths[0]: not in the expected form"},
		{"secrets: [hush-hush]\npaths: []\nservers: []\n", ":1:11: secrets[0]: not in the expected form"},
		{"secrets: []\nservers: ['*']\npaths: []\n", ":2:11: servers[0]: not in the expected form"},
		{"secrets: []\nservers: []\nprogramms: [vault]\npaths: []",
			":3:1: programms: unknown key, did you mean programs?"},
	} {
		text, says := c.text, c.says
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := allow.Read(file)
		if says == "" && err != nil || says != "" && (err == nil || !strings.Contains(err.Error(), says)) {
			t.Errorf("%q: %v", text, err)
		}
		if err != nil && strings.Contains(err.Error(), "hush") {
			t.Errorf("repeated: %v", err)
		}
	}
}
