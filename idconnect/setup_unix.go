//go:build unix

package idconnect

import (
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// setupCommand runs the script with hang-ups ignored, so that the server that
// it starts outlives the terminal.
func setupCommand(_, script string) *exec.Cmd {
	return exec.Command("/bin/sh", "-c", `trap "" HUP; exec "$0"`, "./"+script)
}

type ptyChild struct {
	*os.File
	cmd *exec.Cmd
}

func startChild(cmd *exec.Cmd) (child, error) {
	master, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 50, Cols: 200})
	if err != nil {
		return nil, err
	}
	return &ptyChild{master, cmd}, nil
}

func (c *ptyChild) echoes() bool {
	t, err := unix.IoctlGetTermios(int(c.Fd()), ioctlGetTermios)
	return err != nil || t.Lflag&unix.ECHO != 0
}

// kill ends the script's process group: it leads a session of its own.
func (c *ptyChild) kill() {
	group := -c.cmd.Process.Pid
	if syscall.Kill(group, syscall.SIGTERM) != nil {
		return
	}
	for range 20 {
		time.Sleep(100 * time.Millisecond)
		if syscall.Kill(group, 0) != nil {
			return
		}
	}
	syscall.Kill(group, syscall.SIGKILL)
}

func (c *ptyChild) close() { c.Close() }
