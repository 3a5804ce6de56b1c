package idconnecttest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/acceptance"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/internal/port"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

// Site is a whole installation: its source runs, and its target starts when the
// set-up script of the package was answered, with the stores that are in its folder
// then.
type Site struct {
	*Pair
	// Dir has everything: the salesforceIdConnect folders of 2.1 and of 7.1.6,
	// package.zip, a stand-in for Java 11, and what a run leaves for its user.
	Dir string
	// Upgrade is ready to run, with short pauses. The site looks for its target in
	// the TargetDir that it has here.
	Upgrade *idconnect.Upgrade

	addr     string   // of the target
	release  func()   // of addr
	remove   []string // folders
	end      context.CancelFunc
	watching sync.WaitGroup
}

// NewSite makes a site in a folder of the test, tb, which is a *testing.T, B or F,
// and closes it at the end of the test.
func NewSite(tb interface {
	openidmtest.TB
	TempDir() string
}, o Options) *Site {
	tb.Helper()
	s, err := StartSite(tb.TempDir(), o)
	if err != nil {
		tb.Fatalf("%v", err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Fatalf("%v", err)
		}
	})
	return s
}

// StartSite makes a site in a folder, which is made if it is not there; "" is a
// temporary one. The caller closes it, which removes a temporary folder. The errors
// are those of [openidmtest.Start] and of the files.
func StartSite(dir string, o Options) (*Site, error) {
	o = o.resolve()
	o.Source.InMemory, o.Target.InMemory = false, false
	p, err := startSource(o)
	if err != nil {
		return nil, err
	}
	s := &Site{Pair: p, end: func() {}, release: func() {}}
	if dir == "" {
		s.Dir, err = os.MkdirTemp("", "site-")
		s.remove = append(s.remove, s.Dir)
	} else {
		s.Dir, err = filepath.Abs(dir)
	}
	if err == nil {
		err = s.build()
	}
	if err != nil {
		s.Close()
		return nil, fmt.Errorf("making a fake site: %w", err)
	}
	return s, nil
}

func (s *Site) build() error {
	if err := s.upgrade(); err != nil {
		return err
	}
	u, o := s.Upgrade, s.o
	err := os.MkdirAll(filepath.Dir(u.TargetDir), 0o755)
	if err == nil {
		err = s.source.WriteFolder(u.SourceDir)
	}
	if err == nil {
		var java string
		u.JavaHome, java, err = writeJava(s.Dir)
		s.remove = append(s.remove, java)
	}
	if err == nil && o.Files == nil {
		o.Files, err = o.Package()
	}
	if err == nil {
		err = o.WritePackage(u.Package)
	}
	if err != nil {
		return err
	}
	if !o.IsSetUp {
		s.watch()
		return nil
	}
	if err := unpack(u.TargetDir, o.Files); err != nil {
		return err
	}
	if err := s.source.WriteStores(filepath.Join(u.TargetDir, "security")); err != nil {
		return err
	}
	u.Steps = []string{idconnect.StepPrepare, idconnect.StepStores, idconnect.StepConfigure, idconnect.StepMigrate,
		idconnect.StepVerify}
	return s.StartTarget()
}

// upgrade finds an address for the target, and describes the upgrade.
func (s *Site) upgrade() error {
	var err error
	s.addr, s.release, err = port.Reserve(cmp.Or(s.o.Target.Addr, loopback+":0"))
	if err != nil {
		return err
	}
	host, port, err := net.SplitHostPort(s.addr)
	if err != nil {
		return err
	}
	if host == loopback {
		host = "localhost"
	}
	targetURL := "https://" + net.JoinHostPort(host, port) + "/openidm/"
	s.join(targetURL)
	u := &idconnect.Upgrade{
		SourceDir: s.path("idc21", folder), TargetDir: s.path("idc716", folder), Package: s.path("package.zip"),
		Source:      idconnect.Server{URL: s.source.URL, Credentials: s.SourceClient.Credentials},
		Target:      idconnect.Server{URL: targetURL, Credentials: s.TargetClient.Credentials},
		InstanceURL: s.Origin.InstanceURL, UserStateDir: s.path("state"), PollInterval: pause,
		// As in the target's hosts file, and of a disk that need not be large.
		Checks: preflight.Options{InstanceAddress: loopback, DiskReserve: 1},
	}
	if !s.o.Salesforce {
		u.Verify.Accept = acceptance.Codes()
	}
	s.Upgrade = u
	return nil
}

func (s *Site) path(parts ...string) string {
	return filepath.Join(append([]string{s.Dir}, parts...)...)
}

// Sibling is the same source and package with a target of its own in dir, which
// listens at addr. It is closed before s.
func (s *Site) Sibling(dir, addr string) (*Site, error) {
	o := s.o
	o.Target.Addr = addr
	sibling := &Site{Pair: &Pair{source: s.source, shared: true, o: o}, Dir: dir, end: func() {}, release: func() {}}
	if err := sibling.upgrade(); err != nil {
		return nil, fmt.Errorf("making a fake site: %w", err)
	}
	u := *s.Upgrade
	u.TargetDir, u.Target = sibling.Upgrade.TargetDir, sibling.Upgrade.Target
	sibling.Upgrade = &u
	if err := os.MkdirAll(filepath.Dir(u.TargetDir), 0o755); err != nil {
		return nil, fmt.Errorf("making a fake site: %w", err)
	}
	sibling.watch()
	return sibling, nil
}

// StartTarget starts the target, with the stores in its folder, as the set-up script
// does. It does nothing if the target runs.
func (s *Site) StartTarget() error {
	return s.startTarget(func(t *openidmtest.Options) {
		security := filepath.Join(s.Upgrade.TargetDir, "security")
		t.Addr = s.addr
		t.Keystore, t.Truststore = filepath.Join(security, "keystore.jceks"), filepath.Join(security, "truststore")
	})
}

// watch starts the target when the set-up script was answered.
func (s *Site) watch() {
	if s.o.Answered != "" {
		return
	}
	ctx, end := context.WithCancel(context.Background())
	s.end = end
	answered := filepath.Join(s.Upgrade.TargetDir, answeredFile)
	s.watching.Go(func() {
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			if _, err := os.Stat(answered); err != nil {
				continue
			}
			// Somebody else may have the port for a moment, perhaps for a connection.
			if err := s.StartTarget(); !errors.Is(err, syscall.EADDRINUSE) {
				return
			}
		}
	})
}

// Close ends both servers. The error is that of a target that could not be started.
func (s *Site) Close() error {
	s.end()
	s.watching.Wait()
	err := s.Pair.Close()
	s.release()
	for _, dir := range s.remove {
		if dir != "" {
			os.RemoveAll(dir) // a run that was killed may have left a Java that runs
		}
	}
	return err
}
