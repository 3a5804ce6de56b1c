package journal_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idconnect-go/upgrade/idconnect/internal/journal"
	"github.com/idconnect-go/upgrade/keystore"
)

const target = "https://localhost:9443/openidm/"

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestUnusable: what an earlier run remembered and nobody can use is an error of a kind, and changes nothing.
func TestUnusable(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "journal.json")
	write := func(text string) func() error {
		return func() error { return os.WriteFile(path, []byte(text), 0o600) }
	}
	otherType := fmt.Sprintf(`{"version":2,"target":%q,"setup":"done"}`, target)
	other := `{"version":2,"target":"https://other.example.com/openidm/"}`
	for name, c := range map[string]struct {
		make func() error
		kind journal.Kind
	}{
		"empty":           {write(""), journal.Damaged},
		"half":            {write(`{"version":2,"target":"` + target), journal.Damaged},
		"null":            {write("null"), journal.Damaged},
		"another form":    {write("[]"), journal.Damaged},
		"more behind":     {write(fmt.Sprintf(`{"version":2,"target":%q} {}`, target)), journal.Damaged},
		"another type":    {write(otherType), journal.Damaged},
		"a later version": {write(fmt.Sprintf(`{"version":99,"target":%q}`, target)), journal.OtherVersion},
		"another target":  {write(other), journal.OtherTarget},
		"a folder":        {func() error { return os.Mkdir(path, 0o700) }, journal.Unreadable},
		"too large": {func() error {
			return errors.Join(os.WriteFile(path, nil, 0o600), os.Truncate(path, 65<<20))
		}, journal.Damaged},
	} {
		must(t, os.RemoveAll(path))
		must(t, c.make())
		before, err := os.Stat(path)
		must(t, err)
		j, err := journal.Open(dir, target)
		var no *journal.Error
		if !errors.As(err, &no) || no.Kind != c.kind || no.Path != path || no.Remedy() == "" || j != nil ||
			!strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", name, err)
		}
		if after, err := os.Stat(path); err != nil || after.Size() != before.Size() ||
			after.ModTime() != before.ModTime() {
			t.Errorf("%s was changed: %v", name, err)
		}
	}
}

// TestRecorded: a journal that an earlier release wrote is read, and written again as it was.
func TestRecorded(t *testing.T) {
	t.Parallel()
	recorded, err := os.ReadFile(filepath.Join("testdata", "version-2.json"))
	must(t, err)
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "journal.json"), recorded, 0o600))
	j, err := journal.Open(dir, target)
	must(t, err)
	if len(j.Unpack.Files) != 4 || len(j.Stores) != 2 || !j.Setup.IsEnded() || !j.ConfigureNote().IsEnded() ||
		!j.Migrate.IsEnded() || j.Unpack.IsOpen() || j.Configure.InstanceURL == "" {
		t.Errorf("%+v", j)
	}
	must(t, j.Save())
	again, err := os.ReadFile(j.Path())
	must(t, err)
	if d := cmp.Diff(string(recorded), string(again)); d != "" {
		t.Error(d)
	}
}

// TestNotes: an intent without an outcome survives, and one that was never begun is neither open nor ended.
func TestNotes(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "deep", "state")
	j, err := journal.Open(dir, target)
	must(t, err)
	if j.Setup.IsOpen() || j.Setup.IsEnded() || j.ConfigureNote() != nil {
		t.Errorf("%+v", j)
	}
	j.Setup = &journal.Setup{Note: journal.Begin(), Mark: "a1", PID: 17}
	must(t, j.Save())
	j, err = journal.Open(dir, target)
	must(t, err)
	if !j.Setup.IsOpen() || j.Setup.IsEnded() {
		t.Errorf("%+v", j.Setup)
	}
	j.Setup.End()
	if j.Setup.IsOpen() || !j.Setup.IsEnded() || j.Setup.PID != 0 {
		t.Errorf("%+v", j.Setup)
	}
}

// TestPaths: a path comes back byte for byte, whatever its encoding.
func TestPaths(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, path := range []string{"/srv/idc716", "/srv/M\xfcnchen/%20", "escaped:x", "/srv/München/\u202e"} {
		j, err := journal.Open(dir, target)
		must(t, err)
		j.Unpack = &journal.Unpack{Note: journal.Begin(), Files: map[string]journal.File{path: {Size: 3}}}
		j.Stores = []*journal.Store{{Changes: keystore.Changes{Path: path, Backup: path + ".backup"}}}
		must(t, j.Save())
		j, err = journal.Open(dir, target)
		must(t, err)
		c := j.Stores[0].Changes
		if c.Path != path || c.Backup != path+".backup" || j.Unpack.Files[path].Size != 3 {
			t.Errorf("%q: %q, %q, %v", path, c.Path, c.Backup, j.Unpack.Files)
		}
	}
}

// TestLock: one holds it at a time, and asking for one that does not exist makes nothing.
func TestLock(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "state")
	if l, err := journal.TryExisting(dir); l != nil || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v, %v", l, err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
	held, err := journal.TryLock(dir)
	must(t, err)
	for name, take := range map[string]func(string) (*journal.Lock, error){
		"try": journal.TryLock, "existing": journal.TryExisting,
	} {
		if l, err := take(dir); l != nil || !errors.Is(err, journal.ErrLocked) {
			t.Errorf("%s: %v, %v", name, l, err)
		}
	}
	must(t, held.Release())
	again, err := journal.TryExisting(dir)
	must(t, err)
	must(t, again.Release())
	must(t, (*journal.Lock)(nil).Release())
	if _, err := os.Stat(journal.LockPath(dir)); err != nil {
		t.Error(err)
	}
}
