package main

import (
	"bufio"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	jks "github.com/pavlo-v-chernykh/keystore-go/v4"

	"github.com/idconnect-go/upgrade/keystore"
)

const password = "changeit"

// task is an operation that every peer performs on the same file.
type task struct {
	name   string
	open   bool // open every key; otherwise list the entries
	format keystore.Format
	path   string
	other  string // the same entries as JKS, for a peer that reads only JKS
	want   int    // number of entries, or of keys if open
	rounds int
}

// peer performs a task once and returns how long it took.
type peer interface {
	name() string
	do(ctx context.Context, t task) (time.Duration, error)
}

// errCannot is returned for a task that a peer does not support.
var errCannot = errors.New("not supported")

// ours is the package keystore, in this process.
type ours struct{}

func (ours) name() string { return "keystore" }

func (ours) do(_ context.Context, t task) (time.Duration, error) {
	started := time.Now()
	s, err := keystore.Open(t.path, keystore.NewPassword(password))
	if err != nil {
		return 0, err
	}
	n := s.Len()
	if t.open {
		n = 0
		for _, k := range s.OpenKeys(context.Background(), keystore.Password{}) {
			if k.Err != nil {
				return 0, k.Err
			}
			n++
		}
	}
	return time.Since(started), counted(n, t)
}

func counted(n int, t task) error {
	if n != t.want {
		return fmt.Errorf("%d entries, not %d", n, t.want)
	}
	return nil
}

// keystoreGo is pavlo-v-chernykh/keystore-go, in this process. It reads JKS.
type keystoreGo struct{}

func (keystoreGo) name() string { return "keystore-go" }

func (keystoreGo) do(_ context.Context, t task) (time.Duration, error) {
	path := t.path
	if t.format != keystore.JKS {
		if path = t.other; path == "" {
			return 0, errCannot
		}
	}
	started := time.Now()
	s, err := loadKeystoreGo(path)
	if err != nil {
		return 0, err
	}
	n := len(s.Aliases())
	if t.open {
		n = 0
		for _, alias := range s.Aliases() {
			if !s.IsPrivateKeyEntry(alias) {
				continue
			}
			if _, err := s.GetPrivateKeyEntry(alias, []byte(password)); err != nil {
				return 0, err
			}
			n++
		}
	}
	return time.Since(started), counted(n, t)
}

func loadKeystoreGo(path string) (jks.KeyStore, error) {
	s := jks.New()
	f, err := os.Open(path)
	if err != nil {
		return s, err
	}
	defer f.Close()
	return s, s.Load(bufio.NewReaderSize(f, 1<<16), []byte(password))
}

// keytool starts a process for each task.
type keytool struct{ path string }

func (keytool) name() string { return "keytool, a process each" }

func (k keytool) do(ctx context.Context, t task) (time.Duration, error) {
	if t.open {
		return 0, errCannot
	}
	args := []string{"-list", "-keystore", t.path, "-storetype", string(t.format), "-storepass:env", "BENCH_PASSWORD"}
	if t.want > 1000 {
		// Printing them all takes minutes; to print one it still reads them all.
		args = append(args, "-alias", alias(0))
	}
	cmd := exec.CommandContext(ctx, k.path, args...)
	cmd.Env = append(os.Environ(), "BENCH_PASSWORD="+password)
	started := time.Now()
	out, err := cmd.CombinedOutput()
	took := time.Since(started)
	if err != nil {
		return 0, fmt.Errorf("%w: %.200s", err, out)
	}
	return took, nil
}

// server is another language's process that stays, so that it is warm.
type server struct {
	label string
	in    io.WriteCloser
	out   *bufio.Scanner
	cmd   *exec.Cmd
}

func startServer(ctx context.Context, label, path string, args ...string) (*server, error) {
	s := &server{label: label, cmd: exec.CommandContext(ctx, path, args...)}
	s.cmd.Stderr = os.Stderr
	var err error
	if s.in, err = s.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	s.out = bufio.NewScanner(out)
	return s, s.cmd.Start()
}

func (s *server) name() string { return s.label }

func (s *server) do(_ context.Context, t task) (time.Duration, error) {
	what := "list"
	if t.open {
		what = "open"
	}
	if _, err := fmt.Fprintf(s.in, "%s\t%s\t%s\t%s\n", what, t.format, t.path, password); err != nil {
		return 0, err
	}
	if !s.out.Scan() {
		return 0, errors.Join(errors.New("it ended"), s.out.Err())
	}
	took, n, _ := strings.Cut(s.out.Text(), "\t")
	if took == "error" {
		return 0, errors.New(n)
	}
	ns, err := strconv.ParseInt(took, 10, 64)
	if err != nil {
		return 0, err
	}
	entries, err := strconv.Atoi(n)
	if err != nil {
		return 0, err
	}
	return time.Duration(ns), counted(entries, t)
}

func (s *server) close() error {
	s.in.Close()
	return s.cmd.Wait()
}

var (
	//go:embed Bench.java
	javaSource []byte
	//go:embed bench.py
	pythonSource []byte
)

func startJava(ctx context.Context, dir string) (*server, error) {
	java, err := exec.LookPath("java")
	if err != nil {
		return nil, err
	}
	source := filepath.Join(dir, "Bench.java")
	if err := os.WriteFile(source, javaSource, 0o600); err != nil {
		return nil, err
	}
	return startServer(ctx, "Java, one warm JVM", java, source)
}

// startPyjks makes a virtual environment with pyjks in dir, unless a run before
// has left one there.
func startPyjks(ctx context.Context, dir string) (*server, error) {
	python, err := exec.LookPath("python3")
	if err != nil {
		return nil, err
	}
	venv := filepath.Join(dir, "venv")
	inside := filepath.Join(venv, "bin", "python")
	if exec.CommandContext(ctx, inside, "-c", "import jks").Run() != nil {
		for _, args := range [][]string{
			{python, "-m", "venv", venv},
			{inside, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "pyjks==20.0.0"},
		} {
			if out, err := exec.CommandContext(ctx, args[0], args[1:]...).CombinedOutput(); err != nil {
				return nil, fmt.Errorf("%s: %w: %s", strings.Join(args[1:], " "), err, lastLine(out))
			}
		}
	}
	source := filepath.Join(dir, "bench.py")
	if err := os.WriteFile(source, pythonSource, 0o600); err != nil {
		return nil, err
	}
	return startServer(ctx, "pyjks, one interpreter", inside, source)
}

func lastLine(out []byte) string {
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return lines[len(lines)-1]
}
