package preflight

// ofServers are the codes about the servers together and the network.
type ofServers struct {
	TargetVersion, TargetStartedTooEarly, TargetIsSource, ServersSwapped, ClockDifference, RunInProgress,
	RequestOpen, CheckTimedOut, InstanceURL, InstanceURLUnresolved, InstanceURLUnreachable,
	InstanceURLElsewhere, SourceTLSOld, SourceCertName, SourceCertUntrusted, SourceCertNotChecked,
	SourceAuditPassword, MappingDefaultMissing, ConfigurationNotRead, CheckByHand Entry
}

var entriesOfServers = ofServers{
	TargetVersion: Entry{
		Code: "TARGET-VERSION", Severity: Warns,
		Means: "the running target reports a version other than 7.1.",
		Checks: "The version that a running target reports (`info/version`). " +
			"Another major version blocks: it cannot be a target of this upgrade.",
		Why:    "the procedure and the known answers are those of 7.1.6",
		Remedy: "check that the address is that of 7.1.6",
	},
	TargetStartedTooEarly: Entry{
		Code: "TARGET-STARTED-TOO-EARLY", Severity: Blocks,
		Means: "the target was started before it had the source's stores.",
		Checks: "Whether the target answers, its process runs, or its folder has traces of a start, " +
			"while its stores lack the source's keys. Keys are compared by alias.",
		Why: "it encrypted with its own keys, and presents and trusts its own certificates; " +
			"what it migrates later cannot be decrypted with the copied keys",
		Remedy: "stop it, unpack the package into another folder, and run this before its first start",
	},
	TargetIsSource: Entry{
		Code: "TARGET-IS-SOURCE", Severity: Blocks,
		Means: "source and target are the same server or folder, or one folder is inside the other.",
		Checks: "The two addresses, even where two names, or IPv4 and IPv6, lead to one address and port, the ids " +
			"of the reconciliations that both servers remember, and the two folders, " +
			"even where links lead to one: the target's, and those beside it that this program writes. " +
			"The state folder and the source's stores count, too.",
		Why:    "the source must never be changed",
		Remedy: "give the target's own address and folder (Upgrade.Target.URL, Upgrade.TargetDir)",
	},
	ServersSwapped: Entry{
		Code: "SERVERS-SWAPPED", Severity: Blocks,
		Means: "the source is of a later generation than the target.",
		Checks: "Where both servers answer: the versions that they report, which of them has a migration service, " +
			"and whose links have a `linkQualifier`.",
		Why:    "records would be copied from the new server to the old one",
		Remedy: "swap the two addresses (Upgrade.Source.URL, Upgrade.Target.URL)",
	},
	ClockDifference: Entry{
		Code: "CLOCK-DIFFERENCE", Severity: Warns,
		Means: "a server's clock differs from this machine's.",
		Checks: "The header `Date` of each server's answer against this machine's clock. " +
			"`Upgrade.Checks.MaxClockDifference` is the limit, 1 minute by default.",
		Why: "certificates that are valid on one machine are not on the other, sessions end early, " +
			"and logs cannot be compared",
		Remedy: "synchronise the clocks (NTP)",
	},
	RunInProgress: Entry{
		Code: "RUN-IN-PROGRESS", Severity: Blocks,
		Means:  "another run or rollback works on the same target.",
		Checks: "The lock beside the target's folder.",
		Why:    "concurrent runs would undo each other's work",
		Remedy: "wait until the other run ends, or end it",
	},
	RequestOpen: Entry{
		Code: "REQUEST-OPEN", Severity: Warns,
		Means: "an earlier run sent configure or migrate, and did not learn what became of it.",
		Checks: "The journal: a request that was about to be sent, without an outcome. " +
			"It is shown before everything else.",
		Why: "what was received must not be sent twice",
		Remedy: "run the same command again: it asks the target what became of the request, " +
			"and does not send it twice",
	},
	CheckTimedOut: Entry{
		Code: "CHECK-TIMED-OUT", Severity: Warns,
		Means: "a check did not finish in time.",
		Checks: "Each check has its own deadline: `Upgrade.Checks.Timeout`, 30 seconds by default, " +
			"and ten times that for a check that reads a whole package or many records. " +
			"It blocks where the upgrade depends on the result.",
		Why: "the result is not known, and the run would hang at the same place",
		Remedy: "find out why that server or folder does not answer; " +
			"if it is slow, allow more time (Upgrade.Checks.Timeout)",
	},
	InstanceURL: Entry{
		Code: "INSTANCE-URL", Severity: Warns,
		Means:  "the instance URL is not the address of an OpenIDM server.",
		Checks: "The form of the instance URL: its path is `/openidm/`.",
		Why:    "the target reads from exactly this address",
		Remedy: "give the address with /openidm/ at its end (Upgrade.InstanceURL)",
	},
	InstanceURLUnresolved: Entry{
		Code: "INSTANCE-URL-UNRESOLVED", Severity: Warns,
		Means: "the host name of the instance URL does not resolve on this machine.",
		Checks: "The host name of the instance URL is resolved as programs do, including the hosts file. " +
			"If this is not the target's machine, set the address that the name has there: " +
			"`Upgrade.Checks.InstanceAddress`.",
		Why: "the target's machine must find the source under this name, or configure fails",
		Remedy: "add a line for the name to the hosts file of the target's machine, " +
			"with the address of the 2.1 machine",
	},
	InstanceURLUnreachable: Entry{
		Code: "INSTANCE-URL-UNREACHABLE", Severity: Warns,
		Means: "nothing answers at the instance URL.",
		Checks: "A connection to the host and port of the instance URL. " +
			"It is closed as soon as the certificate is known.",
		Why:    "the target reads from there, or configure fails",
		Remedy: "check address, port and firewall between the two machines",
	},
	InstanceURLElsewhere: Entry{
		Code: "INSTANCE-URL-ELSEWHERE", Severity: Warns,
		Means:  "the instance URL leads to another server than the source.",
		Checks: "The certificate presented at the instance URL, against that of the source.",
		Why:    "the target would read from another server",
		Remedy: "correct the line for the name in the hosts file of the target's machine",
	},
	SourceTLSOld: Entry{
		Code: "SOURCE-TLS-OLD", Severity: Warns,
		Means:  "the source speaks only a version of TLS before 1.2.",
		Checks: "What the source offers, where legacy TLS is allowed.",
		Why:    "the target's Java 11 refuses it: configure will fail",
		Remedy: "enable TLS 1.2 on the source before configure",
	},
	SourceCertName: Entry{
		Code: "SOURCE-CERT-NAME", Severity: Blocks,
		Means: "the source's certificate does not name the host of the instance URL.",
		Checks: "Java's rules applied to the certificate that the source presents, " +
			"for the host of the instance URL.",
		Why:    "the target's Java refuses the connection: bad certificate",
		Remedy: "renew the certificate with that host name, or use its own name in the instance URL",
	},
	SourceCertUntrusted: Entry{
		Code: "SOURCE-CERT-UNTRUSTED", Severity: Blocks,
		Means:  "the target's truststore does not trust the source's certificate.",
		Checks: "Java's rules applied with the truststore that the target has when it is configured.",
		Why:    "the target's Java refuses the connection: bad certificate",
		Remedy: "add the source's certificate to the source's truststore, which is copied",
	},
	SourceCertNotChecked: Entry{
		Code: "SOURCE-CERT-NOT-CHECKED", Severity: Warns,
		Means:  "it is not known whether the target will accept the source's certificate.",
		Checks: "Whether certificate and truststore can be read.",
		Why:    "a bad certificate shows only when the target is configured",
		Remedy: "give the folders of both installations, or run this on the target's machine",
	},
	SourceAuditPassword: Entry{
		Code: "SOURCE-AUDIT-PASSWORD", Severity: Warns,
		Means: "a password stands in clear in the source's audit.",
		Checks: "The source's `audit/access*` files, where its folder is at hand, and otherwise, once the target is " +
			"configured, `audit/access` by REST: the header X-OpenIDM-Password, and the password in every way " +
			"programs write it. A run that configures the target looks again at its end. " +
			"OpenIDM leaves that header out of its audit by its exact spelling. Nothing of an entry is shown.",
		Why: "whoever reads the audit files, or a backup of them, has the administrator's password; " +
			"an older tool wrote it there, or the target when it read from the source",
		Remedy: "after the upgrade change that password, and delete the entries from the audit files of 2.1 and " +
			"their backups; until then keep the files readable to administrators only",
	},
	MappingDefaultMissing: Entry{
		Code: "MAPPING-DEFAULT-MISSING", Severity: Warns,
		Means: "a mapping to Salesforce has no default value for profiles.",
		Checks: "The mappings in the source's configuration `sync`. In those whose name or target matches " +
			"`Upgrade.Checks.ProfileMapping`, the properties whose target matches " +
			"`Upgrade.Checks.ProfileProperty` need a `default`. " +
			"Both patterns are assumed; the names were not found by us.",
		Why:    "without a default mapping value the migration fails",
		Remedy: "in the 2.1 UI choose a default value on the tab Profile to AD Group",
	},
	ConfigurationNotRead: Entry{
		Code: "CONFIGURATION-NOT-READ", Severity: Warns,
		Means:  "the source's configuration could not be read.",
		Checks: "`GET config` and the documents that the checks need.",
		Why:    "mappings and schedules were not checked",
		Remedy: "check the source's log",
	},
	CheckByHand: Entry{
		Code: "CHECK-BY-HAND", Severity: Informs,
		Means: "something that only a person can check.",
		Checks: "What could not be found out here: the callback URLs where no consumer key is given, " +
			"the default mapping value where no mapping is recognised.",
		Why: "without the default mapping value the migration fails, " +
			"without the callback URLs users cannot sign in",
		Remedy: "check it by hand",
	},
}
