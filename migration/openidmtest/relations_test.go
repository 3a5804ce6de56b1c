package openidmtest_test

import (
	"net/http"
	"reflect"
	"testing"

	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

type record = map[string]any

// asker returns a function that sends a request and wants the status.
func asker(t *testing.T, s *openidmtest.Server) func(method, path, body string, want int) record {
	return func(method, path, body string, want int) record {
		t.Helper()
		got := do(t, s, method, path, body)
		if got.status != want {
			t.Fatalf("%s %s: %d %s", method, path, got.status, got.body)
		}
		return got.json
	}
}

func sameness(t *testing.T) func(what string, got, want any) {
	return func(what string, got, want any) {
		t.Helper()
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, not %v", what, got, want)
		}
	}
}

func refOf(v any) string {
	one, _ := v.(record)
	ref, _ := one["_ref"].(string)
	return ref
}

func refsOf(v any) (list []string) {
	all, _ := v.([]any)
	for _, one := range all {
		list = append(list, refOf(one))
	}
	return list
}

// TestRelationships goes the way that was recorded of a real 7.0.2.
func TestRelationships(t *testing.T) {
	t.Parallel()
	s := openidmtest.NewSource(t, openidmtest.Options{Generation: g702, Users: 20})
	ask, same := asker(t, s), sameness(t)
	ask("PUT", "managed/role/r1", `{"name":"R1","description":"d"}`, http.StatusCreated)
	user := ask("GET", "managed/user/u00010?_fields=*_ref", "", http.StatusOK)
	same("authzRoles by default", refsOf(user["authzRoles"]), []string{"repo/internal/role/openidm-authorized"})
	same("no manager", user["manager"], nil)
	same("no reports", user["reports"], []any{})

	added := ask("POST", "managed/role/r1/members?_action=create",
		`{"_ref":"managed/user/u00010"}`, http.StatusCreated)
	relation := added["_refProperties"].(record)["_id"].(string)
	ask("POST", "managed/role/r1/members?_action=create", `{"_ref":"managed/user/u00010"}`,
		http.StatusPreconditionFailed)
	ask("POST", "managed/role/r1/members?_action=create", `{"_ref":"managed/user/zzz"}`, http.StatusBadRequest)
	ask("POST", "managed/role/r1/members?_action=create", `{"foo":"bar"}`, http.StatusInternalServerError)
	ask("PATCH", "managed/role/r1",
		`[{"operation":"add","field":"/members/-","value":{"_ref":"managed/user/u00011"}}]`, http.StatusOK)
	ask("PATCH", "managed/user/u00012",
		`[{"operation":"add","field":"/roles/-","value":{"_ref":"managed/role/r1"}}]`, http.StatusOK)
	ask("PATCH", "managed/user/u00012",
		`[{"operation":"add","field":"/roles/-","value":{"_ref":"managed/role/none"}}]`, http.StatusBadRequest)
	all := []string{"managed/user/u00010", "managed/user/u00011", "managed/user/u00012"}
	same("members", refsOf(ask("GET", "managed/role/r1?_fields=members", "", 200)["members"]), all)
	found := ask("GET", "managed/role/r1/members?_queryFilter=true&_fields=*,_ref/userName&_sortKeys=_ref", "", 200)
	same("members as a query", refsOf(found["result"]), all)
	same("expanded", found["result"].([]any)[1].(record)["userName"], "u00011")
	user = ask("GET", "managed/user/u00010", "", 200)
	same("effective roles", user["effectiveRoles"], []any{record{"_ref": "managed/role/r1"}})
	if _, shown := user["roles"]; shown {
		t.Error("roles are shown though nobody asked")
	}
	ask("DELETE", "managed/role/r1", "", http.StatusConflict)
	ask("DELETE", "managed/role/r1/members/none", "", http.StatusNotFound)
	ask("DELETE", "managed/role/r1/members/"+relation, "", http.StatusOK)
	same("one member less", refsOf(ask("GET", "managed/role/r1?_fields=members", "", 200)["members"]), all[1:])
	same("no role any more", ask("GET", "managed/user/u00010", "", 200)["effectiveRoles"], []any{})

	// An update that does not speak of relationships leaves them.
	ask("PUT", "managed/user/m1",
		`{"userName":"m1","givenName":"G","sn":"S","mail":"m@example.com",`+
			`"manager":{"_ref":"managed/user/u00001"}}`, http.StatusCreated)
	ask("PUT", "managed/user/m1", `{"userName":"m1","givenName":"H","sn":"S","mail":"m@example.com"}`,
		http.StatusOK)
	manager := ask("GET", "managed/user/m1?_fields=manager/userName", "", 200)["manager"]
	same("manager", refOf(manager), "managed/user/u00001")
	same("manager's name", manager.(record)["userName"], "u00001")
	same("reports", refsOf(ask("GET", "managed/user/u00001?_fields=reports", "", 200)["reports"]),
		[]string{"managed/user/m1"})
	ask("PATCH", "managed/user/m1", `[{"operation":"remove","field":"/manager"}]`, http.StatusOK)
	same("no reports any more", ask("GET", "managed/user/u00001/reports?_queryFilter=true", "", 200)["result"],
		[]any{})
	ask("PUT", "managed/user/m2",
		`{"userName":"m2","givenName":"G","sn":"S","mail":"m@example.com",`+
			`"manager":{"_ref":"managed/user/zzz"}}`, http.StatusBadRequest)

	// Put without properties, a relationship has one id from both sides.
	s.Put("managed/user", "p1", record{"userName": "p1", "roles": []any{record{"_ref": "managed/role/r1"}}})
	role := ask("GET", "managed/user/p1?_fields=roles", "", 200)["roles"].([]any)[0].(record)
	members := ask("GET", "managed/role/r1?_fields=members", "", 200)["members"].([]any)
	member := members[0].(record) // they are by id
	same("put member", refOf(member), "managed/user/p1")
	same("id from the other side", member["_refProperties"], role["_refProperties"])

	// A patch that changes nothing is not checked against the policies.
	s.Put("managed/user", "p2", record{"userName": "p2"})
	ask("PATCH", "managed/user/p2", `[{"operation":"replace","field":"/userName","value":"p2"}]`, http.StatusOK)
}
