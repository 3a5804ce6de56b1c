package preflight

// ofHost are the codes about the package, the target's folder and the ports.
type ofHost struct {
	PackageMissing, PackageCorrupt, PackageHostile, PackageVersion, PackagePlatform, PackageUnusable,
	TargetFolder, TargetStores, TargetFolderVersion, TargetFolderPermission, DiskSpace, PathTooLong, FileLocked,
	SetupScript, PasswordFile, UserIsRoot, TargetPortInUse, DatabasePortInUse, TargetLockInUse, SourceFolder Entry
}

var entriesOfHost = ofHost{
	PackageMissing: Entry{
		Code: "PACKAGE-MISSING", Severity: Blocks,
		Means:  "the package does not exist at the path given.",
		Checks: "The package's file.",
		Why:    "there is nothing to unpack",
		Remedy: "give the path of the downloaded package of 7.1.6 (Upgrade.Package)",
	},
	PackageCorrupt: Entry{
		Code: "PACKAGE-CORRUPT", Severity: Blocks,
		Means:  "the package is truncated or damaged.",
		Checks: "The whole package is read, and the checksum of each file compared.",
		Why:    "it cannot be unpacked completely",
		Remedy: "download the package again",
	},
	PackageHostile: Entry{
		Code: "PACKAGE-HOSTILE", Severity: Blocks,
		Means: "the package holds what no package of the vendor holds.",
		Checks: "The name, kind and size of every entry, before the first byte is written: names that lead " +
			"outside the folder, or that another system takes for another file or a device; " +
			"links, devices, collisions, bombs, entries that share bytes, headers that contradict each other.",
		Why:    "the rule keeps out what writes elsewhere, fills the disk, or is unpacked in two ways by two programs",
		Remedy: "download the package of 7.1.6 again, from the vendor",
	},
	PackageVersion: Entry{
		Code: "PACKAGE-VERSION", Severity: Blocks,
		Means: "the package is of another version.",
		Checks: "The versions in the names of its files in `bundle`, which are those of IDM (assumed: 7.1), " +
			"and in the package's own name, which only warns.",
		Why:    "the procedure is for 7.1.6",
		Remedy: "download the package of 7.1.6",
	},
	PackagePlatform: Entry{
		Code: "PACKAGE-PLATFORM", Severity: Blocks,
		Means:  "the package is for another operating system.",
		Checks: "Whether the package has `setup.sh` or `setup.bat` (assumed).",
		Why:    "its set-up script does not run here",
		Remedy: "download the package for this operating system",
	},
	PackageUnusable: Entry{
		Code: "PACKAGE-UNUSABLE", Severity: Blocks,
		Means:  "the package cannot be read, or is not that of Identity Connect.",
		Checks: "Whether it can be opened, and has a folder with a set-up script and the folder `security`.",
		Why:    "it cannot be unpacked or set up",
		Remedy: "download the package of 7.1.6, and run this as a user who may read it",
	},
	TargetFolder: Entry{
		Code: "TARGET-FOLDER", Severity: Blocks,
		Means:  "the target's folder holds files, but no installation.",
		Checks: "The target's folder: it is empty, missing, or an installation.",
		Why:    "your files are never overwritten",
		Remedy: "name a folder that is empty or does not exist (Upgrade.TargetDir)",
	},
	TargetStores: Entry{
		Code: "TARGET-STORES", Severity: Blocks,
		Means: "a store of the target is not a file of the target's own folder.",
		Checks: "The locations of both stores in the boot.properties of the target or of the package: each is a " +
			"regular file in the target's folder, or missing there. " +
			"A path or a link that leads out of the folder blocks, and so does a hard link to a store of the source.",
		Why:    "a file of another server, or the source's own store, would be replaced",
		Remedy: "let openidm.keystore.location and openidm.truststore.location name files in the target's folder",
	},
	TargetFolderVersion: Entry{
		Code: "TARGET-FOLDER-VERSION", Severity: Blocks,
		Means: "the target's folder holds another version.",
		Checks: "The versions in the names of the files in its folder `bundle`, " +
			"which are those of IDM (assumed: 7.1).",
		Why:    "stores would be copied into an installation of another version, and its set-up run",
		Remedy: "name another folder (Upgrade.TargetDir): an existing installation is used as it is",
	},
	TargetFolderPermission: Entry{
		Code: "TARGET-FOLDER-PERMISSION", Severity: Blocks,
		Means: "the target's folder cannot be written.",
		Checks: "Whether this user may write to the target's folder and its folder `security`, " +
			"or to the folder in which it is created, and to the folder of the journal. The check writes nothing.",
		Why:    "the package cannot be unpacked, or the stores cannot be replaced",
		Remedy: "run this as a user who may write there, or name another folder",
	},
	DiskSpace: Entry{
		Code: "DISK-SPACE", Severity: Blocks,
		Means: "there is not enough space for the target.",
		Checks: "The free space at the target's folder against the unpacked size of the package. " +
			"The reserve for the database, `Upgrade.Checks.DiskReserve`, only warns: " +
			"by default 10 GB, which the vendor asks for.",
		Why:    "a set-up on a full disk leaves half an installation",
		Remedy: "make room, or name a folder on another disk",
	},
	PathTooLong: Entry{
		Code: "PATH-TOO-LONG", Severity: Blocks,
		Means: "a file of the package would have a path that is too long.",
		Checks: "The length of every path below the target's folder: 259 characters on Windows, " +
			"elsewhere 255 bytes for a name and 4,095 for a path.",
		Why:    "the file cannot be created, or Java and Postgres cannot open it",
		Remedy: "name a folder with a shorter path",
	},
	FileLocked: Entry{
		Code: "FILE-LOCKED", Severity: Blocks,
		Means: "another program has a store of the target open.",
		Checks: "On Windows, whether the target's stores can be opened exclusively; " +
			"elsewhere, whether another process holds a lock on them.",
		Why:    "they cannot be replaced while another program has them open",
		Remedy: "end that program: a server, keytool, an editor, a virus scanner",
	},
	SetupScript: Entry{
		Code: "SETUP-SCRIPT", Severity: Blocks,
		Means: "the installation has no set-up script that can be run.",
		Checks: "`setup.sh`, on Windows `setup.bat` (assumed), and its mode, " +
			"in the target's folder if it exists, otherwise in the package.",
		Why:    "the target cannot be set up",
		Remedy: "unpack the package again into another folder, with an unzip that keeps modes",
	},
	PasswordFile: Entry{
		Code: "PASSWORD-FILE", Severity: Warns,
		Means: "a file with a password can be read by other users of this machine.",
		Checks: "Who may read the files of passwords and of age identities: on Unix the permission bits of the " +
			"file and of the folders above it, on Windows its access control list, for Everyone, Users and " +
			"other groups that hold all users. Files below `C:\\` inherit such a list.",
		Why: "it is an administrator's password, or that of a store of private keys",
		Remedy: "take that right away: `chmod 600 FILE`, or on Windows " +
			"`icacls FILE /inheritance:r /grant:r *S-1-3-4:F`",
	},
	UserIsRoot: Entry{
		Code: "USER-IS-ROOT", Severity: Warns,
		Means:  "the user is root.",
		Checks: "The effective user, if a set-up is to run.",
		Why:    "the embedded Postgres refuses to run as root",
		Remedy: "run this as a user other than root",
	},
	TargetPortInUse: Entry{
		Code: "TARGET-PORT-IN-USE", Severity: Blocks,
		Means: "another program uses a port that the target needs.",
		Checks: "Connections to the ports in the target's boot.properties and to the port of its address, " +
			"while the target does not answer as OpenIDM. `Upgrade.Checks.PortHost` sets the host.",
		Why:    "the server cannot start",
		Remedy: "end that program, or give the target another port in its boot.properties",
	},
	DatabasePortInUse: Entry{
		Code: "DATABASE-PORT-IN-USE", Severity: Warns,
		Means: "another program uses the port of the embedded Postgres.",
		Checks: "A connection to the port in the target's configuration (`openidm.repo.port`, " +
			"or `jdbcUrl` in `conf/datasource.jdbc-default.json`; assumed), while the target does not run. " +
			"The port assumed without a configuration, 5432, only warns.",
		Why: "the database cannot start, or the server would use another database",
		Remedy: "end that program, or give the database another port: " +
			"Upgrade.Checks.DatabasePort sets the one that is checked",
	},
	TargetLockInUse: Entry{
		Code: "TARGET-LOCK-IN-USE", Severity: Blocks,
		Means: "a process of the target runs, but does not answer.",
		Checks: "The target's PID file, and `postmaster.pid` of its database, if it does not answer. On Linux also " +
			"every Java and every Postgres that works in the target's folder or whose command line names it. " +
			"On Windows, where there is no PID file, also a log of the server that was written a moment ago.",
		Why:    "a second server on the same folder damages it",
		Remedy: "stop that process; if its PID now belongs to another program, remove the stale file",
	},
	SourceFolder: Entry{
		Code: "SOURCE-FOLDER", Severity: Blocks,
		Means:  "the source's folder is not an installation.",
		Checks: "The source's folder and its boot.properties.",
		Why:    "its stores are copied",
		Remedy: "name the salesforceIdConnect folder of 2.1 (Upgrade.SourceDir)",
	},
}
