// Package javatest runs the JDK of this machine for tests, which compare what it says with what we say, and beside it
// the Java 11 that the target runs. It is for tests only. Begin with [Run] and [Each].
package javatest

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Options make a JVM that lives for a few seconds cheap.
var Options = []string{"-XX:+UseSerialGC", "-Xshare:auto"}

// Short is an option for a JVM that does not derive keys: its compiler does not optimize.
const Short = "-XX:TieredStopAtLevel=1"

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

// Run returns what a Java program, given as its source file after any options of the JVM, prints. An exit status
// other than 0 fails the test.
func Run(t testing.TB, args ...string) string {
	t.Helper()
	return run(t, Tool(t, "java"), args...)
}

// Each compiles a Java program, given as its source file, and runs it with the arguments in a subtest each on the Java
// of this machine and on Java 11. Check gets what it printed. A Java that is missing skips its subtest, or fails it
// where REQUIRE_TOOLS=1.
func Each(t *testing.T, source string, args []string, check func(t *testing.T, out string)) {
	t.Helper()
	classes := t.TempDir()
	if out, err := exec.CommandContext(t.Context(), Tool(t, "javac"), "--release", "11", "-d", classes,
		source).CombinedOutput(); err != nil {
		t.Fatalf("javac: %v\n%s", err, out)
	}
	class := strings.TrimSuffix(filepath.Base(source), ".java")
	command := slices.Concat([]string{Short, "-cp", classes, class}, args)
	t.Run("Java", func(t *testing.T) { check(t, run(t, Tool(t, "java"), command...)) })
	t.Run("Java 11", func(t *testing.T) { check(t, run(t, tool11(t), command...)) })
}

func run(t testing.TB, java string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), java, slices.Concat(Options, args)...)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("java: %v\n%s", err, &complaint)
	}
	return string(out)
}
