package openidmtest_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

// generationServer has something of everything that the generations differ in.
func generationServer(t *testing.T, g openidmtest.Generation) *openidmtest.Server {
	t.Helper()
	job := func(enabled any) map[string]any {
		job := map[string]any{"type": "cron", "schedule": "0 0 * * * ?", "invokeService": "sync"}
		if enabled != nil {
			job["enabled"] = enabled
		}
		return job
	}
	return openidmtest.NewSource(t, openidmtest.Options{
		Generation: g, Users: 12, Roles: 3, Links: 4, Managed: []string{"group"},
		Connectors: []openidmtest.Connector{
			g.Salesforce("org", map[string][]map[string]any{"User": {{"_id": "005"}}, "Profile": {{"_id": "00e"}}}),
			{Name: "old", Config: "salesforce/old", Class: "org.forgerock.openidm.salesforce.Salesforce",
				Objects: map[string][]map[string]any{}},
			{Name: "ad", Class: "org.identityconnectors.ldap.LdapConnector",
				Objects: map[string][]map[string]any{"account": {}}},
		},
		Schedules: []openidmtest.Schedule{{ID: "text", Job: job("false")}, {ID: "none", Job: job(nil)},
			{ID: "rest", OverREST: true, Job: job("true")}},
	})
}

const (
	g30  = openidmtest.OpenIDM30
	g31  = openidmtest.OpenIDM31
	g702 = openidmtest.OpenIDM702
	g71  = openidmtest.IDM71

	all = "?_queryFilter=true"
)

// generationFacts are what is known to set the generations apart: what a request
// answers in that one. A want that begins with "!" is not in the answer.
var generationFacts = []struct {
	fact   string
	of     openidmtest.Generation
	get    string
	status int
	want   string
}{
	{"H no info/version", g30, "info/version", 404, ""},
	{"H no info/version", g31, "info/version", 404, ""},
	{"measured", g702, "info/version", 200, `"productVersion":"7.0.2"`},
	{"H", g71, "info/version", 200, `"productVersion":"7.1.0"`},
	{"info/ping everywhere", g31, "info/ping", 200, "ACTIVE_READY"},
	{"H no filters", g30, "repo/managed/user" + all, 400, "_queryFilter"},
	{"H no filters", g30, "managed/user" + all, 400, "_queryFilter"},
	{"queries by id", g30, "managed/user?_queryId=query-all-ids", 200, `"resultCount":12`},
	{"H filters", g31, "repo/managed/user" + all, 200, `"resultCount":12`},
	{"H no totals", g31, "repo/managed/user" + all, 200, "!totalPagedResults"},
	{"measured: totals", g702, "repo/managed/user" + all, 200, `"totalPagedResults":-1`},
	{"totals", g71, "repo/managed/user" + all, 200, `"totalPagedResultsPolicy":"NONE"`},

	{"H no linkQualifier", g31, "repo/link/l00001", 200, `!linkQualifier`},
	{"H no linkQualifier", g30, "repo/link/l00001", 200, `!linkQualifier`},
	{"H linkQualifier, M default", g71, "repo/link/l00001", 200, `"linkQualifier":"default"`},
	{"measured", g702, "repo/link/l00001", 200, `"linkQualifier":"default"`},

	{"H roles as text", g31, "repo/managed/user/u00000", 200, `"roles":"openidm-authorized,managed/role/r00000"`},
	{"H roles as a list", g31, "managed/user/u00001", 200, `"roles":["managed/role/r00001"]`},
	{"no role at all", g31, "repo/managed/user/u00003", 200, `!"roles"`},
	{"H no effectiveRoles", g31, "repo/managed/user/u00001", 200, `!effective`},
	{"H no relationship", g31, "managed/user/u00001/roles" + all, 404, ""},
	{"H roles as references", g71, "repo/managed/user/u00001", 200, `"roles":[{"_ref":"managed/role/r00001"}]`},
	{"H effectiveRoles", g71, "repo/managed/user/u00001", 200, `"effectiveRoles":[{"_ref":"managed/role/r00001"}]`},
	{"M internal roles apart, H without repo/", g71, "repo/managed/user/u00000", 200,
		`"authzRoles":[{"_ref":"internal/role/openidm-authorized"}]`},
	{"relationships", g71, "managed/user/u00001/roles" + all, 200, `"_ref":"managed/role/r00001"`},
	{"the other side", g71, "managed/role/r00001/members" + all, 200, `"result":`},

	{"H no assignments", g31, "managed/assignment" + all, 404, ""},
	{"H no assignments", g31, "repo/managed/assignment" + all, 400, ""},
	{"H nor in the list", g31, "config/managed", 200, `!"assignment"`},
	{"measured: the list", g702, "config/managed?_fields=objects/2/name", 200, `"name":"assignment"`},
	{"what was named", g71, "config/managed", 200, `"name":"group"`},
	{"H no relationships", g31, "repo/relationships" + all, 400, ""},
	{"H no internal roles", g31, "repo/internal/role" + all, 400, ""},
	{"H assignments", g71, "repo/managed/assignment" + all, 200, `"resultCount":0`},
	{"H relationships", g71, "repo/relationships" + all, 200, `"result":`},
	{"H internal roles", g71, "repo/internal/role" + all, 200, `openidm-authorized`},
	{"H internal roles", g71, "internal/role" + all, 200, `openidm-authorized`},
	{"no internal/role beside repo", g31, "internal/role" + all, 404, ""},
	{"measured", g702, "internal/role" + all, 404, ""},

	{"H internal users with roles", g31, "repo/internal/user/openidm-admin", 200,
		`"roles":"openidm-admin,openidm-authorized"`},
	{"H and with userName", g31, "repo/internal/user/anonymous", 200, `"userName":"anonymous"`},
	{"H and with needsResetPassword", g31, "repo/internal/user/anonymous", 200, `"needsResetPassword":false`},
	{"H static", g71, "repo/internal/user" + all, 200, `"resultCount":0`},
	{"and can log in", g71, "info/login", 200, `"roles":["internal/role/openidm-admin",`},
	{"log in", g31, "info/login", 200, `"roles":["openidm-admin",`},

	{"H configuration schedule-*", g31, "config", 200, `"_id":"schedule-text"`},
	{"H enabled as text", g31, "config/schedule-text", 200, `"enabled":"false"`},
	{"H no enabled", g31, "config/schedule-none", 200, `!enabled`},
	{"H those over REST", g31, "scheduler?_queryId=query-all-ids", 200, `"_id":"rest"`},
	{"only those", g31, "scheduler?_queryId=query-all-ids", 200, `!"_id":"text"`},
	{"H", g31, "scheduler/rest", 200, `"enabled":"true"`},
	{"no filters there", g31, "scheduler" + all, 400, ""},
	{"H scheduler/job", g71, "scheduler/job" + all, 200, `"resultCount":3`},
	{"H enabled is boolean", g71, "scheduler/job/text", 200, `"enabled":false`},
	{"H absent is true", g71, "scheduler/job/none", 200, `"enabled":true`},
	{"H no configuration of them", g71, "config", 200, `!schedule-text`},

	{"H salted hash", g31, "repo/managed/user/u00001", 200, `{"type":"salted-hash","value":{"algorithm":"SHA-256",`},
	{"H key of $crypto", g31, "repo/managed/user/u00001", 200, `"key":"openidm-sym-default"`},

	{"H class of 3.x", g31, "config/provisioner.salesforce/org", 200,
		`"connectorName":"org.forgerock.openidm.salesforce.Salesforce"`},
	{"H systemType", g31, "config/provisioner.salesforce/org", 200, `"systemType":"provisioner.salesforce"`},
	{"H before October 2014", g31, "config/salesforce/old", 200, "salesforce.Salesforce"},
	{"in the list", g31, "config", 200, `"_id":"provisioner.salesforce/org"`},
	{"H its nine types", g31, "config/provisioner.salesforce/org", 200, `"PermissionSetLicenseAssign"`},
	{"H", g31, "system/org/Profile" + all, 200, `"_id":"00e"`},
	{"H", g31, "system/org/PermissionSet" + all, 200, `"resultCount":0`},
	{"H class of 7.x", g71, "config/provisioner.openicf/org", 200,
		`"connectorName":"org.forgerock.openicf.connectors.salesforce.SalesforceConnector"`},
	{"H User alone", g71, "system/org/Profile" + all, 404, ""},
	{"H", g71, "system/org/User" + all, 200, `"_id":"005"`},
	{"H the same class", g31, "config/provisioner.openicf/ad", 200, "org.identityconnectors.ldap.LdapConnector"},
}

func TestGenerationFacts(t *testing.T) {
	t.Parallel()
	servers := map[openidmtest.Generation]*openidmtest.Server{}
	for _, g := range []openidmtest.Generation{g30, g31, g702, g71} {
		servers[g] = generationServer(t, g)
	}
	for _, f := range generationFacts {
		t.Run(fmt.Sprintf("%s/%s/%s", f.of, f.get, f.fact), func(t *testing.T) {
			r := get(t, servers[f.of], f.get)
			absent, isAbsent := strings.CutPrefix(f.want, "!")
			if r.status != f.status || isAbsent && strings.Contains(r.body, absent) ||
				!isAbsent && !strings.Contains(r.body, f.want) {
				t.Fatalf("%d %s, want %d %s", r.status, r.body, f.status, f.want)
			}
		})
	}
}

func TestGenerationMappings(t *testing.T) {
	t.Parallel()
	source := openidmtest.NewSource(t, openidmtest.Options{Generation: g31})
	target := openidmtest.NewTarget(t, openidmtest.Options{Generation: g71, ServiceOf: source})
	want := `["repoLink_repoLink","repoRelationships_repoRelationships","repoInternalRole_repoInternalRole",` +
		`"repoInternalUser_repoInternalUser","repoInternalUsermeta_repoInternalUsermeta",` +
		`"repoManagedRole_repoManagedRole","repoManagedUser_repoManagedUser",` +
		`"repoManagedAssignment_repoManagedAssignment","schedulerJob_schedulerJob"]`
	if r := do(t, target, "POST", "migration?_action=mappingNames", ""); r.body != want {
		t.Errorf("got %s", r.body)
	}
}

func TestGenerationAssignments(t *testing.T) {
	t.Parallel()
	for _, g := range []openidmtest.Generation{g30, g31} {
		s, err := openidmtest.Start(openidmtest.Options{Generation: g, Assignments: 1})
		if err == nil {
			s.Close()
			t.Errorf("%s has an assignment", g)
		}
	}
}

// TestGenerationSeal: what a server of 7.x encrypts has the newer form, and can be
// used to log in.
func TestGenerationSeal(t *testing.T) {
	t.Parallel()
	s := openidmtest.NewTarget(t, openidmtest.Options{Generation: g71})
	body := `{"userName":"x","givenName":"G","sn":"S","mail":"x@example.com","password":"Passw0rd!"}`
	if r := do(t, s, "PUT", "managed/user/x", body); r.status != 201 {
		t.Fatalf("%d %s", r.status, r.body)
	}
	r := get(t, s, "repo/managed/user/x")
	for _, member := range []string{"cipher", "stableId", "salt", "data", "keySize", "purpose", "iv", "mac"} {
		if !strings.Contains(r.body, `"`+member+`":`) {
			t.Errorf("no %s in %s", member, r.body)
		}
	}
	if strings.Contains(r.body, `"key":`) {
		t.Errorf("a key in %s", r.body)
	}
	if r := get(t, s, "info/login", as("x", "Passw0rd!")...); r.status != 200 {
		t.Errorf("%d %s", r.status, r.body)
	}
}

// TestGenerationStores: which keys the first start makes, also in the empty store
// that 3.1 ships.
func TestGenerationStores(t *testing.T) {
	t.Parallel()
	aliases := func(s *keystore.Store) (out []string) {
		for e := range s.Entries() {
			out = append(out, e.Alias)
		}
		return out
	}
	for g, want := range map[openidmtest.Generation]int{g30: 2, g31: 2, g702: 5, g71: 5} {
		s := openidmtest.NewSource(t, openidmtest.Options{Generation: g})
		if got := aliases(s.Keystore()); len(got) != want {
			t.Errorf("%s made %v", g, got)
		}
	}
	dir, password := t.TempDir(), keystore.NewPassword("changeit")
	o := openidmtest.Options{Generation: g31, Keystore: filepath.Join(dir, "keystore.jceks"),
		Truststore: filepath.Join(dir, "truststore")}
	for path, format := range map[string]keystore.Format{o.Keystore: keystore.JCEKS, o.Truststore: keystore.JKS} {
		if err := keystore.WriteFile(path, keystore.New(format), password); err != nil {
			t.Fatal(err)
		}
	}
	first := openidmtest.NewSource(t, o)
	for path, want := range map[string]int{o.Keystore: 2, o.Truststore: 1} {
		kept, err := keystore.Open(path, password)
		if err != nil || kept.Len() != want {
			t.Errorf("%s: %v, %v", path, aliases(kept), err)
		}
	}
	first.Close()
	if second := openidmtest.NewSource(t, o); !second.Certificate().Equal(first.Certificate()) {
		t.Error("the second start made another certificate")
	}
}

func TestGenerationFolder(t *testing.T) {
	t.Parallel()
	for g, want := range map[openidmtest.Generation]map[string]string{
		g31: {"conf/boot/boot.properties": "openidm.port.https=", "security/keystore.jceks": "",
			"resolver": "absent", "conf/secrets.json": "absent"},
		g71: {"resolver/boot.properties": "openidm.keystore.password=changeit", "security/truststore": "",
			"conf/secrets.json": "&{openidm.keystore.location|&{idm.install.dir}/security/keystore.jceks}",
			"conf/boot":         "absent"},
	} {
		dir := t.TempDir()
		if err := openidmtest.NewSource(t, openidmtest.Options{Generation: g}).WriteFolder(dir); err != nil {
			t.Fatal(err)
		}
		for name, text := range want {
			content, err := os.ReadFile(filepath.Join(dir, name))
			switch {
			case text == "absent":
				if !os.IsNotExist(err) {
					t.Errorf("%s has %s", g, name)
				}
			case err != nil || !strings.Contains(string(content), text):
				t.Errorf("%s: %s: %v\n%s", g, name, err, content)
			}
		}
	}
}

// TestGenerationMigrates: what a target of 7.1 makes of the records of a 3.1 is
// what it has by itself.
func TestGenerationMigrates(t *testing.T) {
	t.Parallel()
	o := openidmtest.Options{Generation: g31, Users: 40, Roles: 3, Links: 40, Schedules: []openidmtest.Schedule{
		{ID: "rest", OverREST: true, Job: map[string]any{"enabled": "false"}}}}
	source, target := pair(t, o, openidmtest.Options{Generation: g71})
	source.Put("internal/user", "service", map[string]any{"userName": "service", "roles": "openidm-tasks-manager",
		"needsResetPassword": false, "password": "x"})
	configure(t, target, source.URL, "openidm-admin")
	do(t, target, "POST", migration+"migrate", "")
	if r := until(t, target, "running"); r.json["status"] != "complete" {
		t.Fatalf("migrated: %s", r.body)
	}
	o.Generation, o.Schedules = g71, nil
	fresh := openidmtest.NewSource(t, o)
	for _, resource := range []string{"managed/user", "managed/role", "repo/link"} {
		if target.Count(resource) != fresh.Count(resource) {
			t.Errorf("%d of %s", target.Count(resource), resource)
		}
		for id, want := range fresh.Records(resource) {
			got := get(t, target, "repo/"+strings.TrimPrefix(resource, "repo/")+"/"+id).json
			for name := range want {
				if name != "password" && name != "_rev" && fmt.Sprint(got[name]) != fmt.Sprint(want[name]) {
					t.Fatalf("%s/%s: %s is %v, want %v", resource, id, name, got[name], want[name])
				}
			}
			if len(got) != len(want) {
				t.Fatalf("%s/%s: %v, want %v", resource, id, got, want)
			}
		}
	}
	if r := get(t, target, "repo/internal/user"+all); !strings.Contains(r.body, `"_id":"service"`) ||
		strings.Contains(r.body, "roles") || strings.Contains(r.body, "needsReset") || r.json["resultCount"] != 1.0 {
		t.Errorf("internal users: %s", r.body)
	}
	if r := get(t, target, "scheduler/job/rest"); r.json["enabled"] != false {
		t.Errorf("job: %s", r.body)
	}
	filter := "?_queryFilter=" + `firstResourceId%20eq%20%22u00001%22`
	if r := get(t, target, "repo/relationships"+filter); !strings.Contains(r.body,
		`"secondResourceCollection":"managed/role"`) || !strings.Contains(r.body, `"secondResourceId":"r00001"`) {
		t.Errorf("relationships: %s", r.body)
	}
}

// TestFaultOfTable: a fault may hit the links alone, which come first.
func TestFaultOfTable(t *testing.T) {
	t.Parallel()
	source, target := pair(t, openidmtest.Options{Generation: g31, Users: 9, Links: 9},
		openidmtest.Options{Generation: g71})
	configure(t, target, source.URL, "openidm-admin")
	target.Fail(openidmtest.Fault{Action: "migrate", Table: "link", LoseRecords: 2})
	do(t, target, "POST", migration+"migrate", "")
	until(t, target, "running")
	if links, users := target.Count("repo/link"), target.Count("managed/user"); links != 7 || users != 9 {
		t.Errorf("%d links and %d users", links, users)
	}
}
