package acceptance_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/idconnect/acceptance"
	"github.com/idconnect-go/upgrade/idconnect/verify"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration/openidm"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

type members = map[string]any

// world is a pair of servers that show on every tab what they should.
type world struct{ source, target openidmtest.Options }

func newWorld() *world {
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
	return &world{side(), side()}
}

// start fills both servers alike, and lets edit make the difference.
func (w *world) start(t *testing.T, edit func(source, target *openidmtest.Server)) (source, target *openidmtest.Server) {
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

func client(s *openidmtest.Server) *openidm.Client {
	return &openidm.Client{
		BaseURL:     s.URL(),
		Credentials: openidm.Credentials{Username: "openidm-admin", Password: keystore.NewPassword("openidm-admin")},
		HTTPClient:  s.HTTPClient(),
	}
}

// check compares two servers and makes the checks.
func check(t *testing.T, source, target *openidmtest.Server, compare verify.Options, opts acceptance.Options) *verify.Report {
	t.Helper()
	a, b := client(source), client(target)
	report, err := verify.Run(t.Context(), a, b, compare)
	if err != nil {
		t.Fatal(err)
	}
	if err := acceptance.Run(t.Context(), a, b, opts, compare, report); err != nil {
		t.Fatal(err)
	}
	return report
}

// text is what a report says, as JSON.
func text(t *testing.T, r *verify.Report) string {
	t.Helper()
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func resultsOf(r *verify.Report) map[string]verify.CheckResult {
	out := map[string]verify.CheckResult{}
	for _, c := range r.Checks {
		out[c.Code] = c.Result
	}
	return out
}

// TestChecks: what is as it should be passes; each thing that is not fails the
// checks that look at it and no other; and what is not there is not checked.
func TestChecks(t *testing.T) {
	t.Parallel()
	const (
		failed = verify.CheckFailed
		open   = verify.CheckNotChecked
	)
	drop := func(resource, id string) func(source, target *openidmtest.Server) {
		return func(_, target *openidmtest.Server) { target.Delete(resource, id) }
	}
	type results = map[string]verify.CheckResult
	dir := t.TempDir() // whose stores all of the servers have: keys cost time
	if err := openidmtest.NewSource(t, openidmtest.Options{}).WriteStores(dir); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name   string
		change func(w *world)
		edit   func(source, target *openidmtest.Server)
		opts   acceptance.Options
		want   results // besides those that pass
		says   string  // in the details
	}{
		{name: "all there"},
		{name: "permission set lost", edit: drop("managed/permissionset", "p1"), want: results{acceptance.PermissionSets: failed}, says: "1 missing (p1)"},
		{name: "permission set changed", edit: func(_, target *openidmtest.Server) {
			target.Put("managed/permissionset", "p1", members{"name": "another"})
		}, want: results{acceptance.PermissionSets: failed}, says: "1 changed (p1)"},
		{name: "permission set added", edit: func(_, target *openidmtest.Server) {
			target.Put("managed/permissionset", "p9", members{"name": "new"})
		}, says: "1 only in the target"},
		{name: "permission sets by the connector", edit: func(source, target *openidmtest.Server) {
			for i := range 3 {
				source.Delete("managed/permissionset", fmt.Sprint("p", i))
				target.Delete("managed/permissionset", fmt.Sprint("p", i))
			}
		}, says: "system/org1/PermissionSet: all are in the target, by their ids"},
		{name: "permission set lost in the connector", change: func(w *world) {
			w.target.Connectors[1].Objects["PermissionSet"] = []map[string]any{{"_id": "0PS1"}}
		}, edit: func(source, target *openidmtest.Server) {
			for i := range 3 {
				source.Delete("managed/permissionset", fmt.Sprint("p", i))
				target.Delete("managed/permissionset", fmt.Sprint("p", i))
			}
		}, want: results{acceptance.PermissionSets: failed}, says: "1 missing (0PS2)"},
		{name: "another place", edit: func(source, target *openidmtest.Server) {
			source.Put("repo/elsewhere", "a", members{"x": 1})
		}, opts: acceptance.Options{PermissionSets: []string{"repo/elsewhere"}}, want: results{acceptance.PermissionSets: failed}, says: "repo/elsewhere: 1 missing (a)"},
		{name: "group lost", edit: drop("managed/group", "g0"), want: results{acceptance.Groups: failed}},
		{name: "organization lost", edit: drop("managed/organization", "o2"), want: results{acceptance.Organizations: failed}},
		{name: "only the target has permission sets", edit: func(source, _ *openidmtest.Server) {
			for i := range 3 {
				source.Delete("managed/permissionset", fmt.Sprint("p", i))
			}
		}, want: results{acceptance.PermissionSets: open}, says: "the source holds none"},
		{name: "directory empty in the target", change: func(w *world) {
			w.target.Connectors[0].Objects = map[string][]map[string]any{"account": {}, "group": {{"_id": "CN=G"}}, "computer": {}}
		}, want: results{acceptance.Directory: failed}, says: "the source shows records and the target none: system/corp/account"},
		{name: "directory does not answer", change: func(w *world) { w.target.Connectors[0].Error = "bind failed for 'CN=svc' password hunter22" },
			want: results{acceptance.Directory: failed, acceptance.ConnectorTest: failed}, says: "corp: bind failed for … password …"},
		{name: "no connector to the directory", change: func(w *world) { w.target.Connectors = w.target.Connectors[1:] },
			want: results{acceptance.Directory: failed, acceptance.Connectors: failed}, says: "not in the target: corp"},
		{name: "another object type", change: func(w *world) { delete(w.target.Connectors[1].Objects, "User") },
			want: results{acceptance.Connectors: failed}, says: "org1 (object type User)"},
		{name: "another class", change: func(w *world) { w.target.Connectors[0].Class = "org.example.XmlLdap" },
			want: results{acceptance.Connectors: failed}, says: "corp (class)"},
		{name: "other settings", change: func(w *world) {
			w.target.Connectors[0].Settings = members{"host": "dc2.example.com", "credentials": members{"$crypto": members{"value": "y"}}, "port": 636.0}
		}, says: "no failure: corp (host)"},
		{name: "another secret", change: func(w *world) { w.target.Connectors[1].Settings["clientSecret"] = "hunter22" }},
		{name: "mapping lost", change: func(w *world) { w.target.Mappings = w.target.Mappings[:1] }, want: results{acceptance.Mappings: failed}, says: "not in the target: people_org1"},
		{name: "mapping to another place", change: func(w *world) { w.target.Mappings[1]["target"] = "system/org1/Contact" },
			want: results{acceptance.Mappings: failed}, says: "people_org1 (target)"},
		{name: "default value lost", change: func(w *world) {
			w.target.Mappings[1]["properties"] = []any{members{"source": "mail", "target": "Email"}, members{"target": "ProfileId"}}
		}, want: results{acceptance.Mappings: failed}, says: "people_org1 (default of ProfileId)"},
		{name: "property lost", change: func(w *world) { w.target.Mappings[0]["properties"] = []any{} },
			want: results{acceptance.Mappings: failed}, says: "directory_people (property userName from sAMAccountName)"},
		{name: "another script", change: func(w *world) { w.target.Mappings[0]["onCreate"] = members{"source": "x"} }, says: "no failure: directory_people (onCreate)"},
		{name: "mapping of another kind", change: func(w *world) {
			w.source.Mappings = append(w.source.Mappings, members{"name": "hr", "source": "system/hr/account", "target": "managed/user"})
		}, says: "not compared: 1 mapping of another kind"},
		{name: "links to the directory lost", edit: drop("link", "la1"), want: results{acceptance.LinksDirectory: failed}, says: "the target has 2 of 3 of directory_people"},
		{name: "links to Salesforce lost", edit: drop("link", "ls1"), want: results{acceptance.LinksSalesforce: failed}},
		{name: "links of another kind lost", edit: drop("link", "lx1")},
		{name: "configuration refused", edit: func(_, target *openidmtest.Server) {
			target.Fail(openidmtest.Fault{Path: "config", Status: 403, Body: `{"code":403,"reason":"Forbidden","message":"Access denied"}`})
		}, want: results{acceptance.Directory: open, acceptance.Mappings: open, acceptance.Connectors: open}, says: "the target does not show its configuration (403 Forbidden)"},
		{name: "records refused", edit: func(_, target *openidmtest.Server) {
			for _, path := range []string{"repo/managed/group", "managed/group"} {
				target.Fail(openidmtest.Fault{Path: path, Status: 403, Body: `{"code":403,"reason":"Forbidden","message":"Access denied"}`})
			}
		}, want: results{acceptance.Groups: open}, says: "the target does not show"},
		{name: "test refused", edit: func(_, target *openidmtest.Server) {
			target.Fail(openidmtest.Fault{Path: "system", Action: "test", Status: 400, Body: `{"code":400,"reason":"Bad Request","message":"no"}`})
		}, want: results{acceptance.ConnectorTest: open}},
		{name: "other names", change: func(w *world) { w.target.Connectors[0].Error = "broken" },
			opts: acceptance.Options{Salesforce: "^nothing$", ActiveDirectory: "^nothing$"},
			want: results{
				acceptance.Directory: open, acceptance.Mappings: open, acceptance.Connectors: open,
				acceptance.LinksSalesforce: open, acceptance.LinksDirectory: open, acceptance.ConnectorTest: failed,
			}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			for _, o := range []*openidmtest.Options{&w.source, &w.target} {
				o.Keystore, o.Truststore = dir+"/keystore.jceks", dir+"/truststore"
			}
			if tc.change != nil {
				tc.change(w)
			}
			source, target := w.start(t, tc.edit)
			report := check(t, source, target, verify.Options{}, tc.opts)
			want := results{}
			for _, code := range acceptance.Codes()[:9] {
				want[code] = verify.CheckPassed
			}
			maps.Copy(want, tc.want)
			if got := resultsOf(report); !maps.Equal(got, want) {
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
			text := text(t, report)
			if !strings.Contains(text, tc.says) || strings.Contains(text, "hunter22") || strings.Contains(text, "never-shown") {
				t.Errorf("%q is not said, or a secret is:\n%s", tc.says, text)
			}
		})
	}
}

// TestNothingThere: on servers without any of it nothing passes, nothing
// fails, and it is said.
func TestNothingThere(t *testing.T) {
	t.Parallel()
	side := openidmtest.Options{Users: 20, Roles: 7, Assignments: 5, Links: 20}
	source, target := openidmtest.NewSource(t, side), openidmtest.NewSource(t, side)
	report := check(t, source, target, verify.Options{}, acceptance.Options{})
	for _, c := range report.Checks {
		if c.Result != verify.CheckNotChecked || c.Detail == "" || c.Source >= 0 || c.Target >= 0 {
			t.Errorf("%+v", c)
		}
	}
	if len(report.Checks) != 9 || !report.Same() {
		t.Errorf("%d checks\n%s", len(report.Checks), text(t, report))
	}
	off := acceptance.Options{Off: []string{"*"}}
	if report := check(t, source, target, verify.Options{}, off); len(report.Checks) != 0 || report.Failed != nil {
		t.Errorf("%+v", report)
	}
	off.Off = acceptance.Codes()[1:]
	if report := check(t, source, target, verify.Options{}, off); len(report.Checks) != 1 || report.Failed != nil {
		t.Errorf("%+v", report)
	}
	for _, wrong := range []acceptance.Options{{Off: []string{"GROUP"}}, {Salesforce: "("}, {ActiveDirectory: "["}} {
		if wrong.Validate() == nil || acceptance.Run(t.Context(), client(source), client(target), wrong, verify.Options{}, &verify.Report{}) == nil {
			t.Errorf("%+v: no error", wrong)
		}
	}
}
