//go:build unix

package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/idconnect-go/upgrade/idconnect/idconnecttest"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

// TestInitPlanRun: on a terminal, init asks, and plan and run need no flag at all.
func TestInitPlanRun(t *testing.T) {
	t.Parallel()
	site := idconnecttest.NewSite(t, idconnecttest.Options{
		Source: openidmtest.Options{Users: 20, Links: 20, AdminPassword: "hush-hush"}, Salesforce: true,
	})
	if err := os.WriteFile(filepath.Join(site.Dir, "admin.pw"), []byte("hush-hush\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := startOnTerminalIn(t, site.Dir, "init", "-java-home", "jdk-11")
	for _, c := range []struct{ asks, answer string }{
		{"on one machine? [Y/n] ", ""},
		{"2.1 [" + site.Upgrade.SourceDir + "]: ", ""},
		{"(it need not exist yet) [" + site.Upgrade.TargetDir + "]: ", ""},
		{"Zip file of 7.1.6: ", "package.zip"},
		{"Address of 2.1 [https://idc21.example.com:", site.Upgrade.Source.URL},
		{"Address of 7.1.6 [", site.Upgrade.Target.URL},
		{"(its certificate is for this name) [" + site.Upgrade.InstanceURL + "]: ", ""},
		{"openidm-admin on 2.1: ", "hush-hush"}, // a password, which is no file
		{"nothing was kept", "admin.pw"},
		{"openidm-admin on 7.1.6: likewise [admin.pw]: ", ""},
	} {
		s.await(t, c.asks)
		s.types(t, c.answer+"\n")
	}
	if err := s.exit(t); err != nil {
		t.Fatalf("init: %v\n%s", err, s.text())
	}
	s.await(t, "upgrade plan ")
	written, err := os.ReadFile(filepath.Join(site.Dir, "upgrade.yaml"))
	if err != nil || strings.Contains(string(written), "hush-hush") {
		t.Fatalf("%v\n%s", err, written)
	}

	s = startOnTerminalIn(t, site.Dir, "plan")
	if err := s.exit(t); err != nil {
		t.Fatalf("plan: %v\n%s", err, s.text())
	}
	s.await(t, "upgrade: using upgrade.yaml")

	s = startOnTerminalIn(t, site.Dir, "run")
	s.await(t, "Begin? [y/N] ")
	s.types(t, "y\n")
	if err := s.exit(t); err != nil || site.Target().Count("managed/user") != 20 || site.Migrations() != 1 {
		t.Fatalf("run: %v\n%s", err, s.text())
	}

	// Without a terminal, a file that was only found is not enough to change anything.
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"run"}, exitUsage, "upgrade.yaml in the current folder is not used: there is no terminal"},
		{[]string{"rollback"}, exitUsage, "rollback needs -target-dir"},
		{[]string{"status"}, exitDone, "using upgrade.yaml"},
		{[]string{"run", "-config", "upgrade.yaml"}, exitDone, "the same"},
		{[]string{"verify", "-types", "links", "-config=upgrade.yaml"}, exitDone, "the same"},
	} {
		out, code := runWithout(t, site.Dir, c.args...)
		if code != c.code || !strings.Contains(out, c.says) {
			t.Errorf("%v: exit %d, not %d, or no %q\n%s", c.args, code, c.code, c.says, out)
		}
	}
}

// runWithout runs a command in a folder without a terminal.
func runWithout(t *testing.T, dir string, args ...string) (out string, code int) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, args...)
	cmd.Args[0], cmd.Dir = "upgrade", dir
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	b, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return string(b), cmd.ProcessState.ExitCode()
}
