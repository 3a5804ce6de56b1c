package disk_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/idconnect-go/upgrade/internal/disk"
	"github.com/idconnect-go/upgrade/internal/symlink"
)

func TestContains(t *testing.T) {
	t.Parallel()
	symlink.Need(t)
	top := t.TempDir()
	dir := filepath.Join(top, "idc21", "salesforceIdConnect")
	link, hidden := filepath.Join(top, "link"), filepath.Join(top, "hidden")
	if err := errors.Join(
		os.MkdirAll(filepath.Join(dir, "bin"), 0o755),
		os.Mkdir(filepath.Join(top, "idc21", "salesforceIdConnect2"), 0o755),
		os.Symlink(dir, link), os.Symlink(filepath.Join(dir, "bin"), hidden),
		os.WriteFile(filepath.Join(top, "file"), nil, 0o644),
		os.Symlink(filepath.Join(dir, "none"), filepath.Join(top, "dangling")),
		os.Symlink(filepath.Join("dangling", "deeper"), filepath.Join(top, "again")),
		os.Symlink(filepath.Join("idc21", "salesforceIdConnect", "new"), filepath.Join(top, "relative")),
		os.Symlink(filepath.Join(top, "nowhere"), filepath.Join(top, "elsewhere")),
		os.Symlink("loop", filepath.Join(top, "loop")),
	); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{
		dir:                                     true,
		dir + string(filepath.Separator):        true,
		filepath.Join(dir, "bin"):               true,
		filepath.Join(dir, "new", "idc716"):     true,
		link:                                    true,
		filepath.Join(link, "new"):              true,
		hidden:                                  true,
		filepath.Join(hidden, "new", "idc716"):  true,
		dir + "2":                               false,
		dir + "3":                               false,
		filepath.Join(dir, "..", "idc716"):      false,
		filepath.Join(top, "idc21"):             false,
		filepath.Join(top, "file", "new"):       false,
		filepath.Join(top, "dangling"):          true,
		filepath.Join(top, "dangling", "new"):   true,
		filepath.Join(top, "again"):             true,
		filepath.Join(top, "relative"):          true,
		filepath.Join(top, "elsewhere"):         false,
		filepath.Join(top, "loop"):              false,
		filepath.Join(top, "another", "folder"): false,
	} {
		if got := disk.Contains(dir, path); got != want {
			t.Errorf("%s: %v", path, got)
		}
	}
	if !disk.Contains(link, filepath.Join(dir, "new")) ||
		disk.Contains(filepath.Join(top, "none"), filepath.Join(top, "none", "x")) {
		t.Error("a folder that is a link, or none")
	}
}
