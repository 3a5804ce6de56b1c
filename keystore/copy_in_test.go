package keystore

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/idconnect-go/upgrade/internal/disk"
	"github.com/idconnect-go/upgrade/internal/symlink"
)

// TestCopyMode: nobody can read the new file who cannot read both the source and the file that it replaces.
func TestCopyMode(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("no modes of Unix")
	}
	for _, row := range []struct{ from, old, want fs.FileMode }{
		{0o600, 0o644, 0o600}, {0o644, 0o600, 0o600}, {0o640, 0o644, 0o640}, {0o400, 0o664, 0o600},
		{0o644, 0o644, 0o644}, {0o600, 0o755, 0o600},
		{0o600, 0, 0o600}, {0o644, 0, 0o644},
	} {
		from := place(t, "from", fixture(t, "trust.jks"), row.from)
		to := place(t, "to", fixture(t, "trust.jceks"), row.old)
		prepare := func(path string) error { return os.Chmod(path, row.old) } // whatever the umask
		if row.old == 0 {
			prepare = os.Remove
		}
		if err := prepare(to); err != nil {
			t.Fatal(err)
		}
		c, err := Copy(from, to, CopyOptions{Replace: true})
		if err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(to); err != nil || info.Mode() != row.want {
			t.Errorf("%v over %v: %v, %v", row.from, row.old, info.Mode(), err)
		}
		if row.old == 0 {
			continue
		}
		if err := c.Undo(); err != nil {
			t.Error(err)
		}
		if info, err := os.Stat(to); err != nil || info.Mode() != row.old {
			t.Errorf("put back: %v, %v", info.Mode(), err)
		}
		// Content without a file is its owner's alone.
		info, err := os.Stat(from)
		if err != nil {
			t.Fatal(err)
		}
		for _, like := range []fs.FileInfo{nil, info} {
			if _, err := CopyBytes([]byte("new"), to, CopyOptions{Replace: true, Like: like}); err != nil {
				t.Fatal(err)
			}
			want := row.want
			if like == nil {
				want = 0o600
			}
			if info, err := os.Stat(to); err != nil || info.Mode() != want {
				t.Errorf("content over %v: %v, %v", row.old, info.Mode(), err)
			}
			if err := os.Chmod(to, row.old); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestCopyIn: a copy into a folder writes nothing elsewhere, and neither does its undo.
func TestCopyIn(t *testing.T) {
	t.Parallel()
	symlink.Need(t)
	from := place(t, "from", fixture(t, "trust.jks"), 0o600)
	theirs := place(t, "theirs", fixture(t, "trust.jceks"), 0o600)
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, filepath.FromSlash(name)) }
	if err := errors.Join(os.Mkdir(at("security"), 0o700), os.Symlink(theirs, at("link")),
		os.Symlink(filepath.Dir(theirs), at("elsewhere")), os.WriteFile(at("security/own"), []byte("own"), 0o600),
		os.Symlink("security/own", at("inner")), os.Symlink("link", at("twice"))); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	up, err := filepath.Rel(dir, theirs)
	if err != nil {
		t.Fatal(err)
	}
	for _, to := range []string{theirs, dir + string(filepath.Separator) + up, at("link"), at("elsewhere/theirs"),
		at("elsewhere/new"), at("twice")} {
		_, err := Copy(from, to, CopyOptions{Replace: true, In: root})
		var outside *disk.OutsideError
		if !errors.As(err, &outside) {
			t.Errorf("to %s: %v", to, err)
		}
		if err := (Changes{Path: to, SHA256: sum(content(t, theirs))}).UndoIn(root); !errors.As(err, &outside) {
			t.Errorf("undone at %s: %v", to, err)
		}
		if sum(content(t, theirs)) != sum(fixture(t, "trust.jceks")) || len(siblings(t, theirs)) != 1 {
			t.Fatalf("to %s: the file outside was changed, beside it are %v", to, siblings(t, theirs))
		}
	}
	for _, to := range []string{at("security/own"), at("security/new"), at("inner")} {
		before := siblings(t, to)
		c, err := Copy(from, to, CopyOptions{Replace: true, In: root})
		if err != nil || string(content(t, to)) != string(content(t, from)) {
			t.Errorf("%s: %v", to, err)
		}
		if err := c.UndoIn(root); err != nil || len(siblings(t, to)) != len(before) {
			t.Errorf("undone: %v, %v", err, siblings(t, to))
		}
	}
}
