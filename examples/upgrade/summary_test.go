package main

import (
	"os"
	"path/filepath"
	"testing"
)

// A file of somebody else is named before the work, whichever of the five it is in the way of.
func TestCheckReport(t *testing.T) {
	t.Parallel()
	for _, f := range formats {
		dir := t.TempDir()
		if err := checkReport(dir); err != nil {
			t.Errorf("%s, an empty folder: %v", f.File, err)
		}
		if err := os.WriteFile(filepath.Join(dir, f.File), []byte("mine\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := checkReport(dir); err == nil {
			t.Errorf("%s is in the way, and nobody says so", f.File)
		}
	}
}
