package acceptance_test

import (
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/idconnect/acceptance"
	"github.com/idconnect-go/upgrade/idconnect/changes"
	"github.com/idconnect-go/upgrade/idconnect/verify"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

// TestConnectorsOfGenerations: the connector of 3.x to Salesforce becomes one of
// 7.x, and no other.
func TestConnectorsOfGenerations(t *testing.T) {
	t.Parallel()
	older, newer := openidmtest.OpenIDM31.Salesforce("org1", nil), openidmtest.IDM71.Salesforce("org1", nil)
	older.Settings, newer.Settings = nil, nil
	oldest := older
	oldest.Config = "salesforce/org1"
	other, without := newer, newer
	other.Class = "org.example.salesforce.Connector"
	without.Objects = nil
	for name, tc := range map[string]struct {
		source, target openidmtest.Connector
		changes        []changes.Change
		want           verify.CheckResult
		says           string
	}{
		"as expected":         {older, newer, nil, verify.CheckPassed, "org1 (SALESFORCE-CONNECTOR, M)"},
		"before October 2014": {oldest, newer, nil, verify.CheckPassed, "org1 (SALESFORCE-CONNECTOR, M)"},
		"left as it was":      {older, older, nil, verify.CheckFailed, "org1 (class)"},
		"of another class":    {older, other, nil, verify.CheckFailed, "org1 (class)"},
		"without users":       {older, without, nil, verify.CheckFailed, "org1 (object type User)"},
		"nothing is expected": {older, newer, []changes.Change{}, verify.CheckFailed, "object type PermissionSet"},
		"of one generation":   {newer, without, nil, verify.CheckFailed, "org1 (object type User)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source := openidmtest.NewSource(t, openidmtest.Options{Connectors: []openidmtest.Connector{tc.source}})
			target := openidmtest.NewTarget(t, openidmtest.Options{Connectors: []openidmtest.Connector{tc.target}})
			report := check(t, source, target, verify.Options{Changes: tc.changes}, acceptance.Options{})
			for _, c := range report.Checks {
				if c.Code == "SYNC-CONNECTORS" && (c.Result != tc.want || !strings.Contains(c.Detail, tc.says)) {
					t.Errorf("%+v", c)
				}
			}
		})
	}
}
