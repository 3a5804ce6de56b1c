package idconnect_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/report"
	"github.com/idconnect-go/upgrade/idconnect/verify"
	"github.com/idconnect-go/upgrade/internal/await"
	"github.com/idconnect-go/upgrade/keystore"
)

// promisesOutput are of the chapter of the source: what a person names to be written.
var promisesOutput = []promise{
	{"a list of ids, a report and a state replace no file of others", outputsReplaceNothing},
	{"a list of ids, a report, a state and an export do not lie in the source", outputsOutsideSource},
	{"what an earlier run wrote is kept when it is written again", outputsKept},
	{"a folder of others is removed by no run and no rollback, whatever its name", foldersOfOthers},
	{"a package whose names imply millions of folders is refused before one is made", impliedFolders},
	{"a pipe in the place of a file is refused by its name, and waited for by nothing", pipesRefused},
}

// outputs gives a world one of the files that a person names, and returns the path of what is written.
var outputs = map[string]func(w *world, path string) (file string){
	"ids": func(w *world, path string) string {
		w.u.RepairList = path
		return path
	},
	"state": func(w *world, path string) string {
		w.u.Verify.StateFile = path
		return path
	},
	"report": func(w *world, path string) string {
		w.u.ReportDir = path
		return filepath.Join(path, "report.json")
	},
	"page": func(w *world, path string) string {
		w.u.ReportDir = path
		return filepath.Join(path, "report.html")
	},
}

// unwritten is refused for a file, before a server is asked or anything is written.
func (w *world) unwritten(t *testing.T, what, file string) {
	t.Helper()
	intact, asked := w.intact(t, w.dir), len(w.source.Requests())
	_, runErr := w.u.Run(t.Context())
	_, planErr := w.u.Plan(t.Context())
	_, compareErr := w.u.Compare(t.Context())
	for how, err := range map[string]error{"run": runErr, "plan": planErr, "compare": compareErr} {
		if err == nil || !strings.Contains(err.Error(), file) || idconnect.RemedyOf(err) == "" {
			t.Errorf("%s, %s: %v", what, how, err)
		}
	}
	intact()
	if n := len(w.source.Requests()); n != asked {
		t.Errorf("%s: the source was asked", what)
	}
}

func outputsReplaceNothing(t *testing.T) {
	for what, set := range outputs {
		w := newWorld(t, 1)
		file := set(w, filepath.Join(w.dir, "out"))
		must(t, os.MkdirAll(filepath.Dir(file), 0o755))
		must(t, os.WriteFile(file, []byte("their thesis\n"), 0o644))
		w.unwritten(t, what, file)
		must(t, os.Remove(file))
		must(t, os.Mkdir(file, 0o755))
		w.unwritten(t, what, file)
		must(t, os.Remove(file))
		symlink(t, filepath.Join(w.dir, "package.zip"), file)
		w.unwritten(t, what, file)
	}
	w := newWorld(t, 1)
	w.unpacked(t)
	lock := filepath.Join(w.u.TargetDir+".upgrade", "lock")
	w.u.RepairList = lock
	w.unwritten(t, "ids", lock)
	// And once the work is done.
	dir := t.TempDir()
	thesis := filepath.Join(dir, "report.txt")
	must(t, os.WriteFile(thesis, []byte("their thesis\n"), 0o644))
	rep := &report.Report{Version: report.Version, Outcome: "done", Verify: &verify.Report{}}
	if err := rep.Save(dir); err == nil || !strings.Contains(err.Error(), thesis) {
		t.Errorf("a report: %v", err)
	}
	if _, err := rep.Verify.SaveRepairList(thesis); err == nil || !strings.Contains(err.Error(), thesis) {
		t.Errorf("ids: %v", err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("written: %v, %v", entries, err)
	}
}

func outputsOutsideSource(t *testing.T) {
	w := newWorld(t, 1)
	into := filepath.Join(w.dir, "into")
	symlink(t, w.u.SourceDir, into)
	u := *w.u
	for what, set := range outputs {
		for _, dir := range []string{w.u.SourceDir, into} {
			*w.u = u
			set(w, filepath.Join(dir, "out"))
			w.unwritten(t, what, filepath.Join(dir, "out"))
		}
	}
	*w.u = u
	file := filepath.Join(into, "stores.age")
	intact := w.intact(t)
	key := idconnect.HandoverKey{Passphrase: keystore.NewPassword("correct horse battery")}
	err := w.u.Export(t.Context(), file, key)
	if err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("an export: %v", err)
	}
	intact()
}

func outputsKept(t *testing.T) {
	dir := t.TempDir()
	first := &report.Report{Version: report.Version, Outcome: "failed", Verify: &verify.Report{}}
	second := &report.Report{Version: report.Version, Outcome: "done", Verify: &verify.Report{
		Collections: []verify.CollectionReport{{Resource: "managed/role", Missing: []string{"r"}}}}}
	ids := filepath.Join(dir, "ids")
	for _, r := range []*report.Report{first, second, second} {
		must(t, r.Save(dir))
		_, err := r.Verify.SaveRepairList(ids)
		must(t, err)
	}
	for _, name := range []string{"report.json", "report.txt", "report.html", "junit.xml", "ids"} {
		old, err := os.ReadFile(filepath.Join(dir, name+".previous"))
		must(t, err)
		now, err := os.ReadFile(filepath.Join(dir, name))
		must(t, err)
		if string(old) == string(now) || name == "report.txt" && !strings.Contains(string(old), "failed") {
			t.Errorf("%s: %s", name, old)
		}
	}
}

func pipesRefused(t *testing.T) {
	for what, set := range outputs {
		w := newWorld(t, 1)
		file := set(w, filepath.Join(w.dir, "out"))
		fifo(t, file)
		w.unwritten(t, what, file)
	}
	for what, of := range map[string]func(w *world) string{
		"package":    func(w *world) string { return w.u.Package },
		"keystore":   func(w *world) string { return w.sourceStore("keystore.jceks") },
		"truststore": func(w *world) string { return w.sourceStore("truststore") },
		"boot of the source": func(w *world) string {
			w.u.KeystorePassword = keystore.NewPassword("changeit")
			return filepath.Join(w.u.SourceDir, "conf", "boot", "boot.properties")
		},
		"store of the target": func(w *world) string {
			w.unpacked(t)
			return w.targetStore("truststore")
		},
		"boot of the target": func(w *world) string {
			w.unpacked(t)
			return filepath.Join(w.u.TargetDir, "conf", "boot", "boot.properties")
		},
		"handover": func(w *world) string {
			w.u.StoresFile, w.u.SourceDir = filepath.Join(w.dir, "stores.age"), ""
			w.u.StoresKey.Passphrase = keystore.NewPassword("correct horse battery")
			w.u.KeystorePassword = keystore.NewPassword("changeit")
			return w.u.StoresFile
		},
		"journal": func(w *world) string { return filepath.Join(w.u.TargetDir+".upgrade", "journal.json") },
	} {
		w := newWorld(t, 1)
		file := of(w)
		fifo(t, file)
		ctx, cancel := context.WithTimeout(t.Context(), await.Patience)
		plan, err := w.u.Plan(ctx)
		cancel()
		said := fmt.Sprint(err, plan.Findings.Blocking())
		if !strings.Contains(said, file) || !strings.Contains(said, "not a regular file") {
			t.Errorf("%s: %s", what, said)
		}
	}
}

func impliedFolders(t *testing.T) {
	w := newWorld(t, 1)
	w.only(idconnect.StepUnpack)
	files := map[string]string{"setup.sh": testSetup, "setup.bat": testSetupBatch, "security/README": "stores"}
	for i := range 2500 {
		files[fmt.Sprint(i, strings.Repeat("/d", 90), "/f")] = ""
	}
	writePackage(t, w.u.Package, files)
	w.refused(t, "PACKAGE-HOSTILE", "200000 files and folders")
}

// foldersOfOthers: they stay, also when an unpacking that failed and a rollback clean up after themselves.
func foldersOfOthers(t *testing.T) {
	w := newWorld(t, 1)
	w.only(idconnect.StepUnpack)
	var theirs []string
	for _, name := range []string{".unpacking", ".removing", ".unpacking-0123abcd", ".removing-0123abcd", ".tmp1"} {
		dir := w.u.TargetDir + name
		must(t, os.MkdirAll(dir, 0o755))
		must(t, os.WriteFile(filepath.Join(dir, "thesis"), []byte("their thesis"), 0o644))
		theirs = append(theirs, dir)
	}
	intact := w.intact(t, theirs...)
	ctx, cancel := context.WithCancel(t.Context())
	w.at(idconnect.StepUnpack, cancel)
	if _, err := w.u.Run(ctx); err == nil || exists(w.u.TargetDir) {
		t.Fatalf("not interrupted: %v", err)
	}
	w.u.Events = nil
	intact()
	for range 2 {
		_, err := w.u.Run(t.Context())
		must(t, err)
		intact()
		_, err = w.u.Rollback(t.Context(), "")
		must(t, err)
		intact()
	}
	entries, err := os.ReadDir(filepath.Dir(w.u.TargetDir))
	must(t, err)
	if len(entries) != len(theirs)+1 { // and the state folder
		t.Errorf("left: %v", entries)
	}
}
