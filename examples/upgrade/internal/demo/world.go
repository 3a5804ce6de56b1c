package demo

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/idconnect-go/upgrade/idconnect/idconnecttest"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

const (
	host        = "idc21.example.com"
	packageName = "IdentityConnect-7.1.6.zip"
)

// site is the temporary folder, with what runs in it.
type site struct {
	*idconnecttest.Site
	dir     string
	program string
	early   *openidmtest.Server // a target that was started too early
}

func (d *site) path(parts ...string) string {
	return filepath.Join(append([]string{d.dir}, parts...)...)
}

// configName is the file that describes the site, as upgrade init writes one.
const configName = "upgrade.yaml"

// writeConfig describes the site as it is by now.
func (d *site) writeConfig() error {
	javaHome := "jdk-11"
	if runtime.GOOS == "windows" { // where it is a program, in a folder of its own
		javaHome = filepath.ToSlash(d.Upgrade.JavaHome)
	}
	lines := []string{
		"# The site of the demonstration; " + d.program + " init writes such a file for yours.",
		"version: 1",
		"source:",
		"  dir: idc21/salesforceIdConnect",
		"  url: " + d.Upgrade.Source.URL,
		"  password: {file: source.pw}",
		"target:",
		"  dir: idc716/salesforceIdConnect",
		"  url: " + d.Upgrade.Target.URL,
		"  password: {file: target.pw}",
		"package: " + packageName,
		fmt.Sprintf("instanceURL: https://%s:%d/openidm/", host, d.Source().Port()),
		"instanceAddress: 127.0.0.1 # as in the target's hosts file",
		"javaHome: " + javaHome,
		"report: report",
	}
	if _, err := os.Stat(d.path("keystore.pw")); err == nil {
		lines = append(lines, "keystorePassword: {file: keystore.pw}")
	}
	return os.WriteFile(d.path(configName), []byte(strings.Join(lines, "\n")+"\n"), 0o644)
}

func (d *site) close(keep bool) error {
	var errs []error
	if d.early != nil {
		d.early.Close()
	}
	if d.Site != nil {
		errs = append(errs, d.Site.Close())
	}
	if keep {
		return errors.Join(errs...)
	}
	all, err := os.ReadDir(d.dir)
	errs = append(errs, err)
	for _, e := range all {
		if e.Name() != "report" {
			errs = append(errs, os.RemoveAll(d.path(e.Name())))
		}
	}
	os.Remove(d.dir) // fails if the report is in it
	return errors.Join(errs...)
}

func (d *site) build(fault string, users int) (err error) {
	if err := os.Setenv("XDG_STATE_HOME", d.path("state")); err != nil { // which leads to the journal
		return err
	}
	if err := os.Chdir(d.dir); err != nil {
		return err
	}
	o := idconnecttest.Options{
		Source:     openidmtest.Options{Users: users, Roles: 12, Links: users / 2, Connector: true, CommonName: host},
		Target:     openidmtest.Options{Pace: 100 * time.Millisecond, Faults: faults[fault].target},
		Salesforce: true,
	}
	if fault == "wrong-certificate-host" {
		o.Source.CommonName = "old-name.example.com"
	}
	if d.Site, err = idconnecttest.StartSite(d.dir, o); err != nil {
		return err
	}
	for _, f := range []string{"source.pw", "target.pw"} {
		password := d.SourceClient.Credentials.Password.Reveal()
		if err := os.WriteFile(d.path(f), []byte(password+"\n"), 0o600); err != nil {
			return err
		}
	}
	return os.Rename(d.Upgrade.Package, d.path(packageName))
}
