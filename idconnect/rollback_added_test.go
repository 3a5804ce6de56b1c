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
		w := crashRan(t, unpacks...)
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
		w := crashRan(t, unpacks...)
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
	w := crashRan(t, unpacks...)
	must(t, os.RemoveAll(w.u.TargetDir))
	w.u.Steps = nil
	report, err := w.u.Run(t.Context())
	if err != nil || report.Outcome != "done" {
		t.Fatalf("%v", err)
	}
	w.running(t).Close()
	w.removesAll(t)
}

// TestRollbackOfGone: what was replaced in a folder that is gone is forgotten with it, whether a rollback of the
// unpacking alone removed it or somebody else, whom a rollback that loses nothing waits for.
func TestRollbackOfGone(t *testing.T) {
	t.Parallel()
	for name, remove := range map[string]func(t *testing.T, w *world){
		"unpack alone is taken back": func(t *testing.T, w *world) {
			w.u.Steps, w.u.RemoveAdded = unpacks[:1], true
			_, err := w.u.Rollback(t.Context(), "")
			must(t, err)
			w.u.Steps, w.u.RemoveAdded = nil, false
		},
		"it was moved": func(t *testing.T, w *world) {
			aside := w.u.TargetDir + ".aside"
			must(t, os.Rename(w.u.TargetDir, aside))
			w.u.Steps = nil
			_, err := w.u.Rollback(t.Context(), "")
			if err == nil || !strings.Contains(err.Error(), w.u.TargetDir+" is gone") ||
				!strings.Contains(idconnect.RemedyOf(err), "Upgrade.RemoveAdded") {
				t.Errorf("%v: %s", err, idconnect.RemedyOf(err))
			}
			must(t, os.Rename(aside, w.u.TargetDir))
		},
		"it was removed": func(t *testing.T, w *world) {
			must(t, os.RemoveAll(w.u.TargetDir))
			w.u.Steps, w.u.RemoveAdded = nil, true
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := crashWorld(t)
			before := w.around(t)
			w.run(t, unpacks...)
			remove(t, w)
			for range 2 {
				if _, err := w.u.Rollback(t.Context(), ""); err != nil {
					t.Fatalf("%v", err)
				}
			}
			if d := cmp.Diff(before, w.around(t)); d != "" {
				t.Error(d)
			}
		})
	}
}
