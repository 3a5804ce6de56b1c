package settings

import (
	"slices"

	"github.com/idconnect-go/upgrade/examples/upgrade/internal/command"
	"github.com/idconnect-go/upgrade/idconnect"
)

// Sets of commands that use the same flags.
const (
	looks   = "plan run status support"               // they make the preflight checks
	reads   = "plan run status verify repair support" // they ask both servers
	reaches = reads + " import"
)

// flags is the table of all flags.
func (s *Settings) flags() (all []command.Flag) {
	for _, r := range slices.Concat(s.configFlags(), s.initFlags(), s.whatFlags(), s.sourceFlags(), s.targetFlags(),
		s.passwordFlags(), s.stepFlags(), s.checkFlags(), s.comparisonFlags(), s.tabFlags(), s.outputFlags(),
		s.storeFlags(), s.trustFlags(), s.demoFlags()) {
		all = append(all, command.Flag(r))
	}
	return all
}

func (s *Settings) whatFlags() []row {
	u := &s.Upgrade
	return []row{
		what.flag("source-dir folder", "plan run status verify repair export", &u.SourceDir,
			"salesforceIdConnect folder of 2.1, which is only read").path(isFolder),
		what.own("source-dir folder", "checklist support", &u.SourceDir,
			"salesforceIdConnect folder of 2.1, on whatever machine").path(noFile),
		what.flag("target-dir folder", reaches+" rollback checklist", &u.TargetDir,
			"salesforceIdConnect folder of 7.1.6").path(noFile),
		what.flag("package file", looks, &u.Package, "zip file of 7.1.6").path(s.isPackage),
		what.flag("stores-file file", reads, &u.StoresFile,
			"file written by export, instead of -source-dir when the source is on another machine").path(isFile),
		what.own("ids file", "repair", &u.RepairList, "the records to restore, as verify -ids writes them").
			path(isFile),
	}
}

func (s *Settings) sourceFlags() []row {
	u := &s.Upgrade
	return []row{
		servers.flag("source-url url", reaches+" export checklist", &u.Source.URL, "address of 2.1").check(isURL),
		servers.flag("source-user name", reaches, &u.Source.Credentials.Username, "administrator of 2.1"),
		servers.flag("source-address host:port", reaches, &u.Source.Address,
			"where to connect instead of the host in -source-url, whose name is sent all the same").check(isDial),
		servers.flag("source-legacy-tls", reaches, &u.Source.LegacyTLS,
			"allow TLS 1.0 and 1.1 with 2.1, with a warning (Java 11 refuses them in configure)"),
		servers.flag("truststore file", reaches, &u.Source.Truststore, "truststore for connections to 2.1").
			path(isFile).or("the source's own"),
		servers.flag("instance-url url", looks+" checklist", &u.InstanceURL,
			"address at which the target reaches 2.1").check(isURL).or("-source-url"),
		servers.flag("instance-address ip", looks, &u.Checks.InstanceAddress,
			"address of the host of -instance-url as seen from the target's machine").check(isIP).
			or("as seen from this one"),
	}
}

func (s *Settings) targetFlags() []row {
	u := &s.Upgrade
	return []row{
		servers.flag("target-url url", reaches+" rollback checklist", &u.Target.URL, "address of 7.1.6").
			check(isURL),
		servers.flag("target-user name", reads, &u.Target.Credentials.Username, "administrator of 7.1.6"),
		servers.flag("target-address host:port", reaches+" rollback", &u.Target.Address,
			"where to connect instead of the host in -target-url, whose name is sent all the same").check(isDial),
		servers.flag("target-name host", reaches+" rollback", &u.Target.TLSName,
			"name that the target's certificate must be valid for").or("the host of -target-url"),
		servers.flag("target-truststore file", reaches+" rollback", &u.Target.Truststore,
			"truststore for connections to 7.1.6").path(isFile).or("the target's own, else -truststore"),
	}
}

func (s *Settings) passwordFlags() []row {
	p, h := &s.Passwords, &s.Handover
	return []row{
		secrets.flag("source-password-file file", reaches, &p.Source, "password of -source-user").
			or("$IDC_SOURCE_PASSWORD, else a prompt"),
		secrets.flag("target-password-file file", reads, &p.Target, "password of -target-user").
			or("$IDC_TARGET_PASSWORD, else a prompt"),
		secrets.flag("keystore-password-file file", reaches+" export", &p.Keystore,
			"password of the source's keystore").or("$IDC_KEYSTORE_PASSWORD, else from boot.properties"),
		secrets.flag("truststore-password-file file", reaches+" export", &p.Truststore,
			"password of the truststore").or("$IDC_TRUSTSTORE_PASSWORD, else from boot.properties"),
		secrets.flag("target-truststore-password-file file", reaches+" rollback", &p.TargetTruststore,
			"password of -target-truststore").or("that of the truststore"),
		secrets.flag("passphrase-file file", reaches+" export", &h.Passphrase, "passphrase of the handover file").
			or("$" + HandoverVariable + ", else a prompt"),
		secrets.flag("identity-file file", reaches, &h.Identity,
			"age identities that decrypt the handover file, instead of a passphrase"),
		secrets.own("recipient age1…", "export", &h.Recipients, "public key to encrypt to, instead of a passphrase").
			check(isRecipient),
	}
}

func (s *Settings) stepFlags() []row {
	u := &s.Upgrade
	return []row{
		steps.flag("steps steps", looks+" import rollback", &s.Steps, "comma-separated steps to perform").
			list("step", idconnect.StepNames()),
		steps.own("to step", "rollback", &s.To, "first step to undo").choice("step", idconnect.StepNames()).
			or("all that were performed"),
		steps.own("remove-added", "rollback", &u.RemoveAdded,
			"also remove files that were added or changed since the run"),
		steps.flag("again", "plan run", &u.Again, "re-run configure, migrate and setup even if already completed"),
		steps.own("apply", "repair", &s.Write, "write the records"),
		steps.own("yes", "run", &s.Yes, "do not ask before the run begins"),
		steps.own("yes", "repair", &s.Yes,
			"do not ask: there is a backup of the target's database, and the records may be written"),
		steps.flag("java-home folder", looks, &u.JavaHome, "folder of Java 11 for setup").path(isFolder).
			or("JAVA_HOME, then PATH"),
		steps.flag("truststore-conflict policy", looks+" import", &s.Policy,
			"merge the truststores, and on equal aliases apply this policy").
			choice("policy", []string{"keep", "replace", "error"}).or("copy the whole file"),
		steps.flag("settle duration", "run", &u.SettleTime,
			"how long after sending to poll for the outcome of a request whose response was lost").
			check(notNegative),
		steps.flag("max-down duration", "run status", &u.MaxDown,
			"how long to wait for a target that stops responding while it is migrating"),
		steps.flag("timeout duration", reaches+" rollback", &s.Timeout, "stop after this time").check(notNegative).
			or("no limit"),
	}
}
