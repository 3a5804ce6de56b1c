package settings

import (
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/command"
)

func (s *Settings) outputFlags() []command.Flag {
	u := &s.Upgrade
	return []command.Flag{
		{Name: "watch", Group: groupOutput, Into: &s.Watch, Commands: in("status"),
			Help: "poll the migration until it ends; the exit code tells how it ended"},
		{Name: "interval", Group: groupOutput, Value: "duration", Into: &s.Interval, Commands: in("status"),
			Check: positive, Help: "polling interval of -watch"},
		{Name: "report", Group: groupOutput, Value: "folder", Family: site, Into: &u.ReportDir,
			Commands: in("plan run verify import"), Path: noFile,
			Help:    "folder for the report: report.html, report.txt, report.json, junit.xml and summary.md",
			Default: "for run, TARGET-DIR.upgrade"},
		{Name: "report", Group: groupWhat, Value: "folder", Into: &u.ReportDir, Commands: in("checklist support"),
			Path: isFolder, Help: "folder of a report, as verify -report writes it", Default: "TARGET-DIR.upgrade"},
		{Name: "markdown", Group: groupOutput, Into: &s.Markdown, Commands: in("checklist"),
			Help: "write the list as Markdown, with boxes to tick"},
		{Name: "json", Group: groupOutput, Family: site, Into: &s.JSON, Commands: in(reaches + " rollback checklist"),
			Help: "print the result as JSON"},
		{Name: "json", Group: groupOutput, Into: &s.JSON, Commands: in("inspect compare trust explain version"),
			Help: "print the result as JSON"},
		{Name: "quiet", Group: groupOutput, Family: site, Into: &s.Screen.Quiet, Commands: in(reaches + " rollback"),
			Help: "show only the result, in a sentence, and errors"},
		{Name: "v", Group: groupOutput, Family: site, Into: &s.Screen.Verbose, Commands: in(reaches + " rollback"),
			Help: "show everything: the whole result, and findings and requests while it runs"},
		{Name: "log", Group: groupOutput, Value: "form", Family: site, Into: &s.Screen.Log,
			Commands: in(reaches + " rollback"), Noun: "form", Choices: []string{"text", "json"},
			Help: "log on stderr instead of showing progress; with -v requests, too, with -quiet errors alone"},
	}
}

func (s *Settings) storeFlags() []command.Flag {
	k := &s.Stores
	return []command.Flag{
		{Name: "keys", Group: groupOutput, Into: &k.Keys, Commands: in("inspect compare"),
			Help: "open every key and show its SHA-256 (key bytes are never shown)"},
		{Name: "password-file", Group: groupPasswords, Value: "file", Into: &k.Password, Commands: in("inspect"),
			Help: "password of the store", Default: "$IDC_KEYSTORE_PASSWORD, else a prompt"},
		{Name: "key-password-file", Group: groupPasswords, Value: "file", Into: &k.KeyPasswords,
			Commands: in("inspect"), Help: "password of keys that have their own"},
		{Name: "password-file", Group: groupPasswords, Value: "file", Into: &k.Password, Commands: in("compare"),
			Help:    "password of A, and of B unless -password-file-b is given",
			Default: "$IDC_KEYSTORE_PASSWORD, else a prompt"},
		{Name: "password-file-b", Group: groupPasswords, Value: "file", Into: &k.PasswordB, Commands: in("compare"),
			Help: "password of B"},
		{Name: "key-password-file", Group: groupPasswords, Value: "file", Into: &k.KeyPasswords,
			Commands: in("compare"),
			Help:     "password of keys in A that have their own, and in B unless -key-password-file-b is given"},
		{Name: "key-password-file-b", Group: groupPasswords, Value: "file", Into: &k.KeyPasswordsB,
			Commands: in("compare"), Help: "password of keys in B that have their own"},
	}
}

func (s *Settings) trustFlags() []command.Flag {
	t, only := &s.Trust, in("trust")
	return []command.Flag{
		{Name: "truststore", Group: groupWhat, Value: "file", Into: &t.File, Commands: only, Path: isFile,
			Help: "truststore of the JVM"},
		{Name: "connect", Group: groupServers, Value: "host:port", Into: &t.Connect, Commands: only,
			Help: "address or URL of the server, to get its certificate chain"},
		{Name: "legacy-tls", Group: groupServers, Into: &t.LegacyTLS, Commands: only,
			Help: "allow TLS 1.0 and 1.1 with -connect, to get the certificate alone"},
		{Name: "chain", Group: groupServers, Value: "file", Into: &t.ChainFile, Commands: only, Path: isFile,
			Help: "the server's certificate chain in PEM, leaf first, or in DER"},
		{Name: "host", Group: groupServers, Value: "host", Into: &t.Host, Commands: only,
			Help: "name or address that the JVM connects to", Default: "the host of -connect"},
		{Name: "truststore-password-file", Group: groupPasswords, Value: "file", Into: &t.PasswordFile,
			Commands: only, Help: "password of -truststore", Default: "$IDC_TRUSTSTORE_PASSWORD"},
		{Name: "save-server", Group: groupOutput, Value: "file", Into: &t.Save, Commands: only, Path: noFolder,
			Help: "write the server's own certificate to a new file in PEM"},
		{Name: "add", Group: groupSteps, Into: &t.Add, Commands: only,
			Help: "put the server's own certificate into -truststore, and keep the old file beside it"},
		{Name: "fingerprint", Group: groupSteps, Value: "sha256", Into: &t.Fingerprint, Commands: only,
			Help: "SHA-256 fingerprint that the certificate must have, with -add"},
		{Name: "alias", Group: groupSteps, Value: "name", Into: &t.Alias, Commands: only,
			Help: "alias of the new entry, with -add", Default: "the host"},
	}
}

func (s *Settings) demoFlags() []command.Flag {
	only := in("demo")
	return []command.Flag{
		{Name: "fault", Group: groupWhat, Value: "name", Into: &s.Fault, Commands: only, Noun: "fault",
			Choices: s.Faults,
			Help:    "show a failure and its remedy"},
		{Name: "users", Group: groupWhat, Value: "number", Into: &s.Users, Commands: only, Check: between(1, 1_000_000),
			Help: "number of users in the source"},
		{Name: "keep", Group: groupOutput, Into: &s.Keep, Commands: only, Help: "keep the temporary installations"},
	}
}
