package guide_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/examples/guide"
	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/idconnecttest"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration"
	"github.com/idconnect-go/upgrade/migration/openidm"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

func users(n int) idconnecttest.Options {
	return idconnecttest.Options{Source: openidmtest.Options{Users: n, Links: n}}
}

// TestWhole: a site from beginning to end, and what a second call finds done.
func TestWhole(t *testing.T) {
	t.Chdir(t.TempDir()) // where the report goes
	site := idconnecttest.NewSite(t, users(20))
	if err := guide.Upgrade(t.Context(), site.Upgrade); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join("report", "report.html")); err != nil {
		t.Error(err)
	}
	if n := site.Target().Count("managed/user"); n != 20 {
		t.Errorf("%d users", n)
	}
	if err := guide.Follow(t.Context(), site.Upgrade); err != nil {
		t.Error(err)
	}
	if n := site.Migrations(); n != 1 {
		t.Errorf("migrated %d times", n)
	}
}

// TestTwoMachines: the stores come in a file, and the folder of the source is not there.
func TestTwoMachines(t *testing.T) {
	t.Chdir(t.TempDir())
	site := idconnecttest.NewSite(t, users(5))
	passphrase := keystore.NewPassword("correct horse battery staple")
	if err := guide.Export(t.Context(), site.Upgrade, passphrase); err != nil {
		t.Fatal(err)
	}
	if err := guide.Import(t.Context(), site.Upgrade, passphrase, keystore.NewPassword("changeit")); err != nil {
		t.Fatal(err)
	}
	if n := site.Target().Count("managed/user"); n != 5 {
		t.Errorf("%d users", n)
	}
}

// TestMany: one site fails, and the next is upgraded.
func TestMany(t *testing.T) {
	t.Parallel()
	bad, good := idconnecttest.NewSite(t, users(5)), idconnecttest.NewSite(t, users(5))
	bad.Fail(openidmtest.Fault{Action: "migrate", LoseRecords: 1})
	failed := guide.UpgradeAll(t.Context(), map[string]*idconnect.Upgrade{"bad": bad.Upgrade, "good": good.Upgrade})
	if !slices.Equal(failed, []string{"bad"}) || good.Target().Count("managed/user") != 5 {
		t.Errorf("failed: %v", failed)
	}
}

// TestParts: the migration, the comparison and questions, on a pair of servers.
func TestParts(t *testing.T) {
	t.Parallel()
	pair := idconnecttest.NewPair(t, users(10))
	status, err := guide.Migrate(t.Context(), pair.TargetClient, pair.Origin)
	if err != nil || status.Phase != migration.PhaseComplete {
		t.Fatalf("%v, %v", status, err)
	}
	if missing, _ := guide.Compare(t.Context(), pair.SourceClient, pair.TargetClient); len(missing) > 0 {
		t.Errorf("missing: %v", missing)
	}
	pair.Target().Delete("repo/managed/user", "u00003")
	if missing, err := guide.Compare(t.Context(), pair.SourceClient, pair.TargetClient); err != nil ||
		!slices.Equal(missing, []string{"u00003"}) {
		t.Errorf("missing: %v, %v", missing, err)
	}
	if names, err := guide.Find(t.Context(), pair.SourceClient); len(names) != 10 || err != nil {
		t.Errorf("%v, %v", names, err)
	}
}

// TestKeys: a store takes the place of an empty one.
func TestKeys(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	source := openidmtest.NewSource(t, openidmtest.Options{InMemory: true})
	if err := source.WriteStores(dir); err != nil {
		t.Fatal(err)
	}
	to, password := filepath.Join(dir, "new.jceks"), keystore.NewPassword("changeit")
	if err := guide.CopyKeys(filepath.Join(dir, "keystore.jceks"), to, password); err != nil {
		t.Fatal(err)
	}
	if store, err := keystore.Open(to, password); err != nil || store.Len() == 0 {
		t.Errorf("%v, %v", store, err)
	}
}

// TestDescription: nothing is missing for any step.
func TestDescription(t *testing.T) {
	t.Parallel()
	administrator := openidm.Credentials{Username: "openidm-admin", Password: keystore.NewPassword("x")}
	u := guide.Describe(administrator, administrator)
	if err := u.Validate(); err != nil || len(u.Missing()) > 0 {
		t.Errorf("%v, missing %v", err, u.Missing())
	}
	found := preflight.Findings{preflight.Codes.UserIsRoot.Finding(idconnect.StepSetup, "the set-up would run as root")}
	if err := guide.Decide(found, "USER-IS-ROOT"); err != nil {
		t.Error(err)
	}
	if err := guide.Decide(found); err == nil || !strings.HasPrefix(err.Error(), "USER-IS-ROOT: ") {
		t.Errorf("%v", err)
	}
}
