package disk_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/idconnect-go/upgrade/internal/disk"
)

// open makes a file, in a folder that everybody may enter if that is asked for.
func open(t *testing.T, folders, file os.FileMode) string {
	t.Helper()
	// Below the root: the folder of a test is closed itself.
	dir, err := os.MkdirTemp(openRoot(t), "readers")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	path := filepath.Join(dir, "pw")
	if err := os.WriteFile(path, []byte("hush"), 0o600); err != nil {
		t.Fatal(err)
	}
	setMode(t, path, file)
	setMode(t, dir, folders)
	return path
}

// TestReaders: who may read a file, by bits or by lists.
func TestReaders(t *testing.T) {
	t.Parallel()
	everyone := "everyone"
	if runtime.GOOS == "windows" {
		everyone = "Everyone"
	}
	for _, row := range []struct {
		name          string
		folders, file os.FileMode
		want          string
	}{
		{"the owner alone", 0o755, 0o600, ""},
		{"and the group", 0o755, 0o640, ""},
		{"everyone", 0o755, 0o644, everyone},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			got, err := disk.Readers(open(t, row.folders, row.file))
			if got != row.want || err != nil {
				t.Errorf("%q, %v, want %q", got, err, row.want)
			}
		})
	}
	for _, path := range []string{t.TempDir(), os.DevNull} {
		if got, _ := disk.Readers(path); got != "" {
			t.Errorf("%s: %q, but it is no file", path, got)
		}
	}
	if _, err := disk.Readers(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("no error for a file that is not there")
	}
}
