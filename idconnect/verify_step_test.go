package idconnect_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/acceptance"
	"github.com/idconnect-go/upgrade/idconnect/verify"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// TestUpgradeVerifyOptions: what Verify can be told, Upgrade can be told.
func TestUpgradeVerifyOptions(t *testing.T) {
	t.Parallel()
	source, target := verifyPair(t, 30)
	admin := openidm.Credentials{Password: keystore.NewPassword("openidm-admin")}
	stores, calls := t.TempDir(), 0
	must(t, source.WriteStores(stores))
	server := func(url string) idconnect.Server {
		return idconnect.Server{URL: url, Credentials: admin, Truststore: filepath.Join(stores, "truststore")}
	}
	u := &idconnect.Upgrade{
		TargetDir: t.TempDir(),
		Source:    server(source.URL), Target: server(target.URL),
		Verify: verify.Options{
			Collections: []verify.Collection{{Name: "users", Resource: "repo/managed/user"}},
			Keys:        source.Keystore(), PageSize: 7, SortKeys: []string{"-userName"},
			Progress: func(verify.Progress) { calls++ },
		},
		Acceptance: acceptance.Options{Off: []string{"*"}},
	}
	report, err := u.Compare(t.Context())
	if err != nil || !report.Same() || report.Checks != nil || report.Collections[0].NotCheckedValues != 0 ||
		calls == 0 {
		t.Fatalf("got %v, %d calls, %+v", err, calls, report)
	}
	asked := false
	for _, r := range source.Requests() {
		asked = asked || strings.Contains(r.Query, "_pageSize=7") && strings.Contains(r.Query, "-userName")
	}
	if !asked {
		t.Errorf("the page size or the order was not asked for: %+v", source.Requests())
	}
}
