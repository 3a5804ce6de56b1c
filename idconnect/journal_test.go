package idconnect_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idconnect-go/upgrade/idconnect"
)

// TestJournalUnusable: what an earlier run remembered and nobody can use ends
// every command with an error, and changes nothing.
func TestJournalUnusable(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 5)
	path := filepath.Join(w.u.TargetDir+".upgrade", "journal.json")
	must(t, os.MkdirAll(filepath.Dir(path), 0o700))
	write := func(text string) func() {
		return func() { must(t, os.WriteFile(path, []byte(text), 0o600)) }
	}
	for name, make := range map[string]func(){
		"half":            write(`{"version":2,"target":"` + w.u.Target.URL),
		"a later version": write(fmt.Sprintf(`{"version":99,"target":%q}`, w.u.Target.URL)),
		"another target":  write(`{"version":2,"target":"https://other.example.com/openidm/"}`),
		"a folder":        func() { must(t, os.Mkdir(path, 0o700)) },
	} {
		must(t, os.RemoveAll(path))
		make()
		before := tree(t, filepath.Dir(w.u.TargetDir))
		_, planErr := w.u.Plan(t.Context())
		_, runErr := w.u.Run(t.Context())
		_, rollbackErr := w.u.Rollback(t.Context(), "")
		for command, err := range map[string]error{"plan": planErr, "run": runErr, "rollback": rollbackErr} {
			if err == nil || idconnect.RemedyOf(err) == "" || !strings.Contains(err.Error(), path) {
				t.Errorf("%s, %s: %v", name, command, err)
			}
		}
		// The lock's file is all that may be new.
		after := tree(t, filepath.Dir(w.u.TargetDir))
		for file := range after {
			if strings.HasSuffix(file, ".lock") || strings.HasSuffix(file, "lock") {
				delete(after, file)
				delete(before, file)
			}
		}
		if d := cmp.Diff(before, after); d != "" {
			t.Errorf("%s: changed:\n%s", name, d)
		}
	}
	if n := len(w.source.Requests()); n != 0 {
		t.Errorf("the source was asked %d times", n)
	}
}
