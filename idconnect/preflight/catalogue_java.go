package preflight

// ofJava are the codes about Java.
type ofJava struct{ JavaMissing, JavaVersion, Java32Bit, JavaUnusable, JavaDisagrees Entry }

var entriesOfJava = ofJava{
	JavaMissing: needsJava("JAVA-MISSING", "Java was not found.",
		"The folder given, otherwise where the server's own scripts look: on Linux the PATH, and JAVA_HOME only where "+
			"the PATH has none; on Windows JAVA_HOME or JRE_HOME, and never the PATH."),
	JavaVersion: needsJava("JAVA-VERSION", "Java is not version 11.", "`java -version`."),
	Java32Bit:   needsJava("JAVA-32-BIT", "Java is not 64-bit.", "`java -version`."),
	JavaUnusable: needsJava("JAVA-UNUSABLE", "Java does not run, or does not report its version.",
		"`java -version`."),
	JavaDisagrees: Entry{
		Code: "JAVA-DISAGREES", Severity: Warns,
		Means:  "JAVA_HOME and the PATH lead to two versions of Java.",
		Checks: "`java -version` of both, where no folder of Java is given; not on Windows.",
		Why: "the set-up and startup.sh use that of the PATH; what goes by JAVA_HOME, such as a service, " +
			"may start the server with the other",
		Remedy: "let both lead to Java 11, or give its folder (Upgrade.JavaHome)",
	},
}

// needsJava is an entry about a Java that 7.1.6 does not run with.
func needsJava(code, means, checks string) Entry {
	return Entry{
		Code: code, Severity: Blocks, Means: means, Checks: checks,
		Why: "7.1.6 needs Java 11, 64-bit", Remedy: "install a JDK 11, 64-bit",
	}
}
