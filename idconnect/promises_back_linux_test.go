package idconnect_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/idconnect-go/upgrade/idconnect"
)

func sameDisk(a, b string) bool {
	var x, y unix.Stat_t
	return unix.Stat(a, &x) == nil && unix.Stat(b, &y) == nil && x.Dev == y.Dev
}

// startIn starts a program that works in a folder until the test ends.
func startIn(t *testing.T, dir string, cmd *exec.Cmd) *exec.Cmd {
	t.Helper()
	cmd.Dir = dir
	must(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return cmd
}

func rollbackUnderServer(t *testing.T) {
	w := crashRan(t, unpacks...)
	w.u.RemoveAdded = true
	was := w.around(t)
	for name, start := range map[string]func() *exec.Cmd{
		"works in the folder": func() *exec.Cmd {
			return startIn(t, filepath.Join(w.u.TargetDir, "security"), exec.Command("sleep", "60"))
		},
		"in its command line": func() *exec.Cmd { return startJava(t, t.TempDir(), "-Dhome="+w.u.TargetDir) },
		"in its PID file": func() *exec.Cmd {
			cmd := startIn(t, t.TempDir(), exec.Command("sleep", "60"))
			pid := strconv.Itoa(cmd.Process.Pid)
			must(t, os.WriteFile(filepath.Join(w.u.TargetDir, ".openidm.pid"), []byte(pid), 0o644))
			return cmd
		},
	} {
		cmd := start()
		_, err := w.u.Rollback(t.Context(), "")
		stop := "kill " + strconv.Itoa(cmd.Process.Pid)
		if err == nil || !strings.Contains(err.Error(), "stop it first") ||
			!strings.Contains(idconnect.RemedyOf(err), stop) {
			t.Errorf("%s: %v (%s)", name, err, idconnect.RemedyOf(err))
		}
		must(t, cmd.Process.Kill())
		_ = cmd.Wait()
		_ = os.Remove(filepath.Join(w.u.TargetDir, ".openidm.pid"))
		if d := diffNames(was, w.around(t)); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	w.removesAll(t)
}

// diffNames names what one of two pictures has and the other has not, or otherwise.
func diffNames(a, b map[string]string) string {
	var out []string
	for name, content := range a {
		if b[name] != content {
			out = append(out, name)
		}
	}
	for name := range b {
		if _, ok := a[name]; !ok {
			out = append(out, name)
		}
	}
	return strings.Join(out, ", ")
}

func zombieIsNoServer(t *testing.T) {
	w := crashRan(t, unpacks...)
	w.u.Steps = nil
	cmd := exec.Command("true")
	must(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Wait() })
	// It has ended, and nobody asked how.
	var info unix.Siginfo
	must(t, unix.Waitid(unix.P_PID, cmd.Process.Pid, &info, unix.WEXITED|unix.WNOWAIT, nil))
	if syscall.Kill(cmd.Process.Pid, 0) != nil {
		t.Fatal("it is gone, not a zombie")
	}
	path := filepath.Join(w.u.TargetDir, ".openidm.pid")
	must(t, os.WriteFile(path, []byte(strconv.Itoa(cmd.Process.Pid)), 0o644))
	plan, err := w.u.Plan(t.Context())
	must(t, err)
	if plan.Findings.Has("TARGET-LOCK-IN-USE") {
		t.Errorf("%v", plan.Findings)
	}
	must(t, os.Remove(path))
	if _, err := w.u.Rollback(t.Context(), ""); err != nil {
		t.Error(err)
	}
}

func emptyMountPoint(t *testing.T) {
	w := crashWorld(t)
	must(t, os.MkdirAll(w.u.TargetDir, 0o755))
	err := unix.Mount("tmpfs", w.u.TargetDir, "tmpfs", 0, "size=4m,mode=0750")
	if errors.Is(err, unix.EPERM) {
		t.Skip("needs the right to mount")
	}
	must(t, err)
	t.Cleanup(func() { _ = unix.Unmount(w.u.TargetDir, unix.MNT_DETACH) })
	before := w.around(t)
	w.run(t, unpacks...)
	w.backTo(t, before, "")
	if sameDisk(w.u.TargetDir, filepath.Dir(w.u.TargetDir)) {
		t.Error("nothing is mounted there any more")
	}
}
