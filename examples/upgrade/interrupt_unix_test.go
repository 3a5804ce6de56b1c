//go:build unix

package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/term"

	"github.com/idconnect-go/upgrade/internal/await"
	"github.com/idconnect-go/upgrade/internal/costlykeys"
	"github.com/idconnect-go/upgrade/keystore"
)

// TestInterrupt types Ctrl-C on a real terminal: the command ends without the rest of
// its work, says once how it is resumed, and leaves the terminal as it was.
func TestInterrupt(t *testing.T) {
	t.Parallel()
	store := costlyStore(t)
	for name, c := range map[string]struct {
		args  []string
		after string // what the terminal shows when it is typed
		types string // and what is typed before
		says  string
	}{
		"at a prompt": {[]string{"inspect", store}, "Password for " + store + ": ", "",
			"upgrade: interrupted; to resume, run: upgrade inspect " + store},
		"at a prompt of run": {[]string{"run", "-source-url", "https://h.example.com:1/openidm/", "-steps", "verify"},
			"Password for openidm-admin at the source: ", "", "upgrade: interrupted; to resume, run: upgrade run "},
		"while costly keys are opened": {[]string{"inspect", "-keys", store}, "Password for " + store + ": ",
			"changeit\n", "upgrade: interrupted; to resume, run: upgrade inspect -keys "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startOnTerminal(t, c.args...)
			s.await(t, c.after)
			if c.types != "" {
				s.types(t, c.types)
				s.await(t, c.after+"\r\n")
				time.Sleep(200 * time.Millisecond) // mostly the keys are being opened then
			}
			s.types(t, "\x03")
			err := s.exit(t)
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() != exitInterrupted {
				t.Error(err)
			}
			// Processor time is the same on a busy machine.
			if took := s.cmd.ProcessState.UserTime(); took > 4*time.Second {
				t.Errorf("it worked on for %v", took)
			}
			s.await(t, c.says)
			if said := s.text(); strings.Count(said, "interrupted") != 1 || strings.Contains(said, "context canceled") {
				t.Errorf("it says\n%s", said)
			}
			after, err := term.GetState(int(s.tty.Fd()))
			if err != nil || *after != *s.before {
				t.Errorf("the terminal is not as it was: %v", err)
			}
		})
	}
}

// TestPrompt types a password on a real terminal: it is asked for, and not shown.
func TestPrompt(t *testing.T) {
	t.Parallel()
	store := "../../keystore/testdata/fixtures/openidm-7.0.2.jceks"
	s := startOnTerminal(t, "inspect", "-keys", store)
	prompt := "Password for " + store + ": "
	s.await(t, prompt)
	s.types(t, "changeit\n")
	if err := s.exit(t); err != nil {
		t.Error(err)
	}
	s.await(t, "sha256:fa58dd8c949532343b3035a86a26ada5787e4de7691f273310006161e8e8df87")
	if said := s.text(); strings.Contains(said, "changeit") || strings.Count(said, prompt) != 1 {
		t.Errorf("it says\n%s", said)
	}
}

// onTerminal is a command on a terminal of its own.
type onTerminal struct {
	cmd       *exec.Cmd
	ours, tty *os.File
	before    *term.State

	mu   sync.Mutex
	said bytes.Buffer
}

func startOnTerminal(t *testing.T, args ...string) *onTerminal { return around{}.start(t, args...) }

// startOnTerminalIn is startOnTerminal in a folder.
func startOnTerminalIn(t *testing.T, dir string, args ...string) *onTerminal {
	return around{dir: dir}.start(t, args...)
}

// around is what surrounds a command.
type around struct {
	dir  string
	size *pty.Winsize
	env  []string
}

func (a around) start(t *testing.T, args ...string) *onTerminal {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s := &onTerminal{cmd: exec.Command(program, args...)}
	s.cmd.Args[0] = "upgrade" // see TestMain
	s.cmd.Dir = a.dir
	s.cmd.Env = append(append(os.Environ(), "HOME="+t.TempDir(), "TERM=xterm"), a.env...)
	if s.ours, s.tty, err = pty.Open(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.ours.Close(); s.tty.Close() })
	if a.size != nil {
		if err := pty.Setsize(s.tty, a.size); err != nil {
			t.Fatal(err)
		}
	}
	if s.before, err = term.GetState(int(s.tty.Fd())); err != nil {
		t.Fatal(err)
	}
	s.cmd.Stdin, s.cmd.Stdout, s.cmd.Stderr = s.tty, s.tty, s.tty
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.cmd.Process.Kill() })
	go io.Copy(s, s.ours)
	return s
}

func (s *onTerminal) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.said.Write(p)
}

func (s *onTerminal) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.said.String()
}

// await waits until the terminal shows a text.
func (s *onTerminal) await(t *testing.T, text string) {
	t.Helper()
	defer s.show(t)
	await.Until(t, strconv.Quote(text)+" on the terminal", func() bool { return strings.Contains(s.text(), text) })
}

// exit waits for the end of the command.
func (s *onTerminal) exit(t *testing.T) error {
	t.Helper()
	defer s.show(t)
	return await.Exit(t, s.cmd)
}

// show notes what the terminal shows if the test has failed.
func (s *onTerminal) show(t *testing.T) {
	t.Helper()
	if t.Failed() {
		t.Logf("the terminal shows\n%s", s.text())
	}
}

func (s *onTerminal) types(t *testing.T, text string) {
	t.Helper()
	if _, err := s.ours.WriteString(text); err != nil {
		t.Fatal(err)
	}
}

// costlyStore writes a key store whose keys take minutes to open together. Its password is changeit.
func costlyStore(t *testing.T) string {
	t.Helper()
	content, err := costlykeys.Encode(keystore.New(keystore.JCEKS), keystore.NewPassword("changeit"), 500)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "costly.jceks")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
