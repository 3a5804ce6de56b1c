package idconnect

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/idconnect-go/upgrade/keystore"
)

// Prompt is a question of the set-up script and its answer.
type Prompt struct {
	// Pattern is looked for in the last line, which has no line break yet.
	Pattern *regexp.Regexp
	// Answer is typed, with Enter.
	Answer string
	// Secret: the keystore's password is typed instead, and only while the
	// terminal does not show it.
	Secret bool
}

// DefaultPrompts are what the set-up script of 7.1.6 is said to ask: the data
// source, confirmed with Enter, and the keystore's password. The words are
// assumed.
func DefaultPrompts() []Prompt {
	return []Prompt{
		{Pattern: regexp.MustCompile(`(?i)(overwrite|already exists|replace).*(\?|\[no\]|\[n\]|y/n|yes/no)[^\n]*$`), Answer: "yes"},
		{Pattern: regexp.MustCompile(`(?i)(key ?store|store).*password[^\n]*$|password.*key ?store[^\n]*$`), Secret: true},
		{Pattern: regexp.MustCompile(`(?i)(postgres|data ?source|database|press enter|hit enter)[^\n]*$`)},
	}
}

// SetupError says how the set-up ended instead of with a server that is ready.
type SetupError struct {
	// Kind is "start", "exit", "unknown prompt", "echo", "password refused",
	// "output" or "not ready".
	Kind string
	// LastLines of the script's output, without secrets.
	LastLines []string
	Err       error
}

func (e *SetupError) Error() string {
	s := "set-up: " + e.Kind
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	if len(e.LastLines) > 0 {
		s += "; its last lines: " + strings.Join(e.LastLines, " | ")
	}
	return s
}

func (e *SetupError) Unwrap() error { return e.Err }

// Remedy says what to do.
func (e *SetupError) Remedy() string {
	switch e.Kind {
	case "unknown prompt":
		return "the script asks something unexpected: run it by hand, then run the same command again: it goes on when the server is ready"
	case "echo":
		return "the script would show the password: run it by hand, then run the same command again"
	case "password refused":
		return "give the password of the source's keystore, which was copied"
	case "not ready":
		return "look at the target's log (logs folder), and whether its ports are free; then run the same command again"
	}
	return "read its last lines, mend what they say, and run the same command again"
}

type setupOptions struct {
	Dir, Script, JavaHome string
	KeystorePassword      keystore.Password
	Prompts               []Prompt
	Timeout               time.Duration
	// PromptTimeout is how long a line that looks like a question may stand
	// unanswered; 0: 20 s.
	PromptTimeout time.Duration
	// Ready asks whether the server is ready; its error is the last word when
	// it never is.
	Ready  func(context.Context) (bool, error)
	Output io.Writer
}

const (
	maxSetupOutput   = 64 << 20
	maxSetupTail     = 8 << 10
	setupLastLines   = 8
	setupTick        = 100 * time.Millisecond
	readyInterval    = time.Second
	echoPatience     = 3 * time.Second
	maxSecretPrompts = 3
)

// looksLikeQuestion: a line without an end that waits for somebody.
var looksLikeQuestion = regexp.MustCompile(`[:?>\])]\s*$`)

// child is the running script and its terminal, or pipes on Windows.
type child interface {
	io.ReadWriter
	// echoes says whether what is typed would be shown.
	echoes() bool
	// kill ends the script and what it started in its group.
	kill()
	close()
}

// runSetup runs the script until the server is ready. The server belongs to
// the machine then: neither our end nor that of the terminal ends it. When the
// script itself stays, as the server's foreground, the goroutine that waits
// for it stays with it.
func runSetup(ctx context.Context, o setupOptions) error {
	ctx, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	if o.Prompts == nil {
		o.Prompts = DefaultPrompts()
	}
	if o.PromptTimeout == 0 {
		o.PromptTimeout = 20 * time.Second
	}
	cmd := setupCommand(o.Dir, o.Script)
	cmd.Dir = o.Dir
	cmd.Env = os.Environ()
	if o.JavaHome != "" {
		cmd.Env = append(cmd.Env, "JAVA_HOME="+o.JavaHome,
			"PATH="+filepath.Join(o.JavaHome, "bin")+string(os.PathListSeparator)+os.Getenv("PATH"))
	}
	c, err := startChild(cmd)
	if err != nil {
		return &SetupError{Kind: "start", Err: err}
	}
	s := &setupRun{o: o, c: c}
	defer c.close()
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	chunks := make(chan []byte)
	over := make(chan struct{})
	defer close(over)
	go func() {
		defer close(chunks)
		for {
			b := make([]byte, 4096)
			n, err := c.Read(b)
			if n > 0 {
				select {
				case chunks <- b[:n]:
				case <-over:
					return
				}
			}
			if err != nil {
				return
			}
		}
	}()
	err = s.loop(ctx, chunks, exited)
	if err != nil && !s.ended {
		c.kill()
	}
	return err
}

type setupRun struct {
	o       setupOptions
	c       child
	tail    []byte // since the last answer
	total   int64
	lines   []string
	part    []byte
	changed time.Time // when the last output came
	secrets int
	ended   bool
	lastErr error
}

func (s *setupRun) fail(kind string, err error) error {
	lines := s.lines
	if p := s.clean(string(s.part)); p != "" {
		lines = append(lines, p)
	}
	return &SetupError{Kind: kind, LastLines: lines[max(0, len(lines)-setupLastLines):], Err: err}
}

func (s *setupRun) loop(ctx context.Context, chunks <-chan []byte, exited <-chan error) error {
	tick := time.NewTicker(setupTick)
	defer tick.Stop()
	s.changed = time.Now()
	var asked time.Time
	for {
		select {
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.Canceled) {
				return ctx.Err()
			}
			return s.fail("not ready", errors.Join(ctx.Err(), s.lastErr))
		case b, ok := <-chunks:
			if !ok {
				chunks = nil // the terminal was closed; exited says how
				continue
			}
			if err := s.take(b); err != nil {
				return err
			}
			if err := s.answer(ctx); err != nil {
				return err
			}
		case err := <-exited:
			s.ended, exited = true, nil
			if err != nil {
				var code *exec.ExitError
				if errors.As(err, &code) {
					err = fmt.Errorf("the script ended with code %d", code.ExitCode())
				}
				s.drain(chunks)
				return s.fail("exit", err)
			}
		case <-tick.C:
			if !s.ended && time.Since(s.changed) > s.o.PromptTimeout && looksLikeQuestion.Match(s.part) {
				return s.fail("unknown prompt", errors.New("nothing is known to answer"))
			}
			if time.Since(asked) < readyInterval {
				continue
			}
			ready, err := s.o.Ready(ctx)
			asked = time.Now()
			if ready {
				return nil
			}
			if err != nil {
				s.lastErr = err
			}
		}
	}
}

// drain takes what the script wrote at its end.
func (s *setupRun) drain(chunks <-chan []byte) {
	patience := time.After(time.Second)
	for chunks != nil {
		select {
		case b, ok := <-chunks:
			if !ok || s.take(b) != nil {
				return
			}
		case <-patience:
			return
		}
	}
}

// take keeps what the script writes: the tail for the prompts, whole lines for
// people.
func (s *setupRun) take(b []byte) error {
	s.changed = time.Now()
	if s.total += int64(len(b)); s.total > maxSetupOutput {
		return s.fail("output", fmt.Errorf("more than %d bytes", maxSetupOutput))
	}
	s.tail = append(s.tail, b...)
	s.tail = s.tail[max(0, len(s.tail)-maxSetupTail):]
	for len(b) > 0 {
		i := bytes.IndexByte(b, '\n')
		if i < 0 {
			s.part = append(s.part, b...)
			s.part = s.part[max(0, len(s.part)-maxSetupTail):]
			break
		}
		s.line(string(append(s.part, b[:i]...)))
		s.part, b = nil, b[i+1:]
	}
	return nil
}

func (s *setupRun) line(text string) {
	text = s.clean(text)
	if text == "" {
		return
	}
	s.lines = append(s.lines, text)
	s.lines = s.lines[max(0, len(s.lines)-setupLastLines):]
	if s.o.Output != nil {
		io.WriteString(s.o.Output, text+"\n")
	}
}

var terminalCodes = regexp.MustCompile(`\x1b\[[0-9;?]*[A-Za-z]`)

// clean leaves out what steers a terminal, and the password.
func (s *setupRun) clean(text string) string {
	text = terminalCodes.ReplaceAllString(text, "")
	text = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || r == 0x7f {
			return -1
		}
		return r
	}, text)
	if p := s.o.KeystorePassword.Reveal(); p != "" {
		text = strings.ReplaceAll(text, p, "[redacted]")
	}
	return strings.TrimSpace(text)
}

// answer types what the last line asks for.
func (s *setupRun) answer(ctx context.Context) error {
	last := terminalCodes.ReplaceAll(s.tail[bytes.LastIndexByte(s.tail, '\n')+1:], nil)
	if len(bytes.TrimSpace(last)) == 0 {
		return nil
	}
	for _, p := range s.o.Prompts {
		if !p.Pattern.Match(last) || !looksLikeQuestion.Match(last) && p.Secret {
			continue
		}
		text := p.Answer
		if p.Secret {
			if s.secrets++; s.secrets > maxSecretPrompts {
				return s.fail("password refused", fmt.Errorf("it was asked for %d times", s.secrets))
			}
			if err := s.awaitSilence(ctx); err != nil {
				return err
			}
			text = s.o.KeystorePassword.Reveal()
		}
		s.tail = nil
		if _, err := io.WriteString(s.c, text+"\n"); err != nil {
			return s.fail("exit", err)
		}
		return nil
	}
	return nil
}

// awaitSilence gives a script that prints its prompt first the time to switch
// the echo off.
func (s *setupRun) awaitSilence(ctx context.Context) error {
	deadline := time.Now().Add(echoPatience)
	for s.c.echoes() {
		if time.Now().After(deadline) {
			return s.fail("echo", errors.New("the script asks for the password, and the terminal would show it"))
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(setupTick / 5):
		}
	}
	return nil
}
