package idconnecttest_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/idconnecttest"
	"github.com/idconnect-go/upgrade/internal/await"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

// TestWhole: all eight steps, with what the acceptance checks look at, and nothing
// beside the folder of the test.
func TestWhole(t *testing.T) {
	state := t.TempDir()
	t.Setenv("XDG_STATE_HOME", state)
	site := idconnecttest.NewSite(t, idconnecttest.Options{
		Source: openidmtest.Options{Users: 20, Roles: 2}, Salesforce: true,
	})
	report, err := site.Upgrade.Run(t.Context())
	if err != nil {
		t.Fatalf("%v\n%+v", err, report)
	}
	if n := site.Target().Count("managed/user"); n != 20 || site.Migrations() != 1 || len(report.Steps) != 8 {
		t.Errorf("%d users, migrate %d times, %d steps", n, site.Migrations(), len(report.Steps))
	}
	for _, c := range report.Verify.Checks {
		if c.Result != "passed" {
			t.Errorf("%s: %s %s", c.Code, c.Result, c.Detail)
		}
	}
	for _, f := range report.Findings {
		if f.Severity == "warns" && f.Code != "USER-IS-ROOT" {
			t.Errorf("%s: %s", f.Code, f.Seen)
		}
	}
	if left, err := os.ReadDir(state); err != nil || len(left) > 0 {
		t.Errorf("%v, %v", left, err)
	}
	if _, err := site.TargetClient.Ping(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestPage: the page about tests shows one of them, word for word.
func TestPage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/testing.md")
	if err != nil {
		t.Fatal(err)
	}
	code, err := os.ReadFile("example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	_, shown, _ := strings.Cut(string(page), "```go\n")
	shown, _, found := strings.Cut(shown, "```")
	if !found || !strings.Contains(string(code), shown) {
		t.Errorf("no test here is\n%s", shown)
	}
}

// TestSetUp: a target that runs already is configured and migrated.
func TestSetUp(t *testing.T) {
	t.Parallel()
	site := idconnecttest.NewSite(t, idconnecttest.Options{
		Source: openidmtest.Options{Users: 5}, Target: openidmtest.Options{AdminPassword: "another"}, IsSetUp: true,
	})
	report, err := site.Upgrade.Run(t.Context())
	if err != nil || len(report.Steps) != 5 || site.Migrations() != 1 {
		t.Errorf("%v, %+v", err, report)
	}
}

// TestByHand: whoever names the file that the set-up script makes starts the target.
func TestByHand(t *testing.T) {
	t.Parallel()
	answered := filepath.Join(t.TempDir(), "answered")
	source := openidmtest.Options{Users: 5, Password: keystore.NewPassword("another of the stores")}
	site := idconnecttest.NewSite(t, idconnecttest.Options{Source: source, Answered: answered})
	ended := make(chan error, 1)
	go func() {
		_, err := site.Upgrade.Run(t.Context())
		ended <- err
	}()
	await.Until(t, "the script is answered", func() bool {
		if len(ended) > 0 {
			t.Fatalf("the script was not answered: %v", <-ended)
		}
		_, err := os.Stat(answered)
		return err == nil
	})
	if site.Target() != nil {
		t.Fatal("the target runs already")
	}
	if err := errors.Join(site.StartTarget(), site.StartTarget()); err != nil {
		t.Fatal(err)
	}
	if err := await.Value(t, "the end of the run", ended); err != nil {
		t.Error(err)
	}
}

// TestFails: faults reach a target from its start, and a target that cannot start is
// told.
func TestFails(t *testing.T) {
	t.Parallel()
	lossy := idconnecttest.NewSite(t, idconnecttest.Options{Source: openidmtest.Options{Users: 5}})
	lossy.Fail(openidmtest.Fault{Action: "migrate", LoseRecords: 2})
	report, err := lossy.Upgrade.Run(t.Context())
	if !errors.Is(err, idconnect.ErrDifferences) || report.Verify.Collections[0].MissingCount != 2 {
		t.Errorf("%v, %+v", err, report)
	}

	broken, err := idconnecttest.StartSite(t.TempDir(), idconnecttest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := broken.StartTarget(); err == nil || broken.Target() != nil {
		t.Error("a target without stores was started")
	}
	if err := broken.Close(); err == nil || !strings.Contains(err.Error(), "target: ") {
		t.Errorf("%v", err)
	}
	quoted := openidmtest.Options{Password: keystore.NewPassword(`it's "quoted"`)}
	if _, err := idconnecttest.StartSite(t.TempDir(), idconnecttest.Options{Source: quoted}); err == nil ||
		strings.Contains(err.Error(), "quoted") {
		t.Errorf("%v", err)
	}
	taken := openidmtest.Options{Addr: "192.0.2.1:0"}
	if _, err := idconnecttest.StartSite(t.TempDir(), idconnecttest.Options{Target: taken}); err == nil {
		t.Error("a target listens at another machine's address")
	}
}

// TestSibling: two targets of one source, each migrated once.
func TestSibling(t *testing.T) {
	t.Parallel()
	first := idconnecttest.NewSite(t, idconnecttest.Options{Source: openidmtest.Options{Users: 5}})
	second, err := first.Sibling(t.TempDir(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	for _, s := range []*idconnecttest.Site{first, second} {
		if _, err := s.Upgrade.Run(t.Context()); err != nil || s.Migrations() != 1 {
			t.Errorf("%v, migrate %d times", err, s.Migrations())
		}
	}
}
