package changes_test

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/idconnect/changes"
)

var update = flag.Bool("update", false, "write docs/changes.md anew")

const pageHead = `# What a correct migration changes

Identity Connect 2.1 sits on OpenIDM 3.0 or 3.1, and 7.1.6 on IDM 7.1 (both
inferred), so what a migration leaves is not what it read. The comparison knows the
changes below, brings the records of both servers into one form by them, and counts
what each explained. Whatever no row explains is a difference. In Go, the table is
` + "`idconnect.DefaultChanges()`" + `, and ` + "`Changes`" + ` of the options takes another one.

How well a row is known: **H** read in source text or in the vendor's, **M**
inferred, **L** hearsay. The sources are OpenIDM at tag 3.1.0 [31], an installation
of IDM 7.3.0 [73], ForgeRock/forgeops at tag 7.1.0 [71] and the vendor's
documentation [doc]. The member ` + "`_rev`" + ` is never compared.

This page is written from the table by its test
(` + "`go test ./idconnect/changes -run TestPage -update`" + `).

| code | records of | what happens to them | sure | from |
|---|---|---|---|---|
`

func TestPage(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString(pageHead)
	for _, c := range changes.Default() {
		fmt.Fprintf(&b, "| `%s` | `%s` | %s | %s | %s |\n", c.Code, c.Collection, c.Says, c.Sure, c.Origin)
	}
	path := filepath.Join("..", "..", "docs", "changes.md")
	if *update {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if have, err := os.ReadFile(path); err != nil || string(have) != b.String() {
		t.Errorf("docs/changes.md is not what the table says: "+
			"go test ./idconnect/changes -run TestPage -update writes it anew (%v)", err)
	}
}

const (
	both                = `{"roles":[{"_ref":"managed/role/a"}],"authzRoles":[{"_ref":"internal/role/openidm-reg"}]}`
	effective           = `{"roles":[{"_ref":"managed/role/a"}],"effectiveRoles":[{"_ref":"managed/role/a"}]}`
	shown               = `{"effectiveRoles":[{"_ref":"managed/role/a"}]}`
	none, found, missed = changes.Untouched, changes.Applied, changes.Missed
)

// rowCases are what each row makes of the records of a source, and of those of a
// target. An empty want: the record as it was.
var rowCases = []struct {
	row    string // collection and code
	target bool
	record string
	want   string
	effect changes.Effect
}{
	{"repo/link LINK-QUALIFIER", false, `{}`, `{"linkQualifier":"default"}`, found},
	{"repo/link LINK-QUALIFIER", false, `{"linkQualifier":"x"}`, ``, missed},
	{"repo/link LINK-QUALIFIER", false, `{"linkQualifier":null}`, ``, missed},

	{"repo/managed/user USER-ROLES", false, `{"roles":"managed/role/a, openidm-reg"}`, both, found},
	{"repo/managed/user USER-ROLES", false, `{"roles":["repo/internal/role/openidm-reg","a"]}`, both, found},
	{"repo/managed/user USER-ROLES", false, `{"roles":""}`, `{}`, found},
	{"repo/managed/user USER-ROLES", false, `{"roles":[]}`, `{}`, none},
	{"repo/managed/user USER-ROLES", false, `{}`, ``, none},
	{"repo/managed/user USER-ROLES", false, both, ``, missed},
	{"repo/managed/user USER-ROLES", false, `{"roles":["openidm-x"],"authzRoles":1}`, ``, none},
	{"repo/managed/user USER-ROLES", false, `{"roles":["a",1]}`, ``, missed},
	{"repo/managed/user USER-ROLES", false, `{"roles":17}`, ``, missed},
	{"repo/managed/user USER-ROLES", true, `{"roles":["a"]}`, ``, none},
	{"repo/managed/user USER-ROLES", true, `{"roles":[{"_ref":"b"},{"_ref":"a","_refProperties":{}}]}`,
		`{"roles":[{"_ref":"a"},{"_ref":"b"}]}`, none},
	{"repo/managed/user USER-ROLES", true,
		`{"roles":[{"_ref":"m/a","_refResourceCollection":"m","_refResourceId":"a"}]}`,
		`{"roles":[{"_ref":"m/a"}]}`, none},
	{"repo/managed/user USER-ROLES", true, `{"roles":[{"_ref":"m/a","_refResourceCollection":"n"}]}`, ``, none},
	{"repo/managed/user USER-ROLES", true, `{"roles":[{"_ref":"m/a","_refResourceId":"b"}]}`, ``, none},
	{"repo/managed/user USER-ROLES", true, `{"roles":[{"_ref":"a","_refProperties":{"x":1}}]}`, ``, none},
	{"repo/managed/user USER-ROLES", true, `{"roles":[{"_ref":"a","name":"x"}]}`, ``, none},
	{"repo/managed/user USER-ROLES", true, `{"roles":[{"_ref":1}]}`, ``, none},
	{"managed/user USER-ROLES", false, `{"roles":"a,openidm-reg"}`, `{"roles":[{"_ref":"managed/role/a"}]}`,
		found},

	{"repo/managed/user EFFECTIVE-ROLES", true, effective, `{"roles":[{"_ref":"managed/role/a"}]}`, found},
	{"repo/managed/user EFFECTIVE-ROLES", true, shown, `{"roles":[{"_ref":"managed/role/a"}]}`, found},
	{"repo/managed/user EFFECTIVE-ROLES", true, `{"roles":[{"_ref":"a"}],"effectiveRoles":[]}`, ``, none},
	{"repo/managed/user EFFECTIVE-ROLES", true, `{"roles":[{"_ref":"a"}]}`, ``, missed},
	{"repo/managed/user EFFECTIVE-ROLES", true, `{"effectiveRoles":[]}`, `{}`, none},
	{"repo/managed/user EFFECTIVE-ROLES", true, `{"effectiveRoles":["a"]}`, ``, none},
	{"repo/managed/user EFFECTIVE-ROLES", false, effective, `{"roles":[{"_ref":"managed/role/a"}]}`, found},
	{"repo/managed/user EFFECTIVE-ROLES", false, `{"roles":[{"_ref":"managed/role/a"}],"effectiveRoles":["a"]}`,
		`{"roles":[{"_ref":"managed/role/a"}]}`, none},
	{"repo/managed/user EFFECTIVE-ROLES", false, `{"roles":[{"_ref":"managed/role/a"}],"effectiveRoles":["b"]}`,
		``, none},

	{"repo/internal/user STATIC-USERS", false, `{"_id":"anonymous","userName":"anonymous"}`,
		`{"userName":"anonymous"}`, found},
	{"repo/internal/user STATIC-USERS", false, `{"_id":"anonymous"}`, ``, none},
	{"repo/internal/user STATIC-USERS", false, `{"_id":"service","userName":"service"}`, ``, none},
	{"repo/internal/user INTERNAL-USER-MEMBERS", false,
		`{"userName":"x","roles":"y","needsResetPassword":false}`, `{}`, found},
	{"repo/internal/user INTERNAL-USER-MEMBERS", false, `{}`, ``, none},
	{"repo/relationships RELATIONSHIP-ENDS", false, `{"firstId":"managed/user/a","secondId":"repo/internal/role/b"}`,
		`{"firstResourceCollection":"managed/user","firstResourceId":"a",` +
			`"secondResourceCollection":"internal/role","secondResourceId":"b"}`, found},
	{"repo/relationships RELATIONSHIP-ENDS", false, `{"firstResourceId":"a"}`, ``, none},
	{"repo/relationships RELATIONSHIP-ENDS", false, `{"firstId":"a","secondId":1}`, ``, none},
	{"config/connector SALESFORCE-CONNECTOR", false,
		`{"connectorName":"org.forgerock.openidm.salesforce.Salesforce","objectTypes":["Profile","User"]}`,
		`{"connectorName":"org.forgerock.openicf.connectors.salesforce.SalesforceConnector","objectTypes":["User"]}`,
		found},
	{"config/connector SALESFORCE-CONNECTOR", false, `{"connectorName":"x","objectTypes":["Profile"]}`, ``, none},
	{"repo/scheduler/job JOB-ENABLED", false, `{}`, `{"enabled":true}`, found},
	{"repo/scheduler/job JOB-ENABLED", false, `{"enabled":"true"}`, `{"enabled":true}`, found},
	{"repo/scheduler/job JOB-ENABLED", false, `{"enabled":"false"}`, `{"enabled":false}`, found},
	{"repo/scheduler/job JOB-ENABLED", false, `{"enabled":false}`, ``, none},
	{"repo/scheduler/job JOB-ENABLED", false, `{"enabled":"yes"}`, ``, none},
}

func TestRows(t *testing.T) {
	t.Parallel()
	for _, tc := range rowCases {
		rows := changes.Default()
		row := rows[slices.IndexFunc(rows, func(c changes.Change) bool { return c.Collection+" "+c.Code == tc.row })]
		apply := row.Source
		if tc.target {
			apply = row.Target
		}
		var r, want changes.Record
		if err := json.Unmarshal([]byte(tc.record), &r); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(cmp.Or(tc.want, tc.record)), &want); err != nil {
			t.Fatal(err)
		}
		if effect := apply(r); effect != tc.effect || !reflect.DeepEqual(text(r), text(want)) {
			t.Errorf("%s of %s: %v, effect %d; want %v, %d", tc.row, tc.record, text(r), effect, text(want), tc.effect)
		}
	}
}

// text shows the members of a record.
func text(r changes.Record) (out []string) {
	for _, name := range slices.Sorted(maps.Keys(r)) {
		out = append(out, name+" "+string(r[name]))
	}
	return out
}

// TestTable: each row is whole, and none has the code and the collection of another.
func TestTable(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, c := range changes.Default() {
		key := c.Collection + " " + c.Code
		if seen[key] || c.Code == "" || c.Collection == "" || c.Says == "" || c.Origin == "" || c.Sure == "" ||
			c.NotInSource == (c.Source != nil) || c.NotInSource == (len(c.Members) > 0) {
			t.Errorf("%+v", c)
		}
		seen[key] = true
	}
}
