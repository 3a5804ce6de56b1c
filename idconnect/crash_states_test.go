package idconnect_test

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idconnect-go/upgrade/internal/exhaustive"
	"github.com/idconnect-go/upgrade/internal/port"
)

// crashCase is a command that is killed, and what comes after that.
type crashCase struct {
	base *world
	// begin makes what is there before, and says what is run. What it returns besides
	// is for end.
	begin func(t *testing.T, w *world) (crashOrder, map[string]string)
	// end is the command after the kill, and whether it came to what is wanted.
	end func(t *testing.T, w *world, o crashOrder, want map[string]string, what string) bool

	killed, restored, alike, ended atomic.Int32 // worlds
}

const (
	// lanes is how many worlds are put back at once.
	lanes = 4
	// proved is how many kills are compared with the state that stands for them.
	proved = 8
)

// at tries points of a run by their numbers. Each is one where a process is killed. Of
// many, with EXHAUSTIVE=1, most are not: up to the start of the set-up a run changes
// nothing but files, so that a copy of them, taken at the point, is what a kill there
// leaves. For a spread of the points both are made, and must be the same. Of points with
// the same files, as before and after a question, one stands for the others.
func (c *crashCase) at(t *testing.T, numbers []int, seen []string) {
	var kills, copies []int
	for _, n := range numbers {
		if exhaustive.All() && runtime.GOOS == "linux" && n <= fileStates(seen) {
			copies = append(copies, n)
		} else {
			kills = append(kills, n)
		}
	}
	step := max(1, len(copies)/proved)
	var wait sync.WaitGroup
	for i := range min(lanes, len(copies)) {
		wait.Go(func() {
			first := i * len(copies) / lanes
			own := copies[first : (i+1)*len(copies)/lanes]
			l := c.lane(t, own)
			for k, n := range own {
				if n > l.states {
					c.kill(t, n, seen)
				} else {
					c.restore(t, l, n, (first+k)%step == 0)
				}
			}
		})
	}
	atOnce(kills, func(n int) { c.kill(t, n, seen) })
	wait.Wait()
}

// fileStates is how many points come before anything but files changes.
func fileStates(seen []string) int {
	for i, point := range seen {
		if startsSetup(point) {
			return i + 1
		}
	}
	return len(seen)
}

func startsSetup(point string) bool { return strings.HasPrefix(point, "before start ") }

// kill kills a run of a new world at a point.
func (c *crashCase) kill(t *testing.T, n int, seen []string) {
	w, end := c.base.sibling(t)
	defer end()
	o, want := c.killAt(t, w, n)
	if c.end(t, w, o, want, fmt.Sprintf("killed at point %d (%s)", n, seen[n-1])) {
		c.ended.Add(1)
	}
	os.RemoveAll(w.dir)
}

func (c *crashCase) killAt(t *testing.T, w *world, n int) (crashOrder, map[string]string) {
	o, want := c.begin(t, w)
	o.KillAt = n
	if _, dead := o.child(t); dead {
		c.killed.Add(1)
	}
	o.KillAt = 0
	return o, want
}

// lane is a world that is put back, one after the other, into states of its run.
type lane struct {
	top    string // of the world as it is now, and of its states
	addr   string
	order  crashOrder
	want   map[string]string
	points []string
	states int
	good   map[string]bool // by the digest of a state, whether it came to what is wanted
}

func (c *crashCase) lane(t *testing.T, copies []int) *lane {
	top, err := os.MkdirTemp(c.base.dir, "lane")
	must(t, err)
	must(t, os.MkdirAll(filepath.Join(top, "now", "site"), 0o700)) // as the folders of those that are killed
	l := &lane{top: top, addr: "127.0.0.1:0", good: map[string]bool{}}
	w, end := c.laneWorld(t, l)
	defer end()
	target, err := url.Parse(w.u.Target.URL)
	must(t, err)
	l.addr = target.Host
	_, release, err := port.Reserve("127.0.0.1:" + target.Port()) // also while no world has it
	must(t, err)
	t.Cleanup(release)
	l.order, l.want = c.begin(t, w)
	o := l.order
	o.World, o.States, o.Copies = filepath.Join(l.top, "now"), filepath.Join(l.top, "states"), copies
	must(t, os.Mkdir(o.States, 0o755))
	result, _ := o.child(t)
	l.points, l.states = result.Points, fileStates(result.Points)
	return l
}

func (c *crashCase) laneWorld(t *testing.T, l *lane) (w *world, end func() error) {
	w, end = c.base.siblingAt(t, filepath.Join(l.top, "now", "site"), l.addr)
	w.u.UserStateDir = filepath.Join(l.top, "now", "user")
	return w, end
}

// restore puts the world of a lane back into the state at a point.
func (c *crashCase) restore(t *testing.T, l *lane, n int, prove bool) {
	now, state := filepath.Join(l.top, "now"), filepath.Join(l.top, "states", strconv.Itoa(n))
	digest := digestOf(t, state)
	if l.good[digest] && !prove {
		c.alike.Add(1)
		c.ended.Add(1)
		must(t, os.RemoveAll(state))
		return
	}
	must(t, os.RemoveAll(now))
	must(t, os.Rename(state, now))
	w, end := c.laneWorld(t, l)
	defer end()
	what := fmt.Sprintf("as killed at point %d (%s)", n, l.points[n-1])
	if prove {
		killed, end := c.base.sibling(t)
		c.killAt(t, killed, n)
		if d := cmp.Diff(killed.left(t), w.left(t)); d != "" {
			t.Errorf("%s: it is not what a kill leaves:\n%s", what, d)
		}
		must(t, end())
	}
	c.restored.Add(1)
	if l.good[digest] = c.end(t, w, l.order, l.want, what); l.good[digest] {
		c.ended.Add(1)
	}
}

// digestOf is that of all that is in a folder: names, modes, dates and contents.
func digestOf(t *testing.T, dir string) string {
	t.Helper()
	h := sha256.New()
	everything(t, dir, func(path string, info fs.FileInfo, content []byte) {
		fmt.Fprintf(h, "%q %s %s %q\n", path[len(dir):], info.Mode(), info.ModTime(), content)
	})
	return string(h.Sum(nil))
}

// left is the state of a world after a kill: of files that were being written only
// that they are there.
func (w *world) left(t *testing.T) map[string]string {
	t.Helper()
	out := w.state(t)
	for name, content := range out {
		if strings.Contains(name, ".tmpNUMBER") {
			out[name], _, _ = strings.Cut(content, " ")
		}
	}
	return out
}

// keep copies the world as it is at a point, with links and dates.
func (p *crashPoints) keep(n int, point string) {
	if p.states == "" {
		return
	}
	if startsSetup(point) {
		defer func() { p.states = "" }()
	}
	if !slices.Contains(p.copies, n) {
		return
	}
	to := filepath.Join(p.states, strconv.Itoa(n))
	if out, err := exec.Command("cp", "-a", p.world, to).CombinedOutput(); err != nil {
		panic(fmt.Sprintf("%v: %s", err, out))
	}
}
