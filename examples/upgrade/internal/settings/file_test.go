package settings_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/examples/internal/siteconfig"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/settings"
)

// TestFileFlags: each key of a site's file is a flag of a command, or one of those
// that have none.
func TestFileFlags(t *testing.T) {
	p := settings.New().Program("upgrade")
	places := map[string]bool{"id": true, "version": true, "$schema": true, "source.tlsName": true,
		"handover.source": true, "handover.target": true, "target.legacyTLS": true}
	for _, s := range (&siteconfig.Config{Handover: &siteconfig.Handover{}}).Settings() {
		places[s.Place] = true
		known := false
		for _, f := range p.Flags {
			known = known || f.Name == s.Flag && !slices.Equal(f.Commands, []string{"init"})
		}
		if !known {
			t.Errorf("%s: no command has a flag -%s", s.Place, s.Flag)
		}
	}
	var root map[string]any
	if err := json.Unmarshal(siteconfig.Schema(), &root); err != nil {
		t.Fatal(err)
	}
	var look func(prefix string, part map[string]any)
	look = func(prefix string, part map[string]any) {
		for name, p := range part["properties"].(map[string]any) {
			ref, _ := p.(map[string]any)["$ref"].(string)
			def, _ := root["$defs"].(map[string]any)[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any)
			switch {
			case def["properties"] != nil && !strings.HasSuffix(ref, "/secret"):
				look(prefix+name+".", def)
			case !places[prefix+name]:
				t.Errorf("%s%s is not set by any flag", prefix, name)
			}
		}
	}
	look("", root)
}

// TestUseFile: what the file says is set, flags that were typed stay, and a command
// gets only what it uses.
func TestUseFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "upgrade.yaml")
	text := "source: {url: 'https://a.example.com/openidm/', tlsName: b.example.com}\n" +
		"target: {password: {file: gone.pw}}\nverify: {types: [users], maxDifferences: 7}\nsettle: 90s\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := siteconfig.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	const source = "https://a.example.com/openidm/ b.example.com "
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"verify": {nil, source + "users 7 1m0s gone.pw"},
		"run":    {nil, source + "users 7 1m30s gone.pw"},
		"export": {[]string{"x.age"}, source + " 0 1m0s ."},
		"repair": {[]string{"-types", "links", "-ids", path}, source + "links 7 1m0s gone.pw"},
		"status": {[]string{"-source-url", "https://c.example.com/openidm/"},
			"https://c.example.com/openidm/ b.example.com  0 1m0s gone.pw"},
		"rollback": {[]string{"-target-dir", dir}, "https://localhost:8443/openidm/ b.example.com  0 1m0s ."},
	} {
		s := settings.New()
		p := s.Program("upgrade")
		parsed, err := p.Parse(p.Find(name), c.args)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		note, err := s.UseFile(t.Context(), f, parsed, siteconfig.Reader{})
		if err != nil || note != "" {
			t.Errorf("%s: %q, %v", name, note, err)
		}
		u := &s.Upgrade
		got := fmt.Sprintf("%s %s %s %d %v %s", u.Source.URL, u.Source.TLSName, s.Types, u.Verify.MaxDifferences,
			u.SettleTime, filepath.Base(s.Passwords.Target))
		if got != c.want {
			t.Errorf("%s: %s\nnot  %s", name, got, c.want)
		}
	}
}
