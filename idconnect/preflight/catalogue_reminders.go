package preflight

// ofReminders are the codes of what no program can look at, and what each of them protects from. They come with
// every preflight until the migration has ended.
type ofReminders struct{ ManagedPackage, KeepSource, Backups Entry }

var entriesOfReminders = ofReminders{
	ManagedPackage: Entry{
		Code: "MANAGED-PACKAGE", Severity: Informs,
		Means: "the newest managed package of Identity Connect belongs in every org.",
		Checks: "Nothing: which version an org has is seen in its Setup alone. " +
			"Salesforce asks for the package before an upgrade from 2.1 or 3.0.x.",
		Why: "it protects from a target that reaches the org and may not read or write there",
		Remedy: "in each org install the newest Identity Connect package before migrate " +
			"(Setup, Installed Packages, shows its version)",
	},
	KeepSource: Entry{
		Code: "KEEP-SOURCE", Severity: Informs,
		Means:  "2.1 cannot be downloaded again.",
		Checks: "Nothing: Salesforce offers neither 2.1 nor 3.0.x any more.",
		Why:    "it protects the only way back: a folder that is deleted cannot be installed again",
		Remedy: "never delete the folder of 2.1, not even after the upgrade",
	},
	Backups: Entry{
		Code: "BACKUPS", Severity: Informs,
		Means: "two backups are for a person to make: of the source, and of the target's database.",
		Checks: "Nothing: this program copies neither a whole installation nor a database. " +
			"What `run` replaces it keeps, and `rollback` puts back.",
		Why: "the first protects from the loss of the keys and records of 2.1; the second from records that the " +
			"migration, or a later repair, has changed, which rollback does not cover",
		Remedy: "stop 2.1 and copy its folder and its database; " +
			"dump the database of 7.1.6 after the set-up, before migrate",
	},
}
