package journal_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/idconnect/internal/journal"
	"github.com/idconnect-go/upgrade/internal/symlink"
)

// TestLock: one holds it at a time, and asking for one that does not exist makes nothing.
func TestLock(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "state")
	p := placeAt(t, dir, "")
	if l, err := p.TryExisting(); l != nil || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v, %v", l, err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
	held, err := p.TryLock()
	must(t, err)
	for name, take := range map[string]func() (*journal.Lock, error){
		"try": p.TryLock, "existing": p.TryExisting,
	} {
		var locked *journal.LockedError
		if l, err := take(); l != nil || !errors.As(err, &locked) || locked.Path != filepath.Join(dir, "lock") {
			t.Errorf("%s: %v, %v", name, l, err)
		}
	}
	must(t, held.Release())
	again, err := p.TryExisting()
	must(t, err)
	if !again.Whole() {
		t.Error("not the whole lock")
	}
	must(t, again.Release())
	must(t, (*journal.Lock)(nil).Release())
	if _, err := os.Stat(filepath.Join(dir, "lock")); err != nil {
		t.Error(err)
	}
}

// machine is a user's state folder, a target's folder, and names for a server.
type machine struct {
	user, folder string
	names        map[string][]string
}

func newMachine(t *testing.T) *machine {
	t.Helper()
	real, err := filepath.EvalSymlinks(t.TempDir())
	must(t, err)
	m := &machine{user: filepath.Join(real, "user"), folder: filepath.Join(real, "idc"), names: map[string][]string{
		"localhost": {"::1", "127.0.0.1"}, "127.0.0.1": {"127.0.0.1"}, "::1": {"::1"}, "debian": {"127.0.1.1"},
		"idc716.example.com": {"192.0.2.7", "2001:db8::7"}, "alias.example.com": {"192.0.2.7"},
		"192.0.2.7": {"192.0.2.7"}, "other.example.com": {"192.0.2.8"},
	}}
	must(t, os.Mkdir(m.folder, 0o755))
	if symlink.Work() {
		must(t, os.Symlink(m.folder, filepath.Join(real, "link")))
	}
	return m
}

func (m *machine) find(t *testing.T, stateDir, folder, url string) (*journal.Place, error) {
	t.Helper()
	return journal.Find(t.Context(), journal.Target{
		StateDir: stateDir, Folder: folder, URL: url, UserDir: m.user,
		Lookup: func(_ context.Context, host string) ([]string, error) {
			if a, ok := m.names[host]; ok {
				return a, nil
			}
			return nil, errors.New("no such host")
		},
	})
}

// sent lets the upgrade of a place send migrate.
func sent(t *testing.T, p *journal.Place) {
	t.Helper()
	l, err := p.TryLock()
	must(t, err)
	j, err := p.Open()
	must(t, err)
	j.Migrate = &journal.Request{Note: journal.Begin()}
	must(t, j.Save())
	must(t, l.Release())
}

// TestOnePlace: every spelling of a target leads to the one journal, and to the one lock.
func TestOnePlace(t *testing.T) {
	t.Parallel()
	symlink.Need(t)
	m := newMachine(t)
	const url = "https://idc716.example.com:9443/openidm/"
	first, err := m.find(t, "", m.folder, url)
	must(t, err)
	sent(t, first)
	held, err := first.TryLock()
	must(t, err)
	defer held.Release()
	link := filepath.Join(filepath.Dir(m.folder), "link")
	for _, c := range [][2]string{
		{m.folder + "/.", url}, {link, url}, {link + "/", url}, {"", url},
		{"", "https://IDC716.example.com.:9443/openidm"}, {"", "https://192.0.2.7:9443/openidm/"},
		{link, "https://alias.example.com:9443/openidm//"},
	} {
		p, err := m.find(t, "", c[0], c[1])
		if err != nil {
			t.Errorf("%v: %v", c, err)
			continue
		}
		j, err := p.Open()
		if p.Dir != m.folder+".upgrade" || err != nil || !j.Note("migrate").IsOpen() {
			t.Errorf("%v: %s, %v", c, p.Dir, err)
		}
		var locked *journal.LockedError
		if _, err := p.TryLock(); !errors.As(err, &locked) {
			t.Errorf("%v: %v", c, err)
		}
	}
	// Also where the server says nothing of who answers.
	for _, folder := range []string{link, link + "/../idc", m.folder} {
		p, err := journal.Find(t.Context(), journal.Target{Folder: folder, URL: url, UserDir: m.user})
		must(t, err)
		if p.Dir != m.folder+".upgrade" {
			t.Errorf("%s: %s", folder, p.Dir)
		}
	}
	// Others are others.
	for _, url := range []string{"https://other.example.com:9443/openidm/", "https://idc716.example.com:9444/openidm/",
		"https://idc716.example.com:9443/second/openidm/"} {
		p, err := m.find(t, "", "", url)
		must(t, err)
		if l, err := p.TryLock(); p.Dir == first.Dir || err != nil {
			t.Errorf("%s: %s, %v", url, p.Dir, err)
		} else {
			must(t, l.Release())
		}
	}
}

// TestOtherPlace: a server that was sent a request by another upgrade is refused, with what to do, and the state
// folder that was asked for is taken where nothing was sent.
func TestOtherPlace(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	const url = "https://localhost:9443/openidm/"
	asked := filepath.Join(m.user, "asked")
	first, err := m.find(t, asked, m.folder, url)
	must(t, err)
	if first.Dir != asked {
		t.Error(first.Dir)
	}
	sent(t, first)
	if p, err := m.find(t, "", m.folder, url); err != nil || p.Dir != asked {
		t.Errorf("by its folder: %v, %v", p, err)
	}
	second := filepath.Join(filepath.Dir(m.folder), "second")
	for _, c := range [][3]string{
		{"", second, url}, {m.user, "", url}, {m.user, m.folder, "https://debian:9443/openidm/"},
	} {
		var other *journal.Error
		_, err := m.find(t, c[0], c[1], c[2])
		if !errors.As(err, &other) || other.Kind != journal.OtherPlace || !strings.Contains(err.Error(), asked) ||
			!strings.Contains(other.Remedy(), ".json") {
			t.Errorf("%v: %v", c, err)
		}
	}
	must(t, os.RemoveAll(asked))
	if p, err := m.find(t, "", second, url); err != nil || p.Dir != second+".upgrade" {
		t.Errorf("the first is gone: %v, %v", p, err)
	}
}

// TestMoved: a folder that was moved with its journal is found, and one that was moved alone is an error.
func TestMoved(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	const url = "https://localhost:9443/openidm/"
	first, err := m.find(t, "", m.folder, url)
	must(t, err)
	sent(t, first)
	moved := m.folder + "-moved"
	must(t, os.Rename(m.folder, moved))
	var other *journal.Error
	if _, err := m.find(t, "", moved, url); !errors.As(err, &other) || other.Kind != journal.OtherPlace {
		t.Errorf("moved alone: %v", err)
	}
	must(t, os.Rename(m.folder+".upgrade", moved+".upgrade"))
	p, err := m.find(t, "", moved, url)
	must(t, err)
	if j, err := p.Open(); err != nil || !j.Note("migrate").IsOpen() {
		t.Errorf("moved with its journal: %v", err)
	}
}

// TestEarlierLink: a journal that an earlier version kept beside a link is found, by the folder, too, once a run had
// it.
func TestEarlierLink(t *testing.T) {
	t.Parallel()
	symlink.Need(t)
	m := newMachine(t)
	const url = "https://localhost:9443/openidm/"
	link := filepath.Join(filepath.Dir(m.folder), "link")
	must(t, os.Mkdir(link+".upgrade", 0o700))
	must(t, os.WriteFile(filepath.Join(link+".upgrade", "journal.json"),
		[]byte(`{"version":2,"target":"`+url+`","migrate":{"began":"2026-11-28T06:46:51Z"}}`), 0o600))
	for _, folder := range []string{link, m.folder, ""} {
		p, err := m.find(t, "", folder, url)
		must(t, err)
		if p.Dir != link+".upgrade" {
			t.Errorf("%q: %s", folder, p.Dir)
		}
		l, err := p.TryLock()
		must(t, err)
		must(t, l.Release())
	}
}

// TestPointers: what is no pointer is refused with its name.
func TestPointers(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	const url = "https://alias.example.com:9443/openidm/"
	first, err := m.find(t, "", m.folder, url)
	must(t, err)
	sent(t, first)
	files, err := filepath.Glob(filepath.Join(m.user, "idconnect-upgrade", "servers", "*.json"))
	must(t, err)
	byAddress := func(f string) bool { return strings.Contains(f, "192.0.2.7_9443") }
	if len(files) != 2 || !slices.ContainsFunc(files, byAddress) {
		t.Fatal(files)
	}
	for _, content := range []string{"", "{}", "[]", `{"stateDir":"relative"}`, `{"stateDir":7}`} {
		must(t, os.WriteFile(files[0], []byte(content), 0o600))
		var damaged *journal.Error
		if _, err := m.find(t, "", "", url); !errors.As(err, &damaged) || damaged.Path != files[0] {
			t.Errorf("%s: %v", content, err)
		}
	}
}

// TestNoUserDir: a user without a folder for what leads to the journal is told how to name one.
func TestNoUserDir(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	const url = "https://idc716.example.com/openidm/"
	p, err := m.find(t, "", m.folder, url)
	must(t, err)
	must(t, os.MkdirAll(m.user, 0o700))
	must(t, os.WriteFile(filepath.Join(m.user, "idconnect-upgrade"), nil, 0o600))
	l, err := p.TryLock()
	var e *journal.Error
	if l != nil || !errors.As(err, &e) || e.Kind != journal.Unwritable ||
		!strings.Contains(e.Remedy(), "XDG_STATE_HOME") {
		t.Errorf("%v", err)
	}
	_, err = m.find(t, "", m.folder, url)
	if runtime.GOOS == "windows" { // where a file on the way is no error of its own
		return
	}
	if !errors.As(err, &e) || e.Kind != journal.Unreadable {
		t.Errorf("%v", err)
	}
}
