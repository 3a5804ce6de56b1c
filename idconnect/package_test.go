package idconnect

import (
	"archive/zip"
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/keystore"
)

// zipFile writes an archive whose entries all hold the same text.
func zipFile(t *testing.T, mode fs.FileMode, names ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "IdentityConnect-7.1.6.zip")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z := zip.NewWriter(f)
	for _, name := range names {
		h := &zip.FileHeader{Name: name}
		h.SetMode(mode)
		w, err := z.CreateHeader(h)
		if err == nil {
			_, err = w.Write([]byte("some text"))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

var honestNames = []string{
	"salesforceIdConnect/setup.sh", "salesforceIdConnect/setup.bat", "salesforceIdConnect/security/README",
}

// TestPackageScript: a script that could not be run is known beforehand.
func TestPackageScript(t *testing.T) {
	t.Parallel()
	for mode, want := range map[fs.FileMode]bool{0o644: true, 0o755: false} {
		path := zipFile(t, mode, honestNames...)
		u := &Upgrade{Package: path, TargetDir: filepath.Join(t.TempDir(), "t"), Steps: []string{StepUnpack, StepSetup},
			KeystorePassword: keystore.NewPassword("changeit")}
		u.OnSystem("linux")
		p, err := u.Plan(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if found := p.Findings; found.Blocking().Has("SETUP-SCRIPT") != want {
			t.Errorf("%o: %v", mode, found)
		}
	}
}

// TestPackageRefused: each kind of archive that is refused blocks the run with its code, and nothing is written.
func TestPackageRefused(t *testing.T) {
	t.Parallel()
	damaged := zipFile(t, 0o644, honestNames...)
	b, err := os.ReadFile(damaged)
	if err != nil {
		t.Fatal(err)
	}
	cut := filepath.Join(t.TempDir(), "cut.zip")
	if err := errors.Join(
		os.WriteFile(damaged, bytes.Replace(b, []byte("some text"), []byte("sOme text"), 1), 0o644),
		os.WriteFile(cut, b[:len(b)-30], 0o644),
	); err != nil {
		t.Fatal(err)
	}
	for path, code := range map[string]string{
		zipFile(t, 0o644, append([]string{"../evil"}, honestNames...)...): "PACKAGE-HOSTILE",
		zipFile(t, 0o644, "README"):                                       "PACKAGE-UNUSABLE",
		filepath.Join(t.TempDir(), "none.zip"):                            "PACKAGE-MISSING",
		t.TempDir():                                                       "PACKAGE-UNUSABLE",
		damaged:                                                           "PACKAGE-CORRUPT",
		cut:                                                               "PACKAGE-CORRUPT",
	} {
		parent := t.TempDir()
		u := &Upgrade{
			TargetDir: filepath.Join(parent, "salesforceIdConnect"), Package: path, Steps: []string{StepUnpack},
			Source: Server{URL: "https://127.0.0.1:1/openidm/"}, Target: Server{URL: "https://127.0.0.1:2/openidm/"},
		}
		report, err := u.Run(t.Context())
		if !errors.Is(err, preflight.ErrBlocked) {
			t.Errorf("%s: %v", path, err)
			continue
		}
		if b := report.Findings.Blocking(); len(b) != 1 || b[0].Code != code || b[0].Remedy == "" {
			t.Errorf("%s: %s is not all of %v", path, code, b)
		}
		if left, err := os.ReadDir(parent); err != nil || len(left) > 0 {
			t.Errorf("%s: something was written: %v, %v", path, left, err)
		}
	}
}
