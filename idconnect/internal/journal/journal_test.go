package journal_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idconnect-go/upgrade/idconnect/internal/journal"
	"github.com/idconnect-go/upgrade/internal/symlink"
	"github.com/idconnect-go/upgrade/keystore"
)

const target = "https://localhost:9443/openidm/"

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// openAt opens the journal of the state folder dir, of a target without a folder.
func openAt(t *testing.T, dir string) (*journal.Journal, error) {
	t.Helper()
	return placeAt(t, dir, "").Open()
}

func placeAt(t *testing.T, dir, folder string) *journal.Place {
	t.Helper()
	p, err := journal.Find(t.Context(), journal.Target{StateDir: dir, Folder: folder, URL: target})
	must(t, err)
	return p
}

// TestUnusable: what an earlier run remembered and nobody can use is an error of a kind, and changes nothing.
func TestUnusable(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "journal.json")
	write := func(text string) func() error {
		return func() error { return os.WriteFile(path, []byte(text), 0o600) }
	}
	with := func(members string) func() error {
		return write(fmt.Sprintf(`{"version":2,"target":%q,%s}`, target, members))
	}
	const date = `"began":"2026-11-28T06:46:51Z"`
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
		"another type":    {with(`"setup":"done"`), journal.Damaged},
		"unknown member":  {with(`"migrata":{` + date + `}`), journal.Damaged},
		"no date":         {with(`"migrate":{}`), journal.Damaged},
		"a null store":    {with(`"stores":[null]`), journal.Damaged},
		"an empty store":  {with(`"stores":[{` + date + `}]`), journal.Damaged},
		"a file outside":  {with(`"unpack":{` + date + `,"files":{"../x":{}}}`), journal.Damaged},
		"no checksum":     {write(fmt.Sprintf(`{"version":3,"target":%q}`, target)), journal.Damaged},
		"a late checksum": {with(`"checksum":"00"`), journal.Damaged},
		"a later version": {write(fmt.Sprintf(`{"version":99,"target":%q}`, target)), journal.OtherVersion},
		"another target":  {write(other), journal.OtherTarget},
		"a store outside": {with(`"stores":[{` + date + `,"changes":{"path":"/etc/passwd","sha256":"00"}}]`),
			journal.Outside},
		"a folder": {func() error { return os.Mkdir(path, 0o700) }, journal.Unreadable},
		"a link": {func() error {
			return errors.Join(with(`"setup":{`+date+`}`)(), os.Rename(path, path+".real"),
				os.Symlink("journal.json.real", path))
		}, journal.Unreadable},
		"too large": {func() error {
			return errors.Join(os.WriteFile(path, nil, 0o600), os.Truncate(path, 65<<20))
		}, journal.Damaged},
	} {
		if name == "a link" && !symlink.Work() {
			continue
		}
		must(t, os.RemoveAll(path))
		must(t, c.make())
		before, err := os.Lstat(path)
		must(t, err)
		j, err := openAt(t, dir)
		var no *journal.Error
		if !errors.As(err, &no) || no.Kind != c.kind || no.Path != path || no.Remedy() == "" || j != nil ||
			!strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", name, err)
		}
		if after, err := os.Lstat(path); err != nil || after.Size() != before.Size() ||
			after.ModTime() != before.ModTime() {
			t.Errorf("%s was changed: %v", name, err)
		}
	}
}

// TestRecorded: a journal that an earlier release wrote is read, and keeps what it says in the form of this one.
func TestRecorded(t *testing.T) {
	t.Parallel()
	recorded, err := os.ReadFile(filepath.Join("testdata", "version-2.json"))
	must(t, err)
	dir := t.TempDir()
	path := filepath.Join(dir, "journal.json")
	folder := filepath.Join(dir, "salesforceIdConnect")
	quoted, err := json.Marshal(folder)
	must(t, err)
	recorded = bytes.ReplaceAll(recorded, []byte("/srv/idc716/salesforceIdConnect"), bytes.Trim(quoted, `"`))
	must(t, os.WriteFile(path, recorded, 0o600))
	j, err := placeAt(t, dir, folder).Open()
	must(t, err)
	check := func() {
		t.Helper()
		if len(j.Unpack.Files) != 4 || len(j.Stores) != 2 || !j.Note("setup").IsEnded() ||
			!j.Note("configure").IsEnded() || !j.Note("migrate").IsEnded() || j.Unpack.IsOpen() ||
			j.Configure.InstanceURL == "" ||
			j.Stores[0].Changes.Path != filepath.Join(folder, "security", "keystore.jceks") {
			t.Errorf("%+v", j)
		}
	}
	check()
	must(t, j.Save())
	j, err = placeAt(t, dir, folder).Open()
	must(t, err)
	check()
	again, err := os.ReadFile(j.Path())
	must(t, err)
	golden, err := os.ReadFile(filepath.Join("testdata", "version-3.json"))
	must(t, err)
	if d := cmp.Diff(string(golden), string(again)); d != "" {
		t.Error(d)
	}
	// The folder was moved, and the journal with it.
	moved := filepath.Join(t.TempDir(), "moved")
	j, err = placeAt(t, dir, moved).Open()
	must(t, err)
	if got := j.Stores[0].Changes.Path; got != filepath.Join(moved, "security", "keystore.jceks") {
		t.Error(got)
	}
}

// TestFlips: whatever bit of a journal is another one, it is not read.
func TestFlips(t *testing.T) {
	t.Parallel()
	golden, err := os.ReadFile(filepath.Join("testdata", "version-3.json"))
	must(t, err)
	dir := t.TempDir()
	place := placeAt(t, dir, "/srv/idc716/salesforceIdConnect")
	path := filepath.Join(dir, "journal.json")
	must(t, os.WriteFile(path, golden, 0o600))
	_, err = place.Open()
	must(t, err)
	for i := range golden {
		bit := i % 8 // all of them would take ten seconds
		flipped := append([]byte(nil), golden...)
		flipped[i] ^= 1 << bit
		must(t, os.WriteFile(path, flipped, 0o600))
		if _, err := place.Open(); err == nil {
			t.Errorf("byte %d, bit %d: %q is read", i, bit, flipped[max(i-10, 0):min(i+10, len(flipped))])
		}
	}
}

// FuzzOpen: a journal that somebody planted, with its checksum made to fit, is an error or leads nowhere but to stores
// and their backups below the target's folder.
func FuzzOpen(f *testing.F) {
	for _, name := range []string{"version-2.json", "version-3.json"} {
		seed, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(seed)
	}
	const head = `{"version":3,"target":"` + target + `","stores":[`
	const note = `"began":"2026-11-28T06:46:51Z"`
	for _, stores := range []string{"null", `{` + note + `,"changes":{"path":"../x","sha256":"0"}}`,
		`{` + note + `,"changes":{"path":"a","backup":"b","sha256":"0"}}`,
		`{` + note + `,"changes":{"path":"link/x","sha256":"0"}}`} {
		f.Add([]byte(head + stores + "]}"))
	}
	symlink.Need(f)
	folder := filepath.Join(f.TempDir(), "salesforceIdConnect")
	outside := f.TempDir()
	if err := errors.Join(os.Mkdir(folder, 0o700), os.Symlink(outside, filepath.Join(folder, "link"))); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		dir := t.TempDir()
		path := filepath.Join(dir, "journal.json")
		for _, written := range [][]byte{content, journal.Reseal(content)} {
			must(t, os.WriteFile(path, written, 0o600))
			j, err := placeAt(t, dir, folder).Open()
			if err != nil {
				continue
			}
			for _, s := range j.Stores {
				for _, p := range []string{s.Changes.Path, s.Changes.Backup} {
					real, err := filepath.EvalSymlinks(filepath.Dir(p))
					if p != "" && (!strings.HasPrefix(p, folder+string(filepath.Separator)) ||
						err == nil && real != folder && !strings.HasPrefix(real, folder+string(filepath.Separator))) {
						t.Errorf("%q leads out of the folder", p)
					}
				}
			}
			if j.Unpack != nil {
				for name := range j.Unpack.Files {
					if !filepath.IsLocal(name) {
						t.Errorf("%q leads out of the folder", name)
					}
				}
			}
			must(t, j.Save())
		}
	})
}

// TestNotes: an intent without an outcome survives, and one that was never begun is neither open nor ended.
func TestNotes(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "deep", "state")
	j, err := openAt(t, dir)
	must(t, err)
	if j.Note("setup").IsOpen() || j.Note("setup").IsEnded() || j.Note("configure") != nil {
		t.Errorf("%+v", j)
	}
	j.Setup = &journal.Setup{Note: journal.Begin(), Mark: "a1", PID: 17}
	must(t, j.Save())
	j, err = openAt(t, dir)
	must(t, err)
	if !j.Note("setup").IsOpen() || j.Note("setup").IsEnded() {
		t.Errorf("%+v", j.Setup)
	}
	j.Setup.End()
	if j.Note("setup").IsOpen() || !j.Note("setup").IsEnded() || j.Setup.PID != 0 {
		t.Errorf("%+v", j.Setup)
	}
}

// TestPaths: a path comes back byte for byte, whatever its encoding.
func TestPaths(t *testing.T) {
	t.Parallel()
	latin, escaped := "M\xfcnchen", "escaped:x"
	if runtime.GOOS == "windows" { // whose names are UTF-16, without colons
		latin, escaped = "München", "escaped%3Ax"
	}
	dir, folder := t.TempDir(), filepath.Join(t.TempDir(), latin)
	for _, name := range []string{"security/keystore", latin + "/%20", escaped, "München/\u202e"} {
		j, err := placeAt(t, dir, folder).Open()
		must(t, err)
		path := filepath.Join(folder, name)
		backup := path + ".backup-20261128-093000"
		j.Unpack = &journal.Unpack{Note: journal.Begin(), Files: map[string]journal.File{name: {Size: 3}}}
		j.Stores = []*journal.Store{{Note: journal.Begin(),
			Changes: keystore.Changes{Path: path, Backup: backup, SHA256: "00"}}}
		must(t, j.Save())
		j, err = placeAt(t, dir, folder).Open()
		must(t, err)
		c := j.Stores[0].Changes
		if c.Path != path || c.Backup != backup || j.Unpack.Files[name].Size != 3 {
			t.Errorf("%q: %q, %q, %v", path, c.Path, c.Backup, j.Unpack.Files)
		}
	}
}
