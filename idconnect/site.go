package idconnect

import (
	"cmp"
	"crypto/x509"
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

	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// Defaults of a site: the addresses and the account are those of the vendor's
// documentation.
const (
	siteSourceURL = "https://localhost:8443/openidm/"
	siteTargetURL = "https://localhost:9443/openidm/"
	siteUser      = "openidm-admin"

	siteSettleTime   = time.Minute
	siteSetupTimeout = 15 * time.Minute
	siteValueSample  = 1000
)

// site is one upgrade's source and target: what is where, how it is reached,
// and which steps are chosen. Every default is resolved, once, by resolve; after
// that nothing but the clients and the handover changes.
type site struct {
	SourceDir, TargetDir string
	StoresFile           string
	StoresKey            HandoverKey
	Package              string
	Source, Target       Server
	InstanceURL          string
	GivenPassword        openidm.Secret
	TruststoreConflict   keystore.Policy
	JavaHome             string
	Checks               Checks
	Chosen               []string // in their order
	StateDir             string
	SettleTime           time.Duration
	SetupTimeout         time.Duration
	ValueSample          int // negative: all
	Again                bool
	Logger               *slog.Logger
	PollInterval         time.Duration
	Machine              machine

	clients        sync.Mutex // checks run side by side
	source, target *openidm.Client

	handoverOnce sync.Once
	handover     *handover
	handoverErr  error
}

// resolve fills in the defaults and says whether the fields can be used: known
// steps, addresses that are https, a policy that exists. It reads no file and
// asks no server.
func (s *site) resolve() error {
	for _, step := range s.Chosen {
		if !slices.Contains(StepNames(), step) {
			return fmt.Errorf("unknown step %q: known are %s", step, strings.Join(StepNames(), ", "))
		}
	}
	if len(s.Chosen) == 0 {
		s.Chosen = StepNames()
	}
	s.Chosen = slices.DeleteFunc(StepNames(), func(n string) bool { return !slices.Contains(s.Chosen, n) })
	s.Source.URL = cmp.Or(s.Source.URL, siteSourceURL)
	s.Target.URL = cmp.Or(s.Target.URL, siteTargetURL)
	s.InstanceURL = cmp.Or(s.InstanceURL, s.Source.URL)
	for _, a := range []struct{ name, value string }{
		{"source URL", s.Source.URL}, {"target URL", s.Target.URL}, {"instance URL", s.InstanceURL},
	} {
		if err := checkAddress(a.name, a.value); err != nil {
			return err
		}
	}
	for _, server := range []*Server{&s.Source, &s.Target} {
		server.Credentials.Username = cmp.Or(server.Credentials.Username, siteUser)
	}
	switch s.TruststoreConflict {
	case "", keystore.Keep, keystore.Replace, keystore.Error:
	default:
		return fmt.Errorf("unknown policy %q for equal aliases: known are keep, replace, error", s.TruststoreConflict)
	}
	s.StateDir = cmp.Or(s.StateDir, s.defaultStateDir())
	if s.SettleTime <= 0 {
		s.SettleTime = siteSettleTime
	}
	s.SetupTimeout = cmp.Or(s.SetupTimeout, siteSetupTimeout)
	s.ValueSample = cmp.Or(s.ValueSample, siteValueSample)
	return s.Checks.validate()
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
	case p.Scheme != "https" || p.Hostname() == "":
		return fmt.Errorf("%s %s: must begin with https:// and name a host", name, value)
	case p.RawQuery != "" || p.Fragment != "":
		return fmt.Errorf("%s: must end in /openidm/, without a query", name)
	}
	return nil
}

func (s *site) defaultStateDir() string {
	if s.TargetDir != "" {
		return filepath.Clean(s.TargetDir) + ".upgrade"
	}
	target := "target"
	if p, err := url.Parse(s.Target.URL); err == nil {
		target = strings.ReplaceAll(p.Host, ":", "_")
	}
	return filepath.Join(userStateDir(), "idconnect-upgrade", target)
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
func (s *site) Chooses(steps ...string) bool { return s.First(steps...) != "" }

// First is the first of the steps that is chosen, "" where none is: a finding
// about a server concerns the first step that needs it.
func (s *site) First(steps ...string) string {
	for _, step := range steps {
		if slices.Contains(s.Chosen, step) {
			return step
		}
	}
	return ""
}

// SourceAtHand says whether the source's stores can be read here, from its
// folder or from a handover file.
func (s *site) SourceAtHand() bool { return s.SourceDir != "" || s.StoresFile != "" }

// Close ends the connections of both clients.
func (s *site) Close() {
	s.clients.Lock()
	defer s.clients.Unlock()
	for _, c := range []*openidm.Client{s.source, s.target} {
		if c != nil {
			c.Close()
		}
	}
}

func (s *site) client(server Server, trust *keystore.Trust, pinned *x509.Certificate) *openidm.Client {
	return &openidm.Client{
		BaseURL: server.URL, Credentials: server.Credentials, Trust: trust, Pinned: pinned,
		TLSName: server.TLSName, HTTPClient: server.HTTPClient, Logger: s.Logger,
	}
}

// SourceClient trusts what Source.Truststore says, or the source's own
// truststore, and the one certificate that the source's own keystore holds:
// that is the source's, under whatever name it is reached.
func (s *site) SourceClient() (*openidm.Client, error) {
	s.clients.Lock()
	defer s.clients.Unlock()
	if s.source != nil {
		return s.source, nil
	}
	trust, err := s.sourceTrust()
	if err != nil {
		return nil, err
	}
	var own *x509.Certificate
	if stores, err := s.SourceStores(); err == nil {
		own = stores.OwnCertificate()
	}
	s.source = s.client(s.Source, trust, own)
	return s.source, nil
}

// TargetClient is made anew after the stores were copied, see ForgetTarget.
func (s *site) TargetClient() (*openidm.Client, error) {
	s.clients.Lock()
	defer s.clients.Unlock()
	if s.target != nil {
		return s.target, nil
	}
	trust, err := trustOf(s.Target, s.TargetDir)
	if err != nil {
		return nil, err
	}
	if trust == nil {
		if trust, err = s.sourceTrust(); err != nil {
			return nil, err
		}
	}
	var own *x509.Certificate
	if inst, err := OpenInstallation(s.TargetDir); err == nil {
		own = storesOf(inst).OwnCertificate()
	}
	s.target = s.client(s.Target, trust, own)
	return s.target, nil
}

// ForgetTarget makes the next TargetClient anew, with the certificate and the
// trust that the target's stores have by then.
func (s *site) ForgetTarget() {
	s.clients.Lock()
	defer s.clients.Unlock()
	if s.target != nil {
		s.target.Close()
		s.target = nil
	}
}

// Migration is a client of the target's migration service.
func (s *site) Migration() (*migration.Client, error) {
	c, err := s.TargetClient()
	if err != nil {
		return nil, err
	}
	return &migration.Client{API: c, SettleTime: s.SettleTime, PollInterval: s.PollInterval,
		Hide: []openidm.Secret{s.Source.Credentials.Password}}, nil
}

// sourceTrust is what Source.Truststore says, else the source's own truststore,
// which may have been carried here.
func (s *site) sourceTrust() (*keystore.Trust, error) {
	if s.StoresFile == "" || s.Source.Truststore != "" {
		return trustOf(s.Source, s.SourceDir)
	}
	stores, err := s.SourceStores()
	if err != nil {
		return nil, err
	}
	store, err := stores.Truststore.open(keystore.Password{})
	if err != nil {
		return nil, err
	}
	return keystore.NewTrust(store), nil
}

// trustOf is nil where no truststore is named or at hand.
func trustOf(server Server, dir string) (*keystore.Trust, error) {
	if server.Truststore == "" && dir == "" {
		return nil, nil
	}
	store, err := OpenTruststore(server, dir)
	if server.Truststore == "" && errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return keystore.NewTrust(store), nil
}
