package preflight

// ofStores are the codes about the stores and the encrypted values.
type ofStores struct {
	HandoverUnreadable, HandoverOtherSource, StoreMissing, StoreUnreadable, StorePassword, StoreCorrupt,
	StoreDisguised, StoreNotRead, StoreUnverified, StoreReadable, StoreOdd, StoreNotLoaded, StoreAliasMissing,
	StoreKeyDoesNotOpen, StoreSubject, ValueDoesNotOpen, ValuesNotChecked, ValuesOpen Entry
}

var entriesOfStores = ofStores{
	HandoverUnreadable: Entry{
		Code: "HANDOVER-UNREADABLE", Severity: Blocks,
		Means:  "the exported file of stores cannot be opened.",
		Checks: "The file of `Upgrade.Export`: whether it opens with the key given, and its integrity.",
		Why:    "it holds the source's stores",
		Remedy: "export it again, and copy the whole file",
	},
	HandoverOtherSource: Entry{
		Code: "HANDOVER-OTHER-SOURCE", Severity: Warns,
		Means:  "the file of stores was exported from another source.",
		Checks: "The address in the file against that of the source.",
		Why:    "the stores of another source decrypt none of its values",
		Remedy: "compare the two addresses: they may be two names of one server",
	},
	StoreMissing: Entry{
		Code: "STORE-MISSING", Severity: Blocks,
		Means:  "a store of the source is missing.",
		Checks: "Both stores at the paths in the source's boot.properties.",
		Why:    "every encrypted value of the source depends on it",
		Remedy: "name the salesforceIdConnect folder of 2.1 (Upgrade.SourceDir), " +
			"and check the location in its boot.properties",
	},
	StoreUnreadable: Entry{
		Code: "STORE-UNREADABLE", Severity: Blocks,
		Means:  "this user may not read a store of the source.",
		Checks: "Whether this user can open both stores.",
		Why:    "every encrypted value of the source depends on it",
		Remedy: "run this as a user who may read it",
	},
	StorePassword: Entry{
		Code: "STORE-PASSWORD", Severity: Blocks,
		Means:  "the password does not open a store of the source.",
		Checks: "The digest of each store under its password.",
		Why:    "the target opens the copied stores with the same password",
		Remedy: "give the right password (Upgrade.KeystorePassword); if it is right, the file is damaged",
	},
	StoreCorrupt: Entry{
		Code: "STORE-CORRUPT", Severity: Blocks,
		Means:  "a store of the source is damaged.",
		Checks: "The form of both stores, and whether keys open although the digest is wrong.",
		Why:    "every encrypted value of the source depends on it",
		Remedy: "restore the file from a backup of 2.1",
	},
	StoreDisguised: Entry{
		Code: "STORE-DISGUISED", Severity: Blocks,
		Means: "a store has another format than the source's configuration says, or is no store.",
		Checks: "The format of both stores against the type in boot.properties, by default JCEKS and JKS, and what " +
			"a file is that is no store: PEM, a certificate, Base64, a store of Bouncy Castle, a page, an archive. " +
			"A format that Java 11 reads all the same only warns.",
		Why:    "Java refuses a file of another format",
		Remedy: "convert it (keytool -importkeystore), or correct its type in boot.properties",
	},
	StoreNotRead: Entry{
		Code: "STORE-NOT-READ", Severity: Blocks,
		Means: "a store is PKCS#12 that Java reads and these checks do not.",
		Checks: "Whether a PKCS#12 store holds secret keys, keys beside trusted certificates, a key under a password " +
			"of its own, a rare digest, or BER.",
		Why:    "nothing is wrong with it, but its keys and certificates cannot be checked",
		Remedy: "convert it to JCEKS with keytool -importkeystore",
	},
	StoreUnverified: Entry{
		Code: "STORE-UNVERIFIED", Severity: Warns,
		Means:  "a truststore was read without an integrity check.",
		Checks: "Whether the truststore's password is known.",
		Why:    "without its password, a truststore is read without an integrity check",
		Remedy: "give the truststore's password",
	},
	StoreReadable: Entry{
		Code: "STORE-READABLE", Severity: Warns,
		Means:  "every user of the source's machine can read its keys.",
		Checks: "The modes of both stores' files, of a truststore if it holds keys; not on Windows.",
		Why: "the keys decrypt every password; a copy in the target has the stricter mode of this file and " +
			"of the one that it replaces",
		Remedy: "take the right from others (chmod o= FILE), and think of who may have a copy",
	},
	StoreOdd: Entry{
		Code: "STORE-ODD", Severity: Warns,
		Means:  "a store is not as Java writes it.",
		Checks: "Trailing data after the end of a store, duplicate aliases, and the like.",
		Why:    "Java reads it, but another program wrote it",
		Remedy: "list its entries (keystore.Store.Entries, or keytool -list), and compare with what 2.1 shows",
	},
	StoreNotLoaded: Entry{
		Code: "STORE-NOT-LOADED", Severity: Blocks,
		Means:  "Java does not load a store, because of a certificate in it.",
		Checks: "Every certificate of every entry, by the rules of Java 11.",
		Why:    "one certificate that Java refuses takes the whole store with it",
		Remedy: "take that entry out of the store, or import its certificate anew",
	},
	StoreAliasMissing: Entry{
		Code: "STORE-ALIAS-MISSING", Severity: Blocks,
		Means: "the keystore lacks an entry that the server needs.",
		Checks: "The aliases in the source's boot.properties: those of its certificate " +
			"and of the key that it encrypts with.",
		Why:    "the server's TLS and encryption need it",
		Remedy: "this is not the keystore of a working 2.1: name its folder",
	},
	StoreKeyDoesNotOpen: Entry{
		Code: "STORE-KEY-DOES-NOT-OPEN", Severity: Blocks,
		Means:  "a key does not open with the password of the store.",
		Checks: "Every key in the keystore.",
		Why:    "OpenIDM opens keys with the store's password",
		Remedy: "set the key's password to the store's (keytool -keypasswd)",
	},
	StoreSubject: Entry{
		Code: "STORE-SUBJECT", Severity: Warns,
		Means: "the certificate in the keystore does not name the source's host.",
		Checks: "The certificate of the alias `openidm-localhost`: " +
			"by the procedure its subject is the host name of the 2.1 environment, here that of the instance URL.",
		Why:    "the server presents this certificate; the target compares its name with the instance URL",
		Remedy: "renew the certificate with that host name, or use its own name in the instance URL",
	},
	ValueDoesNotOpen: Entry{
		Code: "VALUE-DOES-NOT-OPEN", Severity: Blocks,
		Means: "an encrypted value of the source cannot be decrypted with its keystore.",
		Checks: "The encrypted values in the source's configuration and in `Upgrade.ValueSample` of its users " +
			"are decrypted; the plain text never leaves the check.",
		Why:    "they would be lost",
		Remedy: "find the keystore that the source runs with (openidm.keystore.location)",
	},
	ValuesNotChecked: Entry{
		Code: "VALUES-NOT-CHECKED", Severity: Warns,
		Means:  "encrypted values of the source were not checked.",
		Checks: "Whether they could be read and have a known form.",
		Why:    "a missing key shows only after the migration",
		Remedy: "give the source's address and password (Upgrade.Source.URL, Upgrade.Source.Credentials.Password)",
	},
	ValuesOpen: Entry{
		Code: "VALUES-OPEN", Severity: Informs,
		Means:  "the keystore decrypts all encrypted values that were checked.",
		Checks: "The encrypted values in the source's configuration and in a sample of its users.",
	},
}
