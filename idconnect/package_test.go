package idconnect

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestPackages: what honest archivers write is taken, with its modes.
func TestPackages(t *testing.T) {
	t.Parallel()
	plain := map[string]fs.FileMode{"setup.sh": 0o755, "setup.bat": 0o644, "security/README": 0o644, "security": fs.ModeDir | 0o755}
	with := func(more map[string]fs.FileMode) map[string]fs.FileMode {
		out := map[string]fs.FileMode{}
		for _, m := range []map[string]fs.FileMode{plain, more} {
			for k, v := range m {
				out[k] = v
			}
		}
		return out
	}
	for name, c := range map[string]struct {
		entries []rawEntry
		end     rawEnd
		want    map[string]fs.FileMode
	}{
		"comment": {end: rawEnd{comment: "of the vendor"}, want: plain},
		"64 bits": {
			entries: []rawEntry{{name: rawTop + "a", content: "a", zip64: true}}, end: rawEnd{count64: is(uint64(4))},
			want: with(map[string]fs.FileMode{"a": 0o644}),
		},
		"modes": {
			entries: []rawEntry{
				{name: rawTop + "bin/", mode: 0o040750}, {name: rawTop + "bin/run", mode: 0o100750, content: "x", method: 8}, {name: rawTop + "secret", mode: 0o100600},
				{name: rawTop + "read", mode: 0o100444}, {name: rawTop + "all", mode: 0o100777}, {name: rawTop + "root", mode: 0o104755}, {name: rawTop + "empty/", mode: 0o040700},
			},
			want: with(map[string]fs.FileMode{
				"bin": fs.ModeDir | 0o750, "bin/run": 0o750, "secret": 0o600, "read": 0o644, "all": 0o775, "root": 0o755, "empty": fs.ModeDir | 0o700,
			}),
		},
		"packed without modes": {
			entries: []rawEntry{{name: rawTop + "lib/", dos: true}, {name: rawTop + "lib/a.jar", dos: true}, {name: rawTop + "lib/b.sh", dos: true}},
			want:    with(map[string]fs.FileMode{"lib": fs.ModeDir | 0o755, "lib/a.jar": 0o644, "lib/b.sh": 0o755}),
		},
		"beyond ASCII": {
			entries: named(rawTop+"café", rawTop+"caff", rawTop+"größe", rawTop+"한글", rawTop+"na\u0308me"),
			want:    with(map[string]fs.FileMode{"café": 0o644, "caff": 0o644, "größe": 0o644, "한글": 0o644, "na\u0308me": 0o644}),
		},
		"something beside its folder": {
			entries: named("README", "samples/setup.sh", "samples/security/x", "setup.sh"), want: plain,
		},
		"names that are nearly devices": {
			entries: named(rawTop+"console", rawTop+"com", rawTop+"com10", rawTop+"auxiliary.jar", rawTop+"lpt", rawTop+".con"),
			want:    with(map[string]fs.FileMode{"console": 0o644, "com": 0o644, "com10": 0o644, "auxiliary.jar": 0o644, "lpt": 0o644, ".con": 0o644}),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			parent := t.TempDir()
			path, dir := filepath.Join(parent, "package.zip"), filepath.Join(parent, "idc716", "salesforceIdConnect")
			if err := os.WriteFile(path, rawZip(t, c.end, rawPackage(c.entries...)...), 0o644); err != nil {
				t.Fatal(err)
			}
			p, err := openPackage(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			if err := p.readAll(t.Context()); err != nil {
				t.Error(err)
			}
			var last, total int64
			err = unpackPackage(t.Context(), path, dir, func(d, n int64) { last, total = d, n })
			if err != nil || last != total || total != p.Bytes {
				t.Fatalf("%v; %d of %d", err, last, total)
			}
			got := map[string]fs.FileMode{}
			err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
				if err != nil || path == dir {
					return err
				}
				info, err := d.Info()
				rel, _ := filepath.Rel(dir, path)
				if got[filepath.ToSlash(rel)] = info.Mode(); runtime.GOOS == "windows" {
					got[filepath.ToSlash(rel)] = c.want[filepath.ToSlash(rel)] // it has no modes
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestPackageKinds: what is no file is not opened, and not waited for.
func TestPackageKinds(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var no *PackageError
	if _, err := openPackage(t.Context(), dir); !errors.As(err, &no) || no.Code != CodePackage {
		t.Errorf("a folder: %v", err)
	}
	if _, err := openPackage(t.Context(), filepath.Join(dir, "none")); !errors.As(err, &no) || no.Code != CodePackageMissing {
		t.Errorf("nothing: %v", err)
	}
	path := filepath.Join(dir, "package.zip")
	if err := os.WriteFile(path, rawZip(t, rawEnd{}, rawPackage()...), 0o644); err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := openPackage(ended, path); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// TestPackageScript: a script that could not be run is known beforehand.
func TestPackageScript(t *testing.T) {
	t.Parallel()
	for mode, want := range map[uint32]bool{0o100644: true, 0o100755: false} {
		entries := rawPackage()
		entries[0].mode = mode
		path := filepath.Join(t.TempDir(), "IdentityConnect-7.1.6.zip")
		if err := os.WriteFile(path, rawZip(t, rawEnd{}, entries...), 0o644); err != nil {
			t.Fatal(err)
		}
		p, err := openPackage(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		r := &runner{site: &site{Package: path, Chosen: StepNames(), Machine: machine{goos: "linux"}}}
		if found := r.lookAtOrigin(p); found.Blocking().Has(CodeSetupScript) != want {
			t.Errorf("%o: %v", mode, found)
		}
		p.Close()
	}
}

// FuzzPackage: whatever an archive holds, what is taken is unpacked below its
// folder and nowhere else.
func FuzzPackage(f *testing.F) {
	var t testing.T
	f.Add(rawZip(&t, rawEnd{}, rawPackage()...))
	f.Add(rawZip(&t, rawEnd{comment: "x", count64: is(uint64(4))}, rawPackage(rawEntry{name: rawTop + "lib/a", content: "aaaaaaaaaaaaaaaa", method: 8, zip64: true})...))
	f.Add(rawZip(&t, rawEnd{}, rawPackage(rawEntry{name: rawTop + "../a", content: "a", mode: rawLink})...))
	f.Fuzz(func(t *testing.T, archive []byte) {
		dir := t.TempDir()
		path := filepath.Join(dir, "package.zip")
		if err := os.WriteFile(path, archive, 0o644); err != nil {
			t.Fatal(err)
		}
		deep := filepath.Join(dir, "a", "b")
		if err := os.MkdirAll(deep, 0o755); err != nil {
			t.Fatal(err)
		}
		err := unpackPackage(t.Context(), path, filepath.Join(deep, "target"), func(int64, int64) {})
		for at, want := range map[string]string{dir: "a package.zip", filepath.Join(dir, "a"): "b", deep: "target"} {
			entries, readErr := os.ReadDir(at)
			if readErr != nil {
				t.Fatal(readErr)
			}
			got := ""
			for i, e := range entries {
				if i > 0 {
					got += " "
				}
				got += e.Name()
			}
			if at == deep && err != nil {
				want = ""
			}
			if got != want {
				t.Errorf("%v: %s holds %q, not %q", err, at, got, want)
			}
		}
	})
}
