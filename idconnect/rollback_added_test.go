package idconnect_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/keystore"
)

// crashRan is a crashWorld after some steps.
func crashRan(t *testing.T, steps ...string) *world {
	t.Helper()
	w := crashWorld(t)
	w.u.Steps = steps
	_, err := w.u.Run(t.Context())
	must(t, err)
	return w
}

// removesAll rolls back, what others added and changed included.
func (w *world) removesAll(t *testing.T) {
	t.Helper()
	w.u.RemoveAdded = true
	if _, err := w.u.Rollback(t.Context(), ""); err != nil || exists(w.u.TargetDir) {
		t.Errorf("%v", err)
	}
}

// TestRollbackLeavesAlone: what was added or changed by others stays, and is
// named.
func TestRollbackLeavesAlone(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(t *testing.T, dir string){
		"notes.txt": func(t *testing.T, dir string) {
			must(t, os.WriteFile(filepath.Join(dir, "notes.txt"), nil, 0o644))
		},
		"security/truststore": func(t *testing.T, dir string) {
			must(t, os.Chmod(filepath.Join(dir, "security", "truststore"), 0o444))
		},
		"conf/boot/extra.conf": func(t *testing.T, dir string) {
			must(t, os.WriteFile(filepath.Join(dir, "conf/boot/extra.conf"), nil, 0o644))
		},
		"setup.sh": func(t *testing.T, dir string) {
			must(t, os.WriteFile(filepath.Join(dir, "setup.sh"), []byte(strings.ToUpper(testSetup)), 0o755))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := crashRan(t, idconnect.StepUnpack)
			change(t, w.u.TargetDir)
			changed := w.around(t)
			_, err := w.u.Rollback(t.Context(), "")
			var added *idconnect.AddedError
			if !errors.As(err, &added) || !slices.Equal(added.Files, []string{name}) || idconnect.RemedyOf(err) == "" {
				t.Errorf("%v", err)
			}
			if d := cmp.Diff(changed, w.around(t)); d != "" {
				t.Error(d)
			}
			w.u.RemoveAdded = true
			results, err := w.u.Rollback(t.Context(), "")
			if err != nil || exists(w.u.TargetDir) || !strings.Contains(fmt.Sprint(results), name) {
				t.Errorf("%v, %v", err, results)
			}
		})
	}
	t.Run("no run was here", func(t *testing.T) {
		t.Parallel()
		w := crashWorld(t)
		before["installation"](t, w)
		was := w.around(t)
		if _, err := w.u.Rollback(t.Context(), ""); err != nil || exists(w.u.TargetDir+".upgrade") {
			t.Errorf("%v", err)
		}
		if d := cmp.Diff(was, w.around(t)); d != "" {
			t.Error(d)
		}
	})
	t.Run("a store while the copy was killed", func(t *testing.T) {
		t.Parallel()
		w := crashRan(t, idconnect.StepUnpack, idconnect.StepStores)
		w.editJournal(t, func(j map[string]any) {
			delete(j["stores"].([]any)[1].(map[string]any), "ended")
		})
		path := filepath.Join(w.u.TargetDir, "security", "truststore")
		must(t, os.WriteFile(path, []byte("of somebody else"), 0o600))
		_, err := w.u.Rollback(t.Context(), "")
		if !errors.Is(err, keystore.ErrChangedSince) ||
			!strings.Contains(idconnect.RemedyOf(err), "Upgrade.RemoveAdded") {
			t.Errorf("%v", err)
		}
		w.removesAll(t)
	})
	t.Run("a store", func(t *testing.T) {
		t.Parallel()
		w := crashRan(t, idconnect.StepUnpack, idconnect.StepStores)
		path := filepath.Join(w.u.TargetDir, "security", "keystore.jceks")
		must(t, os.WriteFile(path, []byte("as the server leaves it"), 0o600))
		if _, err := w.u.Rollback(t.Context(), ""); !errors.Is(err, keystore.ErrChangedSince) {
			t.Errorf("%v", err)
		}
		if b, _ := os.ReadFile(path); string(b) != "as the server leaves it" {
			t.Errorf("%q", b)
		}
		w.removesAll(t)
	})
}

// TestFolderRemoved: a target's folder that somebody removed is made anew, and
// what was recorded of the old one is not taken for the new one's.
func TestFolderRemoved(t *testing.T) {
	t.Parallel()
	w := crashRan(t, idconnect.StepUnpack, idconnect.StepStores)
	must(t, os.RemoveAll(w.u.TargetDir))
	w.u.Steps = nil
	report, err := w.u.Run(t.Context())
	if err != nil || report.Outcome != "done" {
		t.Fatalf("%v", err)
	}
	w.running(t).Close()
	w.removesAll(t)
}
