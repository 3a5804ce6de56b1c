package site

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/idconnect-go/upgrade/keystore"
)

// TestSharedKeystore: a source that names no truststore trusts the certificates of its keystore. No key is in what will
// be the target's truststore.
func TestSharedKeystore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, content := range map[string]string{
		"conf/boot/boot.properties": "openidm.keystore.password=changeit\n", "security/keystore.jceks": "",
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	keys, err := os.ReadFile("../../../keystore/testdata/fixtures/idm-jdk17.jceks")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "security", "keystore.jceks"), keys, 0o600); err != nil {
		t.Fatal(err)
	}
	s := &Site{}
	s.SourceDir = dir
	own, trust, err := s.OpenSource()
	if err != nil {
		t.Fatal(err)
	}
	if trust.Format() != keystore.JKS || !trust.Verified() || trust.Len() == 0 || trust.Len() >= own.Len() {
		t.Errorf("%s with %d entries", trust.Format(), trust.Len())
	}
	for e := range trust.Entries() {
		if e.Kind != keystore.TrustedCertificate {
			t.Errorf("%s is a %s", e.Alias, e.Kind)
		}
	}
	// One that stands where 7.x has it is taken.
	if err := os.WriteFile(filepath.Join(dir, "security", "truststore"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.OpenSource(); err == nil {
		t.Error("the truststore that is there was passed over")
	}
}
