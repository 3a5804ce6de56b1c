package openidmtest_test

import (
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/idconnect-go/upgrade/internal/await"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

const migration = "endpoint/migration?_action="

// until asks for the status until it is not word.
func until(t testing.TB, s *openidmtest.Server, word string) (r reply) {
	t.Helper()
	await.Until(t, "the status is no longer "+word, func() bool {
		r = do(t, s, "POST", migration+"status", "")
		return r.json["status"] != word
	})
	return r
}

func configure(t testing.TB, target *openidmtest.Server, url, password string) reply {
	t.Helper()
	body := fmt.Sprintf(`{"instanceUrl":%q,"userName":"openidm-admin","password":%q,"authType":"idm_headers"}`,
		url, password)
	if r := do(t, target, "POST", migration+"configure", body, as("anonymous", "anonymous")...); r.status != 200 ||
		r.json["status"] != "pending" {
		t.Fatalf("configure: %d %s", r.status, r.body)
	}
	return until(t, target, "pending")
}

// pair returns a source and a target that has the source's stores.
func pair(t testing.TB, from, to openidmtest.Options) (source, target *openidmtest.Server) {
	t.Helper()
	source = openidmtest.NewSource(t, from)
	target = openidmtest.NewTarget(t, to)
	if err := target.RestartWith(source.Keystore(), source.Truststore()); err != nil {
		t.Fatal(err)
	}
	return source, target
}

func collections(s *openidmtest.Server) map[string]map[string]any {
	all := map[string]map[string]any{}
	for _, resource := range []string{"managed/user", "managed/role", "managed/assignment", "repo/link"} {
		for id, r := range s.Records(resource) {
			r = maps.Clone(r)
			delete(r, "_rev")
			all[resource+"/"+id] = r
		}
	}
	return all
}

func TestMigrateCopiesEverything(t *testing.T) {
	t.Parallel()
	source, target := pair(t, openidmtest.Options{Generation: g702, Users: 450, Roles: 3, Assignments: 2, Links: 210},
		openidmtest.Options{Generation: g702})
	source.Put("managed/user", "extra", map[string]any{"userName": "extra", "n": 12345678901234567})
	if r := configure(t, target, source.URL, "openidm-admin"); r.json["status"] != "success" ||
		r.json["message"] != "connected to the source" {
		t.Fatalf("configured: %s", r.body)
	}
	if r := do(t, target, "POST", migration+"migrate", "",
		as("anonymous", "anonymous")...); r.status != http.StatusForbidden {
		t.Errorf("anonymous may migrate: %d %s", r.status, r.body)
	}
	if r := do(t, target, "POST", migration+"migrate", ""); r.json["status"] != "running" {
		t.Fatalf("migrate: %s", r.body)
	}
	r := until(t, target, "running")
	if r.json["status"] != "complete" || r.json["progress"].(map[string]any)["processed"] != 456.0 {
		t.Errorf("at the end: %s", r.body)
	}
	want, got := collections(source), collections(target)
	if len(want) != 666 || !reflect.DeepEqual(want, got) {
		t.Errorf("%d records in the source, %d in the target, or they differ", len(want), len(got))
	}
	for _, request := range source.Requests() {
		if request.Method != "GET" || request.Username != "openidm-admin" {
			t.Errorf("the target sent %+v", request)
		}
	}
}

func TestConfigureFailures(t *testing.T) {
	t.Parallel()
	source, target := pair(t, openidmtest.Options{},
		openidmtest.Options{Hosts: map[string]string{"idc21.example.com": "127.0.0.1"}})
	stranger := openidmtest.NewTarget(t, openidmtest.Options{})
	down := openidmtest.NewSource(t, openidmtest.Options{})
	down.Close()
	for _, c := range []struct {
		name, url, password, want string
		target                    *openidmtest.Server
	}{
		{"certificate unknown", source.URL, "openidm-admin", "bad certificate: PKIX path", stranger},
		{"wrong name", strings.Replace(source.URL, "localhost", "idc21.example.com", 1), "openidm-admin",
			"bad certificate: No name matching idc21.example.com found", target},
		{"address", strings.Replace(source.URL, "localhost", "127.0.0.1", 1), "openidm-admin",
			"bad certificate: No subject alternative names present", target},
		{"unknown host", "https://nowhere.invalid:8443/openidm/", "openidm-admin",
			"java.net.UnknownHostException: nowhere.invalid", target},
		{"refused", down.URL, "openidm-admin", "java.net.ConnectException: Connection refused", target},
		{"password", source.URL, "wrong",
			`the source answered 401: {"code":401,"reason":"Unauthorized","message":"Access Denied"}`,
			target},
	} {
		// One after the other: a target has one configuration.
		r := configure(t, c.target, c.url, c.password)
		if message, _ := r.json["message"].(string); r.json["status"] != "failed" ||
			!strings.HasPrefix(message, c.want) {
			t.Errorf("%s: %s, want %s", c.name, r.body, c.want)
		}
		if r := do(t, c.target, "POST", migration+"migrate", ""); r.status != 400 ||
			r.json["message"] != "not configured" {
			t.Errorf("%s: migrate: %s", c.name, r.body)
		}
	}
}

func TestMigrateFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		fault  openidmtest.Fault
		status string
		count  int
		failed any
	}{
		{"lost", openidmtest.Fault{LoseRecords: 3}, "complete", 97, nil},
		{"altered", openidmtest.Fault{AlterRecords: 2}, "complete", 100, nil},
		{"failed", openidmtest.Fault{FailRecords: 4}, "failed", 96, 4.0},
		{"failed, complete anyway", openidmtest.Fault{FailRecords: 4, CompleteAnyway: true}, "complete", 96,
			4.0},
		{"source goes away", openidmtest.Fault{StopAfter: 10}, "failed", 10, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			source, target := pair(t, openidmtest.Options{Users: 100}, openidmtest.Options{})
			configure(t, target, source.URL, "openidm-admin")
			c.fault.Action, c.fault.Path = "migrate", "endpoint/migration"
			target.Fail(c.fault)
			do(t, target, "POST", migration+"migrate", "")
			r := until(t, target, "running")
			if r.json["status"] != c.status || r.json["progress"].(map[string]any)["failed"] != c.failed {
				t.Errorf("at the end: %s", r.body)
			}
			if n := target.Count("managed/user"); n != c.count {
				t.Errorf("%d users arrived, want %d", n, c.count)
			}
			if same := reflect.DeepEqual(collections(source), collections(target)); same {
				t.Error("nothing is missing or changed")
			}
		})
	}
}

func TestMigrateTwice(t *testing.T) {
	t.Parallel()
	source, target := pair(t, openidmtest.Options{Users: 10}, openidmtest.Options{Pace: time.Hour})
	configure(t, target, source.URL, "openidm-admin")
	do(t, target, "POST", migration+"migrate", "")
	if r := do(t, target, "POST", migration+"migrate", ""); r.status != http.StatusConflict {
		t.Errorf("a second migrate: %d %s", r.status, r.body)
	}
	if err := target.Restart(); err != nil {
		t.Fatal(err)
	}
	if r := do(t, target, "POST", migration+"status", ""); r.json["status"] != "not configured" {
		t.Errorf("after a restart: %s", r.body)
	}
}

// TestMigrateForHours migrates in memory, with the clock of a bubble.
func TestMigrateForHours(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		source := openidmtest.NewSource(t, openidmtest.Options{Users: 1000, InMemory: true})
		target := openidmtest.NewTarget(t, openidmtest.Options{
			InMemory: true, Peers: []*openidmtest.Server{source}, Pace: 20 * time.Minute, PageSize: 200,
		})
		r := configure(t, target, source.URL, "openidm-admin")
		if !strings.HasPrefix(fmt.Sprint(r.json["message"]), "bad certificate: PKIX") {
			t.Errorf("configured with other stores: %s", r.body)
		}
		if err := target.RestartWith(source.Keystore(), source.Truststore()); err != nil {
			t.Fatal(err)
		}
		configure(t, target, source.URL, "openidm-admin")
		start := time.Now()
		do(t, target, "POST", migration+"migrate", "")
		for do(t, target, "POST", migration+"status", "").json["status"] == "running" {
			time.Sleep(time.Minute)
		}
		if took := time.Since(start); took < 2*time.Hour || took > 4*time.Hour {
			t.Errorf("took %v", took)
		}
		if n := target.Count("managed/user"); n != 1000 {
			t.Errorf("%d users arrived", n)
		}
		target.Close()
		source.Close()
	})
}
