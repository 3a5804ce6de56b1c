package idconnect_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/idconnecttest"
)

// TestOpenFolder: a folder says its port and the names of its certificate, and one
// that says nothing is no error, while one that is none is.
func TestOpenFolder(t *testing.T) {
	t.Parallel()
	site := idconnecttest.NewSite(t, idconnecttest.Options{})
	f, err := idconnect.OpenFolder(site.Upgrade.SourceDir)
	if err != nil || f.HTTPSPort != site.Source().Port() || !f.KeystorePassword ||
		!slices.Equal(f.CertificateNames, []string{"idc21.example.com"}) || f.BootFile == "" {
		t.Errorf("%+v, %v", f, err)
	}
	bare := filepath.Join(t.TempDir(), "salesforceIdConnect")
	if err := os.MkdirAll(filepath.Join(bare, "security"), 0o755); err != nil {
		t.Fatal(err)
	}
	f, err = idconnect.OpenFolder(bare)
	if err != nil || f.Dir != bare || f.HTTPSPort != 0 || f.KeystorePassword || f.CertificateNames != nil {
		t.Errorf("%+v, %v", f, err)
	}
	for _, dir := range []string{"", filepath.Join(bare, "none"), t.TempDir()} {
		if f, err := idconnect.OpenFolder(dir); err == nil || idconnect.RemedyOf(err) == "" {
			t.Errorf("%q: %+v, %v", dir, f, err)
		}
	}
}
