//go:build unix

package idconnect_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// fifo puts a pipe without another end in the place of a file.
func fifo(t *testing.T, path string) {
	t.Helper()
	must(t, os.RemoveAll(path))
	must(t, os.MkdirAll(filepath.Dir(path), 0o755))
	must(t, syscall.Mkfifo(path, 0o600))
}
