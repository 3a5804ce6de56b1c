// Package site is one upgrade's source and target: what is where, how each
// server is reached, and what its key stores hold. Every default of an upgrade
// is resolved here, once. It changes nothing and judges nothing. Begin with
// [Site], its clients and its stores.
package site

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/idconnect-go/upgrade/idconnect/internal/handover"
	"github.com/idconnect-go/upgrade/idconnect/internal/host"
	"github.com/idconnect-go/upgrade/idconnect/internal/journal"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration"
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

// StepNames are the names of all steps in their order.
func StepNames() []string {
	return []string{StepPrepare, StepUnpack, StepStores, StepJava, StepSetup, StepConfigure, StepMigrate, StepVerify}
}

// Defaults of a site: the addresses and the account are those of the vendor's
// documentation.
const (
	DefaultSourceURL = "https://localhost:8443/openidm/"
	DefaultTargetURL = "https://localhost:9443/openidm/"
	DefaultUser      = "openidm-admin"

	settleTime   = time.Minute
	setupTimeout = 15 * time.Minute
	valueSample  = 1000
)

// Site is one upgrade's source and target: what is where, how it is reached,
// and which steps are chosen. Every default is resolved, once, by Resolve; after
// that nothing but the clients and the handover changes.
type Site struct {
	SourceDir, TargetDir string
	StoresFile           string
	StoresKey            handover.Key
	Package              string
	Source, Target       Server
	InstanceURL          string
	GivenPassword        openidm.Secret
	TruststoreConflict   keystore.Policy
	JavaHome             string
	Checks               preflight.Options
	Chosen               []string // in their order
	StateDir             string
	UserStateDir         string
	SettleTime           time.Duration
	MaxDown              time.Duration
	SetupTimeout         time.Duration
	ValueSample          int // negative: all
	Again                bool
	Parse                func(json.RawMessage) migration.Status
	Words                map[string]migration.Phase
	Logger               *slog.Logger
	PollInterval         time.Duration
	Machine              host.Machine

	secrets secrets

	clients        sync.Mutex // checks run side by side
	source, target *openidm.Client

	carried func() (*handover.File, error) // that of StoresFile, read once
}

// Resolve fills in the defaults and says whether the fields can be used: known
// steps, addresses that are https, a policy that exists. It reads no file and
// asks no server.
func (s *Site) Resolve() error {
	for _, step := range s.Chosen {
		if !slices.Contains(StepNames(), step) {
			return fmt.Errorf("unknown step %q: known are %s", step, strings.Join(StepNames(), ", "))
		}
	}
	if len(s.Chosen) == 0 {
		s.Chosen = StepNames()
	}
	s.Chosen = slices.DeleteFunc(StepNames(), func(n string) bool { return !slices.Contains(s.Chosen, n) })
	s.Source.URL = cmp.Or(s.Source.URL, DefaultSourceURL)
	s.Target.URL = cmp.Or(s.Target.URL, DefaultTargetURL)
	s.InstanceURL = cmp.Or(s.InstanceURL, s.Source.URL)
	for _, a := range []struct{ name, value string }{
		{"source URL", s.Source.URL}, {"target URL", s.Target.URL}, {"instance URL", s.InstanceURL},
	} {
		if err := checkAddress(a.name, a.value); err != nil {
			return err
		}
	}
	for _, server := range []*Server{&s.Source, &s.Target} {
		if _, err := (Server{URL: DefaultSourceURL, Address: server.Address}).DialAddress(); err != nil {
			return err
		}
		server.Credentials.Username = cmp.Or(server.Credentials.Username, DefaultUser)
	}
	if s.Target.LegacyTLS {
		return errors.New("legacy TLS is for the source alone: 7.1.6 speaks TLS 1.2")
	}
	switch s.TruststoreConflict {
	case "", keystore.Keep, keystore.Replace, keystore.Error:
	default:
		return fmt.Errorf("unknown policy %q for equal aliases: known are keep, replace, error", s.TruststoreConflict)
	}
	s.Machine.Secrets = s.Passwords()
	s.carried = sync.OnceValues(func() (*handover.File, error) { return handover.Read(s.StoresFile, s.StoresKey) })
	if s.SettleTime <= 0 {
		s.SettleTime = settleTime
	}
	if s.UserStateDir == "" {
		s.UserStateDir = userStateDir()
	}
	s.SetupTimeout = cmp.Or(s.SetupTimeout, setupTimeout)
	s.ValueSample = cmp.Or(s.ValueSample, valueSample)
	err := s.Checks.Validate()
	s.Checks = s.Checks.WithDefaults()
	return err
}

func checkAddress(name, value string) error {
	p, err := url.Parse(value)
	switch {
	case err != nil:
		// The error of url.Parse holds the whole text, and that may hold a
		// password.
		return fmt.Errorf("%s: not an address", name)
	case p.User != nil:
		return fmt.Errorf("%s: must not hold a user name or password", name)
	case p.Scheme != "https" || p.Hostname() == "" || p.Opaque != "":
		// user:PASSWORD@host is an address, too, whose scheme is user.
		return fmt.Errorf("%s: must begin with https:// and name a host", name)
	case p.RawQuery != "" || p.Fragment != "":
		return fmt.Errorf("%s: must end in /openidm/, without a query", name)
	}
	return nil
}

// FindPlace finds the journal and the lock of the target, and sets StateDir to where they are. It changes nothing.
func (s *Site) FindPlace(ctx context.Context) (*journal.Place, error) {
	t := journal.Target{StateDir: s.StateDir, Folder: s.TargetDir, URL: s.Target.reached(), UserDir: s.UserStateDir,
		Lookup: s.Machine.LookupHost}
	if s.Target.HTTPClient != nil {
		t.Lookup = nil // it decides which machine answers
	}
	p, err := journal.Find(ctx, t)
	if err == nil {
		s.StateDir = p.Dir
	}
	return p, err
}

// userStateDir is where programs of a user keep what they must remember
// (XDG Base Directory Specification; elsewhere the place for settings).
func userStateDir() string {
	if dir := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return dir
	}
	if home, err := os.UserHomeDir(); err == nil && runtime.GOOS != "windows" && runtime.GOOS != "darwin" {
		return filepath.Join(home, ".local", "state")
	}
	if dir, err := os.UserConfigDir(); err == nil {
		return dir
	}
	return os.TempDir()
}

// Chooses says whether one of the steps is chosen.
func (s *Site) Chooses(steps ...string) bool { return s.First(steps...) != "" }

// First is the first of the steps that is chosen, "" where none is: a finding
// about a server concerns the first step that needs it.
func (s *Site) First(steps ...string) string {
	for _, step := range steps {
		if slices.Contains(s.Chosen, step) {
			return step
		}
	}
	return ""
}

// SourceAtHand says whether the source's stores can be read here, from its
// folder or from a handover file.
func (s *Site) SourceAtHand() bool { return s.SourceDir != "" || s.StoresFile != "" }

// CallbackURLs are the addresses that the connected app in Salesforce must have:
// those given, else those of 2.1 and of 7.1.6 as they are assumed to be, the
// path /connect/ on each server. 2.1 is that of the instance URL, whose host
// name is the one that its users know.
func (s *Site) CallbackURLs() []string {
	if len(s.Checks.CallbackURLs) > 0 {
		return s.Checks.CallbackURLs
	}
	var out []string
	for _, server := range []string{s.InstanceURL, s.Target.URL} {
		if p, err := url.Parse(server); err == nil {
			out = append(out, (&url.URL{Scheme: p.Scheme, Host: p.Host, Path: "/connect/"}).String())
		}
	}
	return out
}
