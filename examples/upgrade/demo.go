package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/idconnect-go/upgrade/examples/upgrade/internal/prompt"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

// Names and passwords of the demonstration. The passwords protect nothing: they
// are the defaults of OpenIDM, and all files are temporary.
const (
	demoHost          = "idc21.example.com"
	demoStorePassword = "changeit"
	demoAdmin         = "openidm-admin"
)

// demoFault is a failure to demonstrate, and the commands that show it.
type demoFault struct {
	about    string
	prepare  func(*demo) error
	settings func(*demoSettings)
	steps    []string // commands to show
	goOn     bool     // after a command that fails
}

var demoFaults = map[string]demoFault{
	"wrong-certificate-host": {
		about: "the source's certificate is for another host than the instance URL",
		steps: []string{"plan"},
	},
	"target-started-too-early": {
		about:   "the target was started before it had the source's stores",
		prepare: (*demo).startTargetTooEarly,
		steps:   []string{"plan"},
	},
	"lost-records": {
		about: "the migration reports success, but three records are missing",
		settings: func(s *demoSettings) {
			s.Faults = []openidmtest.Fault{{Path: "endpoint/migration", Action: "migrate", LoseRecords: 3}}
		},
		steps: []string{"run"},
	},
	"failed-records": {
		about: "the target could not write two of the records",
		settings: func(s *demoSettings) {
			s.Faults = []openidmtest.Fault{{
				Path: "endpoint/migration", Action: "migrate", FailRecords: 2, CompleteAnyway: true,
				Reason: "found duplicated key 'user@example.com' in index 'mail'",
			}}
		},
		steps: []string{"run", "verify"}, goOn: true,
	},
	"source-stops-midway": {
		about: "the source stops during the migration",
		prepare: func(d *demo) error {
			d.stopSource = true
			return nil
		},
		steps: []string{"run"},
	},
	"wrong-keystore-password": {
		about: "the password of the source's keystore is wrong",
		prepare: func(d *demo) error {
			return os.WriteFile(filepath.Join(d.dir, "keystore.pw"), []byte("not this one\n"), 0o600)
		},
		steps: []string{"plan"},
	},
}

// demo is a demonstration in a temporary folder.
type demo struct {
	a          *app
	dir        string
	source     *openidmtest.Server
	settings   demoSettings
	lifeline   net.Listener
	stopSource bool
}

func (a *app) demo(ctx context.Context, v *call) error {
	chosen := demoFault{steps: []string{"plan", "run", "verify"}}
	if v.Fault != "" {
		chosen = demoFaults[v.Fault]
		fmt.Fprintf(a.out, "Demonstration of a failure: %s.\n\n", chosen.about)
	}
	dir, err := os.MkdirTemp("", "identity-connect-demo-")
	if err != nil {
		return err
	}
	unasked := *a
	unasked.tty, unasked.onlyNamed = nobody{}, true
	d := &demo{a: &unasked, dir: dir}
	if err := os.Setenv("XDG_STATE_HOME", d.path("state")); err != nil { // which leads to the journal
		return err
	}
	err = d.play(ctx, v.Fault, chosen, v.Users)
	err = errors.Join(err, d.close(v.Keep))
	if _, statErr := os.Stat(d.path("report")); statErr == nil {
		fmt.Fprintf(a.out, "\nThe report is in %s\n", d.path("report"))
		if v.Keep {
			fmt.Fprintf(a.out, "Open it in a browser: %s\n", d.path("report", "report.html"))
		}
	}
	if v.Keep {
		fmt.Fprintf(a.out, "The installations are in %s\n", dir)
	}
	return err
}

// nobody is the person whom the demonstration never asks.
type nobody struct{}

func (nobody) Available() bool   { return false }
func (nobody) Interactive() bool { return false }

func (nobody) Line(context.Context, string) (string, error) { return "", prompt.ErrNoTerminal }

func (nobody) Password(context.Context, string) (keystore.Password, error) {
	return keystore.Password{}, prompt.ErrNoTerminal
}

func (d *demo) path(parts ...string) string {
	return filepath.Join(append([]string{d.dir}, parts...)...)
}

func (d *demo) play(ctx context.Context, name string, fault demoFault, users int) error {
	if err := d.build(name, users); err != nil {
		return fmt.Errorf("building the demonstration: %w", err)
	}
	if fault.settings != nil {
		fault.settings(&d.settings)
	}
	if fault.prepare != nil {
		if err := fault.prepare(d); err != nil {
			return fmt.Errorf("building the demonstration: %w", err)
		}
	}
	if err := d.settings.export(); err != nil {
		return err
	}
	fmt.Fprintf(d.a.out, "A 2.1 installation with %d users runs at %s; its certificate is for %s.\n"+
		"A package with a set-up script and a stand-in for Java 11 are in %s.\n", users, d.source.URL,
		d.source.Certificate().Subject.CommonName, d.dir)
	for i, command := range fault.steps {
		args := append([]string{command}, d.flags(command)...)
		fmt.Fprintf(d.a.out, "\n$ %s %s\n", d.a.name(), strings.Join(args, " "))
		if command == "run" && d.stopSource {
			go d.stopSourceMidway(ctx)
		}
		if code := d.a.run(ctx, args); code != exitDone {
			fmt.Fprintf(d.a.out, "exit code %d\n", code)
			if i == len(fault.steps)-1 || !fault.goOn {
				return exitCode(code)
			}
		}
	}
	return nil
}

func (d *demo) flags(command string) []string {
	args := []string{
		"-source-dir", d.path("idc21", "salesforceIdConnect"),
		"-target-dir", d.path("idc716", "salesforceIdConnect"),
		"-package", d.path("IdentityConnect-7.1.6.zip"),
		"-source-url", d.source.URL,
		"-target-url", "https://localhost:" + portOf(d.settings.Addr) + "/openidm/",
		"-instance-url", fmt.Sprintf("https://%s:%d/openidm/", demoHost, d.source.Port()),
		"-instance-address", "127.0.0.1", // as in the target's hosts file
		"-source-password-file", d.path("source.pw"),
		"-target-password-file", d.path("target.pw"),
		"-java-home", d.path("jdk-11"),
	}
	if _, err := os.Stat(d.path("keystore.pw")); err == nil {
		args = append(args, "-keystore-password-file", d.path("keystore.pw"))
	}
	if command == "run" {
		args = append(args, "-report", d.path("report"))
	}
	return args
}

func portOf(addr string) string {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return ""
	}
	return port
}

// startTargetTooEarly starts a target without the source's stores, so that it
// generates keys of its own.
func (d *demo) startTargetTooEarly() error {
	target := d.path("idc716", "salesforceIdConnect")
	own, err := openidmtest.Start(openidmtest.Options{Role: openidmtest.Target, Addr: d.settings.Addr})
	if err != nil {
		return err
	}
	d.settings.early = own
	security := filepath.Join(target, "security")
	if err := os.MkdirAll(security, 0o755); err != nil {
		return err
	}
	if err := writeBootProperties(target, portOf(d.settings.Addr)); err != nil {
		return err
	}
	return own.WriteStores(security)
}

// stopSourceMidway closes the source once the target begins to copy.
func (d *demo) stopSourceMidway(ctx context.Context) {
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if d.copying() {
			d.source.Close()
			return
		}
	}
}

// copying reports whether the target has begun to copy.
func (d *demo) copying() bool {
	_, err := os.Stat(d.path("idc716", "salesforceIdConnect", demoCopying))
	return err == nil
}

func (d *demo) close(keep bool) error {
	if d.lifeline != nil {
		d.lifeline.Close() // ends the target's process
	}
	if d.settings.early != nil {
		d.settings.early.Close()
	}
	if d.source != nil {
		d.source.Close()
	}
	if keep {
		return nil
	}
	var errs []error
	for _, name := range []string{
		"idc21", "idc716", "jdk-11", "IdentityConnect-7.1.6.zip", "source.pw", "target.pw", "keystore.pw",
	} {
		errs = append(errs, os.RemoveAll(d.path(name)))
	}
	os.Remove(d.dir) // fails if the report is in it
	return errors.Join(errs...)
}

func (d *demo) build(fault string, users int) error {
	name := demoHost
	if fault == "wrong-certificate-host" {
		name = "old-name.example.com"
	}
	var err error
	options := openidmtest.Options{
		Users: users, Roles: 12, Links: users / 2, Connector: true,
		CommonName: name, AdminPassword: demoAdmin, Password: keystore.NewPassword(demoStorePassword),
		Version: "3.1.0",
	}
	addDemoMappings(&options)
	d.source, err = openidmtest.Start(options)
	if err != nil {
		return err
	}
	addDemoLinks(d.source, min(users, 200))
	idc21 := d.path("idc21", "salesforceIdConnect")
	if err := os.MkdirAll(filepath.Join(idc21, "security"), 0o755); err != nil {
		return err
	}
	if err := d.source.WriteStores(filepath.Join(idc21, "security")); err != nil {
		return err
	}
	if err := writeBootProperties(idc21, fmt.Sprint(d.source.Port())); err != nil {
		return err
	}
	for _, f := range []string{"source.pw", "target.pw"} {
		if err := os.WriteFile(d.path(f), []byte(demoAdmin+"\n"), 0o600); err != nil {
			return err
		}
	}
	if d.lifeline, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return err
	}
	go holdLifelines(d.lifeline)
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	d.settings = demoSettings{
		Addr: free.Addr().String(), Lifeline: d.lifeline.Addr().String(),
		Hosts: map[string]string{demoHost: "127.0.0.1"}, Pace: 100 * time.Millisecond,
	}
	if err := free.Close(); err != nil {
		return err
	}
	if err := writeDemoJava(d.path("jdk-11")); err != nil {
		return err
	}
	return writeDemoPackage(d.path("IdentityConnect-7.1.6.zip"), portOf(d.settings.Addr))
}

// holdLifelines keeps connections open until the listener is closed. The
// target's process ends with its connection, so it ends even if this process is
// killed.
func holdLifelines(l net.Listener) {
	var open []net.Conn
	for {
		c, err := l.Accept()
		if err != nil {
			for _, c := range open {
				c.Close()
			}
			return
		}
		open = append(open, c)
	}
}
