package acceptance_test

import (
	"fmt"
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

// objects are n live objects of a connector.
func objects(n int) []map[string]any {
	out := []map[string]any{}
	for i := range n {
		out = append(out, map[string]any{"_id": fmt.Sprintf("0PS%03d", i)})
	}
	return out
}

// TestLiveObjects: what a connector shows of an org is live, and never taken for
// something that was transferred.
func TestLiveObjects(t *testing.T) {
	t.Parallel()
	older := openidmtest.OpenIDM31.Salesforce("org1", map[string][]map[string]any{"PermissionSet": objects(50)})
	newer := openidmtest.IDM71.Salesforce("org1", nil)
	withSets := func(n int) openidmtest.Connector {
		c := openidmtest.IDM71.Salesforce("org1", nil)
		c.Objects["PermissionSet"] = objects(n)
		return c
	}
	broken := withSets(3)
	broken.Error = "invalid_grant"
	dead := openidmtest.Fault{Path: "system/org1", Status: 410, Body: `{"code":410,"reason":"Gone","message":"x"}`}
	for name, tc := range map[string]struct {
		target openidmtest.Connector
		faults []openidmtest.Fault // of the source
		want   verify.CheckResult
		says   string
	}{
		"seen":       {withSets(41), nil, verify.CheckPassed, "reaches the org, 41 permission sets seen"},
		"live":       {withSets(41), nil, verify.CheckPassed, "which are not transferred"},
		"type gone":  {newer, nil, verify.CheckNotChecked, "as is expected of 7.x: system/org1/PermissionSet"},
		"none seen":  {withSets(0), nil, verify.CheckFailed, "none seen, and the source sees some"},
		"broken":     {broken, nil, verify.CheckFailed, "system/org1/PermissionSet (500 Internal Server Error)"},
		"dead":       {withSets(41), []openidmtest.Fault{dead}, verify.CheckPassed, "41 permission sets seen"},
		"dead, said": {withSets(41), []openidmtest.Fault{dead}, verify.CheckPassed, "no fault of the migration"},
		"dead, none": {withSets(0), []openidmtest.Fault{dead}, verify.CheckNotChecked, "no fault of the migration"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source := openidmtest.NewSource(t, openidmtest.Options{Connectors: []openidmtest.Connector{older},
				Faults: tc.faults})
			target := openidmtest.NewTarget(t, openidmtest.Options{Connectors: []openidmtest.Connector{tc.target}})
			report := check(t, source, target, verify.Options{}, acceptance.Options{})
			c := checkOf(t, report, acceptance.PermissionSets)
			if c.Result != tc.want || !strings.Contains(c.Detail, tc.says) || c.Source >= 0 {
				t.Errorf("%+v", c)
			}
			if c := checkOf(t, report, acceptance.Organizations); c.Result != verify.CheckPassed {
				t.Errorf("%+v", c)
			}
		})
	}
}

func checkOf(t *testing.T, r *verify.Report, code string) verify.Check {
	t.Helper()
	for _, c := range r.Checks {
		if c.Code == code {
			return c
		}
	}
	t.Fatalf("no check %s", code)
	return verify.Check{}
}

// TestKindsByClass: a connector is what it is, whatever it is called.
func TestKindsByClass(t *testing.T) {
	t.Parallel()
	people := openidmtest.Connector{Name: "salesforce-staff", Class: "org.identityconnectors.ldap.LdapConnector",
		Objects: map[string][]map[string]any{"account": objects(2)}}
	older, newer := openidmtest.OpenIDM31.Salesforce("ad", nil), openidmtest.IDM71.Salesforce("ad", nil)
	oldest := older
	oldest.Config = "salesforce/ad"
	for name, org := range map[string]openidmtest.Connector{"3.1": older, "before October 2014": oldest} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source := openidmtest.NewSource(t, openidmtest.Options{Connectors: []openidmtest.Connector{org, people}})
			target := openidmtest.NewTarget(t, openidmtest.Options{Connectors: []openidmtest.Connector{newer, people}})
			report := check(t, source, target, verify.Options{}, acceptance.Options{})
			orgs, ad := checkOf(t, report, acceptance.Organizations), checkOf(t, report, acceptance.Directory)
			if orgs.Source != 1 || orgs.Target != 1 || orgs.Result != verify.CheckPassed {
				t.Errorf("%+v", orgs)
			}
			if ad.Result != verify.CheckPassed || ad.Source != 1 || !strings.Contains(ad.Detail, "salesforce-staff") {
				t.Errorf("%+v", ad)
			}
		})
	}
}

// TestOnlyInTarget: what a source of 3.1 cannot have is no difference, and a kind
// of managed objects that it does not have is not asked of the target.
func TestOnlyInTarget(t *testing.T) {
	t.Parallel()
	side := openidmtest.Options{Users: 10, Roles: 2, Links: 10}
	source := openidmtest.NewSource(t, side)
	side.Assignments, side.Managed = 3, []string{"group"}
	target := openidmtest.NewTarget(t, side)
	target.Put("managed/group", "g1", members{"name": "new"})
	report := check(t, source, target, verify.Options{}, acceptance.Options{})
	for i := range report.Collections {
		if c := &report.Collections[i]; c.Differences() > 0 || c.ExtraCount > 0 {
			t.Errorf("%s", text(t, report))
		}
	}
	if c := checkOf(t, report, acceptance.Groups); c.Result != verify.CheckNotChecked {
		t.Errorf("%+v", c)
	}
	for _, r := range target.Requests() {
		if strings.HasPrefix(r.Path, "repo/managed/group") || strings.HasPrefix(r.Path, "managed/group") {
			t.Errorf("asked %s", r.Path)
		}
	}
}
