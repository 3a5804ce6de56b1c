package idconnect

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/idconnect-go/upgrade/idconnect/internal/host"
	"github.com/idconnect-go/upgrade/idconnect/internal/installation"
	"github.com/idconnect-go/upgrade/idconnect/internal/journal"
	"github.com/idconnect-go/upgrade/idconnect/internal/setup"
	"github.com/idconnect-go/upgrade/internal/disk"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

func checkSetup(ctx context.Context, r *run) (State, string, error) {
	c, err := r.targetClient()
	if err != nil {
		return ToDo, "", err
	}
	health, err := c.Ping(ctx)
	switch {
	case err == nil && health.Ready():
		return Done, "the target answers " + health.State, nil
	case err == nil:
		return ToDo, "the target answers " + health.State + ": " + health.ShortDesc, nil
	case errors.Is(err, openidm.ErrUnavailable):
		return ToDo, "the target does not answer yet", nil
	}
	return ToDo, "", err
}

// doSetup runs the script once. One that ended well is not run again because
// its server does not answer today; one whose end is not known may have left a
// server that still starts, which gets its time.
func doSetup(ctx context.Context, r *run) (string, error) {
	if n := r.journal.Setup; n.IsEnded() && !r.u.Again {
		return "", &SetupDoneError{When: *n.Ended, Dir: r.u.TargetDir}
	}
	if r.journal.Setup.IsOpen() {
		up, err := r.awaitServer(ctx)
		if err != nil {
			return "", err
		}
		if up {
			r.journal.Setup.End()
			return "the target is ready", r.journal.Save()
		}
	}
	password, err := r.u.keystorePassword()
	if err != nil {
		return "", err
	}
	home := r.u.JavaHome
	if java, err := host.FindJava(ctx, r.u.JavaHome, r.u.machine); err == nil && home == "" {
		home = java.Home
	}
	script, err := setup.Script(r.u.TargetDir)
	if err != nil {
		return "", err
	}
	timeout := r.u.SetupTimeout
	if timeout == 0 {
		timeout = setup.DefaultTimeout
	}
	n := journal.Begin()
	r.journal.Setup = &n
	if err := r.journal.Save(); err != nil {
		return "", err
	}
	lines := &lineWriter{emit: func(line string) {
		r.emit(Event{Kind: EventOutput, Step: StepSetup, Detail: line})
	}}
	o := r.u.setup
	o.Dir, o.Script, o.JavaHome, o.KeystorePassword = r.u.TargetDir, script, home, password
	o.Timeout, o.Output, o.Ready = timeout, lines, r.targetReady
	for _, p := range r.u.Prompts {
		o.Prompts = append(o.Prompts, setup.Prompt(p))
	}
	disk.At("before", "set-up", script)
	err = setup.Run(ctx, o)
	disk.At("after", "set-up", script)
	lines.flush()
	if failed := new(setup.Error); errors.As(err, &failed) {
		return "", &SetupError{Err: failed}
	} else if err != nil {
		return "", err
	}
	r.journal.Setup.End()
	return "the target is ready", r.journal.Save()
}

func (r *run) targetReady(ctx context.Context) (bool, error) {
	// The stores of a server that starts may change, and with them the
	// certificate that it presents.
	r.forgetTarget()
	state, _, err := checkSetup(ctx, r)
	return state == Done, err
}

// awaitServer waits for a server that a script, whose end is not known, may
// have started: as long as its process runs, and for SetupTimeout.
func (r *run) awaitServer(ctx context.Context) (up bool, err error) {
	timeout := r.u.SetupTimeout
	if timeout == 0 {
		timeout = setup.DefaultTimeout
	}
	deadline := time.Now().Add(timeout)
	for {
		inst, err := installation.Open(r.u.TargetDir)
		if err != nil {
			return false, err
		}
		pid, running := inst.Process()
		if up, _ := r.targetReady(ctx); up {
			return true, nil
		}
		if !running {
			return false, ctx.Err()
		}
		if time.Now().After(deadline) {
			return false, fmt.Errorf("process %d, which the set-up script of an earlier run started, runs but is not ready: look at the logs in %s", pid, filepath.Join(r.u.TargetDir, "logs"))
		}
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-time.After(time.Second):
		}
	}
}

// SetupDoneError: the set-up ended well in an earlier run, and its server does
// not answer now.
type SetupDoneError struct {
	When time.Time
	Dir  string
}

func (e *SetupDoneError) Error() string {
	return fmt.Sprintf("the set-up of %s was done on %s, but its server does not answer", e.Dir, e.When.Format(time.RFC3339))
}

// Remedy says what to do.
func (e *SetupDoneError) Remedy() string {
	return "start the server (startup.sh or its service) and look at its log; to run the set-up script a second time say so (-again)"
}

// undoSetup only forgets: what the script changed is for whoever removes the
// folder, and a server that ran is stopped by then.
func undoSetup(_ context.Context, r *run) (string, error) {
	if r.journal.Setup == nil {
		return "was not run", nil
	}
	r.journal.Setup = nil
	return "forgotten: the next run sets up again; what the script made is left where it is", r.journal.Save()
}

// lineWriter cuts what is written into lines.
type lineWriter struct {
	part []byte
	emit func(string)
}

const maxLine = 4096

func (w *lineWriter) Write(p []byte) (int, error) {
	for _, c := range p {
		if c == '\n' || len(w.part) == maxLine {
			w.flush()
		}
		if c != '\n' && c != '\r' {
			w.part = append(w.part, c)
		}
	}
	return len(p), nil
}

func (w *lineWriter) flush() {
	if s := strings.TrimRight(string(w.part), " "); s != "" {
		w.emit(s)
	}
	w.part = w.part[:0]
}
