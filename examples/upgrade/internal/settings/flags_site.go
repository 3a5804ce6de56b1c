package settings

import (
	"slices"
	"strings"

	"github.com/idconnect-go/upgrade/examples/upgrade/internal/command"
	"github.com/idconnect-go/upgrade/idconnect"
)

// in is the commands that use a flag, as words.
func in(words string) []string { return strings.Fields(words) }

// Sets of commands that use the same flags.
const (
	looks   = "plan run status support"               // they make the preflight checks
	reads   = "plan run status verify repair support" // they ask both servers
	reaches = reads + " import"
)

// flags is the table of all flags.
func (s *Settings) flags() []command.Flag {
	return slices.Concat(s.configFlags(), s.initFlags(), s.whatFlags(), s.sourceFlags(), s.targetFlags(),
		s.passwordFlags(), s.stepFlags(), s.checkFlags(), s.comparisonFlags(), s.tabFlags(), s.outputFlags(),
		s.storeFlags(), s.trustFlags(), s.demoFlags())
}

func (s *Settings) whatFlags() []command.Flag {
	u := &s.Upgrade
	return []command.Flag{
		{Name: "source-dir", Group: groupWhat, Value: "folder", Family: site, Into: &u.SourceDir, Path: isFolder,
			Commands: in("plan run status verify repair export"),
			Help:     "salesforceIdConnect folder of 2.1, which is only read"},
		{Name: "source-dir", Group: groupWhat, Value: "folder", Into: &u.SourceDir, Path: noFile,
			Commands: in("checklist support"), Help: "salesforceIdConnect folder of 2.1, on whatever machine"},
		{Name: "target-dir", Group: groupWhat, Value: "folder", Family: site, Into: &u.TargetDir, Path: noFile,
			Commands: in(reaches + " rollback checklist"), Help: "salesforceIdConnect folder of 7.1.6"},
		{Name: "package", Group: groupWhat, Value: "file", Family: site, Into: &u.Package, Path: s.isPackage,
			Commands: in(looks), Help: "zip file of 7.1.6"},
		{Name: "stores-file", Group: groupWhat, Value: "file", Family: site, Into: &u.StoresFile, Path: isFile,
			Commands: in(reads),
			Help:     "file written by export, instead of -source-dir when the source is on another machine"},
		{Name: "ids", Group: groupWhat, Value: "file", Into: &u.RepairList, Path: isFile,
			Commands: in("repair"), Help: "the records to restore, as verify -ids writes them"},
	}
}

func (s *Settings) sourceFlags() []command.Flag {
	u := &s.Upgrade
	return []command.Flag{
		{Name: "source-url", Group: groupServers, Value: "url", Family: site, Into: &u.Source.URL, Check: isURL,
			Commands: in(reaches + " export checklist"), Help: "address of 2.1"},
		{Name: "source-user", Group: groupServers, Value: "name", Family: site, Into: &u.Source.Credentials.Username,
			Commands: in(reaches), Help: "administrator of 2.1"},
		{Name: "source-address", Group: groupServers, Value: "host:port", Family: site, Into: &u.Source.Address,
			Commands: in(reaches), Check: isDial,
			Help: "where to connect instead of the host in -source-url, whose name is sent all the same"},
		{Name: "source-legacy-tls", Group: groupServers, Family: site, Into: &u.Source.LegacyTLS,
			Commands: in(reaches),
			Help:     "allow TLS 1.0 and 1.1 with 2.1, with a warning (Java 11 refuses them in configure)"},
		{Name: "truststore", Group: groupServers, Value: "file", Family: site, Into: &u.Source.Truststore,
			Commands: in(reaches), Path: isFile, Help: "truststore for connections to 2.1",
			Default: "the source's own"},
		{Name: "instance-url", Group: groupServers, Value: "url", Family: site, Into: &u.InstanceURL, Check: isURL,
			Commands: in(looks + " checklist"), Help: "address at which the target reaches 2.1",
			Default: "-source-url"},
		{Name: "instance-address", Group: groupServers, Value: "ip", Family: site, Into: &u.Checks.InstanceAddress,
			Commands: in(looks), Check: isIP,
			Help:    "address of the host of -instance-url as seen from the target's machine",
			Default: "as seen from this one"},
	}
}

func (s *Settings) targetFlags() []command.Flag {
	u := &s.Upgrade
	return []command.Flag{
		{Name: "target-url", Group: groupServers, Value: "url", Family: site, Into: &u.Target.URL, Check: isURL,
			Commands: in(reaches + " rollback checklist"), Help: "address of 7.1.6"},
		{Name: "target-user", Group: groupServers, Value: "name", Family: site, Into: &u.Target.Credentials.Username,
			Commands: in(reads), Help: "administrator of 7.1.6"},
		{Name: "target-address", Group: groupServers, Value: "host:port", Family: site, Into: &u.Target.Address,
			Commands: in(reaches + " rollback"), Check: isDial,
			Help: "where to connect instead of the host in -target-url, whose name is sent all the same"},
		{Name: "target-name", Group: groupServers, Value: "host", Family: site, Into: &u.Target.TLSName,
			Commands: in(reaches + " rollback"), Help: "name that the target's certificate must be valid for",
			Default: "the host of -target-url"},
		{Name: "target-truststore", Group: groupServers, Value: "file", Family: site, Into: &u.Target.Truststore,
			Commands: in(reaches + " rollback"), Path: isFile, Help: "truststore for connections to 7.1.6",
			Default: "the target's own, else -truststore"},
	}
}

func (s *Settings) passwordFlags() []command.Flag {
	p, h := &s.Passwords, &s.Handover
	return []command.Flag{
		{Name: "source-password-file", Group: groupPasswords, Value: "file", Family: site, Into: &p.Source,
			Commands: in(reaches), Help: "password of -source-user", Default: "$IDC_SOURCE_PASSWORD, else a prompt"},
		{Name: "target-password-file", Group: groupPasswords, Value: "file", Family: site, Into: &p.Target,
			Commands: in(reads), Help: "password of -target-user", Default: "$IDC_TARGET_PASSWORD, else a prompt"},
		{Name: "keystore-password-file", Group: groupPasswords, Value: "file", Family: site, Into: &p.Keystore,
			Commands: in(reaches + " export"), Help: "password of the source's keystore",
			Default: "$IDC_KEYSTORE_PASSWORD, else from boot.properties"},
		{Name: "truststore-password-file", Group: groupPasswords, Value: "file", Family: site, Into: &p.Truststore,
			Commands: in(reaches + " export"), Help: "password of the truststore",
			Default: "$IDC_TRUSTSTORE_PASSWORD, else from boot.properties"},
		{Name: "target-truststore-password-file", Group: groupPasswords, Value: "file", Family: site,
			Into: &p.TargetTruststore, Commands: in(reaches + " rollback"), Help: "password of -target-truststore",
			Default: "that of the truststore"},
		{Name: "passphrase-file", Group: groupPasswords, Value: "file", Family: site, Into: &h.Passphrase,
			Commands: in(reaches + " export"), Help: "passphrase of the handover file",
			Default: "$" + HandoverVariable + ", else a prompt"},
		{Name: "identity-file", Group: groupPasswords, Value: "file", Family: site, Into: &h.Identity,
			Commands: in(reaches), Help: "age identities that decrypt the handover file, instead of a passphrase"},
		{Name: "recipient", Group: groupPasswords, Value: "age1…", Into: &h.Recipients, Commands: in("export"),
			Check: isRecipient,
			Help:  "public key to encrypt to, instead of a passphrase"},
	}
}

func (s *Settings) stepFlags() []command.Flag {
	u := &s.Upgrade
	return []command.Flag{
		{Name: "steps", Group: groupSteps, Value: "steps", Family: site, Into: &s.Steps, Noun: "step", List: true,
			Choices: idconnect.StepNames(), Commands: in(looks + " import rollback"),
			Help: "comma-separated steps to perform"},
		{Name: "to", Group: groupSteps, Value: "step", Into: &s.To, Commands: in("rollback"), Noun: "step",
			Choices: idconnect.StepNames(), Help: "first step to undo", Default: "all that were performed"},
		{Name: "remove-added", Group: groupSteps, Into: &u.RemoveAdded, Commands: in("rollback"),
			Help: "also remove files that were added or changed since the run"},
		{Name: "again", Group: groupSteps, Family: site, Into: &u.Again, Commands: in("plan run"),
			Help: "re-run configure, migrate and setup even if already completed"},
		{Name: "apply", Group: groupSteps, Into: &s.Write, Commands: in("repair"), Help: "write the records"},
		{Name: "yes", Group: groupSteps, Into: &s.Yes, Commands: in("run"), Help: "do not ask before the run begins"},
		{Name: "yes", Group: groupSteps, Into: &s.Yes, Commands: in("repair"),
			Help: "do not ask: there is a backup of the target's database, and the records may be written"},
		{Name: "java-home", Group: groupSteps, Value: "folder", Family: site, Into: &u.JavaHome, Commands: in(looks),
			Path: isFolder, Help: "folder of Java 11 for setup", Default: "JAVA_HOME, then PATH"},
		{Name: "truststore-conflict", Group: groupSteps, Value: "policy", Family: site, Into: &s.Policy,
			Commands: in(looks + " import"), Noun: "policy", Choices: []string{"keep", "replace", "error"},
			Help:    "merge the truststores, and on equal aliases apply this policy",
			Default: "copy the whole file"},
		{Name: "settle", Group: groupSteps, Value: "duration", Family: site, Into: &u.SettleTime,
			Commands: in("run"), Check: notNegative,
			Help: "how long after sending to poll for the outcome of a request whose response was lost"},
		{Name: "max-down", Group: groupSteps, Value: "duration", Family: site, Into: &u.MaxDown,
			Commands: in("run status"),
			Help:     "how long to wait for a target that stops responding while it is migrating"},
		{Name: "timeout", Group: groupSteps, Value: "duration", Family: site, Into: &s.Timeout,
			Commands: in(reaches + " rollback"), Check: notNegative, Help: "stop after this time", Default: "no limit"},
	}
}
