package idconnect

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/idconnect-go/upgrade/idconnect/internal/host"
	"github.com/idconnect-go/upgrade/idconnect/internal/journal"
	"github.com/idconnect-go/upgrade/idconnect/internal/setup"
	"github.com/idconnect-go/upgrade/idconnect/report"
	"github.com/idconnect-go/upgrade/internal/disk"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// setupStep runs the package's set-up script, which starts the server.
type setupStep struct{ *runner }

func (setupStep) Name() string        { return StepSetup }
func (setupStep) Where() report.Where { return report.WhereTarget }

func (s setupStep) intent() intent { return s.journal.Setup }

func (s setupStep) Done(ctx context.Context) (bool, string, error) {
	c, err := s.TargetClient()
	if err != nil {
		return false, "", err
	}
	health, err := c.Ping(ctx)
	switch {
	case err == nil && health.Ready():
		return true, "the target answers " + health.State, nil
	case err == nil:
		return false, "the target answers " + health.State + ": " + health.ShortDesc, nil
	case errors.Is(err, openidm.ErrUnavailable):
		return false, "the target does not answer yet", nil
	}
	return false, "", err
}

// Apply runs the script once. One that ended well is not run again because
// its server does not answer today; one whose end is not known may have left a
// server that still starts, which gets its time.
func (s setupStep) Apply(ctx context.Context) (string, error) {
	if n := s.journal.Setup; n.IsEnded() && !s.Again {
		return "", &SetupDoneError{When: *n.Ended, Dir: s.TargetDir}
	}
	if s.journal.Setup.IsOpen() {
		up, err := s.awaitServer(ctx)
		if err != nil {
			return "", err
		}
		if up {
			s.journal.Setup.End()
			return "the target is ready", s.journal.Save()
		}
	}
	password, err := s.KeystorePassword()
	if err != nil {
		return "", err
	}
	home := s.JavaHome
	if java, err := host.FindJava(ctx, s.JavaHome, s.Machine); err == nil && home == "" {
		home = java.Home
	}
	script, err := setup.Script(s.TargetDir)
	if err != nil {
		return "", err
	}
	s.journal.Setup = &journal.Setup{Note: journal.Begin()}
	if err := s.journal.Save(); err != nil {
		return "", err
	}
	lines := setup.Lines(func(line string) {
		s.emit(Event{Kind: EventOutput, Step: StepSetup, Detail: line})
	})
	o := s.setup
	o.Dir, o.Script, o.JavaHome, o.KeystorePassword = s.TargetDir, script, home, password
	o.Prompts, o.Timeout, o.Output, o.Ready = s.prompts, s.SetupTimeout, lines, s.ready
	disk.At("before", "set-up", script)
	err = setup.Run(ctx, o)
	disk.At("after", "set-up", script)
	lines.Flush()
	if failed := new(setup.Error); errors.As(err, &failed) {
		return "", &SetupError{Err: failed}
	} else if err != nil {
		return "", err
	}
	s.journal.Setup.End()
	return "the target is ready", s.journal.Save()
}

func (s setupStep) ready(ctx context.Context) (bool, error) {
	// The stores of a server that starts may change, and with them the
	// certificate that it presents.
	s.ForgetTarget()
	done, _, err := s.Done(ctx)
	return done, err
}

// awaitServer waits for a server that a script, whose end is not known, may
// have started: as long as its process runs, and for SetupTimeout.
func (s setupStep) awaitServer(ctx context.Context) (up bool, err error) {
	deadline := time.Now().Add(s.SetupTimeout)
	for {
		pid := s.TargetProcess()
		if up, _ := s.ready(ctx); up {
			return true, nil
		}
		if pid == 0 {
			return false, ctx.Err()
		}
		if time.Now().After(deadline) {
			return false, fmt.Errorf("process %d, which the set-up script of an earlier run started, runs but is not "+
				"ready: look at the logs in %s", pid, filepath.Join(s.TargetDir, "logs"))
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
	return fmt.Sprintf(
		"the set-up of %s was done on %s, but its server does not answer", e.Dir, e.When.Format(time.RFC3339))
}

// Remedy says what to do.
func (e *SetupDoneError) Remedy() string {
	return "start the server (startup.sh or its service) and look at its log; " +
		"to run the set-up script a second time say so (-again)"
}

// Undo only forgets: what the script changed is for whoever removes the
// folder, and a server that ran is stopped by then.
func (s setupStep) Undo(context.Context) (string, error) {
	if s.journal.Setup == nil {
		return "was not run", nil
	}
	now := time.Now().UTC()
	s.journal.Setup, s.journal.Left = nil, &now
	return "forgotten: the next run sets up again; what the script made is left where it is", s.journal.Save()
}
