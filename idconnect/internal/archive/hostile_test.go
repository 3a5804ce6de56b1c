package archive

import (
	stdcmp "cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idconnect-go/upgrade/internal/exhaustive"
)

type hostileArchive struct {
	name string
	kind Kind // "" is Hostile
	// entries beside those that a package must have.
	entries []rawEntry
	end     rawEnd
	// whole is the archive where no entries make it.
	whole func(*testing.T) []byte
	// reading: only reading the data shows it.
	reading bool
	// large: left out with -short.
	large bool
}

func named(names ...string) (out []rawEntry) {
	for _, n := range names {
		out = append(out, rawEntry{name: n, content: "evil"})
	}
	return out
}

const rawTop = "salesforceIdConnect/"

var zeros = sync.OnceValue(func() string { return strings.Repeat("\x00", 32<<20) })

// picture is everything below a folder, with modes and sizes.
func picture(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil {
			out[path] = fmt.Sprint(info.Mode(), info.Size(), info.ModTime().UnixNano())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// sampledArchives is how many of the hostile archives are made by default.
const sampledArchives = 40

// TestHostileArchives: each is refused with its kind before the first byte is written. What only its data shows is
// found by reading all of it, and by unpacking, which takes back what it wrote.
func TestHostileArchives(t *testing.T) {
	t.Parallel()
	all := hostileArchives()
	rows := all
	if testing.Short() {
		rows = slices.DeleteFunc(slices.Clone(rows), func(row hostileArchive) bool { return row.large })
	}
	rows = exhaustive.Sample(rows, sampledArchives)
	var refused atomic.Int32
	t.Run("rows", func(t *testing.T) {
		for _, row := range rows {
			t.Run(row.name, func(t *testing.T) {
				t.Parallel()
				if row.refused(t) {
					refused.Add(1)
				}
			})
		}
	})
	fmt.Printf(
		"TestHostileArchives: %d of %d of %d archives refused, nothing written\n",
		refused.Load(),
		len(rows),
		len(all),
	)
}

func (row hostileArchive) bytes(t *testing.T) []byte {
	if row.whole != nil {
		return row.whole(t)
	}
	return rawZip(t, row.end, rawPackage(row.entries...)...)
}

func (row hostileArchive) refused(t *testing.T) (refused bool) {
	dir := t.TempDir()
	deep := filepath.Join(dir, "a", "b", "c", "d")
	path, target := filepath.Join(dir, "package.zip"), filepath.Join(deep, "idc716", "salesforceIdConnect")
	if err := errors.Join(os.MkdirAll(deep, 0o755), os.WriteFile(path, row.bytes(t), 0o644)); err != nil {
		t.Fatal(err)
	}
	before := picture(t, dir)
	kind := stdcmp.Or(row.kind, Hostile)
	is := func(what string, err error) {
		var no *Error
		if !errors.As(err, &no) || no.Kind != kind || no.Remedy() == "" || len(err.Error()) > 3000 {
			t.Errorf("%s: %v", what, err)
		}
	}
	p, err := Open(t.Context(), path)
	if err == nil {
		if row.reading {
			err = p.ReadAll(t.Context())
		}
		p.Close()
	}
	is("opening it", err)
	if d := cmp.Diff(before, picture(t, dir)); d != "" {
		t.Errorf("opening it wrote something:\n%s", d)
	}
	is("unpacking it", Unpack(t.Context(), path, target, TempDir(target, Unpacking, false), func(int64, int64) {}))
	if row.reading { // only the folder above the target remains
		if left, err := os.ReadDir(filepath.Dir(target)); err != nil || len(left) > 0 {
			t.Errorf("left: %v, %v", left, err)
		}
	} else if d := cmp.Diff(before, picture(t, dir)); d != "" {
		t.Errorf("unpacking it wrote something:\n%s", d)
	}
	return !t.Failed()
}
