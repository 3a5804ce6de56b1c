package settings

import "github.com/idconnect-go/upgrade/examples/upgrade/internal/command"

// configFlags name the file of a site.
func (s *Settings) configFlags() []command.Flag {
	return []command.Flag{
		{Name: "config", Group: groupWhat, Value: "file", Family: site, Into: &s.Config, Path: isFile,
			Commands: in(reaches + " export rollback checklist"), Help: "description of the site",
			Default: "upgrade.yaml in the current folder"},
		{Name: "config", Group: groupOutput, Value: "file", Into: &s.Config, Path: newFile,
			Commands: in("init"), Help: "file to write", Default: "upgrade.yaml"},
	}
}

// initFlags answer the questions of init, which checks them.
func (s *Settings) initFlags() []command.Flag {
	a, only := &s.Init, in("init")
	return []command.Flag{
		{Name: "source-dir", Group: groupWhat, Value: "folder", Into: &a.SourceDir, Commands: only,
			Help: "salesforceIdConnect folder of 2.1"},
		{Name: "target-dir", Group: groupWhat, Value: "folder", Into: &a.TargetDir, Commands: only,
			Help: "salesforceIdConnect folder of 7.1.6, which need not exist yet"},
		{Name: "package", Group: groupWhat, Value: "file", Into: &a.Package, Commands: only, Help: "zip file of 7.1.6"},
		{Name: "handover", Group: groupWhat, Value: "file", Into: &a.Handover, Commands: only,
			Help: "there are two machines, and this encrypted file carries the stores from one to the other"},
		{Name: "source-url", Group: groupServers, Value: "url", Into: &a.SourceURL, Commands: only,
			Help: "address of 2.1", Default: "from boot.properties and the certificate"},
		{Name: "target-url", Group: groupServers, Value: "url", Into: &a.TargetURL, Commands: only,
			Help: "address of 7.1.6"},
		{Name: "instance-url", Group: groupServers, Value: "url", Into: &a.InstanceURL, Commands: only,
			Help: "address at which the target reaches 2.1", Default: "-source-url, if its certificate is for that"},
		{Name: "source-user", Group: groupServers, Value: "name", Into: &a.SourceUser, Commands: only,
			Help: "administrator of 2.1", Default: "openidm-admin"},
		{Name: "target-user", Group: groupServers, Value: "name", Into: &a.TargetUser, Commands: only,
			Help: "administrator of 7.1.6", Default: "openidm-admin"},
		{Name: "source-password-file", Group: groupPasswords, Value: "file", Into: &a.SourcePassword, Commands: only,
			Help: "password of -source-user, or env:IDC_…_PASSWORD", Default: "asked for by each command"},
		{Name: "target-password-file", Group: groupPasswords, Value: "file", Into: &a.TargetPassword, Commands: only,
			Help: "password of -target-user, or env:IDC_…_PASSWORD", Default: "asked for by each command"},
		{Name: "keystore-password-file", Group: groupPasswords, Value: "file", Into: &a.KeystorePassword,
			Commands: only, Help: "password of the source's keystore, or env:IDC_…_PASSWORD",
			Default: "from boot.properties"},
		{Name: "java-home", Group: groupSteps, Value: "folder", Into: &a.JavaHome, Commands: only,
			Help: "folder of Java 11 for setup", Default: "JAVA_HOME, then PATH"},
		{Name: "yes", Group: groupOutput, Into: &s.Yes, Commands: only,
			Help: "ask nothing: what no flag says is as it was found"},
		{Name: "replace", Group: groupOutput, Into: &s.Replace, Commands: only,
			Help: "replace a file that an earlier init wrote"},
	}
}
