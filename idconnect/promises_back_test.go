package idconnect_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/keystore"
)

var promisesBack = []promise{
	{"a set-up killed after the password is waited for, and one server runs", setupKilled},
	{"a set-up whose server died is run again", setupServerDied},
	{"no set-up is started beside a server that is not ready yet", setupBesideServer},
	{"yes is typed only to overwrite an entry", setupQuestions},
	{"keytool is answered in its languages", setupLanguages},
	{"no program that is started has a password in its environment", childEnvironment},
	{"stores that a server rewrote with the same entries are put back", rewrittenStores},
	{"a store to which our own server added entries is kept beside", addedEntries},
	{"a store with an entry of somebody else is not put back", changedStore},
	{"no folder is removed under a server that does not answer", rollbackUnderServer},
	{"a process that has ended and was not waited for is no server", zombieIsNoServer},
	{"an empty folder that others added is named and left", addedFolder},
	{"a path that is not UTF-8 comes back", notUTF8},
	{"a link to an empty folder stays a link", linkToEmptyFolder},
	{"an empty mount point is unpacked into, and emptied", emptyMountPoint},
	{"the disk that is measured is the one that is written to", measuredDisk},
	{"an empty folder of the target blocks no run", emptyTargetFolder},
	{"after a rollback the traces of our own server block no run", ownTraces},
	{"a server that others started since a rollback is seen", foreignTraces},
	{"the version in the name of a bundle is seen in both forms", bundleForms},
	{"what export proves is what it writes", exportProves},
}

// backTo rolls back, and checks that what is beside the source is what it was.
func (w *world) backTo(t *testing.T, want map[string]string, step string) {
	t.Helper()
	if _, err := w.u.Rollback(t.Context(), step); err != nil {
		t.Errorf("%v (%s)", err, idconnect.RemedyOf(err))
	} else if d := cmp.Diff(want, w.around(t)); d != "" {
		t.Error(d)
	}
}

// run carries out some steps.
func (w *world) run(t *testing.T, steps ...string) {
	t.Helper()
	w.u.Steps = steps
	_, err := w.u.Run(t.Context())
	must(t, err)
	w.u.Steps = nil
}

// unpacks are the steps before a server starts.
var unpacks = []string{idconnect.StepUnpack, idconnect.StepStores}

// rewrite writes a store of the target anew, with its entries in another order,
// as a server does when it starts.
func (w *world) rewrite(t *testing.T, name string, change func(*keystore.Store)) {
	t.Helper()
	path := filepath.Join(w.u.TargetDir, "security", name)
	password := keystore.NewPassword("changeit")
	before, err := os.ReadFile(path)
	must(t, err)
	s, err := keystore.Open(path, password)
	must(t, err)
	change(s)
	var b bytes.Buffer
	must(t, s.Encode(&b, password))
	if bytes.Equal(b.Bytes(), before) {
		t.Fatalf("%s was not rewritten", name)
	}
	must(t, os.WriteFile(path, b.Bytes(), 0o600))
}

// reorder puts a certificate of a store behind the others.
func reorder(t *testing.T) func(*keystore.Store) {
	return func(s *keystore.Store) {
		for e := range s.Entries() {
			if e.Kind == keystore.TrustedCertificate {
				chain, err := e.Certificates()
				must(t, err)
				s.Delete(e.Alias)
				must(t, s.PutCertificate(e.Alias, chain[0], keystore.PutOptions{Created: e.Created.Add(time.Hour)}))
				return
			}
		}
		t.Fatal("no certificate")
	}
}

func rewrittenStores(t *testing.T) {
	w := crashWorld(t)
	// A trusted certificate in the keystore, too, so that there is something to move.
	source := filepath.Join(w.u.SourceDir, "security")
	password := keystore.NewPassword("changeit")
	for _, name := range []string{"keystore.jceks", "truststore"} {
		s, err := keystore.Open(filepath.Join(source, name), password)
		must(t, err)
		for _, alias := range []string{"one", "two"} {
			must(t, s.PutCertificate(alias, w.source.Certificate(), keystore.PutOptions{}))
		}
		must(t, keystore.WriteFile(filepath.Join(source, name), s, password))
	}
	must(t, os.MkdirAll(filepath.Dir(w.u.TargetDir), 0o755))
	before := w.around(t)
	w.run(t, unpacks...)
	w.rewrite(t, "truststore", reorder(t))
	w.rewrite(t, "keystore.jceks", reorder(t))
	w.backTo(t, before, "")
}

func addedEntries(t *testing.T) {
	w := crashRan(t, append(unpacks, idconnect.StepJava, idconnect.StepSetup)...)
	w.u.Steps = nil
	w.running(t).Close()
	path := filepath.Join(w.u.TargetDir, "security", "truststore")
	was, err := os.ReadFile(path)
	must(t, err)
	w.rewrite(t, "truststore", func(s *keystore.Store) {
		must(t, s.PutCertificate("made-at-the-first-start", w.source.Certificate(), keystore.PutOptions{}))
	})
	added, err := os.ReadFile(path)
	must(t, err)
	results, err := w.u.Rollback(t.Context(), idconnect.StepStores)
	if err != nil || !strings.Contains(fmt.Sprint(results), "made-at-the-first-start") {
		t.Errorf("%v, %v", results, err)
	}
	back, err := os.ReadFile(path)
	must(t, err)
	beside, err := filepath.Glob(path + ".rolled-back-*")
	must(t, err)
	if len(beside) != 1 || bytes.Equal(back, was) {
		t.Fatalf("%v", beside)
	}
	if kept, err := os.ReadFile(beside[0]); err != nil || !bytes.Equal(kept, added) {
		t.Errorf("what was kept: %v", err)
	}
}

func changedStore(t *testing.T) {
	w := crashRan(t, unpacks...)
	w.rewrite(t, "truststore", func(s *keystore.Store) {
		must(t, s.PutCertificate("of-somebody-else", w.source.Certificate(), keystore.PutOptions{}))
	})
	changed := w.around(t)
	_, err := w.u.Rollback(t.Context(), "")
	if !errors.Is(err, keystore.ErrChangedSince) || !strings.Contains(idconnect.RemedyOf(err), "Upgrade.RemoveAdded") {
		t.Errorf("%v", err)
	}
	if d := cmp.Diff(changed, w.around(t)); d != "" {
		t.Error(d)
	}
}

func addedFolder(t *testing.T) {
	w := crashRan(t, idconnect.StepUnpack)
	must(t, os.Mkdir(filepath.Join(w.u.TargetDir, "security", "theirs"), 0o755))
	_, err := w.u.Rollback(t.Context(), "")
	var added *idconnect.AddedError
	if !errors.As(err, &added) || !slices.Equal(added.Files, []string{"security/theirs/"}) {
		t.Errorf("%v", err)
	}
	w.removesAll(t)
}

func notUTF8(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs names that are bytes")
	}
	w := crashWorld(t)
	site, err := w.Sibling(filepath.Join(w.dir, "M\xfcnchen"), "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { must(t, site.Close()) })
	w = newSite(site)
	before := w.around(t)
	w.run(t, unpacks...)
	stores := w.around(t)
	w.run(t)
	w.running(t).Close()
	w.u.RemoveAdded = true
	w.backTo(t, before, "")
	if len(stores) <= len(before) {
		t.Error("nothing was copied")
	}
}

func linkToEmptyFolder(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("needs links")
	}
	w := crashWorld(t)
	real := otherDisk(t)
	must(t, os.MkdirAll(filepath.Dir(w.u.TargetDir), 0o755))
	must(t, os.Symlink(real, w.u.TargetDir))
	before, err := os.Stat(real)
	must(t, err)
	w.run(t, unpacks...)
	if !exists(filepath.Join(real, "security", "keystore.jceks")) {
		t.Error("not unpacked where the link leads")
	}
	_, err = w.u.Rollback(t.Context(), "")
	must(t, err)
	after, err := os.Stat(real)
	must(t, err)
	left, err := os.ReadDir(real)
	must(t, err)
	to, err := os.Readlink(w.u.TargetDir)
	if err != nil || to != real || len(left) > 0 || before.Mode() != after.Mode() ||
		!before.ModTime().Equal(after.ModTime()) {
		t.Errorf("%v, to %s, with %v", err, to, left)
	}
}

// otherDisk is an empty folder, on another disk where there is one.
func otherDisk(t *testing.T) string {
	t.Helper()
	for _, disk := range []string{"/dev/shm", "/var/tmp", os.TempDir()} {
		if dir, err := os.MkdirTemp(disk, "idc716"); err == nil && !sameDisk(dir, t.TempDir()) || disk == os.TempDir() {
			must(t, err)
			t.Cleanup(func() { os.RemoveAll(dir); os.RemoveAll(dir + ".upgrade") })
			return dir
		} else if err == nil {
			os.RemoveAll(dir)
		}
	}
	return ""
}

func emptyTargetFolder(t *testing.T) {
	w := crashWorld(t)
	must(t, os.MkdirAll(filepath.Dir(w.u.TargetDir), 0o755))
	before["empty folder"](t, w)
	was := w.around(t)
	plan, err := w.u.Plan(t.Context())
	must(t, err)
	if blocking := plan.Findings.Blocking(); len(blocking) > 0 {
		t.Errorf("%v", blocking)
	}
	w.run(t)
	w.running(t).Close()
	w.u.RemoveAdded = true
	w.backTo(t, was, "")
	// What a rollback leaves is no hindrance, either.
	if plan, err = w.u.Plan(t.Context()); err != nil || len(plan.Findings.Blocking()) > 0 {
		t.Errorf("%v, %v", err, plan.Findings.Blocking())
	}
}

// ranOnce is a world whose server ran from its folder, and left its traces there.
func ranOnce(t *testing.T) *world {
	t.Helper()
	w := crashRan(t, append(unpacks, idconnect.StepJava, idconnect.StepSetup)...)
	w.u.Steps = nil
	w.running(t).Close()
	cache := filepath.Join(w.u.TargetDir, "felix-cache", "bundle0")
	must(t, os.MkdirAll(cache, 0o755))
	must(t, os.WriteFile(filepath.Join(cache, "bundle.id"), nil, 0o644))
	_, err := w.u.Rollback(t.Context(), idconnect.StepStores)
	must(t, err)
	return w
}

func ownTraces(t *testing.T) {
	w := ranOnce(t)
	w.run(t, idconnect.StepStores)
}

func foreignTraces(t *testing.T) {
	w := ranOnce(t)
	later := time.Now().Add(time.Hour)
	must(t, os.Chtimes(filepath.Join(w.u.TargetDir, "felix-cache", "bundle0"), later, later))
	w.u.Steps = []string{idconnect.StepStores}
	report, err := w.u.Run(t.Context())
	if !errors.Is(err, preflight.ErrBlocked) || !report.Findings.Blocking().Has("TARGET-STARTED-TOO-EARLY") {
		t.Errorf("%v", err)
	}
}

func bundleForms(t *testing.T) {
	for _, name := range []string{"openidm-system-7.0.2.jar",
		"org.openidentityplatform.openidm.openidm-core-7.0.2.jar"} {
		w := crashRan(t, idconnect.StepUnpack)
		bundle := filepath.Join(w.u.TargetDir, "bundle")
		must(t, os.Mkdir(bundle, 0o755))
		must(t, os.WriteFile(filepath.Join(bundle, name), nil, 0o644))
		plan, err := w.u.Plan(t.Context())
		must(t, err)
		if !plan.Findings.Blocking().Has("TARGET-FOLDER-VERSION") {
			t.Errorf("%s: %v", name, plan.Findings)
		}
	}
}

// measuredDisk: the target's folder is a link to a disk that is full, beside
// which there is room.
func measuredDisk(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("needs links")
	}
	w := crashWorld(t)
	real := otherDisk(t)
	must(t, os.MkdirAll(filepath.Dir(w.u.TargetDir), 0o755))
	must(t, os.Symlink(real, w.u.TargetDir))
	w.u.OnDisks(func(dir string) uint64 {
		if at, err := filepath.EvalSymlinks(dir); err == nil && at == real {
			return 100
		}
		return 1 << 50
	})
	plan, err := w.u.Plan(t.Context())
	must(t, err)
	if !plan.Findings.Blocking().Has("DISK-SPACE") {
		t.Errorf("%v", plan.Findings)
	}
	// A part of the way that does not exist yet is made on the disk above it.
	w.u.TargetDir = filepath.Join(w.u.TargetDir, "new", "idc716")
	w.u.StateDir = filepath.Join(w.dir, "state")
	plan, err = w.u.Plan(t.Context())
	must(t, err)
	if !plan.Findings.Blocking().Has("DISK-SPACE") {
		t.Errorf("below it: %v", plan.Findings)
	}
}
