package demo

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

// Names and passwords of the demonstration. The passwords protect nothing: they
// are the defaults of OpenIDM, and all files are temporary.
const (
	host          = "idc21.example.com"
	storePassword = "changeit"
	admin         = "openidm-admin"
	packageName   = "IdentityConnect-7.1.6.zip"
)

// site is the temporary folder, with what runs in it.
type site struct {
	dir      string
	program  string
	source   *openidmtest.Server
	early    *openidmtest.Server // a target that was started too early
	settings settings
	lifeline *lifeline
}

func (d *site) path(parts ...string) string {
	return filepath.Join(append([]string{d.dir}, parts...)...)
}

// inTarget is a file in the target's folder.
func (d *site) inTarget(name string) string {
	return d.path("idc716", "salesforceIdConnect", filepath.FromSlash(name))
}

// configName is the file that describes the site, as upgrade init writes one.
const configName = "upgrade.yaml"

// writeConfig describes the site as it is by now.
func (d *site) writeConfig() error {
	lines := []string{
		"# The site of the demonstration; " + d.program + " init writes such a file for yours.",
		"version: 1",
		"source:",
		"  dir: idc21/salesforceIdConnect",
		"  url: " + d.source.URL,
		"  password: {file: source.pw}",
		"target:",
		"  dir: idc716/salesforceIdConnect",
		"  url: https://localhost:" + portOf(d.settings.Addr) + "/openidm/",
		"  password: {file: target.pw}",
		"package: " + packageName,
		fmt.Sprintf("instanceURL: https://%s:%d/openidm/", host, d.source.Port()),
		"instanceAddress: 127.0.0.1 # as in the target's hosts file",
		"javaHome: jdk-11",
		"report: report",
	}
	if exists(d.path("keystore.pw")) {
		lines = append(lines, "keystorePassword: {file: keystore.pw}")
	}
	return os.WriteFile(d.path(configName), []byte(strings.Join(lines, "\n")+"\n"), 0o644)
}

func portOf(addr string) string {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return ""
	}
	return port
}

func (d *site) close(keep bool) error {
	d.lifeline.end()
	if d.early != nil {
		d.early.Close()
	}
	if d.source != nil {
		d.source.Close()
	}
	if keep {
		return nil
	}
	var errs []error
	for _, name := range []string{
		"idc21", "idc716", "jdk-11", packageName, configName, "source.pw", "target.pw", "keystore.pw",
	} {
		errs = append(errs, os.RemoveAll(d.path(name)))
	}
	os.Remove(d.dir) // fails if the report is in it
	return errors.Join(errs...)
}

func (d *site) build(fault string, users int) error {
	if err := os.Setenv("XDG_STATE_HOME", d.path("state")); err != nil { // which leads to the journal
		return err
	}
	if err := os.Chdir(d.dir); err != nil {
		return err
	}
	name := host
	if fault == "wrong-certificate-host" {
		name = "old-name.example.com"
	}
	var err error
	options := openidmtest.Options{
		Users: users, Roles: 12, Links: users / 2, Connector: true,
		CommonName: name, AdminPassword: admin, Password: keystore.NewPassword(storePassword),
		Version: "3.1.0",
	}
	addMappings(&options)
	d.source, err = openidmtest.Start(options)
	if err != nil {
		return err
	}
	addLinks(d.source, min(users, 200))
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
		if err := os.WriteFile(d.path(f), []byte(admin+"\n"), 0o600); err != nil {
			return err
		}
	}
	if d.lifeline, err = newLifeline(); err != nil {
		return err
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	d.settings = settings{
		Addr: free.Addr().String(), Lifeline: d.lifeline.address(),
		Hosts: map[string]string{host: "127.0.0.1"}, Pace: 100 * time.Millisecond,
	}
	if err := free.Close(); err != nil {
		return err
	}
	if err := writeJava(d.path("jdk-11")); err != nil {
		return err
	}
	if err := writePackage(d.path(packageName), portOf(d.settings.Addr)); err != nil {
		return err
	}
	if f := faults[fault]; f.settings != nil {
		f.settings(&d.settings)
	}
	return d.settings.export()
}
