package idconnect_test

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/internal/exhaustive"
	"github.com/idconnect-go/upgrade/keystore"
)

// around is everything in the folder that holds the target's, but for the
// journal's: names, modes, contents and, of files and of the target's folder
// itself, dates.
func (w *world) around(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	top := filepath.Dir(w.u.TargetDir)
	must(t, filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if path == w.u.TargetDir+".upgrade" {
			return filepath.SkipDir
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		name := filepath.ToSlash(strings.TrimPrefix(path, top))
		if d.IsDir() {
			out[name] = info.Mode().String()
			return nil
		}
		b, err := os.ReadFile(path)
		out[name] = fmt.Sprint(info.Mode(), info.ModTime().UnixNano(), " ", string(b))
		return err
	}))
	return out
}

var longAgo = time.Date(2019, 5, 4, 3, 2, 1, 0, time.UTC)

// before makes what was there before the first run.
var before = map[string]func(*testing.T, *world){
	"nothing": func(*testing.T, *world) {},
	"empty folder": func(t *testing.T, w *world) {
		must(t, os.Mkdir(w.u.TargetDir, 0o750))
		must(t, os.Chtimes(w.u.TargetDir, longAgo, longAgo))
	},
	// Unpacked by a person, with stores of other modes and dates, and a link.
	"installation": func(t *testing.T, w *world) {
		security := filepath.Join(w.u.TargetDir, "security")
		must(t, os.MkdirAll(security, 0o711))
		password := keystore.NewPassword("changeit")
		must(t, keystore.WriteFile(filepath.Join(security, "keystore.jceks"), keystore.New(keystore.JCEKS), password))
		real := filepath.Join(security, "truststore.real")
		trusted := keystore.New(keystore.JKS)
		must(t, trusted.PutCertificate("own", w.source.Certificate(), keystore.PutOptions{Created: longAgo}))
		must(t, keystore.WriteFile(real, trusted, password))
		if runtime.GOOS == "windows" { // a privilege there, and nothing in wine
			must(t, os.Rename(real, filepath.Join(security, "truststore")))
			real = filepath.Join(security, "truststore")
		} else {
			must(t, os.Symlink("truststore.real", filepath.Join(security, "truststore")))
		}
		must(t, os.WriteFile(filepath.Join(w.u.TargetDir, "setup.sh"), []byte(testSetup), 0o700))
		for _, path := range []string{filepath.Join(security, "keystore.jceks"), real} {
			must(t, os.Chmod(path, 0o644))
			must(t, os.Chtimes(path, longAgo, longAgo))
		}
	},
}

// TestRollback: from whatever state, a rollback to whatever step restores the
// tree as it was before that step, and never touches the source.
func TestRollback(t *testing.T) {
	t.Parallel()
	base := crashWorld(t)
	source := tree(t, base.u.SourceDir)
	var restored, chosen, all atomic.Int32
	count := func(of, n, good int) {
		chosen.Add(int32(n))
		all.Add(int32(of))
		restored.Add(int32(good))
	}
	check := func(t *testing.T, what string, want map[string]string, w *world, err error) bool {
		t.Helper()
		if err != nil {
			t.Errorf("%s: %v", what, err)
			return false
		}
		d := cmp.Diff(want, w.around(t))
		if d != "" {
			t.Errorf("%s:\n%s", what, d)
		}
		return d == ""
	}
	policies := []keystore.Policy{"", keystore.Keep, keystore.Replace}
	t.Run("after every step", func(t *testing.T) { rollbackSteps(t, base, policies, count, check) })
	t.Run("after every kill", func(t *testing.T) { rollbackKilled(t, base, count, check) })
	t.Run("killed itself", func(t *testing.T) { rollbackKills(t, base, count, check) })
	if d := cmp.Diff(source, tree(t, base.u.SourceDir)); d != "" {
		t.Errorf("the source was changed:\n%s", d)
	}
	for _, r := range base.source.Requests() {
		if r.Method != "GET" {
			t.Errorf("the source received %s %s", r.Method, r.Path)
		}
	}
	fmt.Printf("TestRollback: %d of %d of %d rollbacks restore the tree byte for byte\n",
		restored.Load(), chosen.Load(), all.Load())
}

type rollbackCheck func(t *testing.T, what string, want map[string]string, w *world, err error) bool

// rollbackCount is told how many cases there are, how many of them are run, and how many
// of these restore the tree.
type rollbackCount func(of, n, restored int)

// sampledRollbacks are the numbers of those that are tried.
func sampledRollbacks(of int) []int {
	all := make([]int, of)
	for i := range all {
		all[i] = i
	}
	if testing.Short() {
		return exhaustive.Sample(all, 4)
	}
	return exhaustive.Sample(all, 12)
}

// rollbackSteps stops after each step in turn, and goes back to each one
// before it.
func rollbackSteps(t *testing.T, base *world, policies []keystore.Policy, count rollbackCount, check rollbackCheck) {
	type c struct {
		was      string
		policy   keystore.Policy
		last, to string
	}
	var cases []c
	names := idconnect.StepNames()
	for _, was := range slices.Sorted(maps.Keys(before)) {
		for _, policy := range policies {
			for i, last := range names {
				if i > slices.Index(names, idconnect.StepStores) && (was != "nothing" || policy != "") {
					break
				}
				for _, to := range append([]string{""}, names[:i+1]...) {
					cases = append(cases, c{was, policy, last, to})
				}
			}
		}
	}
	numbers := sampledRollbacks(len(cases))
	var good atomic.Int32
	defer func() { count(len(cases), len(numbers), int(good.Load())) }()
	atOnce(numbers, func(i int) {
		c := cases[i]
		what := fmt.Sprintf("%+v", c)
		w, end := base.sibling(t)
		defer end()
		before[c.was](t, w)
		w.u.TruststoreConflict = c.policy
		// The world before the step to which it goes back.
		var want map[string]string
		for _, name := range names {
			if name == c.to || c.to == "" && want == nil {
				want = w.around(t)
			}
			w.u.Steps = []string{name}
			if _, err := w.u.Run(t.Context()); err != nil {
				t.Errorf("%s: %s: %v", what, name, err)
				return
			}
			if name == c.last {
				break
			}
		}
		w.u.Steps = nil
		if started := filepath.Join(w.u.TargetDir, "started"); exists(started) {
			_, err := w.u.Rollback(t.Context(), c.to)
			if err == nil || !strings.Contains(err.Error(), "stop it first") {
				t.Errorf("%s: while the target runs: %v", what, err)
			}
			w.running(t).Close()
			if slices.Index(names, c.to) > slices.Index(names, idconnect.StepStores) {
				want = w.around(t) // files are not what these steps change
			} else if c.to == idconnect.StepStores {
				// What the script made is left.
				want["/salesforceIdConnect/started"] = w.around(t)["/salesforceIdConnect/started"]
			} else {
				_, err := w.u.Rollback(t.Context(), c.to)
				var added *idconnect.AddedError
				if !errors.As(err, &added) || !slices.Equal(added.Files, []string{"started"}) || !exists(started) {
					t.Errorf("%s: with a file that was added: %v", what, err)
				}
				w.u.RemoveAdded = true
			}
		}
		_, err := w.u.Rollback(t.Context(), c.to)
		if check(t, what, want, w, err) {
			good.Add(1)
		}
		// Twice does no harm.
		if _, err := w.u.Rollback(t.Context(), c.to); err != nil {
			t.Errorf("%s: again: %v", what, err)
		} else if d := cmp.Diff(want, w.around(t)); d != "" {
			t.Errorf("%s: again:\n%s", what, d)
		}
		os.RemoveAll(w.dir)
	})
}

// pairs are a smaller choice: the policies differ in what is written, hardly in
// when.
var pairs = map[string]keystore.Policy{"nothing": "", "empty folder": keystore.Replace, "installation": keystore.Keep}

// rollbackKilled goes back after a run that was killed, at every point.
func rollbackKilled(t *testing.T, base *world, count rollbackCount, check rollbackCheck) {
	for was, policy := range pairs {
		c := &crashCase{base: base}
		c.begin = func(t *testing.T, w *world) (crashOrder, map[string]string) {
			before[was](t, w)
			o := w.order()
			o.Policy, o.Steps = policy, unpacks
			return o, w.around(t)
		}
		c.end = func(t *testing.T, w *world, o crashOrder, want map[string]string, what string) bool {
			o.Rollback = true
			return check(t, fmt.Sprintf("%s, policy %q, %s", was, policy, what), want, w, failure(o.again(t)))
		}
		c.all(t, count)
	}
}

// rollbackKills kills the rollback itself, at every point, and repeats it.
func rollbackKills(t *testing.T, base *world, count rollbackCount, check rollbackCheck) {
	for was, prepare := range before {
		c := &crashCase{base: base}
		c.begin = func(t *testing.T, w *world) (crashOrder, map[string]string) {
			prepare(t, w)
			want, o := w.around(t), w.order()
			o.Steps = unpacks
			if r := o.again(t); r.Outcome != "done" {
				t.Fatalf("%s: %s", r.Outcome, r.Error)
			}
			o.Rollback = true
			return o, want
		}
		c.end = func(t *testing.T, w *world, o crashOrder, want map[string]string, what string) bool {
			return check(t, fmt.Sprintf("%s, rollback %s", was, what), want, w, failure(o.again(t)))
		}
		c.all(t, count)
	}
}

// all tries the points of an undisturbed run, or some of them.
func (c *crashCase) all(t *testing.T, count rollbackCount) {
	undisturbed, end := c.base.sibling(t)
	o, _ := c.begin(t, undisturbed)
	result, _ := o.child(t)
	end()
	numbers := points(result.Points, 4)
	c.at(t, numbers, result.Points)
	count(len(result.Points), len(numbers), int(c.ended.Load()))
}

func failure(r crashResult) error {
	if r.Outcome != "done" {
		return errors.New(r.Outcome + ": " + r.Error)
	}
	return nil
}
