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
func startJava(t *testing.T, dir string, args ...string) *exec.Cmd {
	t.Helper()
	sh, err := exec.LookPath("sh")
	must(t, err)
	java := filepath.Join(t.TempDir(), "java")
	must(t, os.Symlink(sh, java))
	cmd := exec.Command(java, append([]string{"-c", "read -r never", "java"}, args...)...)
	in, out, err := os.Pipe()
	must(t, err)
	t.Cleanup(func() { in.Close(); out.Close() })
	cmd.Stdin = in
	startIn(t, dir, cmd)
	return cmd
}
