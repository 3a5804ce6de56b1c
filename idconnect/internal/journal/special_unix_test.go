//go:build unix

package journal_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/idconnect-go/upgrade/internal/disk"
)

// TestSpecialFiles: a pipe, a device, a folder or a link as lock or journal is refused with its name, at once.
func TestSpecialFiles(t *testing.T) {
	t.Parallel()
	for name, plant := range map[string]func(path string) error{
		"pipe":   func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"folder": func(path string) error { return os.Mkdir(path, 0o700) },
		"device": func(path string) error { return os.Symlink("/dev/zero", path) },
		"link": func(path string) error {
			return errors.Join(os.WriteFile(path+".real", nil, 0o600), os.Symlink(path+".real", path))
		},
	} {
		for _, file := range []string{"lock", "journal.json"} {
			dir := t.TempDir()
			path := filepath.Join(dir, file)
			must(t, plant(path))
			p := placeAt(t, dir, "")
			_, err := p.TryLock()
			if file != "lock" {
				_, err = p.Open()
			} else if probe := p.Probe(); !errors.Is(probe, disk.ErrNotRegular) {
				t.Errorf("a %s, probed: %v", name, probe)
			}
			if !errors.Is(err, disk.ErrNotRegular) || !strings.Contains(err.Error(), path) {
				t.Errorf("a %s as %s: %v", name, file, err)
			}
		}
	}
}
