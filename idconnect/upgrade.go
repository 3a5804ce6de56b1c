package idconnect

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/idconnect-go/upgrade/idconnect/acceptance"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/idconnect/report"
	"github.com/idconnect-go/upgrade/idconnect/verify"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// Names of the steps, in their order.
const (
	StepPrepare   = "prepare"
	StepUnpack    = "unpack"
	StepStores    = "stores"
	StepJava      = "java"
	StepSetup     = "setup"
	StepConfigure = "configure"
	StepMigrate   = "migrate"
	StepVerify    = "verify"
)

// StepNames returns the names of all steps in their order.
func StepNames() []string {
	return []string{StepPrepare, StepUnpack, StepStores, StepJava, StepSetup, StepConfigure, StepMigrate, StepVerify}
}

// The addresses and the account of the vendor's documentation.
const (
	DefaultSourceURL = "https://localhost:8443/openidm/"
	DefaultTargetURL = "https://localhost:9443/openidm/"
	DefaultUser      = "openidm-admin"
)

// Errors of a run that a program may branch on. A run that fails in a step
// returns a [*StepError]; what failed is wrapped in it.
var (
	// ErrDifferences: the servers do not hold the same records.
	ErrDifferences = errors.New("the servers differ")
)

// StepError says in which step a run stopped, and why.
type StepError struct {
	Step string
	Err  error
}

func (e *StepError) Error() string { return e.Step + ": " + e.Err.Error() }
func (e *StepError) Unwrap() error { return e.Err }

// MissingError names a field of [Upgrade] that a chosen step needs and that is
// not set.
type MissingError struct{ Field, Step string }

func (e *MissingError) Error() string {
	return fmt.Sprintf("step %s needs %s", e.Step, e.Field)
}

// Server says how one of the two servers is reached.
type Server struct {
	// URL ends in "/openidm/"; "" is [DefaultSourceURL] or [DefaultTargetURL].
	URL string
	// Credentials of an administrator; Username "" is [DefaultUser].
	Credentials openidm.Credentials
	// Truststore is a file that says which certificates to trust: "" is the
	// installation's own, and for the target, where that is not at hand, the
	// source's. Without any the system's roots decide.
	Truststore string
	// TruststorePassword; zero: what boot.properties says of the
	// installation's own store, else the file is read without the proof that
	// it is whole, as Java does, and a finding says so.
	TruststorePassword openidm.Secret
	// TLSName is the name that the certificate must have; "" is that of URL.
	TLSName string
	// HTTPClient replaces the client that is made from the above; its
	// transport then decides whom to trust. For tests.
	HTTPClient *http.Client
}

// Upgrade is one upgrade: what is where, and how to reach it. Only what the
// chosen steps need must be set ([Upgrade.Missing] says what that is).
type Upgrade struct {
	// SourceDir and TargetDir are the salesforceIdConnect folders of 2.1 and
	// of 7.1.6. The source's is only read.
	SourceDir, TargetDir string
	// StoresFile is a file of [Upgrade.Export], in the place of SourceDir where
	// the source is on another machine, and StoresKey opens it.
	StoresFile string
	StoresKey  HandoverKey

	// Package is the zip file of 7.1.6.
	Package string

	Source, Target Server

	// InstanceURL is the address of the source as the target is told it; it
	// must resolve on the target's machine and match the source's
	// certificate. "" is Source.URL.
	InstanceURL string

	// KeystorePassword opens the source's keystore; zero: as its
	// boot.properties says.
	KeystorePassword openidm.Secret
	// TruststoreConflict "" copies the whole truststore, as documented. Else
	// the source's certificates are merged into the target's and it says what
	// happens to equal aliases.
	TruststoreConflict keystore.Policy

	// JavaHome is what set-up's child gets; "" is JAVA_HOME or the PATH.
	JavaHome string
	// Prompts of the set-up script; nil: [DefaultPrompts] (assumed).
	Prompts []Prompt

	// Checks is what preflight compares with; its zero value will do.
	Checks preflight.Options

	// Steps are the chosen ones, in any order; nil: all.
	Steps []string
	// Verify says what the step verify compares, and within which limits. If
	// they are zero, its Keys are the source's and its StateFile is
	// TargetDir.upgrade/verify.state.
	Verify verify.Options
	// Acceptance says which acceptance checks follow, and where they look.
	Acceptance acceptance.Options

	// Again repeats configure and migrate, and the set-up script of a server
	// that does not answer, although an earlier run completed them. A request
	// whose outcome is not known is settled first all the same; only one that
	// stays unknown is sent again.
	Again bool
	// RemoveAdded lets a rollback remove files, too, that were added to the
	// unpacked folder or changed in it since, and lose changes of the stores;
	// it says which.
	RemoveAdded bool

	// StateDir keeps the journal, and the lock; "" is TargetDir with ".upgrade" added.
	StateDir string

	// SettleTime bounds the wait for a server to say what became of a request
	// whose answer was lost; 0: 60 s. It counts from when the request was sent,
	// also by a run that was killed; a server that answers is asked for a tenth
	// of it at least.
	SettleTime time.Duration
	// SetupTimeout bounds the set-up script and the start of the server; 0:
	// 15 minutes.
	SetupTimeout time.Duration
	// ValueSample is how many records of the users are searched for encrypted
	// values before anything changes; 0: 1,000, negative: all.
	ValueSample int

	// Events receives what happens, one call at a time; the run waits for it.
	// [Upgrade.Stream] gives the same to a loop.
	Events func(Event)
	// Logger receives the requests at debug level; nil: silent.
	Logger *slog.Logger

	// For tests: what is asked of this machine, the durations of a set-up, and
	// the first pause of a wait.
	machine      machine
	setup        setupOptions
	pollInterval time.Duration
}

func (u *Upgrade) sourceURL() string { return cmp.Or(u.Source.URL, DefaultSourceURL) }
func (u *Upgrade) targetURL() string { return cmp.Or(u.Target.URL, DefaultTargetURL) }
func (u *Upgrade) instanceURL() string {
	return cmp.Or(u.InstanceURL, u.sourceURL())
}

func (s Server) credentials() openidm.Credentials {
	c := s.Credentials
	c.Username = cmp.Or(c.Username, DefaultUser)
	return c
}

func (u *Upgrade) chosen(step string) bool {
	return len(u.Steps) == 0 || slices.Contains(u.Steps, step)
}

// Validate says whether the fields can be used: known steps, addresses that
// are https, a policy that exists. It reads no file and asks no server.
func (u *Upgrade) Validate() error {
	for _, s := range u.Steps {
		if !slices.Contains(StepNames(), s) {
			return fmt.Errorf("unknown step %q: known are %s", s, strings.Join(StepNames(), ", "))
		}
	}
	for _, a := range []struct{ name, value string }{
		{"source URL", u.sourceURL()}, {"target URL", u.targetURL()}, {"instance URL", u.instanceURL()},
	} {
		p, err := url.Parse(a.value)
		switch {
		case err != nil:
			// The error of url.Parse holds the whole text, and that may hold
			// a password.
			return fmt.Errorf("%s: not an address", a.name)
		case p.User != nil:
			return fmt.Errorf("%s: must not hold a user name or password", a.name)
		case p.Scheme != "https" || p.Hostname() == "":
			return fmt.Errorf("%s %s: must begin with https:// and name a host", a.name, a.value)
		case p.RawQuery != "" || p.Fragment != "":
			return fmt.Errorf("%s: must end in /openidm/, without a query", a.name)
		}
	}
	switch u.TruststoreConflict {
	case "", keystore.Keep, keystore.Replace, keystore.Error:
	default:
		return fmt.Errorf("unknown policy %q for equal aliases: known are keep, replace, error", u.TruststoreConflict)
	}
	return errors.Join(u.Checks.Validate(), u.Acceptance.Validate())
}

// Missing returns the fields that the chosen steps need and that are not set,
// passwords last. The keystore's password is missing only when the source's
// boot.properties does not give it.
func (u *Upgrade) Missing() []*MissingError {
	var missing []*MissingError
	need := func(absent bool, field string, steps ...string) {
		for _, s := range steps {
			if absent && u.chosen(s) {
				missing = append(missing, &MissingError{Field: field, Step: s})
				return
			}
		}
	}
	need(u.SourceDir == "" && u.StoresFile == "", "SourceDir", StepStores)
	if u.StoresFile != "" && u.StoresKey.Passphrase.IsZero() && u.StoresKey.Identities.IsZero() {
		need(true, "StoresKey", StepStores, StepPrepare, StepConfigure, StepMigrate, StepVerify)
	}
	need(u.TargetDir == "", "TargetDir", StepUnpack, StepStores, StepSetup)
	need(u.Package == "" && !isInstallation(u.TargetDir), "Package", StepUnpack)
	need(u.Source.Credentials.Password.IsZero(), "Source.Credentials.Password", StepPrepare, StepConfigure, StepMigrate, StepVerify)
	need(u.Target.Credentials.Password.IsZero(), "Target.Credentials.Password", StepMigrate, StepVerify)
	if u.chosen(StepStores) || u.chosen(StepSetup) {
		p, err := u.keystorePassword()
		var folder *InstallationError
		// A source's folder that is none is for preflight to report, with all else.
		if noSource := u.SourceDir != "" && errors.As(err, &folder); !noSource && p.IsZero() {
			need(true, "KeystorePassword", StepStores, StepSetup)
		}
	}
	return missing
}

// keystorePassword is the one given, else what boot.properties of the source
// says, else, for a set-up on a machine without the source's folder, that of
// the target, whose stores are the source's by then.
func (u *Upgrade) keystorePassword() (openidm.Secret, error) {
	if !u.KeystorePassword.IsZero() {
		return u.KeystorePassword, nil
	}
	for _, dir := range []string{u.SourceDir, u.TargetDir} {
		if dir == "" {
			continue
		}
		inst, err := OpenInstallation(dir)
		if err != nil {
			return openidm.Secret{}, err
		}
		return inst.KeystorePassword()
	}
	return openidm.Secret{}, nil
}

// Run carries out the chosen steps that are not done yet. It begins with
// [Upgrade.Plan]; when a finding blocks it changes nothing and returns
// [preflight.ErrBlocked]; so it does with a [*LockedError] while another run is under
// way on the same target. A step that fails ends the run with a [*StepError], servers
// that differ with [ErrDifferences]; the report says in each case how far it
// came, and is never nil unless the fields cannot be used. Calling Run again
// goes on where it stopped.
func (u *Upgrade) Run(ctx context.Context) (*report.Report, error) {
	r, err := u.start()
	if err != nil {
		return nil, err
	}
	defer r.close()
	rep := &report.Report{Version: report.Version, Started: time.Now()}
	r.emit(Event{Kind: EventRun, State: report.Running})
	err = r.carryOut(ctx, rep)
	endReport(rep, err)
	state := report.Done
	if err != nil {
		state = report.Failed
	}
	r.emit(Event{Kind: EventRun, State: state, Detail: rep.Outcome})
	return rep, err
}

func (r *run) carryOut(ctx context.Context, rep *report.Report) error {
	if err := r.lock(false); err != nil {
		return err
	}
	plan := r.plan(ctx)
	reportPlan(rep, plan)
	for _, f := range plan.Findings {
		r.emit(Event{Kind: EventFinding, Step: f.Step, Finding: &f})
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if len(plan.Findings.Blocking()) > 0 {
		return preflight.ErrBlocked
	}
	if err := r.lock(true); err != nil {
		return err
	}
	if err := r.settleFiles(); err != nil {
		return err
	}
	err := r.runSteps(ctx, rep)
	r.lookAgain(ctx, rep)
	return err
}

func (r *run) runSteps(ctx context.Context, rep *report.Report) error {
	for _, s := range steps {
		if !r.u.chosen(s.name) {
			continue
		}
		if err := r.runStep(ctx, s, rep); err != nil {
			return err
		}
	}
	return nil
}

// lookAgain puts into the report what the target is by now: when the run
// began there was perhaps none.
func (r *run) lookAgain(ctx context.Context, rep *report.Report) {
	c, err := r.targetClient()
	if err != nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, r.u.Checks.WithDefaults().Timeout)
	defer cancel()
	if health, err := c.Ping(ctx); err == nil {
		rep.Target.State = stateText(health)
		if v, err := c.Version(ctx); err == nil {
			rep.Target.Version = v.ProductVersion
		}
	}
}

func (r *run) runStep(ctx context.Context, s step, rep *report.Report) error {
	result := resultOf(rep, s.name)
	began := time.Now()
	result.Started = &began
	finish := func(state report.State, detail string) {
		ended := time.Now()
		result.State, result.Detail, result.Ended = state, detail, &ended
		r.emit(Event{Kind: EventStep, Step: s.name, State: state, Detail: detail})
	}
	state, detail, err := s.check(ctx, r)
	if err == nil && state == report.Done && s.note != nil {
		if n := s.note(r.journal); n.open() {
			n.end()
			err = r.journal.save()
		}
	}
	if err == nil && state == report.Done {
		finish(report.Done, detail)
		return nil
	}
	if err == nil {
		r.emit(Event{Kind: EventStep, Step: s.name, State: report.Running, Detail: detail})
		detail, err = s.do(ctx, r)
	}
	rep.Verify = r.verified
	if err != nil {
		err = &StepError{Step: s.name, Err: err}
		finish(report.Failed, err.Error())
		return err
	}
	finish(report.Done, detail)
	return nil
}
