//go:build unix

package disk_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/idconnect-go/upgrade/internal/disk"
)

// openRoot is a folder that everybody may enter, as all above it.
func openRoot(t *testing.T) string {
	t.Helper()
	for _, dir := range []string{"/dev/shm", "/var/tmp", "/tmp"} {
		if info, err := os.Stat(dir); err == nil && info.IsDir() {
			return dir
		}
	}
	t.Skip("no folder that everybody may enter")
	return ""
}

func setMode(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

// TestReadersClosedFolder: a folder that others may not enter closes what is in it, also behind a link.
func TestReadersClosedFolder(t *testing.T) {
	t.Parallel()
	path := open(t, 0o750, 0o644)
	if got, err := disk.Readers(path); got != "" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	link := filepath.Join(filepath.Dir(open(t, 0o755, 0o600)), "link")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	if got, err := disk.Readers(link); got != "" || err != nil {
		t.Errorf("through a link: %q, %v", got, err)
	}
}
