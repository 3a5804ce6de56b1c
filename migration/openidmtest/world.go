package openidmtest

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"
	"sync"

	"github.com/idconnect-go/upgrade/migration/openidmtest/internal/table"
)

// Collections that every server has.
const (
	managedUser       = "managed/user"
	managedRole       = "managed/role"
	managedAssignment = "managed/assignment"
	repoLink          = "link"
	internalUser      = "internal/user"
	internalRole      = "internal/role"
)

// world is what a server knows: its records, runs and connector.
type world struct {
	mu     sync.Mutex
	tables map[string]*table.Table // by the path below repo/
	vault  *vault

	config map[string]record // configurations that were written

	connector     bool
	rows          []connectorRow
	connectorFail bool

	runs []*reconRun // oldest first
}

func newWorld(o Options, v *vault) *world {
	w := &world{tables: map[string]*table.Table{}, config: map[string]record{}, vault: v, connector: o.Connector}
	synthetic := func(path, prefix string, n int, one func(int) record) {
		w.tables[path] = table.New(prefix, n, one)
	}
	synthetic(managedUser, "u", o.Users, func(i int) record { return w.syntheticUser(i, o.Users) })
	synthetic(managedRole, "r", o.Roles, func(i int) record {
		return record{"name": table.ID("r", i, o.Roles), "description": fmt.Sprintf("Role %d", i)}
	})
	synthetic(managedAssignment, "a", o.Assignments, func(i int) record {
		return record{
			"name":        table.ID("a", i, o.Assignments),
			"description": fmt.Sprintf("Assignment %d", i),
			"mapping":     reconMapping,
			"attributes": []any{record{"name": "group", "value": fmt.Sprintf("group%d", i),
				"assignmentOperation": "mergeWithTarget", "unassignmentOperation": "removeFromTarget"}},
		}
	})
	synthetic(repoLink, "l", o.Links, func(i int) record {
		id := table.ID("u", i, max(o.Users, o.Links))
		return link(id, id)
	})
	for _, name := range []string{"openidm-admin", "openidm-authorized", "openidm-reg", "openidm-cert",
		"openidm-tasks-manager"} {
		w.table(internalRole).Put(name, record{"description": strings.ReplaceAll(name, "-", " ")})
	}
	w.table(internalUser).Put("openidm-admin", record{"roles": []any{
		record{"_ref": "repo/internal/role/openidm-admin"},
		record{"_ref": "repo/internal/role/openidm-authorized"},
	}})
	w.table(internalUser).Put("anonymous", record{"roles": []any{record{"_ref": "repo/internal/role/openidm-reg"}}})
	if o.Connector {
		w.rows = []connectorRow{
			{"bjensen", "bjensen@example.com", "Barbara", "Jensen", "bjensen@example.com",
				"1-360-229-7105"},
			{"scarter", "scarter@example.com", "Steven", "Carter", "scarter@example.com", "1-360-229-7106"},
		}
	}
	return w
}

// table returns the table of a path below repo/, a new one if there is none.
func (w *world) table(path string) *table.Table {
	t, ok := w.tables[path]
	if !ok {
		t = table.New("", 0, nil)
		w.tables[path] = t
	}
	return t
}

var surnames = [...]string{"Straße", "Ångström", "García", "鈴木", "O'Brien", "Smith", "Иванов"}

// syntheticUser returns user i of n as the repository holds it. Its password
// is encrypted anew each time, but always to the same value.
func (w *world) syntheticUser(i, n int) record {
	name := table.ID("u", i, n)
	description := ""
	if i%5 == 0 {
		description = strings.Repeat("x", 200)
	}
	var iv [16]byte
	sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte("user password"), uint64(i)))
	copy(iv[:], sum[:])
	return record{
		"userName":             name,
		"givenName":            fmt.Sprintf("Given%d", i),
		"sn":                   surnames[i%len(surnames)],
		"mail":                 name + "@example.com",
		"password":             w.vault.encryptWith(iv, syntheticPassword(i)),
		"telephoneNumber":      fmt.Sprintf("08%08d", i),
		"description":          description,
		"accountStatus":        "active",
		"effectiveRoles":       []any{},
		"effectiveAssignments": []any{},
	}
}

func syntheticPassword(i int) string { return fmt.Sprintf("Passw0rd%d", i) }

func link(first, second string) record {
	return record{"firstId": first, "secondId": second, "linkType": reconMapping, "linkQualifier": "default"}
}

// tablePath returns where a resource's records are: "managed/user" and
// "repo/managed/user" are the same table.
func tablePath(resource string) string {
	return strings.TrimPrefix(strings.Trim(resource, "/"), "repo/")
}
