package openidmtest_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/idconnect-go/upgrade/keystore/idmvalues"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

// TestRecords goes through the life of records; each step sees what the steps
// before it did.
const user = `{"userName":"x","givenName":"G","sn":"S","mail":"x@example.com","list":["a","b"],"n":1}`

var changed = strings.Replace(user, `"S"`, `"T"`, 1)

func TestRecords(t *testing.T) {
	t.Parallel()
	s := openidmtest.NewSource(t, openidmtest.Options{Generation: g702, Users: 3, Roles: 1})
	for _, c := range []struct {
		name, method, path, body, header string
		status                           int
		want                             string
	}{
		{"upsert creates", "PUT", "managed/user/x", user, "", 201, `"_rev":"1"`},
		{"upsert updates", "PUT", "managed/user/x", changed, "", 200, `"_rev":"2"`},
		{"upsert of the same", "PUT", "managed/user/x", changed, "", 200, `"_rev":"3"`},
		{"create what exists", "PUT", "managed/user/x", user, "If-None-Match: *", 412, "already exists"},
		{"update what is missing", "PUT", "managed/user/y", user, "If-Match: *", 404,
			"Object y not found in managed/user"},
		{"update with the revision", "PUT", "managed/user/x", user, `If-Match: "3"`, 200, `"_rev":"4"`},
		{"revision without sense", "PUT", "managed/user/x", strings.Replace(user, `"S"`, `"U"`, 1),
			"If-Match: abc", 409, "unable to parse passed revision: abc"},
		{"name of an internal user", "PUT", "managed/user/z",
			strings.Replace(user, `"x"`, `"anonymous"`, 1), "", 403, "UNIQUE"},
		{"weak password", "PATCH", "managed/user/x",
			`[{"operation":"add","field":"password","value":"short"}]`, "",
			403, "AT_LEAST_X_CAPITAL_LETTERS"},
		{"password is not shown", "PATCH", "managed/user/x",
			`[{"operation":"add","field":"password","value":"Passw0rd!"}]`, "", 200, `"_rev":"5"`},
		{"password is encrypted", "GET", "repo/managed/user/x", "", "", 200, `"cipher":"AES/CBC/PKCS5Padding"`},
		{"remove from a list", "PATCH", "managed/user/x",
			`[{"operation":"remove","field":"/list","value":"a"}]`, "", 200, `"list":["b"]`},
		{"add to a list", "PATCH", "managed/user/x", `[{"operation":"add","field":"/list/-","value":"c"}]`, "",
			200, `"list":["b","c"]`},
		{"position in a list", "PATCH", "managed/user/x", `[{"operation":"remove","field":"/list/0"}]`, "",
			400, "Position-based operation is not allowed: /list/0"},
		{"increment", "PATCH", "managed/user/x", `[{"operation":"increment","field":"n","value":41}]`, "", 200,
			`"n":42`},
		{"move", "PATCH", "managed/user/x", `[{"operation":"move","from":"n","field":"m"}]`, "", 200, `"m":42`},
		{"patch of nothing", "PATCH", "managed/user/x",
			`[{"operation":"remove","field":"none"}]`, "", 200, `"m":42`},
		{"patch without value", "PATCH", "managed/user/x", `[{"operation":"add","field":"n"}]`, "", 400,
			"No value field provided for &#39;add&#39; operation"},
		{"unknown operation", "PATCH", "managed/user/x", `[{"operation":"fly","field":"n"}]`, "", 400,
			"Invalid patch operation type fly"},
		{"patch by action", "POST", "managed/user/x?_action=patch",
			`[{"operation":"replace","field":"sn","value":"P"}]`, "", 200, `"sn":"P"`},
		{"body that is a list", "PUT", "managed/user/x", `[]`, "", 400, "content is not a JSON object"},
		{"body with a tail", "PUT", "managed/user/x", `{} {}`, "", 400, "trailing data"},
		{"body of another kind", "PUT", "managed/user/x", `x`, "Content-Type: text/plain", 400,
			"content-type &#39;text/plain&#39;"},
		{"role", "POST", "managed/role?_action=create",
			`{"name":"R","description":"D"}`, "", 201, `"name":"R"`},
		{"role without name", "POST", "managed/role?_action=create",
			`{"description":"D"}`, "", 403, "REQUIRED"},
		{"delete with another revision", "DELETE", "managed/user/x", "", "If-Match: 1", 412,
			"Cannot DELETE the record"},
		{"delete of a synthetic one", "DELETE", "managed/user/u00001", "", "", 200, `"userName":"u00001"`},
		{"it is gone", "GET", "managed/user/u00001", "", "", 404, "not found"},
		{"delete in the repository", "DELETE", "repo/managed/user/u00002", "", "", 409,
			"does not have revision"},
		{"sorted downwards", "GET", "managed/user?_queryFilter=true&_sortKeys=-userName&_fields=userName", "",
			"", 200, `"result":[{"_id":"x",`},
		{"unknown query", "GET", "managed/user?_queryId=none", "", "", 400,
			"does not match any configured queries"},
		{"two queries", "GET", "managed/user?_queryId=query-all-ids&_queryFilter=true", "", "",
			400, "mutually exclusive"},
		{"page size without sense", "GET", "managed/user?_queryFilter=true&_pageSize=x", "",
			"", 400, "valid integer"},
		{"unchanged since", "GET", "managed/user/u00000", "", `If-None-Match: "1"`, 304, ""},
	} {
		header := as("openidm-admin", "openidm-admin")
		if name, value, ok := strings.Cut(c.header, ": "); ok {
			header = append(header, name, value)
		}
		r := do(t, s, c.method, c.path, c.body, header...)
		if r.status != c.status || !strings.Contains(r.body, c.want) {
			t.Errorf("%s: %d %s, want %d with %s", c.name, r.status, r.body, c.status, c.want)
		}
		if strings.Contains(r.body, "Passw0rd!") || c.path == "managed/user/x" &&
			strings.Contains(r.body, `"password":{`) {
			t.Errorf("%s: the password is shown: %s", c.name, r.body)
		}
	}
}

const startRecon = "recon?_action=recon&mapping=systemXmlfileAccounts_managedUser"

func TestReconWithFailures(t *testing.T) {
	t.Parallel()
	s := openidmtest.NewSource(t, openidmtest.Options{Users: 5, Connector: true})
	s.AddConnectorRow("bad", "Bad", "Mail", "not a mail")
	r := do(t, s, "POST", startRecon+"&waitForCompletion=true", "")
	if r.json["state"] != "SUCCESS" {
		t.Fatalf("%s", r.body)
	}
	id := fmt.Sprint(r.json["_id"])
	r = get(t, s, "recon/"+id)
	for _, want := range []string{`"statusSummary":{"FAILURE":1,"SUCCESS":7}`, `"ABSENT":3`, `"UNASSIGNED":5`,
		`"stage":"COMPLETED_SUCCESS"`, `"total":"3"`} {
		if !strings.Contains(r.body, want) {
			t.Errorf("%s lacks %s", r.body, want)
		}
	}
	r = get(t, s, "audit/recon?_queryFilter=reconId+eq+%22"+id+"%22+and+status+eq+%22FAILURE%22")
	if r.json["resultCount"] != 1.0 || !strings.Contains(r.body, "system/xmlfile/account/bad") {
		t.Errorf("%s", r.body)
	}
	if n := s.Count("repo/link"); n != 2 {
		t.Errorf("%d links", n)
	}
	s.BreakConnector(true)
	if r = do(t, s, "POST", startRecon+"&waitForCompletion=true", ""); r.json["state"] != "FAILED" {
		t.Errorf("with a broken connector: %s", r.body)
	}
	if err := s.Restart(); err != nil {
		t.Fatal(err)
	}
	if r = get(t, s, "recon/"+id); r.status != 404 {
		t.Errorf("after a restart: %d", r.status)
	}
}

func TestReconIsCanceled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := openidmtest.NewSource(t, openidmtest.Options{Connector: true,
			InMemory: true, ReconPace: time.Minute})
		defer s.Close()
		id := fmt.Sprint(do(t, s, "POST", startRecon, "").json["_id"])
		time.Sleep(90 * time.Second)
		r := get(t, s, "recon/"+id)
		if r.json["state"] != "ACTIVE" || r.json["stage"] != "ACTIVE_RECONCILING_SOURCE" ||
			r.json["ended"] != "" {
			t.Errorf("under way: %s", r.body)
		}
		do(t, s, "POST", "recon/"+id+"?_action=cancel", "")
		synctest.Wait()
		if r := get(t, s, "recon/"+id); r.json["state"] != "CANCELED" ||
			r.json["stage"] != "COMPLETED_CANCELED" {
			t.Errorf("canceled: %s", r.body)
		}
	})
}

func TestScripts(t *testing.T) {
	t.Parallel()
	s := openidmtest.NewSource(t, openidmtest.Options{})
	eval := func(source, globals string) reply {
		return do(t, s, "POST", "script?_action=eval",
			fmt.Sprintf(`{"type":"text/javascript","source":%q,"globals":%s}`, source, globals))
	}
	sealed := eval("openidm.encrypt(val,null,'openidm-sym-default')", `{"val":{"a":"Zoë"}}`)
	if err := idmvalues.Opens(s.Keystore(), []byte(sealed.body)); err != nil {
		t.Errorf("%s: %v", sealed.body, err)
	}
	for _, c := range []struct {
		source, globals string
		status          int
		want            string
	}{
		{"openidm.decrypt(val)", `{"val":` + sealed.body + `}`, 200, `{"a":"Zoë"}`},
		{"val", `{"val":null}`, 200, "null"},
		{"({a: 'x', b: [1, true]})", `{}`, 200, `{"a":"x","b":[1,true]}`},
		{"throw {code: 404, message: 'it\\'s gone'}", `{}`, 404, `"message":"it&#39;s gone","detail":{}`},
		{"openidm.encrypt(other,null,'openidm-sym-default')", `{}`, 500, "is not defined"},
		{"openidm.encrypt(val,null,'nokey')", `{"val":1}`, 500, "nokey"},
		{"while (true) {}", `{}`, 501, "does not interpret"},
	} {
		if r := eval(c.source, c.globals); r.status != c.status || !strings.Contains(r.body, c.want) {
			t.Errorf("%s: %d %s, want %d with %s", c.source, r.status, r.body, c.status, c.want)
		}
	}
}
