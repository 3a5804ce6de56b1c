package setup

import (
	"io"
	"os"
	"os/exec"
	"strconv"
	"syscall"

	"golang.org/x/sys/windows"
)

// enterKey ends a typed line.
const enterKey = "\r\n"

// command runs the batch file in a console of its own without a window,
// which neither our end nor a Ctrl-C at our console closes.
func command(script string) *exec.Cmd {
	cmd := exec.Command("cmd", "/d", "/c", `.\`+script)
	cmd.SysProcAttr = &syscall.SysProcAttr{
		CreationFlags: windows.CREATE_NEW_PROCESS_GROUP | windows.CREATE_NO_WINDOW,
	}
	return cmd
}

// Runnable is true: Windows decides by the name.
func Runnable(os.FileInfo) bool { return true }

// pipeChild: without a terminal nothing that is typed is shown.
type pipeChild struct {
	io.Reader
	io.Writer
	cmd    *exec.Cmd
	handle windows.Handle
	closer func()
}

func startChild(cmd *exec.Cmd) (child, error) {
	in, typed, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer in.Close()
	r, w, err := os.Pipe()
	if err != nil {
		typed.Close()
		return nil, err
	}
	defer w.Close()
	closer := func() { typed.Close(); r.Close() }
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in, w, w
	if err := cmd.Start(); err != nil {
		closer()
		return nil, err
	}
	const access = windows.SYNCHRONIZE | windows.PROCESS_QUERY_LIMITED_INFORMATION
	handle, err := windows.OpenProcess(access, false, uint32(cmd.Process.Pid))
	if err != nil {
		cmd.Process.Kill()
		closer()
		return nil, err
	}
	return &pipeChild{r, typed, cmd, handle, closer}, nil
}

func (c *pipeChild) echoes() bool { return false }

func (c *pipeChild) ended() (ended bool, how string, err error) {
	event, err := windows.WaitForSingleObject(c.handle, 0)
	if err != nil || event == uint32(windows.WAIT_TIMEOUT) {
		return false, "", err
	}
	var code uint32
	if err := windows.GetExitCodeProcess(c.handle, &code); err != nil || code == 0 {
		return true, "", err
	}
	return true, "ended with code " + strconv.FormatUint(uint64(code), 10), nil
}

// kill ends the script and what it started.
func (c *pipeChild) kill() {
	end := exec.Command("taskkill", "/t", "/f", "/pid", strconv.Itoa(c.cmd.Process.Pid))
	end.Env = c.cmd.Env
	end.Run()
	c.cmd.Process.Kill()
}

func (c *pipeChild) close() {
	c.closer()
	windows.CloseHandle(c.handle)
	c.cmd.Process.Release()
}
