package idconnect_test

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

type members = map[string]any

// tabWorld is a pair of servers that show on every tab what they should.
type tabWorld struct{ source, target openidmtest.Options }

func newTabWorld() *tabWorld {
	side := func() openidmtest.Options {
		return openidmtest.Options{
			Users: 30, Roles: 2, Assignments: 2, Managed: []string{"permissionset", "group", "organization"},
			Connectors: []openidmtest.Connector{
				{Name: "corp", Class: "org.identityconnectors.ldap.LdapConnector",
					Settings: members{"host": "dc1.example.com", "credentials": members{"$crypto": members{"value": "x"}}, "port": 636},
					Objects: map[string][]map[string]any{
						"account": {{"_id": "CN=A"}, {"_id": "CN=B"}}, "group": {{"_id": "CN=G"}}, "computer": {},
					}},
				{Name: "org1", Class: "org.forgerock.openidm.salesforce.SalesforceConnector",
					Settings: members{"loginUrl": "https://login.example.com/", "clientSecret": "never-shown"},
					Objects:  map[string][]map[string]any{"User": {{"_id": "005A"}}, "PermissionSet": {{"_id": "0PS1"}, {"_id": "0PS2"}}}},
			},
			Mappings: []map[string]any{
				{"name": "directory_people", "source": "system/corp/account", "target": "managed/user",
					"properties": []any{members{"source": "sAMAccountName", "target": "userName"}}, "policies": []any{}},
				{"name": "people_org1", "source": "managed/user", "target": "system/org1/User",
					"properties": []any{members{"source": "mail", "target": "Email"}, members{"target": "ProfileId", "default": "00e1"}}},
			},
		}
	}
	return &tabWorld{side(), side()}
}

// start fills both servers alike, and lets edit make the difference.
func (w *tabWorld) start(t *testing.T, edit func(source, target *openidmtest.Server)) (source, target *openidmtest.Server) {
	t.Helper()
	source, target = openidmtest.NewSource(t, w.source), openidmtest.NewSource(t, w.target)
	for _, s := range []*openidmtest.Server{source, target} {
		for i := range 3 {
			id := fmt.Sprint(i)
			s.Put("repo/managed/permissionset", "p"+id, members{"name": "set " + id})
			s.Put("repo/managed/group", "g"+id, members{"name": "group " + id})
			s.Put("repo/managed/organization", "o"+id, members{"name": "org " + id})
			s.Put("repo/link", "la"+id, members{"firstId": "CN=" + id, "secondId": "u0000" + id, "linkType": "directory_people"})
			s.Put("repo/link", "ls"+id, members{"firstId": "u0000" + id, "secondId": "005" + id, "linkType": "people_org1"})
			s.Put("repo/link", "lx"+id, members{"firstId": "x" + id, "secondId": "y" + id, "linkType": "something"})
		}
	}
	if edit != nil {
		edit(source, target)
	}
	return source, target
}

func verifyTabs(t *testing.T, source, target *openidmtest.Server, opts idconnect.VerifyOptions) *idconnect.VerifyReport {
	t.Helper()
	report, err := idconnect.Verify(t.Context(), verifyClient(source, "openidm-admin"), verifyClient(target, "openidm-admin"), opts)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func tabResults(r *idconnect.VerifyReport) map[string]idconnect.CheckResult {
	out := map[string]idconnect.CheckResult{}
	for _, c := range r.Checks {
		out[c.Code] = c.Result
	}
	return out
}

// TestTabs: what is as it should be passes; each thing that is not fails the
// checks that look at it and no other; and what is not there is not checked.
func TestTabs(t *testing.T) {
	t.Parallel()
	const (
		failed = idconnect.CheckFailed
		open   = idconnect.CheckNotChecked
	)
	drop := func(resource, id string) func(source, target *openidmtest.Server) {
		return func(_, target *openidmtest.Server) { target.Delete(resource, id) }
	}
	type results = map[string]idconnect.CheckResult
	dir := t.TempDir() // whose stores all of the servers have: keys cost time
	if err := openidmtest.NewSource(t, openidmtest.Options{}).WriteStores(dir); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name   string
		change func(w *tabWorld)
		edit   func(source, target *openidmtest.Server)
		tabs   idconnect.TabChecks
		want   results // besides those that pass
		says   string  // in the details
	}{
		{name: "all there"},
		{name: "permission set lost", edit: drop("managed/permissionset", "p1"), want: results{idconnect.CheckPermissionSets: failed}, says: "1 missing (p1)"},
		{name: "permission set changed", edit: func(_, target *openidmtest.Server) {
			target.Put("managed/permissionset", "p1", members{"name": "another"})
		}, want: results{idconnect.CheckPermissionSets: failed}, says: "1 changed (p1)"},
		{name: "permission set added", edit: func(_, target *openidmtest.Server) {
			target.Put("managed/permissionset", "p9", members{"name": "new"})
		}, says: "1 only in the target"},
		{name: "permission sets by the connector", edit: func(source, target *openidmtest.Server) {
			for i := range 3 {
				source.Delete("managed/permissionset", fmt.Sprint("p", i))
				target.Delete("managed/permissionset", fmt.Sprint("p", i))
			}
		}, says: "system/org1/PermissionSet: all are in the target, by their ids"},
		{name: "permission set lost in the connector", change: func(w *tabWorld) {
			w.target.Connectors[1].Objects["PermissionSet"] = []map[string]any{{"_id": "0PS1"}}
		}, edit: func(source, target *openidmtest.Server) {
			for i := range 3 {
				source.Delete("managed/permissionset", fmt.Sprint("p", i))
				target.Delete("managed/permissionset", fmt.Sprint("p", i))
			}
		}, want: results{idconnect.CheckPermissionSets: failed}, says: "1 missing (0PS2)"},
		{name: "another place", edit: func(source, target *openidmtest.Server) {
			source.Put("repo/elsewhere", "a", members{"x": 1})
		}, tabs: idconnect.TabChecks{PermissionSets: []string{"repo/elsewhere"}}, want: results{idconnect.CheckPermissionSets: failed}, says: "repo/elsewhere: 1 missing (a)"},
		{name: "group lost", edit: drop("managed/group", "g0"), want: results{idconnect.CheckGroups: failed}},
		{name: "organization lost", edit: drop("managed/organization", "o2"), want: results{idconnect.CheckOrganizations: failed}},
		{name: "only the target has permission sets", edit: func(source, _ *openidmtest.Server) {
			for i := range 3 {
				source.Delete("managed/permissionset", fmt.Sprint("p", i))
			}
		}, want: results{idconnect.CheckPermissionSets: open}, says: "the source holds none"},
		{name: "directory empty in the target", change: func(w *tabWorld) {
			w.target.Connectors[0].Objects = map[string][]map[string]any{"account": {}, "group": {{"_id": "CN=G"}}, "computer": {}}
		}, want: results{idconnect.CheckDirectory: failed}, says: "the source shows records and the target none: system/corp/account"},
		{name: "directory does not answer", change: func(w *tabWorld) { w.target.Connectors[0].Error = "bind failed for 'CN=svc' password hunter22" },
			want: results{idconnect.CheckDirectory: failed, idconnect.CheckConnectorTest: failed}, says: "corp: bind failed for … password …"},
		{name: "no connector to the directory", change: func(w *tabWorld) { w.target.Connectors = w.target.Connectors[1:] },
			want: results{idconnect.CheckDirectory: failed, idconnect.CheckConnectors: failed}, says: "not in the target: corp"},
		{name: "another object type", change: func(w *tabWorld) { delete(w.target.Connectors[1].Objects, "User") },
			want: results{idconnect.CheckConnectors: failed}, says: "org1 (object type User)"},
		{name: "another class", change: func(w *tabWorld) { w.target.Connectors[0].Class = "org.example.XmlLdap" },
			want: results{idconnect.CheckConnectors: failed}, says: "corp (class)"},
		{name: "other settings", change: func(w *tabWorld) {
			w.target.Connectors[0].Settings = members{"host": "dc2.example.com", "credentials": members{"$crypto": members{"value": "y"}}, "port": 636.0}
		}, says: "no failure: corp (host)"},
		{name: "another secret", change: func(w *tabWorld) { w.target.Connectors[1].Settings["clientSecret"] = "hunter22" }},
		{name: "mapping lost", change: func(w *tabWorld) { w.target.Mappings = w.target.Mappings[:1] }, want: results{idconnect.CheckMappings: failed}, says: "not in the target: people_org1"},
		{name: "mapping to another place", change: func(w *tabWorld) { w.target.Mappings[1]["target"] = "system/org1/Contact" },
			want: results{idconnect.CheckMappings: failed}, says: "people_org1 (target)"},
		{name: "default value lost", change: func(w *tabWorld) {
			w.target.Mappings[1]["properties"] = []any{members{"source": "mail", "target": "Email"}, members{"target": "ProfileId"}}
		}, want: results{idconnect.CheckMappings: failed}, says: "people_org1 (default of ProfileId)"},
		{name: "property lost", change: func(w *tabWorld) { w.target.Mappings[0]["properties"] = []any{} },
			want: results{idconnect.CheckMappings: failed}, says: "directory_people (property userName from sAMAccountName)"},
		{name: "another script", change: func(w *tabWorld) { w.target.Mappings[0]["onCreate"] = members{"source": "x"} }, says: "no failure: directory_people (onCreate)"},
		{name: "mapping of another kind", change: func(w *tabWorld) {
			w.source.Mappings = append(w.source.Mappings, members{"name": "hr", "source": "system/hr/account", "target": "managed/user"})
		}, says: "not compared: 1 mapping of another kind"},
		{name: "links to the directory lost", edit: drop("link", "la1"), want: results{idconnect.CheckLinksDirectory: failed}, says: "the target has 2 of 3 of directory_people"},
		{name: "links to Salesforce lost", edit: drop("link", "ls1"), want: results{idconnect.CheckLinksSalesforce: failed}},
		{name: "links of another kind lost", edit: drop("link", "lx1")},
		{name: "configuration refused", edit: func(_, target *openidmtest.Server) {
			target.Fail(openidmtest.Fault{Path: "config", Status: 403, Body: `{"code":403,"reason":"Forbidden","message":"Access denied"}`})
		}, want: results{idconnect.CheckDirectory: open, idconnect.CheckMappings: open, idconnect.CheckConnectors: open}, says: "the target does not show its configuration (403 Forbidden)"},
		{name: "records refused", edit: func(_, target *openidmtest.Server) {
			for _, path := range []string{"repo/managed/group", "managed/group"} {
				target.Fail(openidmtest.Fault{Path: path, Status: 403, Body: `{"code":403,"reason":"Forbidden","message":"Access denied"}`})
			}
		}, want: results{idconnect.CheckGroups: open}, says: "the target does not show"},
		{name: "test refused", edit: func(_, target *openidmtest.Server) {
			target.Fail(openidmtest.Fault{Path: "system", Action: "test", Status: 400, Body: `{"code":400,"reason":"Bad Request","message":"no"}`})
		}, want: results{idconnect.CheckConnectorTest: open}},
		{name: "other names", change: func(w *tabWorld) { w.target.Connectors[0].Error = "broken" },
			tabs: idconnect.TabChecks{Salesforce: "^nothing$", ActiveDirectory: "^nothing$"},
			want: results{
				idconnect.CheckDirectory: open, idconnect.CheckMappings: open, idconnect.CheckConnectors: open,
				idconnect.CheckLinksSalesforce: open, idconnect.CheckLinksDirectory: open, idconnect.CheckConnectorTest: failed,
			}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := newTabWorld()
			for _, o := range []*openidmtest.Options{&w.source, &w.target} {
				o.Keystore, o.Truststore = dir+"/keystore.jceks", dir+"/truststore"
			}
			if tc.change != nil {
				tc.change(w)
			}
			source, target := w.start(t, tc.edit)
			report := verifyTabs(t, source, target, idconnect.VerifyOptions{Tabs: tc.tabs})
			want := results{}
			for _, code := range idconnect.CheckCodes()[:9] {
				want[code] = idconnect.CheckPassed
			}
			maps.Copy(want, tc.want)
			if got := tabResults(report); !maps.Equal(got, want) {
				for _, c := range report.Checks {
					t.Logf("%+v", c)
				}
				t.Fatalf("got %v", got)
			}
			same := !slices.Contains(slices.Collect(maps.Values(want)), failed)
			for i := range report.Collections {
				same = same && report.Collections[i].Differences() == 0
			}
			if report.Same() != same {
				t.Errorf("the same: %v", report.Same())
			}
			var text bytes.Buffer
			if err := report.WriteText(&text); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(text.String(), tc.says) || strings.Contains(text.String(), "hunter22") || strings.Contains(text.String(), "never-shown") {
				t.Errorf("%q is not said, or a secret is:\n%s", tc.says, &text)
			}
		})
	}
}

// TestTabsNothingThere: on servers without any of it nothing passes, nothing
// fails, and it is said.
func TestTabsNothingThere(t *testing.T) {
	t.Parallel()
	source, target := verifyPair(t, 20)
	report := verifyTabs(t, source, target, idconnect.VerifyOptions{})
	for _, c := range report.Checks {
		if c.Result != idconnect.CheckNotChecked || c.Detail == "" || c.Source >= 0 || c.Target >= 0 {
			t.Errorf("%+v", c)
		}
	}
	var text bytes.Buffer
	if err := report.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	if len(report.Checks) != 9 || !report.Same() || !strings.Contains(text.String(), "9 checks not made: that is no proof") {
		t.Errorf("%d checks\n%s", len(report.Checks), &text)
	}
	off := idconnect.TabChecks{Off: []string{"*"}}
	if report := verifyTabs(t, source, target, idconnect.VerifyOptions{Tabs: off}); len(report.Checks) != 0 || report.Failed != nil {
		t.Errorf("%+v", report)
	}
	off.Off = idconnect.CheckCodes()[1:]
	if report := verifyTabs(t, source, target, idconnect.VerifyOptions{Tabs: off}); len(report.Checks) != 1 || report.Failed != nil {
		t.Errorf("%+v", report)
	}
	for _, wrong := range []idconnect.TabChecks{{Off: []string{"GROUP"}}, {Salesforce: "("}, {ActiveDirectory: "["}} {
		if _, err := idconnect.Verify(t.Context(), verifyClient(source, "openidm-admin"), verifyClient(target, "openidm-admin"), idconnect.VerifyOptions{Tabs: wrong}); err == nil {
			t.Errorf("%+v: no error", wrong)
		}
	}
}
