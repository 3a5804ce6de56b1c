// Package setup runs the vendor's set-up script as a person would: under a terminal, answering its questions, until
// the server that it starts is ready. It does not know how to ask a server that: the caller does. Whether the
// script is to be run at all, and what an interrupted one means, is for the step. Begin with [Run]; the words of
// the script are those of [DefaultPrompts].
package setup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/idconnect-go/upgrade/idconnect/internal/installation"
	"github.com/idconnect-go/upgrade/internal/disk"
	"github.com/idconnect-go/upgrade/internal/redact"
	"github.com/idconnect-go/upgrade/keystore"
)

// Options are what a set-up needs. All but Dir, Script, Env, Ready and Timeout may be zero.
type Options struct {
	// Dir is the salesforceIdConnect folder, Script a file in it.
	Dir, Script string
	// JavaHome is the child's JAVA_HOME, and its bin comes first on the PATH;
	// "" leaves both as they are.
	JavaHome         string
	KeystorePassword keystore.Password
	// Hide takes other secrets out of the output and of errors.
	Hide redact.Redactor
	// Env is the child's environment, to which JavaHome and Mark are added.
	Env []string
	// Mark, unless it is "", is in the environment of all that is started, see
	// [Trace].
	Mark string
	// Started is called when the script runs, with its PID; its error ends the
	// script. May be nil.
	Started func(pid int) error
	// Prompts; nil: DefaultPrompts.
	Prompts []Prompt
	// Timeout bounds the whole.
	Timeout time.Duration
	// Quiet is how long the script must have printed nothing before a line of
	// it is answered; 0: 150 ms.
	Quiet time.Duration
	// PromptTimeout is how long a line that looks like a question may stand
	// unanswered; 0: 20 s.
	PromptTimeout time.Duration
	// Linger is how long a script that goes on when the server is ready may
	// still ask something; 0: 5 s.
	Linger time.Duration
	// Ready asks whether the server is ready; its error is the last word when
	// it never is.
	Ready func(context.Context) (bool, error)
	// Interval is the pause between two questions whether the server is ready;
	// 0: 1 s.
	Interval time.Duration
	// Output receives each line that is not empty, without the password; nil: nobody.
	Output func(line string)
	// MaxOutput of the script, in bytes; 0: 16 MiB.
	MaxOutput int64
}

const (
	maxOutput     = 16 << 20
	maxPart       = 8 << 10
	tickInterval  = 50 * time.Millisecond
	echoPatience  = 3 * time.Second
	endedPatience = 5 // looks at the pid file
	closePatience = time.Second
	maxSameAnswer = 3
)

func (o *Options) defaults() {
	o.Quiet = cmp.Or(o.Quiet, 150*time.Millisecond)
	o.PromptTimeout = cmp.Or(o.PromptTimeout, 20*time.Second)
	o.Linger = cmp.Or(o.Linger, 5*time.Second)
	o.Interval = cmp.Or(o.Interval, time.Second)
	o.MaxOutput = cmp.Or(o.MaxOutput, maxOutput)
	if o.Prompts == nil {
		o.Prompts = DefaultPrompts()
	}
}

// Script is the package's set-up script in a folder, for this system. That setup.bat is its name on Windows is assumed.
func Script(dir string) (name string, err error) {
	name = "setup.sh"
	if runtime.GOOS == "windows" {
		name = "setup.bat"
	}
	if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
		return "", fmt.Errorf("set-up script: %w", err)
	}
	return name, nil
}

// child is the running script and its terminal, or pipes on Windows.
type child interface {
	io.ReadWriter
	// echoes says whether what is typed would be shown.
	echoes() bool
	// ended says whether the script did, and how, "" for well.
	ended() (ended bool, how string, err error)
	// kill ends the script and what it started in its group.
	kill()
	// close leaves the script alone.
	close()
}

// Run runs the script until the server is ready. From then on the server belongs to the machine, and so does a
// script that stays in its foreground: neither our end nor that of the terminal ends them. A script that has not
// ended when Run fails, or when ctx does, is killed with its process group; a server that a script left behind is
// not. How a set-up failed is an [*Error].
func Run(ctx context.Context, o Options) error {
	o.defaults()
	s := newSession(o)
	info, err := os.Stat(filepath.Join(o.Dir, o.Script))
	if err == nil && !Runnable(info) {
		err = fmt.Errorf("%s may not be run: its mode is %s", filepath.Join(o.Dir, o.Script), info.Mode())
	}
	if err != nil {
		return s.fail(Start, err)
	}
	caller := ctx
	ctx, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	if err := s.start(); err != nil {
		return err
	}
	chunks := make(chan []byte)
	over := make(chan struct{})
	go readChunks(s.c, chunks, over)
	err = s.loop(ctx, chunks)
	if err != nil && !s.ended {
		s.c.kill()
	}
	close(over)
	s.c.close()
	s.drain(chunks)
	if err != nil && caller.Err() != nil {
		return fmt.Errorf("set-up: %w", caller.Err())
	}
	return err
}

// markName is the variable of Options.Mark.
const markName = "IDC_SETUP"

func (s *session) environment() []string {
	env := s.o.Env
	if s.o.Mark != "" {
		env = append(env, markName+"="+s.o.Mark)
	}
	if home := s.o.JavaHome; home != "" {
		if abs, err := filepath.Abs(home); err == nil { // the script runs in Dir
			home = abs
		}
		env = append(env, "JAVA_HOME="+home,
			"PATH="+filepath.Join(home, "bin")+string(os.PathListSeparator)+os.Getenv("PATH"))
	}
	return env
}

// start starts the script, and says so before anything is answered.
func (s *session) start() error {
	cmd := command(s.o.Script)
	cmd.Dir, cmd.Env = s.o.Dir, s.environment()
	err := disk.Do("start", s.o.Script, func() (err error) {
		s.c, err = startChild(cmd)
		return err
	})
	if err != nil {
		return s.fail(Start, err)
	}
	if s.o.Started != nil {
		if err := s.o.Started(cmd.Process.Pid); err != nil {
			s.c.kill()
			s.c.close()
			return s.fail(Start, err)
		}
	}
	return nil
}

// readChunks ends when the terminal is closed, by the script and all that it
// left running, or by us.
func readChunks(r io.Reader, chunks chan<- []byte, over <-chan struct{}) {
	defer close(chunks)
	for {
		b := make([]byte, 4096)
		n, err := r.Read(b)
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
}

type session struct {
	o     Options
	c     child
	hide  redact.Redactor
	began time.Time

	total    int64
	lines    []string
	part     []byte // the line that has no end yet
	asks     bool   // the last line, or part, was not answered yet
	changed  time.Time
	answered time.Time
	answers  []int

	ended     bool
	gone      int // looks at the pid file that found its process gone
	ready     bool
	readyAt   time.Time
	notReady  error
	nextAsked time.Time
}

func newSession(o Options) *session {
	return &session{
		o: o, hide: redact.Join(o.Hide, redact.New("", o.KeystorePassword)),
		began: time.Now(), answers: make([]int, len(o.Prompts)),
	}
}

func (s *session) fail(kind Kind, err error) error {
	lines := s.lines
	if p := s.clean(string(s.part)); p != "" {
		lines = append(lines, p)
	}
	e := &Error{Kind: kind, LastLines: lastLines(lines), Err: err}
	e.Log, e.LogLines = serverLog(s.o.Dir, s.began, s.clean)
	return e
}

type readiness struct {
	ready bool
	err   error
}

func (s *session) loop(ctx context.Context, chunks <-chan []byte) error {
	// The question whether the server is ready may take long; the script's
	// questions do not wait for it.
	asking, cancel := context.WithCancel(ctx)
	answer := make(chan readiness, 1)
	pending := false
	defer func() {
		cancel()
		if pending {
			<-answer
		}
	}()
	tick := time.NewTicker(tickInterval)
	defer tick.Stop()
	s.changed = time.Now()
	for {
		select {
		case <-ctx.Done():
			err := fmt.Errorf("the server did not become ready in %v: %w", s.o.Timeout, ctx.Err())
			if s.notReady != nil {
				err = fmt.Errorf("%w: %w", err, s.notReady)
			}
			return s.fail(NotReady, err)
		case b, ok := <-chunks:
			if !ok {
				chunks = nil
				continue
			}
			if err := s.take(b); err != nil {
				return err
			}
		case a := <-answer:
			pending = false
			s.nextAsked, s.notReady = time.Now().Add(s.o.Interval), a.err
			if a.ready {
				s.ready, s.readyAt = true, time.Now()
			} else if err := s.checkServer(); err != nil {
				return err
			}
		case <-tick.C:
			if err := s.look(chunks); err != nil {
				return err
			}
			if s.done() {
				return nil
			}
			if !s.ready && !pending && time.Now().After(s.nextAsked) {
				pending = true
				go func() {
					ready, err := s.o.Ready(asking)
					answer <- readiness{ready, err}
				}()
			}
		}
	}
}

// done: a script that goes on beside a server that is ready gets some time to
// ask what it still has to.
func (s *session) done() bool {
	return s.ready && (s.ended || min(time.Since(s.readyAt), time.Since(s.answered)) > s.o.Linger)
}

// look is what is done now and then: has the script ended, does it ask?
func (s *session) look(chunks <-chan []byte) error {
	if !s.ended {
		ended, how, err := s.c.ended()
		if err != nil {
			return s.fail(Exit, err)
		}
		if s.ended = ended; how != "" {
			s.drain(chunks)
			return s.fail(Exit, errors.New("the script "+how))
		}
	}
	quiet := time.Since(s.changed)
	if s.ended || !s.asks || quiet < s.o.Quiet {
		return nil
	}
	if known, err := s.answer(quiet); known || err != nil {
		return err
	}
	if !s.ready && quiet > s.o.PromptTimeout && isQuestion(s.clean(string(s.part))) {
		return s.fail(UnknownPrompt, errors.New("nothing is known to answer"))
	}
	return nil
}

// checkServer ends the wait for a server whose process was seen to be gone
// for a while: a start may write the file anew.
func (s *session) checkServer() error {
	if !s.ended {
		return nil
	}
	pid, running := installation.Process(s.o.Dir)
	if pid == 0 || running {
		s.gone = 0
		return nil
	}
	if s.gone++; s.gone > endedPatience {
		return s.fail(ServerEnded, fmt.Errorf("process %d, which was the server, is gone", pid))
	}
	return nil
}
