package idconnect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/idconnect-go/upgrade/idconnect/acceptance"
	"github.com/idconnect-go/upgrade/idconnect/internal/handover"
	"github.com/idconnect-go/upgrade/idconnect/internal/host"
	"github.com/idconnect-go/upgrade/idconnect/internal/installation"
	"github.com/idconnect-go/upgrade/idconnect/internal/setup"
	"github.com/idconnect-go/upgrade/idconnect/internal/site"
	"github.com/idconnect-go/upgrade/idconnect/internal/verdict"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/idconnect/verify"
	"github.com/idconnect-go/upgrade/internal/redact"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// Names of the steps, in their order.
const (
	StepPrepare   = site.StepPrepare
	StepUnpack    = site.StepUnpack
	StepStores    = site.StepStores
	StepJava      = site.StepJava
	StepSetup     = site.StepSetup
	StepConfigure = site.StepConfigure
	StepMigrate   = site.StepMigrate
	StepVerify    = site.StepVerify
)

// StepNames returns the names of all steps in their order.
func StepNames() []string { return site.StepNames() }

// The addresses and the account of the vendor's documentation.
const (
	DefaultSourceURL = site.DefaultSourceURL
	DefaultTargetURL = site.DefaultTargetURL
	DefaultUser      = site.DefaultUser
)

// Errors of a run that a program may branch on. A run that fails in a step
// returns a [*StepError]; what failed is wrapped in it.
var (
	// ErrDifferences: the servers do not hold the same records.
	ErrDifferences = verdict.Different.Err()
	// ErrPartlyCompared: no difference was found, but not everything was compared.
	// The step verify is done all the same.
	ErrPartlyCompared = verdict.Partly.Err()
	// ErrNothingCompared: neither server has a record, which proves nothing.
	ErrNothingCompared = verdict.Nothing.Err()
)

var errNoUpgrade = errors.New("the upgrade is nil")

// StepError says in which step a run stopped, and why.
type StepError struct {
	Step string
	Err  error
}

func (e *StepError) Error() string {
	said := e.Err.Error()
	after, named := strings.CutPrefix(said, e.Step)
	if named && strings.HasPrefix(strings.TrimPrefix(after, ":"), " ") {
		return said // it names the step itself
	}
	return e.Step + ": " + said
}

func (e *StepError) Unwrap() error { return e.Err }

// MissingError names a field of [Upgrade] that a chosen step needs and that is
// not set.
type MissingError struct{ Field, Step string }

func (e *MissingError) Error() string {
	return fmt.Sprintf("step %s needs Upgrade.%s", e.Step, e.Field)
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
	// LegacyTLS lets the source be reached by TLS 1.0 and 1.1 where it has
	// nothing newer; a finding warns of it, as Java 11 refuses them in configure.
	// The target must not have it.
	LegacyTLS bool
	// Address is the host[:port] to connect to in the place of URL's, whose name
	// is asked for all the same, as with curl --connect-to.
	Address string
	// HTTPClient replaces the client that is made from the above; its
	// transport then decides whom to trust, and which machine answers, so that a
	// target is known by its folder, or StateDir, alone. For tests.
	HTTPClient *http.Client
}

// LogValue gives the fields that are set to a [slog.Logger], without secrets.
func (s Server) LogValue() slog.Value { return redact.Fields(s) }

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

	// ReportDir and RepairList, unless "", are the folder and the file to which the
	// caller will write what it gets, with [report.Report.Save] and
	// [verify.Report.SaveRepairList]. That they can be written is checked before
	// anything begins: neither lies in SourceDir, and no file is there but of an
	// earlier run.
	ReportDir, RepairList string

	// Again re-runs configure and migrate, and the set-up script of a server that
	// does not answer, even if an earlier run completed them. The outcome of a
	// request that was lost is resolved first all the same; the request is sent
	// again only if it stays unknown.
	Again bool
	// RemoveAdded lets a rollback remove files, too, that were added to the
	// unpacked folder or changed in it since, and lose changes of the stores;
	// it says which.
	RemoveAdded bool

	// StateDir keeps the journal, and the lock. "" is the real path of TargetDir
	// with ".upgrade" added; without TargetDir it is that of the upgrade that
	// was run for the same server, and else a folder of this user's state
	// ($XDG_STATE_HOME, ~/.local/state). In any case one server has one journal:
	// after another one sent a request to it, every call is an error that names
	// both.
	StateDir string
	// UserStateDir has a file for each server that leads to its journal, so that no two
	// upgrades take one target. "" is this user's ($XDG_STATE_HOME, ~/.local/state).
	UserStateDir string

	// PollInterval is the first pause between two questions to a server: whether it
	// is ready after its set-up, and how its migration stands; 0: 1 s and 0.5 s.
	PollInterval time.Duration
	// SettleTime bounds the wait for a server to say what became of a request
	// whose answer was lost; 0: 60 s. It counts from when the request was sent,
	// also by a run that was killed; a server that answers is asked for a tenth
	// of it at least.
	SettleTime time.Duration
	// MaxDown bounds the wait for a target that does not answer while it is
	// configured or migrates; 0: 2 minutes, negative: as long as the context
	// allows. Every 10 s an [EventNotice] says that it does not answer.
	MaxDown time.Duration
	// SetupTimeout bounds the set-up script and the start of the server; 0:
	// 15 minutes.
	SetupTimeout time.Duration
	// ValueSample is how many records of the users are searched for encrypted
	// values before anything changes; 0: 1,000, negative: all.
	ValueSample int

	// Parse and Words read the answers of the target's migration service, whose
	// form is assumed: see [migration.Client].
	Parse func(answer json.RawMessage) migration.Status
	Words map[string]migration.Phase

	// Events receives what happens, one call at a time; the run waits for it.
	// [Upgrade.Stream] gives the same to a loop.
	Events func(Event)
	// Logger receives what happens at info level, the requests and counts at debug
	// level; nil: silent. See Logging above.
	Logger *slog.Logger

	// For tests: what is asked of this machine, and the durations of a set-up.
	machine host.Machine
	setup   setup.Options
}

// LogValue gives the fields that are set to a [slog.Logger], without secrets.
func (u Upgrade) LogValue() slog.Value { return redact.Fields(u) }

// site gives the site with every default resolved.
func (u *Upgrade) site() (*site.Site, error) {
	if u == nil {
		return nil, errNoUpgrade
	}
	s := &site.Site{
		SourceDir: u.SourceDir, TargetDir: u.TargetDir,
		StoresFile: u.StoresFile, StoresKey: handover.Key(u.StoresKey), Package: u.Package,
		Source: site.Server(u.Source), Target: site.Server(u.Target), InstanceURL: u.InstanceURL,
		GivenPassword: u.KeystorePassword, TruststoreConflict: u.TruststoreConflict, JavaHome: u.JavaHome,
		Checks: u.Checks, Chosen: u.Steps, StateDir: u.StateDir, UserStateDir: u.UserStateDir,
		SettleTime: u.SettleTime, MaxDown: u.MaxDown, SetupTimeout: u.SetupTimeout, ValueSample: u.ValueSample,
		Again: u.Again, Parse: u.Parse, Words: u.Words, Logger: u.Logger,
		PollInterval: u.PollInterval, Machine: u.machine,
	}
	return s, errors.Join(s.Resolve(), u.Acceptance.Validate())
}

// CallbackURLs are the addresses that the connected app in Salesforce must
// have: Checks.CallbackURLs, else those of 2.1 and of 7.1.6 as they are
// assumed to be: the path /connect/ on each server. 2.1 is that of the instance
// URL, whose host name is the one that its users know.
func (u *Upgrade) CallbackURLs() []string {
	s, err := u.site()
	if err != nil && u != nil {
		return u.Checks.CallbackURLs
	} else if err != nil {
		return nil
	}
	return s.CallbackURLs()
}

// Validate says whether the fields can be used: known steps, addresses that
// are https, a policy that exists. It reads no file and asks no server.
func (u *Upgrade) Validate() error {
	_, err := u.site()
	return err
}

// Missing returns the fields that the chosen steps need and that are not set,
// passwords last. The keystore's password is missing only when the source's
// boot.properties does not give it.
func (u *Upgrade) Missing() []*MissingError {
	s, err := u.site()
	if err != nil {
		return nil // Validate says it
	}
	return missing(s)
}

func missing(s *site.Site) (missing []*MissingError) {
	need := func(absent bool, field string, steps ...string) {
		if step := s.First(steps...); absent && step != "" {
			missing = append(missing, &MissingError{Field: field, Step: step})
		}
	}
	need(!s.SourceAtHand(), "SourceDir", StepStores)
	need(s.StoresFile != "" && s.StoresKey.Passphrase.IsZero() && s.StoresKey.Identities.IsZero(),
		"StoresKey", StepStores, StepPrepare, StepConfigure, StepMigrate, StepVerify)
	need(s.TargetDir == "", "TargetDir", StepUnpack, StepStores, StepSetup)
	need(s.Package == "" && !installation.Is(s.TargetDir), "Package", StepUnpack)
	need(s.Source.Credentials.Password.IsZero(), "Source.Credentials.Password",
		StepPrepare, StepConfigure, StepMigrate, StepVerify)
	need(s.Target.Credentials.Password.IsZero(), "Target.Credentials.Password", StepMigrate, StepVerify)
	if s.Chooses(StepStores, StepSetup) {
		p, err := s.KeystorePassword()
		var folder *installation.Error
		// A source's folder that is none is for preflight to report, with all else.
		noSource := s.SourceDir != "" && errors.As(err, &folder)
		need(!noSource && p.IsZero(), "KeystorePassword", StepStores, StepSetup)
	}
	return missing
}

// start is a runner that has what the chosen steps need.
func (u *Upgrade) start(ctx context.Context) (*runner, error) {
	s, err := u.site()
	if err != nil {
		return nil, err
	}
	if missing := missing(s); len(missing) > 0 {
		return nil, missing[0]
	}
	r, err := u.runnerOf(ctx, s)
	if err != nil {
		return nil, err
	}
	if err := r.checkOutputs(u.ReportDir, u.RepairList); err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

// startVerify is start with the step verify alone.
func (u *Upgrade) startVerify(ctx context.Context) (*runner, error) {
	if u == nil {
		return nil, errNoUpgrade
	}
	only := *u
	only.Steps = []string{StepVerify}
	return only.start(ctx)
}
