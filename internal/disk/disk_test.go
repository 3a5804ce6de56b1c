package disk_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/idconnect-go/upgrade/internal/disk"
)

func names(t *testing.T, dir string) (out []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "store")
	if err := disk.Write(path, []byte("old"), 0o640, nil); err != nil {
		t.Fatal(err)
	}
	refused := errors.New("refused")
	refuse := func(*os.File) error { return refused }
	if err := disk.Write(path, []byte("new"), 0o600, refuse); !errors.Is(err, refused) {
		t.Errorf("%v", err)
	}
	b, err := os.ReadFile(path)
	if err != nil || string(b) != "old" || len(names(t, dir)) != 1 {
		t.Errorf("%q, %v, %v", b, err, names(t, dir))
	}
	if err := disk.Write(filepath.Join(dir, "missing", "store"), nil, 0o600, nil); err == nil {
		t.Error("written into a folder that is not there")
	}
}

// TestSweep: only what a killed Write of this very file left is removed.
func TestSweep(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{
		"store", ".store.tmp", ".store.tmp12", ".store.tmp12.jks", ".store2.tmp12", "store.tmp12",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, ".store.tmp77"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := disk.Sweep(filepath.Join(dir, "store")); err != nil {
		t.Fatal(err)
	}
	for _, name := range names(t, dir) {
		if name == ".store.tmp12" {
			t.Error("left")
		}
	}
	if n := len(names(t, dir)); n != 6 {
		t.Errorf("%v", names(t, dir))
	}
	if err := disk.Sweep(filepath.Join(dir, "none", "store")); err != nil {
		t.Error(err)
	}
}
