// Package javatest runs the JDK of this machine for tests, which compare what it says with what we say. It is for tests
// only. Begin with [Run].
package javatest

import (
	"bytes"
	"os"
	"os/exec"
	"slices"
	"testing"
)

// Options make a JVM that lives for a few seconds cheap.
var Options = []string{"-XX:+UseSerialGC", "-Xshare:auto"}

// Short is an option for a JVM that does not derive keys: its compiler does not optimize.
const Short = "-XX:TieredStopAtLevel=1"

// Tool returns the path of a program of the JDK. Without it the test is skipped, or fails where REQUIRE_TOOLS=1. With
// -short nobody is asked: what Java says depends neither on the race detector nor on Go's release.
func Tool(t testing.TB, name string) string {
	t.Helper()
	if testing.Short() {
		t.Skipf("asks %s, not with -short", name)
	}
	path, err := exec.LookPath(name)
	switch {
	case err == nil:
		return path
	case os.Getenv("REQUIRE_TOOLS") == "1":
		t.Fatalf("%s is not installed", name)
	default:
		t.Skipf("%s is not installed", name)
	}
	return ""
}

// Run returns what a Java program, given as its source file after any options of the JVM, prints. An exit status
// other than 0 fails the test.
func Run(t testing.TB, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), Tool(t, "java"), slices.Concat(Options, args)...)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("java: %v\n%s", err, &complaint)
	}
	return string(out)
}
