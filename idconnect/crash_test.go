package idconnect_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idconnect-go/upgrade/internal/await"
	"github.com/idconnect-go/upgrade/internal/exhaustive"
	"github.com/idconnect-go/upgrade/keystore"
)

// child runs this program as a run of the upgrade. killed says whether it
// ended itself at its point.
func (o crashOrder) child(t *testing.T) (result crashResult, killed bool) {
	t.Helper()
	text, err := json.Marshal(o)
	must(t, err)
	program, err := os.Executable()
	must(t, err)
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), crashChild+"="+string(text), "GOMAXPROCS=1", "GOGC=off")
	cmd.Env = append(cmd.Env, o.env...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	must(t, cmd.Start())
	err = await.Exit(t, cmd)
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit) && (o.KillAt > 0 || o.KillOn != "") &&
		(!exit.Exited() || runtime.GOOS == "windows" && exit.ExitCode() == 1):
		return result, true
	case err != nil:
		t.Fatalf("the child: %v\n%s", err, &errs)
	}
	if err := json.Unmarshal(out.Bytes(), &result); err != nil {
		t.Fatalf("the child: %v\n%s", err, &out)
	}
	return result, false
}

// again is the same command in this process, to its end.
func (o crashOrder) again(t *testing.T) crashResult {
	t.Helper()
	result, err := o.carryOut(&crashPoints{})
	if err != nil {
		t.Errorf("again: %v", err)
	}
	return result
}

// order is what a child is told of a world.
func (w *world) order() crashOrder {
	return crashOrder{
		Source: w.u.Source.URL, Target: w.u.Target.URL, Instance: w.u.InstanceURL, SourceDir: w.u.SourceDir,
		TargetDir: w.u.TargetDir, Package: w.u.Package, JavaHome: w.u.JavaHome,
		UserStateDir: w.u.UserStateDir,
	}
}

// crashWorld has a package with stores in it, so that both are replaced.
func crashWorld(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, 20)
	var keys, trusted bytes.Buffer
	password := keystore.NewPassword("changeit")
	must(t, keystore.New(keystore.JCEKS).Encode(&keys, password))
	must(t, keystore.New(keystore.JKS).Encode(&trusted, password))
	writePackage(t, w.u.Package, map[string]string{
		"setup.sh": testSetup, "setup.bat": testSetupBatch, "conf/boot/boot.properties": testBoot,
		"security/keystore.jceks": keys.String(), "security/truststore": trusted.String(),
	})
	return w
}

// sibling is the same source and package with a target of its own.
func (w *world) sibling(t *testing.T) (s *world, end func() error) {
	t.Helper()
	dir, err := os.MkdirTemp(w.dir, "sibling")
	must(t, err)
	return w.siblingAt(t, dir, "127.0.0.1:0")
}

func (w *world) siblingAt(t *testing.T, dir, addr string) (s *world, end func() error) {
	t.Helper()
	site, err := w.Sibling(dir, addr)
	must(t, err)
	return newSite(site), site.Close
}

var volatile = []struct {
	is   *regexp.Regexp
	name string
}{
	{regexp.MustCompile(`\.backup-\d{8}-\d{6}(-\d+)?`), ".backup-DATE"},
	{regexp.MustCompile(`\.tmp\d+`), ".tmpNUMBER"},
	{regexp.MustCompile(`\.(unpacking|removing)-[0-9a-f]{8}`), ".$1-NUMBER"},
	{regexp.MustCompile(`"\d{4}-\d\d-\d\dT[0-9:.]+Z"`), `"TIME"`},
	{regexp.MustCompile(`"checksum": "[0-9a-f]{64}"`), `"checksum": "OF DATES"`},
	{regexp.MustCompile(`"transaction": "[A-Z0-9]+"`), `"transaction": "RANDOM"`},
	{regexp.MustCompile(`localhost:\d+`), "ADDRESS"},
}

// state is everything beside the source that a run leaves: names, modes and
// contents, the journal included. Only dates, the address and the folder's own
// name are not compared.
func (w *world) state(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	must(t, filepath.WalkDir(w.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		content := []byte("a folder")
		if !d.IsDir() {
			if content, err = os.ReadFile(path); err != nil {
				return err
			}
		}
		text := strings.ReplaceAll(path+"\x00"+info.Mode().String()+" "+string(content), w.dir, "DIR")
		text = strings.ReplaceAll(text, strings.ReplaceAll(w.dir, `\`, `\\`), "DIR") // in JSON, on Windows
		for _, v := range volatile {
			text = v.is.ReplaceAllString(text, v.name)
		}
		name, rest, _ := strings.Cut(text, "\x00")
		out[name] = rest
		return nil
	}))
	return out
}

// points chooses the points of a run at which it is killed: all with
// EXHAUSTIVE=1, else the given number, and with -short four at most.
func points(seen []string, sample int) []int {
	if testing.Short() {
		sample = min(sample, 4)
	}
	all := make([]int, len(seen))
	for i := range all {
		all[i] = i + 1
	}
	return exhaustive.Sample(all, sample)
}

// startPoints are those of the set-up's start: after the script was started, after
// each answer, and before the note of its end.
func startPoints(t *testing.T, seen []string) (numbers []int) {
	t.Helper()
	want := map[string]int{"after start": 1, "after answer": 2, "after set-up": 1}
	for i, point := range seen {
		name, _, _ := strings.Cut(point, " setup.")
		if _, ok := want[name]; ok {
			want[name]--
			numbers = append(numbers, i+1)
		}
	}
	for name, missing := range want {
		if missing > 0 {
			t.Errorf("no point %s", name)
		}
	}
	return numbers
}

// atOnce calls f for every number, five at once: most of the time of a run is
// waiting.
func atOnce(numbers []int, f func(int)) {
	next := make(chan int)
	var wait sync.WaitGroup
	for range 5 {
		wait.Go(func() {
			for n := range next {
				f(n)
			}
		})
	}
	for _, n := range numbers {
		next <- n
	}
	close(next)
	wait.Wait()
}

// TestCrashPoints: a run is killed, by SIGKILL of its process, before and after
// every file operation and every request that an undisturbed run makes; the
// same command then comes to the same end as the undisturbed run, and the
// target receives migrate once.
func TestCrashPoints(t *testing.T) {
	t.Parallel()
	base := crashWorld(t)
	source := tree(t, base.u.SourceDir)
	var converged, killed, restored, alike, chosen, all atomic.Int32
	for _, p := range []struct {
		name  string
		steps []string
		// policy of the truststores
		policy   keystore.Policy
		migrates int
		sample   int
	}{
		{name: "whole upgrade", migrates: 1, sample: 12},
		{name: "merge", steps: unpacks, policy: keystore.Keep, sample: 6},
	} {
		t.Run(p.name, func(t *testing.T) {
			order := func(w *world) crashOrder {
				o := w.order()
				o.Steps, o.Policy = p.steps, p.policy
				return o
			}
			undisturbed, end := base.sibling(t)
			defer end()
			result, _ := order(undisturbed).child(t)
			if result.Outcome != "done" || undisturbed.Migrations() != p.migrates {
				t.Fatalf("undisturbed: %s %s, migrate %d times",
					result.Outcome, result.Error, undisturbed.Migrations())
			}
			want := undisturbed.state(t)
			numbers := points(result.Points, p.sample)
			if p.steps == nil {
				numbers = append(numbers, startPoints(t, result.Points)...)
				slices.Sort(numbers)
				numbers = slices.Compact(numbers)
			}
			chosen.Add(int32(len(numbers)))
			all.Add(int32(len(result.Points)))
			c := &crashCase{base: base}
			c.begin = func(_ *testing.T, w *world) (crashOrder, map[string]string) { return order(w), want }
			c.end = func(t *testing.T, w *world, o crashOrder, want map[string]string, what string) bool {
				again := o.again(t)
				d := cmp.Diff(want, w.state(t))
				switch {
				case again.Outcome != "done":
					t.Errorf("%s: %s %s", what, again.Outcome, again.Error)
				case d != "":
					t.Errorf("%s:\n%s", what, d)
				case w.Migrations() != p.migrates:
					t.Errorf("%s: the target received migrate %d times", what, w.Migrations())
				default:
					return true
				}
				return false
			}
			c.at(t, numbers, result.Points)
			converged.Add(c.ended.Load())
			killed.Add(c.killed.Load())
			restored.Add(c.restored.Load())
			alike.Add(c.alike.Load())
		})
	}
	// What is asked at once differs in its order from run to run: the last points may
	// lie behind the end of one.
	if k, n := killed.Load()+restored.Load()+alike.Load(), chosen.Load(); k < n*9/10 {
		t.Errorf("only %d of %d runs came to their point", k, n)
	}
	if d := cmp.Diff(source, tree(t, base.u.SourceDir)); d != "" {
		t.Errorf("the source was changed:\n%s", d)
	}
	for _, r := range base.source.Requests() {
		if r.Method != "GET" {
			t.Errorf("the source received %s %s", r.Method, r.Path)
		}
	}
	fmt.Printf("TestCrashPoints: %d of %d of %d crash points converge "+
		"(%d runs killed, %d put into the state of one, %d with the files of one of these)\n",
		converged.Load(), chosen.Load(), all.Load(), killed.Load(), restored.Load(), alike.Load())
}
