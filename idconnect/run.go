package idconnect

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofrs/flock"

	"github.com/idconnect-go/upgrade/idconnect/verify"
	"github.com/idconnect-go/upgrade/internal/disk"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// run is what one call of Plan, Run, Status or Rollback works with.
type run struct {
	u       *Upgrade
	journal *journal
	// held is the lock of the target, nil while this run does not have it.
	held   *flock.Flock
	events emitter
	// began tells what this run did from what was done before it.
	began time.Time
	// The stores of StoresFile, see carried.
	carriedOnce   sync.Once
	carriedStores *handover
	carriedErr    error
	// verified is the result of the step verify, for the report.
	verified *verify.Report

	// clients guards source and target: checks run side by side.
	clients        sync.Mutex
	source, target *openidm.Client
	// What preflight saw, for its later checks: nil until the server was asked.
	sourceSeen, targetSeen atomic.Pointer[seenServer]
	config                 sourceConfig
	// targetUp says whether the target answered when the plan was made.
	targetUp atomic.Bool
}

func (u *Upgrade) start() (*run, error) {
	if err := u.Validate(); err != nil {
		return nil, err
	}
	if missing := u.Missing(); len(missing) > 0 {
		return nil, missing[0]
	}
	return u.open()
}

func (u *Upgrade) open() (*run, error) {
	j, err := openJournal(u.stateDir(), u.targetURL())
	if err != nil {
		return nil, err
	}
	return &run{u: u, journal: j, began: time.Now().UTC()}, nil
}

// settleFiles finds out what became of file operations that were killed, and
// removes their temporary files. Only who has the lock may call it.
func (r *run) settleFiles() error {
	if err := errors.Join(disk.Sweep(r.journal.path), r.settleUnpack(), r.settleStores()); err != nil {
		return fmt.Errorf("after the last run: %w", err)
	}
	return nil
}

func (u *Upgrade) stateDir() string {
	switch {
	case u.StateDir != "":
		return u.StateDir
	case u.TargetDir != "":
		return filepath.Clean(u.TargetDir) + ".upgrade"
	}
	dir := userStateDir()
	p, err := url.Parse(u.targetURL())
	if err != nil {
		return filepath.Join(dir, "idconnect-upgrade", "target")
	}
	return filepath.Join(dir, "idconnect-upgrade", strings.ReplaceAll(p.Host, ":", "_"))
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

func (r *run) close() {
	r.unlock()
	r.clients.Lock()
	defer r.clients.Unlock()
	for _, c := range []*openidm.Client{r.source, r.target} {
		if c != nil {
			c.Close()
		}
	}
}

// isInstallation says whether dir looks like a salesforceIdConnect folder: it
// has the folder with the stores, which the vendor's procedure names.
func isInstallation(dir string) bool {
	if dir == "" {
		return false
	}
	info, err := os.Stat(filepath.Join(dir, "security"))
	return err == nil && info.IsDir()
}

func (r *run) client(s Server, address string, trust *keystore.Trust, pinned *x509.Certificate) *openidm.Client {
	return &openidm.Client{
		BaseURL: address, Credentials: s.credentials(), Trust: trust, Pinned: pinned,
		TLSName: s.TLSName, HTTPClient: s.HTTPClient, Logger: r.u.Logger,
	}
}

// sourceClient trusts what Source.Truststore says, or the source's own
// truststore, and the one certificate that the source's own keystore holds:
// that is the source's, under whatever name it is reached.
func (r *run) sourceClient() (*openidm.Client, error) {
	r.clients.Lock()
	defer r.clients.Unlock()
	if r.source != nil {
		return r.source, nil
	}
	trust, err := r.sourceTrust()
	if err != nil {
		return nil, err
	}
	own := r.u.ownCertificate(r.u.SourceDir)
	if r.u.StoresFile != "" {
		own = r.carriedCertificate()
	}
	r.source = r.client(r.u.Source, r.u.sourceURL(), trust, own)
	return r.source, nil
}

// targetClient is made anew after the stores were copied, see forgetTarget.
func (r *run) targetClient() (*openidm.Client, error) {
	r.clients.Lock()
	defer r.clients.Unlock()
	if r.target != nil {
		return r.target, nil
	}
	trust, err := r.u.trust(r.u.Target, r.u.TargetDir)
	if err != nil {
		return nil, err
	}
	if trust == nil {
		if trust, err = r.sourceTrust(); err != nil {
			return nil, err
		}
	}
	r.target = r.client(r.u.Target, r.u.targetURL(), trust, r.u.ownCertificate(r.u.TargetDir))
	return r.target, nil
}

func (r *run) forgetTarget() {
	r.clients.Lock()
	defer r.clients.Unlock()
	if r.target != nil {
		r.target.Close()
		r.target = nil
	}
}

func (r *run) migration() (*migration.Client, error) {
	c, err := r.targetClient()
	if err != nil {
		return nil, err
	}
	return &migration.Client{API: c, SettleTime: r.u.SettleTime, PollInterval: r.u.pollInterval,
		Hide: []openidm.Secret{r.u.Source.Credentials.Password}}, nil
}

// sourceTrust is what Source.Truststore says, else the source's own truststore,
// which may have been carried here.
func (r *run) sourceTrust() (*keystore.Trust, error) {
	if r.u.StoresFile == "" || r.u.Source.Truststore != "" {
		return r.u.trust(r.u.Source, r.u.SourceDir)
	}
	h, err := r.carried()
	if err != nil {
		return nil, err
	}
	store, err := keystore.Decode(bytes.NewReader(h.Truststore.Content), keystore.Password{})
	if err != nil {
		return nil, fmt.Errorf("truststore in %s: %w", r.u.StoresFile, err)
	}
	return keystore.NewTrust(store), nil
}

// carriedCertificate is the one of the carried keystore, as ownCertificate.
func (r *run) carriedCertificate() *x509.Certificate {
	h, err := r.carried()
	if err != nil {
		return nil
	}
	store, err := keystore.Decode(bytes.NewReader(h.Keystore.Content), keystore.Password{})
	if err != nil {
		return nil
	}
	return certificateOf(store, new(Installation).CertificateAlias())
}

// trust is nil where no truststore is named or at hand.
func (u *Upgrade) trust(s Server, dir string) (*keystore.Trust, error) {
	if s.Truststore == "" && dir == "" {
		return nil, nil
	}
	store, err := u.openTruststore(s, dir)
	if s.Truststore == "" && errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return keystore.NewTrust(store), nil
}

// openTruststore opens the truststore of a server: the file named, else the
// installation's own.
func (u *Upgrade) openTruststore(s Server, dir string) (*keystore.Store, error) {
	path, password := s.Truststore, s.TruststorePassword
	if path == "" {
		inst, err := OpenInstallation(dir)
		if err != nil {
			return nil, err
		}
		path = inst.TruststorePath()
		if password.IsZero() {
			password, err = inst.TruststorePassword()
			if errors.Is(err, keystore.ErrConsolePassword) {
				password = openidm.Secret{}
			} else if err != nil {
				return nil, err
			}
		}
	}
	store, err := keystore.Open(path, password)
	if err != nil {
		return nil, fmt.Errorf("truststore %s: %w", path, err)
	}
	return store, nil
}

// ownCertificate is the certificate that the server of an installation
// presents, nil where its keystore does not say. The keystore is read without
// a password: certificates are not encrypted, and whoever can change the file
// can change the server.
func (u *Upgrade) ownCertificate(dir string) *x509.Certificate {
	inst, err := OpenInstallation(dir)
	if err != nil {
		return nil
	}
	store, err := keystore.Open(inst.KeystorePath(), openidm.Secret{})
	if err != nil {
		return nil
	}
	return certificateOf(store, inst.CertificateAlias())
}

func certificateOf(store *keystore.Store, alias string) *x509.Certificate {
	entry, ok := store.Entry(alias)
	if !ok {
		return nil
	}
	chain, err := entry.Certificates()
	if err != nil || len(chain) == 0 {
		return nil
	}
	return chain[0]
}
