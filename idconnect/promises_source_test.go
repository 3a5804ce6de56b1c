package idconnect_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/idconnect/report"
)

var promisesSource = slices.Concat(promisesStores, promisesOutput)

// promisesStores are about the target's stores.
var promisesStores = []promise{
	{"a package cannot name a store outside the target's folder", packageNamesStore},
	{"an installation cannot name a store outside the target's folder", targetNamesStore},
	{"a target that is given by a link has its own stores", linkedTarget},
	{"a folder of the target that is a link to the source's is refused", targetLinksToSource},
	{"a store of the target that is a hard link to the source's is refused", targetSharesStore},
	{"a link put in place after preflight is not followed", linkAfterPreflight},
	{"a rollback does not follow a link that was put in place since", linkBeforeRollback},
	{"a target that would be in the source or around it is refused", targetInSource},
	{"a source where the upgrade keeps its own files is refused", sourceBesideTarget},
	{"a source whose store is in the target's folder is refused", sourceStoreInTarget},
	{"a copied keystore is readable by nobody who could not read it before", copiedMode},
}

// picture adds all that is below a folder: kinds, modes, names, contents and where links lead.
func picture(t *testing.T, dir string, all map[string]string) {
	t.Helper()
	everything(t, dir, func(path string, info fs.FileInfo, content []byte) {
		all[path] = fmt.Sprintf("%v %x", info.Mode(), content)
	})
}

// intact makes the check that nothing below the source's folder, or given paths, was changed.
func (w *world) intact(t *testing.T, also ...string) func() {
	t.Helper()
	picture := func() map[string]string {
		all := map[string]string{}
		for _, dir := range append(also, filepath.Dir(w.u.SourceDir)) {
			picture(t, dir, all)
		}
		return all
	}
	before := picture()
	return func() {
		t.Helper()
		if d := cmp.Diff(before, picture()); d != "" {
			t.Errorf("changed:\n%s", d)
		}
	}
}

// refused runs an upgrade which preflight blocks with a finding of a code that says all texts. Nothing is written.
func (w *world) refused(t *testing.T, code string, says ...string) {
	t.Helper()
	intact := w.intact(t, w.dir)
	rep, err := w.u.Run(t.Context())
	if !errors.Is(err, preflight.ErrBlocked) {
		t.Fatalf("not blocked: %v", err)
	}
	w.found(t, rep, code, says...)
	intact()
}

func (w *world) found(t *testing.T, rep *report.Report, code string, says ...string) {
	t.Helper()
	for _, f := range rep.Findings.Blocking() {
		if f.Code != code {
			continue
		}
		missing := false
		for _, text := range says {
			missing = missing || !strings.Contains(f.Seen, text)
		}
		if !missing && f.Remedy != "" {
			return
		}
	}
	t.Errorf("no finding %s that says %q: %v", code, says, rep.Findings)
}

// only chooses the steps that change files.
func (w *world) only(steps ...string) { w.u.Steps = steps }

// boot puts lines into the boot.properties of the package.
func (w *world) boot(t *testing.T, lines string) {
	t.Helper()
	writePackage(t, w.u.Package, map[string]string{"setup.sh": testSetup, "setup.bat": testSetupBatch,
		"conf/boot/boot.properties": testBoot + lines, "security/README": "stores"})
}

// unpacked makes the target's folder.
func (w *world) unpacked(t *testing.T) {
	t.Helper()
	w.only(idconnect.StepUnpack)
	_, err := w.u.Run(t.Context())
	must(t, err)
	w.only(idconnect.StepStores)
}

func (w *world) sourceStore(name string) string {
	return filepath.Join(w.u.SourceDir, "security", name)
}
func (w *world) targetStore(name string) string {
	return filepath.Join(w.u.TargetDir, "security", name)
}

// symlink makes a link where the system has them.
func symlink(t *testing.T, to, at string) {
	t.Helper()
	must(t, os.Symlink(to, at))
	if info, err := os.Lstat(at); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Skip("no symbolic links")
	}
}

func packageNamesStore(t *testing.T) {
	w := newWorld(t, 1)
	w.only(unpacks...)
	up := filepath.ToSlash(filepath.Join("..", "..", "idc21", "salesforceIdConnect", "security"))
	for line, says := range map[string]string{
		"openidm.keystore.location=" + up + "/keystore.jceks":                          "keystore.jceks",
		"openidm.truststore.location=" + filepath.ToSlash(w.sourceStore("truststore")): "truststore",
		"openidm.truststore.location=&{idm.install.dir}/" + up + "/truststore":         "truststore",
		"openidm.truststore.location=security/../../elsewhere":                         "elsewhere",
	} {
		w.boot(t, line+"\n")
		w.refused(t, "TARGET-STORES", says, "outside "+w.u.TargetDir)
	}
	w.boot(t, "openidm.truststore.location=security/trust/../trusted\n")
	_, err := w.u.Run(t.Context())
	must(t, err)
	if !exists(w.targetStore("trusted")) {
		t.Error("a location below the folder was not used")
	}
}

func targetNamesStore(t *testing.T) {
	w := newWorld(t, 1)
	w.unpacked(t)
	for _, name := range []string{"keystore", "truststore"} {
		store := w.sourceStore(name + map[string]string{"keystore": ".jceks"}[name])
		lines := testBoot + "openidm." + name + ".location=" + filepath.ToSlash(store) + "\n"
		must(t, os.WriteFile(filepath.Join(w.u.TargetDir, "conf", "boot", "boot.properties"), []byte(lines), 0o644))
		w.refused(t, "TARGET-STORES", store)
	}
}

// linkedTarget: a folder that is given by a link, and a store that its configuration names by the real path.
func linkedTarget(t *testing.T) {
	w := newWorld(t, 1)
	w.unpacked(t)
	real := w.u.TargetDir
	link := filepath.Join(w.dir, "link")
	symlink(t, real, link)
	boot := testBoot + "openidm.truststore.location=" + filepath.ToSlash(w.targetStore("trusted")) + "\n"
	must(t, os.WriteFile(filepath.Join(real, "conf", "boot", "boot.properties"), []byte(boot), 0o644))
	w.u.TargetDir = link
	_, err := w.u.Run(t.Context())
	must(t, err)
	_, err = w.u.Rollback(t.Context(), idconnect.StepStores)
	must(t, err)
	if entries, err := os.ReadDir(filepath.Join(real, "security")); err != nil || len(entries) != 1 {
		t.Errorf("left: %v, %v", entries, err)
	}
}

func targetLinksToSource(t *testing.T) {
	w := newWorld(t, 1)
	w.unpacked(t)
	must(t, os.Rename(filepath.Dir(w.targetStore("x")), filepath.Join(w.u.TargetDir, "own")))
	relative, err := filepath.Rel(w.u.TargetDir, filepath.Dir(w.sourceStore("x")))
	must(t, err)
	link := filepath.Join(w.u.TargetDir, "security")
	for _, to := range []string{filepath.Dir(w.sourceStore("x")), relative} {
		symlink(t, to, link)
		w.refused(t, "TARGET-STORES", w.targetStore("keystore.jceks"), "link to "+to)
		must(t, os.Remove(link))
	}
	must(t, os.Rename(filepath.Join(w.u.TargetDir, "own"), link))
	symlink(t, w.sourceStore("truststore"), w.targetStore("truststore"))
	w.refused(t, "TARGET-STORES", w.targetStore("truststore"), "link to")
}

func targetSharesStore(t *testing.T) {
	w := newWorld(t, 1)
	w.unpacked(t)
	for _, pair := range [][2]string{{"keystore.jceks", "keystore.jceks"}, {"keystore.jceks", "truststore"},
		{"truststore", "truststore"}} {
		must(t, os.Link(w.sourceStore(pair[0]), w.targetStore(pair[1])))
		w.refused(t, "TARGET-STORES", w.targetStore(pair[1]), "same file", w.sourceStore(pair[0]))
		must(t, os.Remove(w.targetStore(pair[1])))
	}
}

// at lets the world change when a step begins.
func (w *world) at(step string, change func()) {
	w.u.Events = func(e idconnect.Event) {
		if e.Kind == idconnect.EventStep && e.Step == step && e.State == report.Running {
			change()
		}
	}
}

func linkAfterPreflight(t *testing.T) {
	for _, swap := range []func(w *world){
		func(w *world) {
			must(t, os.Rename(filepath.Dir(w.targetStore("x")), filepath.Join(w.u.TargetDir, "own")))
			symlink(t, filepath.Dir(w.sourceStore("x")), filepath.Dir(w.targetStore("x")))
		},
		func(w *world) { symlink(t, w.sourceStore("truststore"), w.targetStore("truststore")) },
		func(w *world) { must(t, os.Link(w.sourceStore("truststore"), w.targetStore("truststore"))) },
	} {
		w := newWorld(t, 1)
		w.unpacked(t)
		intact := w.intact(t)
		w.at(idconnect.StepStores, func() { swap(w) })
		if _, err := w.u.Run(t.Context()); err == nil {
			t.Error("the stores were copied")
		}
		intact()
	}
}

func linkBeforeRollback(t *testing.T) {
	w := newWorld(t, 1)
	w.only(unpacks...)
	_, err := w.u.Run(t.Context())
	must(t, err)
	security := filepath.Dir(w.targetStore("x"))
	must(t, os.Rename(security, filepath.Join(w.u.TargetDir, "own")))
	symlink(t, filepath.Dir(w.sourceStore("x")), security)
	intact := w.intact(t)
	w.u.RemoveAdded = true
	if _, err := w.u.Rollback(t.Context(), idconnect.StepStores); err == nil {
		t.Error("put back through a link")
	}
	intact()
}

func targetInSource(t *testing.T) {
	w := newWorld(t, 1)
	dangling := filepath.Join(w.dir, "dangling")
	symlink(t, filepath.Join(w.u.SourceDir, "new", "idc716"), dangling)
	around := filepath.Dir(w.u.SourceDir)
	for _, dir := range []string{filepath.Join(w.u.SourceDir, "new"), around, w.u.SourceDir, dangling} {
		w.u.TargetDir, w.u.StateDir = dir, filepath.Join(w.dir, "state")
		w.refused(t, "TARGET-IS-SOURCE", w.u.SourceDir)
		if _, err := w.u.Rollback(t.Context(), ""); err == nil && exists(w.u.StateDir) {
			t.Error("rolled back")
		}
	}
}

func sourceBesideTarget(t *testing.T) {
	w := newWorld(t, 1)
	source := w.u.SourceDir
	for _, beside := range []string{".upgrade", ".unpacking", ".removing"} {
		must(t, os.MkdirAll(filepath.Dir(w.u.TargetDir), 0o755))
		w.u.SourceDir = w.u.TargetDir + beside
		must(t, os.Rename(source, w.u.SourceDir))
		w.refused(t, "TARGET-IS-SOURCE", w.u.SourceDir)
		intact := w.intact(t, w.dir)
		if _, err := w.u.Rollback(t.Context(), ""); beside == ".upgrade" && err == nil {
			t.Error("rolled back in the source's folder")
		}
		intact()
		must(t, os.Rename(w.u.SourceDir, source))
	}
	w.u.SourceDir = source
	w.u.StateDir = filepath.Join(source, "conf")
	w.refused(t, "TARGET-IS-SOURCE", w.u.StateDir)
}

func sourceStoreInTarget(t *testing.T) {
	w := newWorld(t, 1)
	w.unpacked(t)
	must(t, os.Rename(w.sourceStore("truststore"), filepath.Join(w.u.TargetDir, "of21")))
	must(t, os.WriteFile(filepath.Join(w.u.SourceDir, "conf", "boot", "boot.properties"), []byte(testBoot+
		"openidm.truststore.location="+filepath.ToSlash(filepath.Join(w.u.TargetDir, "of21"))+"\n"), 0o644))
	w.refused(t, "TARGET-IS-SOURCE", "of21", w.u.TargetDir)
}

func copiedMode(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no modes of Unix")
	}
	w := newWorld(t, 1)
	writePackage(t, w.u.Package, map[string]string{"setup.sh": testSetup, "conf/boot/boot.properties": testBoot,
		"security/keystore.jceks": "dummy", "security/truststore": "dummy"})
	must(t, os.Chmod(w.sourceStore("truststore"), 0o644))
	w.unpacked(t)
	_, err := w.u.Run(t.Context())
	must(t, err)
	for name, want := range map[string]os.FileMode{"keystore.jceks": 0o600, "truststore": 0o644} {
		info, err := os.Stat(w.targetStore(name))
		must(t, err)
		if info.Mode() != want {
			t.Errorf("%s has the mode %v", name, info.Mode())
		}
	}
}
