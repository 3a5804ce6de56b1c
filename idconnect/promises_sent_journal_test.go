package idconnect_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/idconnect"
)

var promisesJournal = append([]promise{
	{"a bit of the journal that flipped ends every command", flippedJournal},
	{"a journal of the version before is read", journalBefore},
	{"a journal that somebody planted removes nothing outside the target", plantedJournal},
	{"null among the stores of a journal is an error", nullStore},
}, promisesSpecial...)

// unpacked is a world whose folder was unpacked, with its stores copied, and the path of its journal.
func unpacked(t *testing.T) (w *world, path string) {
	t.Helper()
	w = crashWorld(t)
	w.u.Steps = unpacks
	_, err := w.u.Run(t.Context())
	must(t, err)
	return w, filepath.Join(w.u.TargetDir+".upgrade", "journal.json")
}

// refusesJournal: every command refuses it, and names it; nothing changes.
func (w *world) refusesJournal(t *testing.T, path string) {
	t.Helper()
	before := tree(t, w.dir)
	_, planErr := w.u.Plan(t.Context())
	_, runErr := w.u.Run(t.Context())
	_, backErr := w.u.Rollback(t.Context(), "")
	for command, err := range map[string]error{"plan": planErr, "run": runErr, "rollback": backErr} {
		if err == nil || !strings.Contains(err.Error(), path) || idconnect.RemedyOf(err) == "" {
			t.Errorf("%s: %v", command, err)
		}
	}
	for file, content := range tree(t, w.dir) {
		if before[file] != content {
			t.Errorf("%s was changed", file)
		}
		delete(before, file)
	}
	for file := range before {
		t.Errorf("%s was removed", file)
	}
}

func flippedJournal(t *testing.T) {
	w, path := unpacked(t)
	whole, err := os.ReadFile(path)
	must(t, err)
	for range 25 {
		flipped := append([]byte(nil), whole...)
		at, bit := rand.IntN(len(whole)), rand.IntN(8)
		flipped[at] ^= 1 << bit
		must(t, os.WriteFile(path, flipped, 0o600))
		if _, err := w.u.Plan(t.Context()); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("byte %d, bit %d: %v", at, bit, err)
		}
	}
	w.refusesJournal(t, path)
}

func journalBefore(t *testing.T) {
	w := onceMigrated(t)
	w.editJournal(t, func(j map[string]any) {
		for _, s := range j["stores"].([]any) {
			changes := s.(map[string]any)["changes"].(map[string]any)
			changes["path"] = filepath.Join(w.u.TargetDir, changes["path"].(string)) // as that version wrote it
		}
	})
	if _, err := w.u.Run(t.Context()); err != nil || w.Migrations() != 1 {
		t.Errorf("%v, migrate %d times", err, w.Migrations())
	}
}

func plantedJournal(t *testing.T) {
	w, path := unpacked(t)
	victim := filepath.Join(w.dir, "victim")
	must(t, errors.Join(os.WriteFile(victim, []byte("theirs"), 0o600),
		os.Symlink(victim, filepath.Join(w.u.TargetDir, "link"))))
	sum := sha256.Sum256([]byte("theirs"))
	for _, planted := range []map[string]any{
		{"path": victim}, {"path": "../../victim"}, {"path": filepath.Join(w.u.TargetDir, "link")},
		{"path": filepath.Join(w.u.TargetDir, "new"), "backup": victim, "before": hex.EncodeToString(sum[:])},
		{"path": filepath.Join(w.u.TargetDir, "new"), "backup": filepath.Join(w.u.TargetDir, "setup.sh")},
		{"path": filepath.Join(w.u.TargetDir, "setup"), "backup": filepath.Join(w.u.TargetDir, "setup.sh")},
	} {
		planted["sha256"] = hex.EncodeToString(sum[:])
		for _, ended := range []any{nil, "2026-11-28T06:46:52Z"} {
			content, err := json.Marshal(map[string]any{"version": 2, "target": w.u.Target.URL, "stores": []any{
				map[string]any{"began": "2026-11-28T06:46:51Z", "ended": ended, "changes": planted}}})
			must(t, err)
			must(t, os.WriteFile(path, content, 0o600))
			w.refusesJournal(t, path)
		}
	}
}

func nullStore(t *testing.T) {
	w, path := unpacked(t)
	must(t, os.WriteFile(path, fmt.Appendf(nil, `{"version":2,"target":%q,"stores":[null]}`, w.u.Target.URL), 0o600))
	w.refusesJournal(t, path)
}
