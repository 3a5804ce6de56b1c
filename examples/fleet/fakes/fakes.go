// Package fakes has installations to try a fleet on: each a source that runs, a
// package whose set-up script has to be answered, and a target that starts when
// it was; with real TLS and real files, all in one process. They say how often
// each target was told to migrate.
package fakes

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/acceptance"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration/openidm"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

// Options say what [Start] makes.
type Options struct {
	// Count of installations, Users of each; 0: 1 and 3.
	Count, Users int
	// Workers are the names of the machines, to which the installations are
	// dealt out in turn; nil: "here".
	Workers []string
	// Pace is how long a target pauses after each user that it copies.
	Pace time.Duration
	// Sites; 0: 2.
	Sites int
	// Faults of a target, by the number of its installation from 0.
	Faults map[int][]openidmtest.Fault
	// Carried are the numbers of installations whose source is on a machine of
	// its own, the next worker's.
	Carried map[int]bool
}

// StorePassword opens all stores; it is nobody's.
const StorePassword = "Password-of-the-fakes-stores"

// HandoverPassphrase encrypts the stores that are carried; it protects nothing.
const HandoverPassphrase = "a long passphrase of the fakes"

const host = "idc21.example.com"

// World is a fleet of fakes.
type World struct {
	Dir   string
	All   []*Fake
	o     Options
	done  chan struct{}
	ended sync.WaitGroup
}

// Fake is one installation.
type Fake struct {
	ID, Site, Worker, SourceWorker string
	// Password of both administrators; it protects nothing.
	Password string

	dir, addr string
	source    *openidmtest.Server
	faults    []openidmtest.Fault
	mu        sync.Mutex
	target    *openidmtest.Server
	err       error
}

// Start makes a fleet in a folder, which must be empty.
func Start(dir string, o Options) (*World, error) {
	o.Count, o.Users, o.Sites = max(o.Count, 1), max(o.Users, 3), max(o.Sites, 2)
	if len(o.Workers) == 0 {
		o.Workers = []string{"here"}
	}
	w := &World{Dir: dir, o: o, done: make(chan struct{})}
	if err := w.build(); err != nil {
		w.Close()
		return nil, err
	}
	w.ended.Go(w.watch)
	return w, nil
}

func (w *World) path(parts ...string) string {
	return filepath.Join(append([]string{w.Dir}, parts...)...)
}

// spool is where the set-up scripts say that they were answered.
func (w *World) spool() string { return w.path("spool") }

func (w *World) build() error {
	for _, dir := range []string{w.spool(), w.path("jdk", "bin"), w.path("secrets"), w.path("handover")} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	}
	java := "#!/bin/sh\necho 'openjdk version \"11.0.25\" 64-Bit' >&2\n"
	if err := os.WriteFile(w.path("jdk", "bin", "java"), []byte(java), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(w.path("secrets", "handover"), []byte(HandoverPassphrase), 0o600); err != nil {
		return err
	}
	if err := os.WriteFile(w.path("secrets", "stores"), []byte(StorePassword), 0o600); err != nil {
		return err
	}
	if err := w.writePackage(); err != nil {
		return err
	}
	digits := len(fmt.Sprint(w.o.Count))
	for n := range w.o.Count {
		f := &Fake{
			ID: fmt.Sprintf("idc-%0*d", digits, n+1), Site: fmt.Sprintf("site-%d", n%w.o.Sites+1),
			Worker: w.o.Workers[n%len(w.o.Workers)], Password: fmt.Sprintf("Admin-password-of-fake-%d", n+1),
			faults: w.o.Faults[n],
		}
		f.SourceWorker = f.Worker
		if w.o.Carried[n] {
			f.SourceWorker = w.o.Workers[(n+1)%len(w.o.Workers)]
		}
		f.dir = w.path("installations", f.ID)
		w.All = append(w.All, f)
		if err := w.start(f, n); err != nil {
			return fmt.Errorf("%s: %w", f.ID, err)
		}
	}
	return nil
}

// start makes an installation's folders and starts its source. All share the
// stores of the first: making keys takes longer than all the rest.
func (w *World) start(f *Fake, n int) error {
	security := filepath.Join(f.dir, "idc21", "salesforceIdConnect", "security")
	if err := os.MkdirAll(security, 0o755); err != nil {
		return err
	}
	o := openidmtest.Options{
		Users: w.o.Users, Roles: 1, Links: w.o.Users, CommonName: host, AdminPassword: f.Password,
		Password: keystore.NewPassword(StorePassword), Version: "3.1.0",
	}
	if n > 0 {
		first := filepath.Join(w.All[0].dir, "idc21", "salesforceIdConnect", "security")
		for _, name := range []string{"keystore.jceks", "truststore"} {
			content, err := os.ReadFile(filepath.Join(first, name))
			if err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(security, name), content, 0o600); err != nil {
				return err
			}
		}
		o.Keystore, o.Truststore = filepath.Join(security, "keystore.jceks"), filepath.Join(security, "truststore")
	}
	var err error
	if f.source, err = openidmtest.Start(o); err != nil {
		return err
	}
	if n == 0 {
		if err := f.source.WriteStores(security); err != nil {
			return err
		}
	}
	if err := writeBoot(filepath.Join(f.dir, "idc21", "salesforceIdConnect")); err != nil {
		return err
	}
	if err := os.WriteFile(w.path("secrets", f.ID), []byte(f.Password+"\n"), 0o600); err != nil {
		return err
	}
	// An address of its own for each target, which nobody takes until it
	// starts.
	free, err := net.Listen("tcp", fmt.Sprintf("127.%d.%d.%d:0", 1+os.Getpid()%250, n/250, 1+n%250))
	if err != nil {
		return err
	}
	f.addr = free.Addr().String()
	return free.Close()
}

// watch starts each target whose set-up script was answered.
func (w *World) watch() {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	byID := map[string]*Fake{}
	for _, f := range w.All {
		byID[f.ID] = f
	}
	for {
		select {
		case <-w.done:
			return
		case <-tick.C:
		}
		entries, err := os.ReadDir(w.spool())
		if err != nil {
			continue
		}
		for _, e := range entries {
			if f := byID[e.Name()]; f != nil {
				f.startTarget(w)
			}
			os.Remove(filepath.Join(w.spool(), e.Name()))
		}
	}
}

func (f *Fake) startTarget(w *World) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.target != nil {
		return
	}
	security := filepath.Join(f.TargetDir(), "security")
	f.target, f.err = openidmtest.Start(openidmtest.Options{
		Role: openidmtest.Target, Version: "7.1.6", Addr: f.addr, Hosts: map[string]string{host: "127.0.0.1"},
		Pace: w.o.Pace, PageSize: 1, Faults: f.faults, AdminPassword: f.Password,
		Password: keystore.NewPassword(StorePassword),
		Keystore: filepath.Join(security, "keystore.jceks"), Truststore: filepath.Join(security, "truststore"),
	})
}

// TargetDir and SourceDir are the salesforceIdConnect folders.
func (f *Fake) TargetDir() string { return filepath.Join(f.dir, "idc716", "salesforceIdConnect") }

// SourceDir is that of 2.1.
func (f *Fake) SourceDir() string { return filepath.Join(f.dir, "idc21", "salesforceIdConnect") }

// Target is nil until it was set up.
func (f *Fake) Target() (*openidmtest.Server, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.target, f.err
}

// Source is the server of 2.1.
func (f *Fake) Source() *openidmtest.Server { return f.source }

// Migrations is how often the target received migrate, by its log of requests.
func (f *Fake) Migrations() (n int) {
	t, _ := f.Target()
	if t == nil {
		return 0
	}
	for _, r := range t.Requests() {
		if r.Action == "migrate" {
			n++
		}
	}
	return n
}

// Migrated says whether the target received migrate once and holds all users.
func (f *Fake) Migrated(users int) bool {
	t, err := f.Target()
	return err == nil && t != nil && f.Migrations() == 1 && t.Count("managed/user") == users
}

// Once counts the installations that were migrated once.
func (w *World) Once() (n int) {
	for _, f := range w.All {
		if f.Migrated(w.o.Users) {
			n++
		}
	}
	return n
}

// Secrets are texts that must lie in no history, log or page: passwords, and
// what names users.
func (w *World) Secrets() []string {
	out := []string{StorePassword, HandoverPassphrase, "AGE-SECRET-KEY"}
	for _, f := range w.All {
		out = append(out, f.Password)
	}
	for id, r := range w.All[0].source.Records("managed/user") {
		out = append(out, id)
		for _, member := range []string{"mail", "sn", "givenName", "userName"} {
			if text, ok := r[member].(string); ok && len(text) > 3 {
				out = append(out, text)
			}
		}
	}
	return out
}

// Upgrade is the upgrade of a fake by idconnect alone.
func (w *World) Upgrade(f *Fake) *idconnect.Upgrade {
	admin := openidm.Credentials{Password: keystore.NewPassword(f.Password)}
	return &idconnect.Upgrade{
		SourceDir: f.SourceDir(), TargetDir: f.TargetDir(), Package: w.path("package.zip"), JavaHome: w.path("jdk"),
		Source:      idconnect.Server{URL: f.source.URL(), Credentials: admin},
		Target:      idconnect.Server{URL: f.targetURL(), Credentials: admin},
		InstanceURL: f.instanceURL(), Checks: preflight.Options{InstanceAddress: "127.0.0.1"},
	}
}

func (f *Fake) targetURL() string { return "https://" + f.addr + "/openidm/" }
func (f *Fake) instanceURL() string {
	return fmt.Sprintf("https://%s:%d/openidm/", host, f.source.Port())
}

// WriteFleet writes the fleet file, as JSON, with the members of extra beside
// its own, and the file of what workers allow.
func (w *World) WriteFleet(path, name string, extra map[string]any) error {
	file := map[string]any{
		"version": 1, "name": name,
		"defaults": map[string]any{
			"package": w.path("package.zip"), "javaHome": w.path("jdk"), "instanceAddress": "127.0.0.1",
			"accept": acceptance.Codes(),
			"source": map[string]any{
				"dir":      w.path("installations", "{id}", "idc21", "salesforceIdConnect"),
				"password": map[string]any{"file": w.path("secrets", "{id}")},
			},
			"target": map[string]any{
				"dir":      w.path("installations", "{id}", "idc716", "salesforceIdConnect"),
				"password": map[string]any{"file": w.path("secrets", "{id}")},
			},
		},
	}
	sites := map[string]any{}
	var all []any
	for _, f := range w.All {
		sites[f.Site] = map[string]any{}
		source := map[string]any{"url": f.source.URL()}
		one := map[string]any{
			"id": f.ID, "site": f.Site, "source": source, "instanceURL": f.instanceURL(),
			"target": map[string]any{"worker": f.Worker, "url": f.targetURL()},
		}
		if f.SourceWorker != f.Worker {
			source["worker"] = f.SourceWorker
			one["keystorePassword"] = map[string]any{"file": w.path("secrets", "stores")}
			one["handover"] = map[string]any{
				"source": w.path("handover", f.ID+".age"), "target": w.path("handover", f.ID+".age"),
				"passphrase": map[string]any{"file": w.path("secrets", "handover")},
			}
		}
		all = append(all, one)
	}
	file["sites"], file["installations"] = sites, all
	for k, v := range extra {
		file[k] = v
	}
	b, err := json.MarshalIndent(file, "", "  ")
	if err != nil {
		return err
	}
	return errors.Join(os.WriteFile(path, append(b, '\n'), 0o600), w.writeAllow())
}

// AllowFile is what a worker of this fleet allows; [World.WriteFleet] writes it.
func (w *World) AllowFile() string { return w.path("allow.yaml") }

func (w *World) writeAllow() error {
	servers := []string{host, "localhost", "127.0.0.1"}
	for _, f := range w.All {
		servers = append(servers, f.addr)
	}
	b, err := json.MarshalIndent(map[string]any{
		"secrets": []string{filepath.ToSlash(w.path("secrets")) + "/"}, "servers": servers,
	}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(w.AllowFile(), append(b, '\n'), 0o600)
}

// Close ends all servers.
func (w *World) Close() error {
	close(w.done)
	w.ended.Wait()
	var errs []error
	for _, f := range w.All {
		if f.source != nil {
			f.source.Close()
		}
		t, err := f.Target()
		if t != nil {
			t.Close()
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %s", f.ID, strings.TrimSpace(err.Error())))
		}
	}
	return errors.Join(errs...)
}
