// Package engine starts the development server of Temporal for tests and
// measurements: the tool of this module, built once and kept in the cache.
package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"

	"github.com/gofrs/flock"

	"github.com/idconnect-go/upgrade/internal/port"
)

// tool is the package of the development server.
const tool = "github.com/temporalio/cli/cmd/temporal"

// Build gives the path of the program, which it builds where it is missing:
// that takes some minutes.
func Build(ctx context.Context) (string, error) {
	version, err := output(ctx, "go", "list", "-m", "-f", "{{.Version}}", "github.com/temporalio/cli")
	if err != nil {
		return "", err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "idconnect-upgrade", "temporal")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	path := filepath.Join(dir, "temporal-"+strings.TrimPrefix(version, "v"))
	lock := flock.New(path + ".lock")
	if _, err := lock.TryLockContext(ctx, 200*time.Millisecond); err != nil {
		return "", err
	}
	defer lock.Close()
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	fmt.Fprintln(os.Stderr, "building the development server of Temporal, once; it takes some minutes")
	if _, err := output(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", path+".new", tool); err != nil {
		return "", err
	}
	return path, os.Rename(path+".new", path)
}

func output(ctx context.Context, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, &said)
	}
	return strings.TrimSpace(string(out)), nil
}

// Engine is a server that runs.
type Engine struct {
	// Address is where it listens.
	Address string

	program, file string
	release       func() // of Address
	cmd           *exec.Cmd
	ended         chan struct{} // closed at the end of cmd
	log           *os.File
}

// Start starts a server on a free port, with its state in dir.
func Start(ctx context.Context, dir string) (*Engine, error) {
	program, err := Build(ctx)
	if err != nil {
		return nil, err
	}
	e := &Engine{program: program, file: filepath.Join(dir, "engine.db")}
	if e.Address, e.release, err = port.Reserve("127.0.0.1:0"); err != nil {
		return nil, err
	}
	if e.log, err = os.Create(filepath.Join(dir, "engine.log")); err != nil {
		e.release()
		return nil, err
	}
	return e, e.Resume(ctx)
}

// Resume starts a server that was killed, on the same port with the same
// state, and waits until it serves. One that ends at once is started again: it chooses
// further ports, which others may take before it does.
func (e *Engine) Resume(ctx context.Context) (err error) {
	for range 3 {
		if err = e.resume(ctx); !errors.Is(err, errEnded) {
			break
		}
	}
	return err
}

var errEnded = errors.New("the development server ended")

func (e *Engine) resume(ctx context.Context) error {
	_, own, err := net.SplitHostPort(e.Address)
	if err != nil {
		return err
	}
	e.cmd = exec.Command(e.program, "server", "start-dev", "--headless", "--ip", "127.0.0.1", "--port", own,
		"--db-filename", e.file, "--log-level", "error",
		// Installations of a large wave end in bursts.
		"--dynamic-config-value", "frontend.namespaceRPS=20000", "--dynamic-config-value", "frontend.rps=20000")
	e.cmd.Stdout, e.cmd.Stderr = e.log, e.log
	if err := e.cmd.Start(); err != nil {
		return err
	}
	cmd, ended := e.cmd, make(chan struct{})
	e.ended = ended
	go func() {
		defer close(ended)
		cmd.Wait()
	}()
	deadline := time.Now().Add(time.Minute)
	for {
		c, err := client.DialContext(ctx, client.Options{HostPort: e.Address, Logger: Silent()})
		if err == nil {
			c.Close()
			return nil
		}
		if ctx.Err() != nil || time.Now().After(deadline) {
			e.Kill()
			return errors.Join(fmt.Errorf("the development server does not serve: see %s", e.log.Name()), err)
		}
		select {
		case <-ended:
			return fmt.Errorf("%w: see %s", errEnded, e.log.Name())
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// Kill ends the server as a failing machine does.
func (e *Engine) Kill() {
	if e.cmd != nil && e.cmd.Process != nil {
		e.cmd.Process.Kill()
		<-e.ended
	}
}

// Close ends the server.
func (e *Engine) Close() error {
	e.Kill()
	e.release()
	return e.log.Close()
}

// Used is the processor time and the most memory, in bytes, of a server that
// was ended.
func (e *Engine) Used() (cpu time.Duration, memory int64) {
	s := e.cmd.ProcessState
	if s == nil {
		return 0, 0
	}
	return s.UserTime() + s.SystemTime(), MaxMemory(s)
}

// Size is that of the file with its state, in bytes.
func (e *Engine) Size() (n int64) {
	for _, suffix := range []string{"", "-wal"} {
		if info, err := os.Stat(e.file + suffix); err == nil {
			n += info.Size()
		}
	}
	return n
}

// Silent is a logger of the SDK that says nothing.
func Silent() log.Logger { return log.NewStructuredLogger(slog.New(slog.DiscardHandler)) }
