package undo

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/idconnect-go/upgrade/idconnect/internal/journal"
	"github.com/idconnect-go/upgrade/internal/disk"
)

// TestFolderKilled: what somebody puts into a folder that was there before, after a rollback was killed in the middle,
// is not removed by the next.
func TestFolderKilled(t *testing.T) {
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	parent := t.TempDir()
	dir := filepath.Join(parent, "idc716")
	at := func(name string) string { return filepath.Join(dir, filepath.FromSlash(name)) }
	for _, name := range []string{"security", "conf", "bin"} {
		must(os.MkdirAll(at(name), 0o750))
		must(os.WriteFile(at(name+"/file"), []byte(name), 0o640))
	}
	place, err := journal.Find(t.Context(), journal.Target{Folder: dir, URL: "https://localhost:8443/openidm/",
		UserDir: t.TempDir()})
	must(err)
	j, err := place.Open()
	must(err)
	files, err := journal.ListFiles(dir)
	must(err)
	j.Unpack = &journal.Unpack{Note: journal.Begin(), Files: files, Empty: &journal.Folder{Mode: 0o750}}
	j.Unpack.End()
	must(j.Save())

	moved := 0
	disk.Point = func(when, operation, path string) {
		if when == "after" && operation == "rename" && filepath.Dir(path) != place.Dir {
			if moved++; moved == 2 {
				panic("killed")
			}
		}
	}
	func() {
		defer func() { recover(); disk.Point = nil }()
		_, _, err = Folder(t.Context(), j, dir, false)
	}()
	if moved != 2 {
		t.Fatalf("%d moved, %v", moved, err)
	}
	must(os.WriteFile(at("thesis"), []byte("theirs"), 0o600))
	j, err = place.Open()
	must(err)
	must(RecoverFolder(j, dir))
	left, err := os.ReadDir(dir)
	must(err)
	if len(left) != 1 || left[0].Name() != "thesis" || j.Unpack != nil {
		t.Errorf("%v is left, and %+v", left, j.Unpack)
	}
}
