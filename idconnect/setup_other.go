//go:build !unix

package idconnect

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

func setupCommand(dir, script string) *exec.Cmd {
	return exec.Command("cmd", "/c", filepath.Join(dir, script))
}

// pipeChild: without a terminal nothing that is typed is shown.
type pipeChild struct {
	io.Reader
	io.Writer
	cmd    *exec.Cmd
	closer func()
}

func startChild(cmd *exec.Cmd) (child, error) {
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd.Stdout, cmd.Stderr = w, w
	if err := cmd.Start(); err != nil {
		r.Close()
		w.Close()
		return nil, err
	}
	w.Close()
	return &pipeChild{r, in, cmd, func() { in.Close(); r.Close() }}, nil
}

func (c *pipeChild) echoes() bool { return false }
func (c *pipeChild) kill()        { c.cmd.Process.Kill() }
func (c *pipeChild) close()       { c.closer() }
