//go:build unix

package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestConfirm: on a terminal run shows the plan and asks; only a yes lets it begin,
// and -yes asks nothing.
func TestConfirm(t *testing.T) {
	t.Parallel()
	dir, source, target := damagedPair(t)
	password := filepath.Join(dir, "admin.pw")
	if err := os.WriteFile(password, []byte("openidm-admin\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		types        string
		more         []string
		says, silent string
	}{
		"no":        {types: "n\n", says: "error: not confirmed, nothing was changed", silent: "servers differ"},
		"nothing":   {types: "\n", says: "error: not confirmed, nothing was changed", silent: "servers differ"},
		"yes":       {types: "y\n", says: "the servers differ"},
		"not asked": {more: []string{"-yes"}, says: "the servers differ", silent: "[y/N]"},
	} {
		t.Run(name, func(t *testing.T) {
			s := startOnTerminal(t, append([]string{"run", "-steps", "verify", "-checks-off", "*",
				"-source-url", source.URL, "-target-url", target.URL,
				"-source-dir", filepath.Join(dir, "source"), "-target-dir", filepath.Join(dir, "target"),
				"-source-password-file", password, "-target-password-file", password,
				"-report", filepath.Join(t.TempDir(), "report")}, c.more...)...)
			if c.types != "" {
				s.await(t, "Begin? [y/N] ")
				if said := s.text(); !strings.Contains(said, "1 verify  ") {
					t.Errorf("it asks without the plan:\n%s", said)
				}
				s.types(t, c.types)
			}
			err := s.exit(t)
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() != exitFailed {
				t.Errorf("%v", err)
			}
			s.await(t, c.says)
			if said := s.text(); c.silent != "" && strings.Contains(said, c.silent) {
				t.Errorf("it says %q:\n%s", c.silent, said)
			}
		})
	}
}
