package allow_test

import (
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
	} {
		if os.PathSeparator == '\\' && c.from != nil && c.from.File != "" {
			continue // no drive
		}
		if err := list.Secret(c.from); (err == nil) != c.ok {
			t.Errorf("%+v: %v", c.from, err)
		}
		if err := (&allow.List{}).Secret(c.from); (err == nil) != (c.from == nil) {
			t.Errorf("an empty list, %+v: %v", c.from, err)
		}
	}
}

// TestSite: secrets go to the servers that are named, whatever way an order takes.
func TestSite(t *testing.T) {
	const good = "https://a.hamburg.example.com:8443/openidm/"
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
				(err == nil || !strings.Contains(err.Error(), "does not allow the server "+c.refused)) {
				t.Errorf("%+v: %v", c, err)
			}
		}
	}
}

func TestRead(t *testing.T) {
	file := filepath.Join(t.TempDir(), "allow.yaml")
	for text, says := range map[string]string{
		"secrets: [/etc/idconnect/]\nservers: ['*.example.com']\nprograms: [vault]\n": "",
		"secrets: []\nservers: []\n":                     "",
		"secrets: [/a]\n":                                ":1:1: servers is missing",
		"secrets: [hush-hush]\nservers: []\n":            ":1:11: secrets[0]: not in the expected form",
		"secrets: []\nservers: ['*']\n":                  ":2:11: servers[0]: not in the expected form",
		"secrets: []\nservers: []\nprogramms: [vault]\n": ":3:1: programms: unknown key, did you mean programs?",
	} {
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
