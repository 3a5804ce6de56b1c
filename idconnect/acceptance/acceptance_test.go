package acceptance_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/idconnect/acceptance"
	"github.com/idconnect-go/upgrade/idconnect/internal/verdict"
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
			// Both alike, so that each case differs in what it says alone.
			Generation: openidmtest.OpenIDM702, Users: 30, Roles: 2, Assignments: 2,
			Managed: []string{"permissionset", "group", "organization"},
			Connectors: []openidmtest.Connector{
				{Name: "corp", Class: "org.identityconnectors.ldap.LdapConnector",
					Settings: members{"host": "dc1.example.com",
						"credentials": members{"$crypto": members{"value": "x"}}, "port": 636},
					Objects: map[string][]map[string]any{
						"account": {{"_id": "CN=A"},
							{"_id": "CN=B"}}, "group": {{"_id": "CN=G"}}, "computer": {},
					}},
				{Name: "org1", Class: "org.forgerock.openidm.salesforce.SalesforceConnector",
					Settings: members{"loginUrl": "https://login.example.com/",
						"clientSecret": "never-shown"},
					Objects: map[string][]map[string]any{"User": {{"_id": "005A"}},
						"PermissionSet": {{"_id": "0PS1"}, {"_id": "0PS2"}}}},
			},
			Mappings: []map[string]any{
				{"name": "directory_people", "source": "system/corp/account", "target": "managed/user",
					"properties": []any{members{"source": "sAMAccountName",
						"target": "userName"}}, "policies": []any{}},
				{"name": "people_org1", "source": "managed/user", "target": "system/org1/User",
					"properties": []any{members{"source": "mail", "target": "Email"},
						members{"target": "ProfileId", "default": "00e1"}}},
			},
		}
	}
	return &world{side(), side()}
}

// start fills both servers alike, and lets edit make the difference.
func (w *world) start(t *testing.T, edit func(source, target *openidmtest.Server)) (source,
	target *openidmtest.Server) {
	t.Helper()
	source, target = openidmtest.NewSource(t, w.source), openidmtest.NewSource(t, w.target)
	for _, s := range []*openidmtest.Server{source, target} {
		for i := range 3 {
			id := fmt.Sprint(i)
			s.Put("repo/managed/permissionset", "p"+id, members{"name": "set " + id})
			s.Put("repo/managed/group", "g"+id, members{"name": "group " + id})
			s.Put("repo/managed/organization", "o"+id, members{"name": "org " + id})
			s.Put("repo/link", "la"+id, members{"firstId": "CN=" + id, "secondId": "u0000" + id,
				"linkType": "directory_people"})
			s.Put("repo/link", "ls"+id, members{"firstId": "u0000" + id, "secondId": "005" + id,
				"linkType": "people_org1"})
			s.Put("repo/link", "lx"+id, members{"firstId": "x" + id, "secondId": "y" + id,
				"linkType": "something"})
		}
	}
	if edit != nil {
		edit(source, target)
	}
	return source, target
}

func client(s *openidmtest.Server) *openidm.Client {
	return &openidm.Client{
		BaseURL: s.URL,
		Credentials: openidm.Credentials{Username: "openidm-admin",
			Password: keystore.NewPassword("openidm-admin")},
		HTTPClient: s.Client(),
	}
}

// check compares two servers and makes the checks.
func check(t *testing.T, source, target *openidmtest.Server, compare verify.Options,
	opts acceptance.Options) *verify.Report {
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
	dir := t.TempDir() // whose stores all of the servers have: keys cost time
	if err := openidmtest.NewSource(t, openidmtest.Options{}).WriteStores(dir); err != nil {
		t.Fatal(err)
	}
	for _, tc := range cases {
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
			if !strings.Contains(text, tc.says) || strings.Contains(text, "hunter22") ||
				strings.Contains(text, "never-shown") {
				t.Errorf("%q is not said, or a secret is:\n%s", tc.says, text)
			}
		})
	}
}

// TestNothingThere: on servers without any of it nothing passes, nothing
// fails, and it is said.
func TestNothingThere(t *testing.T) {
	t.Parallel()
	side := openidmtest.Options{Users: 20, Roles: 7, Links: 20}
	source, target := openidmtest.NewSource(t, side), openidmtest.NewTarget(t, side)
	report := check(t, source, target, verify.Options{}, acceptance.Options{})
	for _, c := range report.Checks {
		if c.Result != verify.CheckNotChecked || c.Detail == "" || c.Source >= 0 || c.Target >= 0 {
			t.Errorf("%+v", c)
		}
	}
	if len(report.Checks) != 9 || report.Verdict().Outcome != verdict.Partly {
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
	for _, wrong := range []acceptance.Options{{Off: []string{"GROUP"}}, {Salesforce: "("},
		{ActiveDirectory: "["}} {
		if wrong.Validate() == nil || acceptance.Run(t.Context(), client(source), client(target), wrong,
			verify.Options{}, &verify.Report{}) == nil {
			t.Errorf("%+v: no error", wrong)
		}
	}
}
