package idconnect

// Codes of findings. They are stable: programs may branch on them. Each stands
// in [Catalogue] with its severity and what to do.
const (
	// CodeSourceUnreachable: the source does not answer at its address.
	CodeSourceUnreachable = "SOURCE-UNREACHABLE"
	// CodeSourceStarting: the source answers, and says that it is not ready.
	CodeSourceStarting = "SOURCE-STARTING"
	// CodeSourceNotOpenIDM: what answers at the source's address is not OpenIDM.
	CodeSourceNotOpenIDM = "SOURCE-NOT-OPENIDM"
	// CodeSourceTLS: the source's certificate is not accepted here, or what says
	// whom to trust cannot be read.
	CodeSourceTLS = "SOURCE-TLS"
	// CodeSourcePassword: the source refuses the account or its password.
	CodeSourcePassword = "SOURCE-PASSWORD"
	// CodeSourceLogin: the login at the source failed for another reason than the
	// password.
	CodeSourceLogin = "SOURCE-LOGIN-FAILED"
	// CodeSourceRole: the account at the source is not an administrator's.
	CodeSourceRole = "SOURCE-ROLE"
	// CodeTargetUnreachable: the target does not answer at its address.
	CodeTargetUnreachable = "TARGET-UNREACHABLE"
	// CodeTargetStarting: the target answers, and says that it is not ready.
	CodeTargetStarting = "TARGET-STARTING"
	// CodeTargetNotOpenIDM: what answers at the target's address is not OpenIDM.
	CodeTargetNotOpenIDM = "TARGET-NOT-OPENIDM"
	// CodeTargetTLS: the target's certificate is not accepted here, or what says
	// whom to trust cannot be read.
	CodeTargetTLS = "TARGET-TLS"
	// CodeTargetPassword: the target refuses the account or its password.
	CodeTargetPassword = "TARGET-PASSWORD"
	// CodeTargetLogin: the login at the target failed for another reason than the
	// password.
	CodeTargetLogin = "TARGET-LOGIN-FAILED"
	// CodeTargetRole: the account at the target is not an administrator's.
	CodeTargetRole = "TARGET-ROLE"
	// CodeTargetVersion: the target that runs says another version than 7.1.
	CodeTargetVersion = "TARGET-VERSION"
	// CodeTargetStarted: the target ran before it had the source's stores.
	CodeTargetStarted = "TARGET-STARTED-TOO-EARLY"
	// CodeTargetIsSource: source and target are one server or one folder.
	CodeTargetIsSource = "TARGET-IS-SOURCE"
	// CodeServersSwapped: the source runs a newer version than the target.
	CodeServersSwapped = "SERVERS-SWAPPED"
	// CodeClock: a server's clock and this machine's differ.
	CodeClock = "CLOCK-DIFFERENCE"
	// CodeRunInProgress: another run or rollback works on the same target.
	CodeRunInProgress = "RUN-IN-PROGRESS"
	// CodeTimedOut: a check did not come to its end in its time.
	CodeTimedOut = "CHECK-TIMED-OUT"
	// CodeInstanceURL: the instance URL is not the address of an OpenIDM.
	CodeInstanceURL = "INSTANCE-URL"
	// CodeInstanceUnresolved: the host name of the instance URL does not resolve
	// on this machine.
	CodeInstanceUnresolved = "INSTANCE-URL-UNRESOLVED"
	// CodeInstanceUnreachable: nothing answers where the instance URL leads to.
	CodeInstanceUnreachable = "INSTANCE-URL-UNREACHABLE"
	// CodeInstanceElsewhere: the instance URL leads to another server than the
	// source.
	CodeInstanceElsewhere = "INSTANCE-URL-ELSEWHERE"
	// CodeCertificateName: the source's certificate does not name the host of the
	// instance URL.
	CodeCertificateName = "SOURCE-CERT-NAME"
	// CodeCertificateTrust: the target's truststore does not vouch for the
	// source's certificate.
	CodeCertificateTrust = "SOURCE-CERT-UNTRUSTED"
	// CodeCertificateUnknown: whether the target will accept the source's
	// certificate cannot be said beforehand.
	CodeCertificateUnknown = "SOURCE-CERT-NOT-CHECKED"
	// CodeMappingDefault: a mapping to Salesforce has no default value for
	// profiles.
	CodeMappingDefault = "MAPPING-DEFAULT-MISSING"
	// CodeLiveSync: live synchronisation is on in the source.
	CodeLiveSync = "LIVE-SYNC-ON"
	// CodeSchedules: schedules are on in the source.
	CodeSchedules = "SCHEDULES-ON"
	// CodeConfiguration: the source's configuration could not be read.
	CodeConfiguration = "CONFIGURATION-NOT-READ"
	// CodeCallback: the connected app in Salesforce lacks a callback URL.
	CodeCallback = "CALLBACK-URL-MISSING"
	// CodeConsumerKey: Salesforce does not know the consumer key.
	CodeConsumerKey = "CONSUMER-KEY-UNKNOWN"
	// CodeCallbackUnknown: whether the callback URLs are registered could not be
	// found out.
	CodeCallbackUnknown = "CALLBACK-NOT-CHECKED"
	// CodeReminder: something that only a person can look at.
	CodeReminder = "CHECK-BY-HAND"
	// CodePackageMissing: there is no package where it is said to be.
	CodePackageMissing = "PACKAGE-MISSING"
	// CodePackageCorrupt: the package is cut off or damaged.
	CodePackageCorrupt = "PACKAGE-CORRUPT"
	// CodePackageHostile: the package holds what no package of the vendor holds.
	CodePackageHostile = "PACKAGE-HOSTILE"
	// CodePackageVersion: the package is of another version.
	CodePackageVersion = "PACKAGE-VERSION"
	// CodePackagePlatform: the package is for another operating system.
	CodePackagePlatform = "PACKAGE-PLATFORM"
	// CodePackage: the package cannot be read, or is not that of Identity Connect.
	CodePackage = "PACKAGE-UNUSABLE"
	// CodeTargetFolder: the target's folder holds files, but no installation.
	CodeTargetFolder = "TARGET-FOLDER"
	// CodeTargetFolderVersion: the target's folder holds another version.
	CodeTargetFolderVersion = "TARGET-FOLDER-VERSION"
	// CodeTargetPermission: the target's folder cannot be written.
	CodeTargetPermission = "TARGET-FOLDER-PERMISSION"
	// CodeDiskSpace: there is not enough space for the target.
	CodeDiskSpace = "DISK-SPACE"
	// CodePathTooLong: a file of the package would have a path that is too long.
	CodePathTooLong = "PATH-TOO-LONG"
	// CodeFileLocked: another program has a store of the target open.
	CodeFileLocked = "FILE-LOCKED"
	// CodeSetupScript: the installation has no set-up script that can be run.
	CodeSetupScript = "SETUP-SCRIPT"
	// CodeRoot: this is the user root.
	CodeRoot = "USER-IS-ROOT"
	// CodeTargetPort: another program has a port that the target needs.
	CodeTargetPort = "TARGET-PORT-IN-USE"
	// CodeDatabasePort: another program has the port of the embedded Postgres.
	CodeDatabasePort = "DATABASE-PORT-IN-USE"
	// CodeTargetLock: a process of the target runs, though it does not answer.
	CodeTargetLock = "TARGET-LOCK-IN-USE"
	// CodeSourceFolder: the source's folder is not an installation.
	CodeSourceFolder = "SOURCE-FOLDER"
	// CodeHandover: the file of stores that was carried here does not open.
	CodeHandover = "HANDOVER-UNREADABLE"
	// CodeHandoverSource: the file of stores was exported from another source.
	CodeHandoverSource = "HANDOVER-OTHER-SOURCE"
	// CodeStoreMissing: a store of the source is not there.
	CodeStoreMissing = "STORE-MISSING"
	// CodeStoreUnreadable: a store of the source may not be read.
	CodeStoreUnreadable = "STORE-UNREADABLE"
	// CodeStorePassword: the password does not open a store of the source.
	CodeStorePassword = "STORE-PASSWORD"
	// CodeStoreCorrupt: a store of the source is damaged.
	CodeStoreCorrupt = "STORE-CORRUPT"
	// CodeStoreDisguised: a store has another format than the source's
	// configuration says.
	CodeStoreDisguised = "STORE-DISGUISED"
	// CodeStoreUnverified: a truststore was read without its password.
	CodeStoreUnverified = "STORE-UNVERIFIED"
	// CodeStoreOdd: a store is not as Java writes it.
	CodeStoreOdd = "STORE-ODD"
	// CodeStoreAlias: the keystore lacks an entry that the server needs.
	CodeStoreAlias = "STORE-ALIAS-MISSING"
	// CodeStoreKey: a key does not open with the password of the store.
	CodeStoreKey = "STORE-KEY-DOES-NOT-OPEN"
	// CodeStoreSubject: the certificate in the keystore does not name the source's
	// host.
	CodeStoreSubject = "STORE-SUBJECT"
	// CodeValueDoesNotOpen: an encrypted value of the source does not open with
	// its keystore.
	CodeValueDoesNotOpen = "VALUE-DOES-NOT-OPEN"
	// CodeValuesNotChecked: encrypted values of the source were not tried.
	CodeValuesNotChecked = "VALUES-NOT-CHECKED"
	// CodeValuesOpen: the keystore opens all encrypted values that were tried.
	CodeValuesOpen = "VALUES-OPEN"
	// CodeJavaMissing: there is no Java.
	CodeJavaMissing = "JAVA-MISSING"
	// CodeJavaVersion: Java is another version than 11.
	CodeJavaVersion = "JAVA-VERSION"
	// CodeJava32Bit: Java is not 64-bit.
	CodeJava32Bit = "JAVA-32-BIT"
	// CodeJava: Java does not run, or does not say its version.
	CodeJava = "JAVA-UNUSABLE"
	// CodeJavaDisagrees: JAVA_HOME and the PATH lead to two versions of Java.
	CodeJavaDisagrees = "JAVA-DISAGREES"
)
