// Package javatest runs the JDK of this machine for tests, which compare what it says with what we say, and beside it
// the Java 11 that the target runs. One JVM of each runs the programs of all tests of a package, which take turns. It
// is for tests only. Begin with [Main], [Run] and [Each].
package javatest

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// options make a JVM that lives for a few seconds cheap, and its words and key derivations those that tests expect:
// the iterations are the fewest that Java writes.
var options = []string{"-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-Duser.language=en",
	"-Djdk.jceks.iterationCount=10000"}

// home11 names the folder of a Java 11; .ci/java11 gets one and prints it.
const home11 = "JAVA11_HOME"

// Tool returns the path of a program of the JDK. Without it the test is skipped, or fails where REQUIRE_TOOLS=1. With
// -short nobody is asked: what Java says depends neither on the race detector nor on Go's release.
func Tool(t testing.TB, name string) string {
	t.Helper()
	if testing.Short() {
		t.Skipf("asks %s, not with -short", name)
	}
	path, err := exec.LookPath(name)
	if err != nil {
		missing(t, name+" is not installed")
	}
	return path
}

// tool11 returns the path of Java 11.
func tool11(t testing.TB) string {
	t.Helper()
	path := filepath.Join(os.Getenv(home11), "bin", "java")
	if _, err := exec.LookPath(path); os.Getenv(home11) == "" || err != nil {
		missing(t, "no Java 11: set "+home11+"=$(.ci/java11)")
	}
	return path
}

func missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("REQUIRE_TOOLS") == "1" {
		t.Fatal(what)
	}
	t.Skip(what)
}

// Run returns what a program of testdata/java, given by its class, prints on the Java of this machine. One that throws
// fails the test.
func Run(t testing.TB, class string, args ...string) string {
	t.Helper()
	return here.run(t, Tool(t, "java"), class, args)
}

// Each runs a program as [Run] does, in a subtest each on the Java of this machine and on Java 11. Check gets what it
// printed. A Java that is missing skips its subtest, or fails it where REQUIRE_TOOLS=1.
func Each(t *testing.T, class string, args []string, check func(t *testing.T, out string)) {
	t.Helper()
	t.Run("Java", func(t *testing.T) { check(t, Run(t, class, args...)) })
	t.Run("Java 11", func(t *testing.T) { check(t, eleven.run(t, tool11(t), class, args)) })
}

// Keytool returns what keytool prints. It runs in the JVM of [Run], or as a process where it has an option for its JVM.
// An error fails the test.
func Keytool(t testing.TB, args ...string) string {
	t.Helper()
	isOption := func(arg string) bool { return strings.HasPrefix(arg, "-J") }
	if !slices.ContainsFunc(args, isOption) {
		return Run(t, "sun.security.tools.keytool.Main", append(args, "-debug")...) // which throws where it would exit
	}
	var ours []string
	for _, o := range options {
		ours = append(ours, "-J"+o)
	}
	out, err := exec.CommandContext(t.Context(), Tool(t, "keytool"), slices.Concat(ours, args)...).CombinedOutput()
	if err != nil {
		t.Fatalf("keytool %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}
