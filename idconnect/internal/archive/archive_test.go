package archive

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func below(names ...string) (out []string) {
	for _, name := range names {
		out = append(out, rawTop+name)
	}
	return out
}

func plainFiles(names ...string) map[string]fs.FileMode {
	out := map[string]fs.FileMode{}
	for _, name := range names {
		out[name] = 0o644
	}
	return out
}

// honestPackage is an archive that is taken, and the files that it becomes.
type honestPackage struct {
	entries []rawEntry
	end     rawEnd
	want    map[string]fs.FileMode
}

func (c honestPackage) unpack(t *testing.T) {
	parent := t.TempDir()
	path := filepath.Join(parent, "package.zip")
	dir := filepath.Join(parent, "idc716", "salesforceIdConnect")
	if err := os.WriteFile(path, rawZip(t, c.end, rawPackage(c.entries...)...), 0o644); err != nil {
		t.Fatal(err)
	}
	p, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if err := p.ReadAll(t.Context()); err != nil {
		t.Error(err)
	}
	var last, total int64
	err = Unpack(t.Context(), path, dir, TempDir(dir, Unpacking, false), func(d, n int64) { last, total = d, n })
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
}

// TestPackages: what honest archivers write is taken, with its modes.
func TestPackages(t *testing.T) {
	t.Parallel()
	plain := map[string]fs.FileMode{
		"setup.sh":        0o755,
		"setup.bat":       0o644,
		"security/README": 0o644,
		"security":        fs.ModeDir | 0o755,
	}
	with := func(more map[string]fs.FileMode) map[string]fs.FileMode {
		out := map[string]fs.FileMode{}
		for _, m := range []map[string]fs.FileMode{plain, more} {
			for k, v := range m {
				out[k] = v
			}
		}
		return out
	}
	for name, c := range map[string]honestPackage{
		"a folder twice": {
			entries: []rawEntry{{name: rawTop + "lib/"}, {name: rawTop + "lib/"}, {name: rawTop + "lib/a"}},
			want:    with(map[string]fs.FileMode{"lib": fs.ModeDir | 0o755, "lib/a": 0o644}),
		},
		"a dot before its names": {
			entries: append(named("./"+rawTop+"a", "././"+rawTop+"b"), rawEntry{name: "./"}),
			want:    with(plainFiles("a", "b")),
		},
		"a line break behind it": {end: rawEnd{behind: "\n"}, want: plain},
		"a block behind it":      {end: rawEnd{behind: strings.Repeat("\x00", 1000)}, want: plain},
		"comment":                {end: rawEnd{comment: "of the vendor"}, want: plain},
		"64 bits": {
			entries: []rawEntry{{name: rawTop + "a", content: "a", zip64: true}},
			end:     rawEnd{count64: is(uint64(4))},
			want:    with(map[string]fs.FileMode{"a": 0o644}),
		},
		"modes": {
			entries: []rawEntry{
				{name: rawTop + "bin/", mode: 0o040750},
				{name: rawTop + "bin/run", mode: 0o100750, content: "x", method: 8},
				{name: rawTop + "secret", mode: 0o100600}, {name: rawTop + "read", mode: 0o100444},
				{name: rawTop + "all", mode: 0o100777}, {name: rawTop + "root", mode: 0o104755},
				{name: rawTop + "empty/", mode: 0o040700},
			},
			want: with(map[string]fs.FileMode{
				"bin": fs.ModeDir | 0o750, "bin/run": 0o750, "secret": 0o600,
				"read": 0o644, "all": 0o775, "root": 0o755, "empty": fs.ModeDir | 0o700,
			}),
		},
		"packed without modes": {
			entries: []rawEntry{
				{name: rawTop + "lib/", dos: true},
				{name: rawTop + "lib/a.jar", dos: true}, {name: rawTop + "lib/b.sh", dos: true},
			},
			want: with(map[string]fs.FileMode{
				"lib": fs.ModeDir | 0o755, "lib/a.jar": 0o644, "lib/b.sh": 0o755,
			}),
		},
		"beyond ASCII": {
			entries: named(below("café", "caff", "größe", "한글", "na\u0308me")...),
			want:    with(plainFiles("café", "caff", "größe", "한글", "na\u0308me")),
		},
		"something beside its folder": {
			entries: named("README", "samples/setup.sh", "samples/security/x", "setup.sh"), want: plain,
		},
		"names that are nearly devices": {
			entries: named(below("console", "com", "com10", "auxiliary.jar", "lpt", ".con")...),
			want:    with(plainFiles("console", "com", "com10", "auxiliary.jar", "lpt", ".con")),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.unpack(t)
		})
	}
}

// TestPackageKinds: what is no file is not opened, and not waited for.
func TestPackageKinds(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var no *Error
	if _, err := Open(t.Context(), dir); !errors.As(err, &no) || no.Kind != Unusable {
		t.Errorf("a folder: %v", err)
	}
	if _, err := Open(t.Context(), filepath.Join(dir, "none")); !errors.As(err, &no) || no.Kind != Missing {
		t.Errorf("nothing: %v", err)
	}
	path := filepath.Join(dir, "package.zip")
	if err := os.WriteFile(path, rawZip(t, rawEnd{}, rawPackage()...), 0o644); err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Open(ended, path); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// TestBelow: what will be unpacked is listed by its path there, with its mode.
func TestBelow(t *testing.T) {
	t.Parallel()
	entries := rawPackage(rawEntry{name: "README", content: "x"}, rawEntry{name: rawTop + "lib/", mode: 0o040750})
	entries[0].mode = 0o100644
	path := filepath.Join(t.TempDir(), "package.zip")
	if err := os.WriteFile(path, rawZip(t, rawEnd{}, entries...), 0o644); err != nil {
		t.Fatal(err)
	}
	p, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	want := map[string]fs.FileMode{"setup.sh": 0o644, "setup.bat": 0o644, "security/README": 0o644, "lib/": 0o750}
	if d := cmp.Diff(want, p.Below()); d != "" {
		t.Error(d)
	}
}

// FuzzPackage: whatever an archive holds, what is taken is unpacked below its
// folder and nowhere else.
func FuzzPackage(f *testing.F) {
	var t testing.T
	f.Add(rawZip(&t, rawEnd{}, rawPackage()...))
	f.Add(
		rawZip(
			&t,
			rawEnd{comment: "x", count64: is(uint64(4))},
			rawPackage(
				rawEntry{name: rawTop + "lib/a", content: "aaaaaaaaaaaaaaaa", method: 8, zip64: true},
			)...),
	)
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
		target := filepath.Join(deep, "target")
		err := Unpack(t.Context(), path, target, TempDir(target, Unpacking, false), func(int64, int64) {})
		holds := map[string]string{dir: "a package.zip", filepath.Join(dir, "a"): "b", deep: "target"}
		for at, want := range holds {
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
