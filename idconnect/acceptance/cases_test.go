package acceptance_test

import (
	"fmt"

	"github.com/idconnect-go/upgrade/idconnect/acceptance"
	"github.com/idconnect-go/upgrade/idconnect/verify"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

const (
	failed = verify.CheckFailed
	open   = verify.CheckNotChecked
)

type results = map[string]verify.CheckResult

// drop takes a record out of the target.
func drop(resource, id string) func(source, target *openidmtest.Server) {
	return func(_, target *openidmtest.Server) { target.Delete(resource, id) }
}

// cases are the differences of [TestChecks].
var cases = []struct {
	name   string
	change func(w *world)
	edit   func(source, target *openidmtest.Server)
	opts   acceptance.Options
	want   results // besides those that pass
	says   string  // in the details
}{
	{name: "all there"},
	{name: "permission set lost", edit: drop("managed/permissionset", "p1"),
		want: results{acceptance.PermissionSets: failed}, says: "1 missing (p1)"},
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
	}, says: "the target's connector reaches the org, 2 permission sets seen (system/org1/PermissionSet)"},
	{name: "permission set not seen by the connector", change: func(w *world) {
		w.target.Connectors[1].Objects["PermissionSet"] = []map[string]any{}
	}, edit: func(source, target *openidmtest.Server) {
		for i := range 3 {
			source.Delete("managed/permissionset", fmt.Sprint("p", i))
			target.Delete("managed/permissionset", fmt.Sprint("p", i))
		}
	}, want: results{acceptance.PermissionSets: failed}, says: "none seen, and the source sees some"},
	{name: "another place", edit: func(source, target *openidmtest.Server) {
		source.Put("repo/elsewhere", "a", members{"x": 1})
	}, opts: acceptance.Options{PermissionSets: []string{"repo/elsewhere"}},
		want: results{acceptance.PermissionSets: failed}, says: "repo/elsewhere: 1 missing (a)"},
	{name: "group lost", edit: drop("managed/group", "g0"), want: results{acceptance.Groups: failed}},
	{name: "organization lost", edit: drop("managed/organization", "o2"),
		want: results{acceptance.Organizations: failed}},
	{name: "only the target has permission sets", edit: func(source, _ *openidmtest.Server) {
		for i := range 3 {
			source.Delete("managed/permissionset", fmt.Sprint("p", i))
		}
	}, want: results{acceptance.PermissionSets: open}, says: "the source holds none"},
	{name: "directory empty in the target", change: func(w *world) {
		w.target.Connectors[0].Objects = map[string][]map[string]any{"account": {},
			"group": {{"_id": "CN=G"}}, "computer": {}}
	}, want: results{acceptance.Directory: failed},
		says: "the source shows records and the target none: system/corp/account"},
	{name: "directory does not answer",
		change: func(w *world) { w.target.Connectors[0].Error = "bind failed for 'CN=svc' password hunter22" },
		want: results{acceptance.Directory: failed,
			acceptance.ConnectorTest: failed}, says: "corp: bind failed for … password …"},
	{name: "no connector to the directory",
		change: func(w *world) { w.target.Connectors = w.target.Connectors[1:] },
		want: results{acceptance.Directory: failed,
			acceptance.Connectors: failed}, says: "not in the target: corp"},
	{name: "another object type", change: func(w *world) {
		delete(w.target.Connectors[1].Objects,
			"User")
	},
		want: results{acceptance.Connectors: failed}, says: "org1 (object type User)"},
	{name: "another class",
		change: func(w *world) { w.target.Connectors[0].Class = "org.example.XmlLdap" },
		want:   results{acceptance.Connectors: failed}, says: "corp (class)"},
	{name: "other settings", change: func(w *world) {
		w.target.Connectors[0].Settings = members{"host": "dc2.example.com",
			"credentials": members{"$crypto": members{"value": "y"}}, "port": 636.0}
	}, says: "no failure: corp (host)"},
	{name: "another secret",
		change: func(w *world) { w.target.Connectors[1].Settings["clientSecret"] = "hunter22" }},
	{name: "mapping lost", change: func(w *world) { w.target.Mappings = w.target.Mappings[:1] },
		want: results{acceptance.Mappings: failed}, says: "not in the target: people_org1"},
	{name: "mapping to another place",
		change: func(w *world) { w.target.Mappings[1]["target"] = "system/org1/Contact" },
		want:   results{acceptance.Mappings: failed}, says: "people_org1 (target)"},
	{name: "default value lost", change: func(w *world) {
		w.target.Mappings[1]["properties"] = []any{members{"source": "mail", "target": "Email"},
			members{"target": "ProfileId"}}
	}, want: results{acceptance.Mappings: failed}, says: "people_org1 (default of ProfileId)"},
	{name: "property lost", change: func(w *world) { w.target.Mappings[0]["properties"] = []any{} },
		want: results{acceptance.Mappings: failed},
		says: "directory_people (property userName from sAMAccountName)"},
	{name: "another script",
		change: func(w *world) { w.target.Mappings[0]["onCreate"] = members{"source": "x"} },
		says:   "no failure: directory_people (onCreate)"},
	{name: "mapping of another kind", change: func(w *world) {
		w.source.Mappings = append(w.source.Mappings,
			members{"name": "hr", "source": "system/hr/account", "target": "managed/user"})
	}, says: "not compared: 1 mapping of another kind"},
	{name: "links to the directory lost", edit: drop("link", "la1"),
		want: results{acceptance.LinksDirectory: failed}, says: "the target has 2 of 3 of directory_people"},
	{name: "links to Salesforce lost", edit: drop("link", "ls1"),
		want: results{acceptance.LinksSalesforce: failed}},
	{name: "links of another kind lost", edit: drop("link", "lx1")},
	{name: "configuration refused", edit: func(_, target *openidmtest.Server) {
		target.Fail(openidmtest.Fault{Path: "config", Status: 403,
			Body: `{"code":403,"reason":"Forbidden","message":"Access denied"}`})
	}, want: results{acceptance.Directory: open, acceptance.Mappings: open, acceptance.Connectors: open},
		says: "the target does not show its configuration (403 Forbidden)"},
	{name: "records refused", edit: func(_, target *openidmtest.Server) {
		for _, path := range []string{"repo/managed/group", "managed/group"} {
			target.Fail(openidmtest.Fault{Path: path, Status: 403,
				Body: `{"code":403,"reason":"Forbidden","message":"Access denied"}`})
		}
	}, want: results{acceptance.Groups: open}, says: "the target does not show"},
	{name: "test refused", edit: func(_, target *openidmtest.Server) {
		target.Fail(openidmtest.Fault{Path: "system", Action: "test", Status: 400,
			Body: `{"code":400,"reason":"Bad Request","message":"no"}`})
	}, want: results{acceptance.ConnectorTest: open}},
	{name: "other names", change: func(w *world) { w.target.Connectors[0].Error = "broken" },
		opts: acceptance.Options{Salesforce: "^nothing$", ActiveDirectory: "^nothing$"},
		want: results{
			acceptance.Directory: open, acceptance.Mappings: open, acceptance.Connectors: open,
			acceptance.LinksSalesforce: open, acceptance.LinksDirectory: open,
			acceptance.ConnectorTest: failed,
		}},
}
