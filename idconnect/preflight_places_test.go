package idconnect_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idconnect-go/upgrade/idconnect/preflight"
)

// TestNestedFolders: a target's folder inside the source's is refused, and so is
// the reverse, also where a link hides it, and whether or not the folder exists.
// Nothing is changed. Neighbours are not refused.
func TestNestedFolders(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	source := w.u.SourceDir
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(source, link); err != nil && runtime.GOOS != "windows" {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		target string
		says   string // "" is not refused
	}{
		"inside":            {filepath.Join(source, "idc716"), "is inside the source's"},
		"deep inside":       {filepath.Join(source, "db", "new", "salesforceIdConnect"), "is inside the source's"},
		"inside, existing":  {filepath.Join(source, "conf"), "is inside the source's"},
		"inside, by a link": {filepath.Join(link, "idc716"), "is inside the source's"},
		"around":            {filepath.Dir(source), "is inside the target's"},
		"the same":          {source + string(filepath.Separator), "are both"},
		"a neighbour":       {source + "-7.1.6", ""},
		"above it":          {filepath.Join(source, "..", "idc716"), ""},
	} {
		if strings.Contains(name, "link") && runtime.GOOS == "windows" {
			continue
		}
		u := *w.u
		u.TargetDir, u.StateDir = c.target, filepath.Join(w.dir, "state")
		if c.says == "" {
			plan, err := u.Plan(t.Context())
			if err != nil || plan.Findings.Has("TARGET-IS-SOURCE") {
				t.Errorf("%s: %v, %v", name, err, plan.Findings)
			}
			continue
		}
		before := tree(t, w.dir)
		report, err := u.Run(t.Context())
		if !errors.Is(err, preflight.ErrBlocked) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		found := false
		for _, f := range report.Findings.Blocking() {
			found = found || f.Code == "TARGET-IS-SOURCE" && strings.Contains(f.Seen, c.says) && f.Remedy != ""
		}
		if !found {
			t.Errorf("%s: %v", name, report.Findings)
		}
		if d := cmp.Diff(before, tree(t, w.dir)); d != "" {
			t.Errorf("%s: something was changed:\n%s", name, d)
		}
	}
}
