package archive

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

type zipEntry struct {
	name, content string
	mode          fs.FileMode
}

func writeZip(t *testing.T, entries ...zipEntry) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, e := range entries {
		h := &zip.FileHeader{Name: e.name, Method: zip.Deflate}
		mode := e.mode
		if mode == 0 {
			mode = 0o644
		}
		if strings.HasSuffix(e.name, "/") {
			mode |= fs.ModeDir
		}
		h.SetMode(mode)
		w, err := z.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(e.name, "/") {
			if _, err := w.Write([]byte(e.content)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "package.zip")
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestUnpack(t *testing.T) {
	t.Parallel()
	path := writeZip(
		t,
		zipEntry{name: "salesforceIdConnect/"},
		zipEntry{name: "salesforceIdConnect/setup.sh", content: "#!/bin/sh", mode: 0o755},
		zipEntry{name: "salesforceIdConnect/security/truststore", content: "x", mode: 0o600},
	)
	parent := t.TempDir()
	dir := filepath.Join(parent, "deep", "target")
	// What somebody else has there.
	theirs := TempDir(dir, Unpacking, false)
	if err := os.MkdirAll(filepath.Join(theirs, "thesis"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := Unpack(t.Context(), path, dir, theirs, func(int64, int64) {}); !errors.Is(err, fs.ErrExist) {
		t.Errorf("%v", err)
	}
	temp := TempDir(dir, Unpacking, false)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Unpack(cancelled, path, dir, temp, func(int64, int64) {}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	var done, total int64
	if err := Unpack(t.Context(), path, dir, temp, func(d, n int64) { done, total = d, n }); err != nil {
		t.Fatal(err)
	}
	if done != total || total != 10 {
		t.Errorf("%d of %d", done, total)
	}
	if info, err := os.Stat(filepath.Join(dir, "setup.sh")); err != nil ||
		runtime.GOOS != "windows" && info.Mode().Perm() != 0o755 {
		t.Errorf("%v, %v", info, err)
	}
	if left, _ := os.ReadDir(filepath.Dir(dir)); len(left) != 2 {
		t.Errorf("%v", left)
	}
	if left, err := os.ReadDir(theirs); err != nil || len(left) != 1 {
		t.Errorf("what is somebody else's: %v, %v", left, err)
	}
	if err := Unpack(t.Context(), path, dir, temp, func(int64, int64) {}); err == nil {
		t.Error("unpacked over what is there")
	}
}

// TestClaimed: only a name that TempDir makes leads anywhere.
func TestClaimed(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "target")
	for _, inside := range []bool{false, true} {
		for _, kind := range []string{Unpacking, Removing} {
			path := TempDir(dir+string(filepath.Separator), kind, inside)
			if got, ok := Claimed(dir, kind, filepath.Base(path)); !ok || got != path {
				t.Errorf("%s: %q", path, got)
			}
			if got, ok := Claimed(dir+"2", kind, filepath.Base(path)); ok && !inside {
				t.Errorf("of another folder: %q", got)
			}
		}
	}
	for _, name := range []string{
		"", "target", ".unpacking", "target.unpacking", "target.unpacking-", ".unpacking-0123456",
		".unpacking-0123456x",
		".removing-01234567", "target.unpacking-0123456/", "../target.unpacking-01234567", ".unpacking-../../..",
	} {
		if got, ok := Claimed(dir, Unpacking, name); ok {
			t.Errorf("%q leads to %q", name, got)
		}
	}
}
