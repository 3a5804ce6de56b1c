package keystore

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
)

// TestOwnerIsKept: by root of any file; who may not is refused, since a server
// of the old owner could not read the new file.
func TestOwnerIsKept(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root has files of others")
	}
	dir := filepath.Join(t.TempDir(), "shared")
	if err := errors.Join(os.Mkdir(dir, 0o777), os.Chmod(dir, 0o777), os.Chmod(filepath.Dir(dir), 0o755),
		os.Chmod(filepath.Dir(filepath.Dir(dir)), 0o755)); err != nil {
		t.Fatal(err)
	}
	store := filepath.Join(dir, "store")
	owned := func(path string) uint32 {
		t.Helper()
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return info.Sys().(*syscall.Stat_t).Uid
	}
	if err := errors.Join(os.WriteFile(store, []byte("old"), 0o644), os.Chmod(store, 0o644),
		os.Chown(store, 1234, 1234)); err != nil {
		t.Fatal(err)
	}
	c, err := CopyBytes([]byte("new"), store, CopyOptions{Replace: true})
	if err != nil || owned(store) != 1234 || owned(c.Backup) != 1234 {
		t.Fatalf("by root: %v, owner %d", err, owned(store))
	}
	if err := c.Undo(); err != nil || owned(store) != 1234 {
		t.Fatalf("undone by root: %v", err)
	}

	// The user counts for this thread alone, which ends with the goroutine.
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		if err := errors.Join(syscall.Setfsgid(4321), syscall.Setfsuid(4321)); err != nil {
			done <- err
			return
		}
		_, err := CopyBytes([]byte("new"), store, CopyOptions{Replace: true})
		if err == nil {
			err = errors.New("copied over the file of another")
		} else if errors.Is(err, os.ErrPermission) {
			err = nil
		}
		_, fresh := CopyBytes([]byte("new"), filepath.Join(dir, "fresh"), CopyOptions{})
		done <- errors.Join(err, fresh)
	}()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if string(content(t, store)) != "old" || owned(store) != 1234 || owned(filepath.Join(dir, "fresh")) != 4321 {
		t.Errorf("%q, owner %d", content(t, store), owned(store))
	}
	if names := siblings(t, store); len(names) != 2 {
		t.Errorf("left in the folder: %q", names)
	}
}
