package idconnect_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// TestMain: a world's Java is a copy of this program.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "java.exe" {
		fmt.Fprintln(os.Stderr, testJava)
		os.Exit(0)
	}
	os.Exit(m.Run())
}
