package idconnect_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// holdLock locks a file as Java does, and as another process would: a lock of
// the open file is not this process's own.
func holdLock(t *testing.T, path string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	must(t, err)
	t.Cleanup(func() { f.Close() })
	must(t, unix.FcntlFlock(f.Fd(), unix.F_OFD_SETLK, &unix.Flock_t{Type: unix.F_WRLCK}))
}

// faultsOfLinux are seen where the system shows which folder a process works in.
var faultsOfLinux = []catalogueRow{
	{"server without a PID file", "TARGET-LOCK-IN-USE", blocks, func(w *catalogueWorld) {
		w.storesCopied()
		startJava(w.t, w.u.TargetDir)
	}},
}

// startJava starts a program of that name, which works in a folder until the
// test ends.
func startJava(t *testing.T, dir string) *exec.Cmd {
	t.Helper()
	sleep, err := exec.LookPath("sleep")
	must(t, err)
	java := filepath.Join(t.TempDir(), "java")
	must(t, os.Symlink(sleep, java))
	cmd := exec.Command(java, "60")
	cmd.Args[0] = "sleep"
	cmd.Dir = dir
	must(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return cmd
}
