//go:build unix

package setup

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"github.com/idconnect-go/upgrade/internal/echo"
)

// enterKey ends a typed line.
const enterKey = "\n"

// command runs the script with hang-ups ignored, so that the server that
// it starts outlives the terminal.
func command(script string) *exec.Cmd {
	return exec.Command("/bin/sh", "-c", `trap "" HUP; exec "$0"`, "./"+script)
}

// Runnable reports whether the mode of a script lets it run.
func Runnable(info os.FileInfo) bool { return info.Mode().Perm()&0o111 != 0 }

// ptyChild leads a session of its own, with the terminal as its own.
type ptyChild struct {
	*os.File
	cmd    *exec.Cmd
	reaped bool
}

func startChild(cmd *exec.Cmd) (child, error) {
	blocking, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 50, Cols: 200})
	if err != nil {
		return nil, err
	}
	c := &ptyChild{File: blocking, cmd: cmd}
	// The package's file blocks, and a read of it would outlive its Close.
	fd, err := unix.FcntlInt(blocking.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err == nil {
		if err = unix.SetNonblock(fd, true); err != nil {
			unix.Close(fd)
		}
	}
	if err != nil {
		c.kill()
		c.close()
		return nil, err
	}
	c.File = os.NewFile(uintptr(fd), blocking.Name())
	return c, blocking.Close()
}

func (c *ptyChild) echoes() bool {
	raw, err := c.SyscallConn()
	if err != nil {
		return true
	}
	shown := true
	err = raw.Control(func(fd uintptr) { shown = echo.Shown(fd) })
	return err != nil || shown
}

// ended asks without waiting: a goroutine that waits would stay as long as a
// script that becomes the server.
func (c *ptyChild) ended() (ended bool, how string, err error) {
	var status syscall.WaitStatus
	pid, err := syscall.Wait4(c.cmd.Process.Pid, &status, syscall.WNOHANG, nil)
	switch {
	case errors.Is(err, syscall.EINTR) || err == nil && pid == 0:
		return false, "", nil
	case err != nil:
		return false, "", err
	case status.Signaled():
		how = "was ended by signal " + status.Signal().String()
	case status.ExitStatus() != 0:
		how = fmt.Sprintf("ended with code %d", status.ExitStatus())
	}
	c.reaped = true
	return true, how, nil
}

// kill ends the script's process group, which a server that it started is in
// as well unless it left it.
func (c *ptyChild) kill() {
	group := -c.cmd.Process.Pid
	syscall.Kill(group, syscall.SIGTERM)
	for range 10 {
		time.Sleep(50 * time.Millisecond)
		if ended, _, err := c.ended(); ended || err != nil {
			break
		}
	}
	syscall.Kill(group, syscall.SIGKILL)
	for range 10 {
		if c.reaped {
			return
		}
		time.Sleep(20 * time.Millisecond)
		if _, _, err := c.ended(); err != nil {
			return
		}
	}
}

func (c *ptyChild) close() {
	c.Close()
	c.cmd.Process.Release()
}
