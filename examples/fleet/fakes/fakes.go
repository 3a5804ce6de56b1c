// Package fakes has installations to try a fleet on: each a source that runs, a
// package whose set-up script has to be answered, and a target that starts when
// it was; with real TLS and real files, all in one process. They say how often
// each target was told to migrate.
package fakes

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/acceptance"
	"github.com/idconnect-go/upgrade/idconnect/idconnecttest"
	"github.com/idconnect-go/upgrade/keystore"
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
	*idconnecttest.Pair
	ID, Site, Worker, SourceWorker string
	// Password of both administrators; it protects nothing.
	Password string

	site *idconnecttest.Site
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
	for _, dir := range []string{w.spool(), w.path("secrets"), w.path("handover")} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	}
	if err := os.WriteFile(w.path("secrets", "handover"), []byte(HandoverPassphrase), 0o600); err != nil {
		return err
	}
	if err := os.WriteFile(w.path("secrets", "stores"), []byte(StorePassword), 0o600); err != nil {
		return err
	}
	digits := len(fmt.Sprint(w.o.Count))
	for n := range w.o.Count {
		f := &Fake{
			ID: fmt.Sprintf("idc-%0*d", digits, n+1), Site: fmt.Sprintf("site-%d", n%w.o.Sites+1),
			Worker: w.o.Workers[n%len(w.o.Workers)], Password: fmt.Sprintf("Admin-password-of-fake-%d", n+1),
		}
		f.SourceWorker = f.Worker
		if w.o.Carried[n] {
			f.SourceWorker = w.o.Workers[(n+1)%len(w.o.Workers)]
		}
		if err := w.start(f, n); err != nil {
			return fmt.Errorf("%s: %w", f.ID, err)
		}
		w.All = append(w.All, f)
	}
	return nil
}

// start makes an installation. Its target has an address of its own, which nobody
// takes until it starts.
func (w *World) start(f *Fake, n int) (err error) {
	if err := os.WriteFile(w.path("secrets", f.ID), []byte(f.Password+"\n"), 0o600); err != nil {
		return err
	}
	f.site, err = idconnecttest.StartSite(w.path("installations", f.ID), idconnecttest.Options{
		Source: openidmtest.Options{
			Users: w.o.Users, Roles: 1, Links: w.o.Users, AdminPassword: f.Password,
			Password: keystore.NewPassword(StorePassword),
		},
		Target: openidmtest.Options{
			Pace: w.o.Pace, PageSize: 1, Faults: w.o.Faults[n],
			Addr: fmt.Sprintf("127.%d.%d.%d:0", 1+os.Getpid()%250, n/250, 1+n%250),
		},
		Answered: filepath.Join(w.spool(), f.ID),
	})
	if err == nil {
		f.Pair = f.site.Pair
	}
	return err
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
				f.site.StartTarget() // Close says why not
			}
			os.Remove(filepath.Join(w.spool(), e.Name()))
		}
	}
}

// Upgrade is the upgrade of the fake by idconnect alone.
func (f *Fake) Upgrade() *idconnect.Upgrade { return f.site.Upgrade }

// Migrated says whether the target received migrate once and holds all users.
func (f *Fake) Migrated(users int) bool {
	t := f.Target()
	return t != nil && f.Migrations() == 1 && t.Count("managed/user") == users
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
	for id, r := range w.All[0].Source().Records("managed/user") {
		out = append(out, id)
		for _, member := range []string{"mail", "sn", "givenName", "userName"} {
			if text, ok := r[member].(string); ok && len(text) > 3 {
				out = append(out, text)
			}
		}
	}
	return out
}

// WriteFleet writes the fleet file, as JSON, with the members of extra beside
// its own, and the file of what workers allow.
func (w *World) WriteFleet(path, name string, extra map[string]any) error {
	file := map[string]any{
		"version": 1, "name": name,
		"defaults": map[string]any{
			"package":  w.path("installations", "{id}", "package.zip"),
			"javaHome": w.path("installations", "{id}", "jdk-11"), "instanceAddress": "127.0.0.1",
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
		source := map[string]any{"url": f.site.Upgrade.Source.URL}
		one := map[string]any{
			"id": f.ID, "site": f.Site, "source": source, "instanceURL": f.Origin.InstanceURL,
			"target": map[string]any{"worker": f.Worker, "url": f.site.Upgrade.Target.URL},
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
	hosts := map[string]bool{"127.0.0.1": true} // of instanceAddress
	for _, f := range w.All {
		u := f.site.Upgrade
		for _, address := range []string{u.Source.URL, u.Target.URL, u.InstanceURL} {
			parsed, err := url.Parse(address)
			if err != nil {
				return err
			}
			hosts[parsed.Hostname()] = true
		}
	}
	servers := slices.Sorted(maps.Keys(hosts))
	b, err := json.MarshalIndent(map[string]any{
		"secrets": []string{filepath.ToSlash(w.path("secrets")) + "/"}, "servers": servers,
		"paths": []string{filepath.ToSlash(w.path("installations")) + "/", filepath.ToSlash(w.path("handover")) + "/"},
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
		if err := f.site.Close(); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", f.ID, err))
		}
	}
	return errors.Join(errs...)
}
