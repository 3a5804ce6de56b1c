//go:build unix

package keystore

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func notRegular(t *testing.T) map[string]string {
	dir := t.TempDir()
	pipe, link := filepath.Join(dir, "pipe"), filepath.Join(dir, "link")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(pipe, link); err != nil {
		t.Fatal(err)
	}
	return map[string]string{"a folder": dir, "a pipe": pipe, "a link to a pipe": link, "a device": os.DevNull}
}
