package carry_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/idconnect/changes"
	"github.com/idconnect-go/upgrade/idconnect/internal/carry"
)

// TestApply: a record of the source becomes what the target should have; what no row
// rewrites keeps its bytes.
func TestApply(t *testing.T) {
	t.Parallel()
	const secret = `{"$crypto":{"value":{"iv":"x"}, "type":"x"}}`
	for _, tc := range []struct {
		collection, record string
		want               map[string]string
		err                string
	}{
		{"repo/link", `{"_id":"a","_rev":"3","firstId":"x"}`,
			map[string]string{"_id": `"a"`, "firstId": `"x"`, "linkQualifier": `"default"`}, ""},
		{"repo/managed/user", `{"_id":"a","roles":"b","password":` + secret + `,"n": 1.50 }`, map[string]string{
			"_id": `"a"`, "roles": `[{"_ref":"managed/role/b"}]`, "password": secret, "n": "1.50"}, ""},
		{"repo/managed/user", `{"_id":"a","roles":[],"effectiveRoles":[]}`, map[string]string{"_id": `"a"`}, ""},
		{"repo/managed/user", `{"_id":"a","roles":` + secret + `}`,
			map[string]string{"_id": `"a"`, "roles": secret}, ""},
		{"repo/managed/role", `{"_id":"a","roles":"b"}`, map[string]string{"_id": `"a"`, "roles": `"b"`}, ""},
		{"repo/internal/user", `{"_id":"anonymous","userName":"anonymous"}`, nil, carry.ErrLeftBehind.Error()},
		{"repo/internal/user", `{"_id":"x","userName":"x","password":1}`,
			map[string]string{"_id": `"x"`, "password": "1"}, ""},
		{"repo/link", `[]`, nil, "not a JSON object"},
		{"repo/link", `null`, nil, "not a JSON object"},
	} {
		got, err := carry.Apply(carry.Of(changes.Default(), tc.collection), json.RawMessage(tc.record))
		if (err != nil) != (tc.err != "") || err != nil && !strings.Contains(err.Error(), tc.err) ||
			len(got) != len(tc.want) {
			t.Errorf("%s: %s, %v", tc.record, got, err)
		}
		for name, want := range tc.want {
			if string(got[name]) != want {
				t.Errorf("%s: %s is %s, want %s", tc.record, name, got[name], want)
			}
		}
	}
	gone := []changes.Change{{Members: []string{"_id"}, Source: changes.Dropped("_id")}}
	_, err := carry.Apply(gone, []byte(`{"_id":"a"}`))
	if !errors.Is(err, carry.ErrLeftBehind) {
		t.Errorf("%v", err)
	}
}
