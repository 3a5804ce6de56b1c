// Package symlink makes symbolic links for tests, and tells them whether they can be made here: Windows wants a
// privilege for them, and wine says that it makes them, and does not. It is for tests only. Begin with [Make] or
// [Need], or with [Work] where links are a part of a test only.
package symlink

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// Work reports whether a symbolic link can be made, is one, and is not followed out of an os.Root.
var Work = sync.OnceValue(func() bool {
	dir, err := os.MkdirTemp("", "symlink")
	if err != nil {
		return false
	}
	defer os.RemoveAll(dir)
	inside, link := filepath.Join(dir, "inside"), filepath.Join(dir, "inside", "link")
	if os.Mkdir(inside, 0o700) != nil || os.WriteFile(filepath.Join(dir, "file"), nil, 0o600) != nil ||
		os.Symlink(filepath.Join("..", "file"), link) != nil {
		return false
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		return false
	}
	root, err := os.OpenRoot(inside)
	if err != nil {
		return false
	}
	defer root.Close()
	f, err := root.Open("link")
	if err == nil {
		f.Close()
	}
	return err != nil
})

// Need skips the test where [Work] reports false.
func Need(tb testing.TB) {
	tb.Helper()
	if !Work() {
		tb.Skip("no symbolic links here")
	}
}

// Make makes a symbolic link to old, or skips the test as [Need] does.
func Make(tb testing.TB, old, link string) {
	tb.Helper()
	Need(tb)
	if err := os.Symlink(old, link); err != nil {
		tb.Fatal(err)
	}
}
