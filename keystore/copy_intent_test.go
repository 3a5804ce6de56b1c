package keystore_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/idconnect-go/upgrade/keystore"
)

func writeText(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o640); err != nil {
		t.Fatal(err)
	}
}

// stops leave what a copy that was killed leaves.
func stops(t *testing.T) map[string]func(c keystore.Changes, path string) {
	return map[string]func(c keystore.Changes, path string){
		"after the intent": func(keystore.Changes, string) {},
		"after the link": func(c keystore.Changes, path string) {
			if err := os.Link(path, c.Backup); err != nil {
				t.Fatal(err)
			}
		},
		"in the middle of the backup": func(c keystore.Changes, _ string) { writeText(t, c.Backup, "ol") },
		"after the copy": func(c keystore.Changes, path string) {
			if err := os.Rename(path, c.Backup); err != nil {
				t.Fatal(err)
			}
			writeText(t, path, "new")
		},
	}
}

// TestIntent: the intent names everything before anything is written, and
// undoes a copy that stopped anywhere.
func TestIntent(t *testing.T) {
	t.Parallel()
	long := time.Date(2020, 2, 2, 2, 2, 2, 0, time.UTC)
	for name, stopped := range stops(t) {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "store")
			writeText(t, path, "old")
			if err := os.Chtimes(path, long, long); err != nil {
				t.Fatal(err)
			}
			stop := errors.New("stop")
			var c keystore.Changes
			_, err := keystore.CopyBytes([]byte("new"), path,
				keystore.CopyOptions{Replace: true, Intent: func(intent keystore.Changes) error {
					c = intent
					return stop
				}})
			if !errors.Is(err, stop) || c.Backup == "" || c.SHA256 == "" || c.Before == "" {
				t.Fatalf("%v, %+v", err, c)
			}
			stopped(c, path)
			for range 2 {
				if err := c.Undo(); err != nil {
					t.Fatal(err)
				}
				b, err := os.ReadFile(path)
				info, statErr := os.Stat(path)
				if err != nil || statErr != nil || string(b) != "old" || !info.ModTime().Equal(long) ||
					unlike(info, 0o640) {
					t.Errorf("%q, %v, %v", b, info, err)
				}
				if entries, _ := os.ReadDir(filepath.Dir(path)); len(entries) != 1 {
					t.Errorf("%v", entries)
				}
			}
		})
	}
	t.Run("the backup was changed", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "store")
		writeText(t, path, "old")
		c, err := keystore.CopyBytes([]byte("new"), path, keystore.CopyOptions{Replace: true})
		if err != nil {
			t.Fatal(err)
		}
		writeText(t, c.Backup, "other")
		if err := c.Undo(); !errors.Is(err, keystore.ErrChangedSince) {
			t.Errorf("%v", err)
		}
		if b, _ := os.ReadFile(path); string(b) != "new" {
			t.Errorf("%q", b)
		}
	})
	t.Run("nothing was there", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "store")
		c, err := keystore.CopyBytes([]byte("new"), path, keystore.CopyOptions{})
		if info, statErr := os.Stat(path); err != nil || statErr != nil || unlike(info, 0o600) {
			t.Fatalf("%v, %v", err, info)
		}
		for range 2 {
			if err := c.Undo(); err != nil {
				t.Error(err)
			}
		}
		if _, err := os.Stat(path); err == nil {
			t.Error("left")
		}
	})
}

// unlike says whether a file has another mode, where the system has modes.
func unlike(info fs.FileInfo, mode fs.FileMode) bool {
	return os.PathSeparator == '/' && info.Mode().Perm() != mode
}

// TestCopyWithoutLinks: where the old file cannot have a second name beside
// the first, because it lies on another file system, it is kept as a copy.
func TestCopyWithoutLinks(t *testing.T) {
	t.Parallel()
	other, err := os.MkdirTemp("/dev/shm", "keystore-test-")
	if err != nil {
		t.Skip("needs a second file system at /dev/shm")
	}
	t.Cleanup(func() { os.RemoveAll(other) })
	path, real := filepath.Join(t.TempDir(), "store"), filepath.Join(other, "real")
	if err := os.WriteFile(real, []byte("old"), 0o640); err != nil {
		t.Fatal(err)
	}
	if os.Link(real, path) == nil {
		t.Skip("/dev/shm is on the same file system")
	}
	long := time.Date(2020, 2, 2, 2, 2, 2, 0, time.UTC)
	if err := errors.Join(os.Chtimes(real, long, long), os.Symlink(real, path)); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Readlink(path); err != nil {
		t.Skip("no symbolic links") // wine says that it made one
	}
	c, err := keystore.CopyBytes([]byte("new"), path, keystore.CopyOptions{Replace: true})
	if err != nil {
		t.Fatal(err)
	}
	if b, _ := os.ReadFile(real); string(b) != "new" {
		t.Errorf("%q", b)
	}
	for range 2 {
		if err := c.Undo(); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(real)
		info, statErr := os.Stat(real)
		if err != nil || statErr != nil || string(b) != "old" || !info.ModTime().Equal(long) ||
			unlike(info, 0o640) {
			t.Errorf("%q, %v", b, info)
		}
		if link, err := os.Readlink(path); err != nil || link != real {
			t.Errorf("%v, %v", link, err)
		}
		for _, dir := range []string{other, filepath.Dir(path)} {
			if entries, _ := os.ReadDir(dir); len(entries) != 1 {
				t.Errorf("%v", entries)
			}
		}
	}
}
