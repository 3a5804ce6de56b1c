package idconnect

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"time"

	"github.com/idconnect-go/upgrade/idconnect/internal/host"
	"github.com/idconnect-go/upgrade/idconnect/internal/journal"
	"github.com/idconnect-go/upgrade/idconnect/internal/setup"
	"github.com/idconnect-go/upgrade/internal/disk"
	"github.com/idconnect-go/upgrade/internal/text"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// setupStep runs the package's set-up script, which starts the server.
type setupStep struct{ *runner }

func (s setupStep) Done(ctx context.Context) (bool, string, error) {
	health, err := s.PingTarget(ctx)
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

// Apply runs the script once, and never beside anything that an earlier one
// started: that gets its time first. One that ended well is not run again
// because its server does not answer today.
func (s setupStep) Apply(ctx context.Context) (string, error) {
	up, err := s.await(ctx)
	if err != nil {
		return "", err
	}
	if up {
		if s.journal.Note(StepSetup).IsOpen() {
			s.journal.Setup.End()
		}
		return "the target is ready", s.journal.Save()
	}
	if n := s.journal.Note(StepSetup); n.IsEnded() && !s.Again {
		return "", &SetupDoneError{When: *n.Ended, Dir: s.TargetDir}
	}
	o, err := s.options(ctx)
	if err != nil {
		return "", err
	}
	n := &journal.Setup{Note: journal.Begin(), Mark: rand.Text()}
	s.journal.Setup = n
	if err := s.journal.Save(); err != nil {
		return "", err
	}
	o.Mark = n.Mark
	o.Output = func(line string) { s.emit(Event{Kind: EventOutput, Step: StepSetup, Detail: line}) }
	o.Started = func(pid int) error {
		n.PID = pid
		return s.journal.Save()
	}
	disk.At("before", "set-up", o.Script)
	err = setup.Run(ctx, o)
	disk.At("after", "set-up", o.Script)
	if failed := new(setup.Error); errors.As(err, &failed) {
		return "", &SetupError{Err: failed}
	} else if err != nil {
		return "", err
	}
	n.End()
	return "the target is ready", s.journal.Save()
}

// options are what the set-up needs.
func (s setupStep) options(ctx context.Context) (o setup.Options, err error) {
	o = s.setup
	if o.KeystorePassword, err = s.KeystorePassword(); err != nil {
		return o, err
	}
	if o.Script, err = setup.Script(s.TargetDir); err != nil {
		return o, err
	}
	o.Dir, o.JavaHome = s.TargetDir, s.JavaHome
	if java, err := host.FindJava(ctx, s.JavaHome, s.Machine); err == nil && o.JavaHome == "" {
		o.JavaHome = java.Home
	}
	machine := s.Machine
	machine.Secrets = append(slices.Clone(machine.Secrets), o.KeystorePassword)
	o.Env, o.Hide = machine.Environ(), s.Hide()
	o.Interval = s.PollInterval
	o.Timeout, o.Ready = s.SetupTimeout, s.ready
	return o, nil
}

func (s setupStep) ready(ctx context.Context) (bool, error) {
	// The stores of a server that starts may change, and with them the
	// certificate that it presents.
	s.ForgetTarget()
	done, _, err := s.Done(ctx)
	return done, err
}

// await waits for whatever is under way in the target's folder or at its
// address, for as long as SetupTimeout. up says that a server is ready.
func (s setupStep) await(ctx context.Context) (up bool, err error) {
	trace := setup.Trace{Dir: s.TargetDir}
	if n := s.journal.Setup; n != nil && n.IsOpen() {
		trace.Mark, trace.PID = n.Mark, n.PID
	}
	said, again := "", trace.Mark != ""
	for deadline := time.Now().Add(s.SetupTimeout); ; {
		up, seen, processes := s.underWay(ctx, trace)
		switch {
		case ctx.Err() != nil:
			return false, ctx.Err()
		case up:
			return true, nil
		case seen == "" && again:
			again = false // a program that becomes another one is hard to see
		case seen == "":
			return false, nil
		case time.Now().After(deadline):
			return false, &setup.PendingError{
				Dir: s.TargetDir, Seen: seen, Processes: processes, After: s.SetupTimeout}
		case seen != said:
			said = seen
			s.emit(Event{Kind: EventOutput, Step: StepSetup, Detail: "waiting: " + seen})
		}
		text.Sleep(ctx, cmp.Or(s.PollInterval, time.Second))
	}
}

// underWay says that a server is ready, or what shows that one may become so.
// While the end of a set-up is not known, its port and its log show it, too.
func (s setupStep) underWay(ctx context.Context, trace setup.Trace) (up bool, seen string, running []host.Process) {
	running = trace.Processes()
	s.ForgetTarget()
	c, err := s.TargetClient()
	if err != nil {
		return false, "", nil
	}
	health, err := c.Ping(ctx)
	var answer *openidm.Error
	switch {
	case err == nil && health.Ready():
		return true, "", nil
	case err == nil:
		seen = fmt.Sprintf("the target answers %s at %s (%s)", health.State, s.Target.URL, health.ShortDesc)
	case errors.As(err, &answer):
		seen = fmt.Sprintf("a server answers at %s, and not as a target that is ready: %v", s.Target.URL, err)
	case len(running) > 0:
		seen = running[0].String()
	case !s.journal.Note(StepSetup).IsOpen():
	case s.listens(ctx):
		seen = "something listens at " + s.Target.URL
	case trace.Log() != "":
		seen = "its log was written a moment ago: " + trace.Log()
	}
	return false, seen, running
}

func (s setupStep) listens(ctx context.Context) bool {
	address, err := url.Parse(s.Target.URL)
	return err == nil && host.Listens(ctx, address.Hostname(), cmp.Or(address.Port(), "443"))
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
		"to run the set-up script a second time say so (Upgrade.Again)"
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

// Prompt is a question of the set-up script and its answer.
type Prompt struct {
	// Pattern is looked for in the line that the script stopped in.
	Pattern *regexp.Regexp
	// Unless, if it is not nil, is looked for, too: a line that has it is not answered.
	Unless *regexp.Regexp
	// Answer is typed, with Enter.
	Answer string
	// Secret types the keystore's password instead, and only while the terminal does not show it.
	Secret bool
}

// DefaultPrompts are what the set-up script of 7.1.6 is said to ask: the data source, confirmed with Enter, the
// keystore's password, and whether to overwrite a certificate. The words are assumed; those of the last two are
// keytool's, in English, German, French, Japanese and Chinese. Nothing else is answered, such as whether to trust a
// certificate, or to replace data.
func DefaultPrompts() []Prompt {
	var prompts []Prompt
	for _, p := range setup.DefaultPrompts() {
		prompts = append(prompts, Prompt(p))
	}
	return prompts
}

// SetupError says that the set-up script failed, or that the server did not become ready after it. Err says how; it
// holds no secret.
type SetupError struct {
	Err error
}

func (e *SetupError) Error() string { return e.Err.Error() }
func (e *SetupError) Unwrap() error { return e.Err }
