package openidmtest

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"
	"sync"

	"github.com/idconnect-go/upgrade/migration/openidmtest/internal/generation"
	"github.com/idconnect-go/upgrade/migration/openidmtest/internal/keys"
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
	traits generation.Traits

	mu     sync.Mutex
	tables map[string]*table.Table // by the path below repo/
	vault  *keys.Vault

	config map[string]record // configurations that were written

	connector     bool
	rows          []connectorRow
	connectorFail bool

	runs []*reconRun // oldest first
}

func newWorld(o Options, v *keys.Vault) *world {
	w := &world{traits: o.Generation.traits(), tables: map[string]*table.Table{}, config: map[string]record{},
		vault: v, connector: o.Connector}
	synthetic := func(path, prefix string, n int, one func(int) record) {
		w.tables[path] = table.New(prefix, n, one)
	}
	role := func(i int) string {
		if o.Roles == 0 {
			return ""
		}
		return table.ID("r", i%o.Roles, o.Roles)
	}
	synthetic(managedUser, "u", o.Users, func(i int) record {
		return w.traits.User(w.syntheticUser(i, o.Users), i, role)
	})
	synthetic(managedRole, "r", o.Roles, func(i int) record {
		return record{"name": table.ID("r", i, o.Roles), "description": fmt.Sprintf("Role %d", i)}
	})
	if w.traits.Has(managedAssignment) {
		synthetic(managedAssignment, "a", o.Assignments, func(i int) record {
			return record{
				"name":        table.ID("a", i, o.Assignments),
				"description": fmt.Sprintf("Assignment %d", i),
				"mapping":     reconMapping,
				"attributes": []any{record{"name": "group", "value": fmt.Sprintf("group%d", i),
					"assignmentOperation": "mergeWithTarget", "unassignmentOperation": "removeFromTarget"}},
			}
		})
	}
	synthetic(repoLink, "l", o.Links, func(i int) record {
		id := table.ID("u", i, max(o.Users, o.Links))
		return w.link(id, id)
	})
	w.internals()
	w.putSchedules(o.Schedules)
	if o.Connector {
		w.rows = []connectorRow{
			{"bjensen", "bjensen@example.com", "Barbara", "Jensen", "bjensen@example.com",
				"1-360-229-7105"},
			{"scarter", "scarter@example.com", "Steven", "Carter", "scarter@example.com", "1-360-229-7106"},
		}
	}
	return w
}

// internals are the roles and users that a server comes with.
func (w *world) internals() {
	w.table(internalUser)
	for name, r := range w.traits.InternalUsers(w.vault.Encrypt("openidm-admin")) {
		w.table(internalUser).Put(name, r)
	}
	if !w.traits.Has(internalRole) {
		return
	}
	for _, name := range []string{"openidm-admin", "openidm-authorized", "openidm-reg", "openidm-cert",
		"openidm-tasks-manager"} {
		w.table(internalRole).Put(name, record{"description": strings.ReplaceAll(name, "-", " ")})
	}
	if w.traits.New {
		for _, path := range []string{relationshipTable, "internal/usermeta", schedulerJob} {
			w.table(path)
		}
	}
}

// has reports whether there is a table, which may be empty.
func (w *world) has(path string) bool { _, ok := w.tables[path]; return ok }

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
		"password":             w.vault.EncryptWith(iv, syntheticPassword(i)),
		"telephoneNumber":      fmt.Sprintf("08%08d", i),
		"description":          description,
		"accountStatus":        "active",
		"effectiveRoles":       []any{},
		"effectiveAssignments": []any{},
	}
}

func syntheticPassword(i int) string { return fmt.Sprintf("Passw0rd%d", i) }

func (w *world) link(first, second string) record { return w.traits.Link(first, second, reconMapping) }

// tablePath returns where a resource's records are: "managed/user" and
// "repo/managed/user" are the same table.
func tablePath(resource string) string {
	return strings.TrimPrefix(strings.Trim(resource, "/"), "repo/")
}
