package generation

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"maps"
	"strings"
)

// InternalRoles is where references to internal roles lead: repo/ goes before
// internal/ until 7.x (H [73]).
func (t Traits) InternalRoles() string {
	if t.New {
		return "internal/role/"
	}
	return "repo/internal/role/"
}

// User makes user i, given as 7.0.2 has it, one of this generation. role returns
// the id of a role by any number, "" where there is none.
func (t Traits) User(r record, i int, role func(i int) string) record {
	if !t.Old && !t.New {
		return r
	}
	// Of 3.1, and then carried over.
	delete(r, "effectiveRoles")
	delete(r, "effectiveAssignments")
	if roles := rolesOfThree(i, role); roles != nil {
		r["roles"] = roles
	}
	if i%3 == 1 {
		r["securityAnswer"] = saltedHash(i)
	}
	if t.New {
		return t.carryUser(r)
	}
	return r
}

// rolesOfThree are the roles of a user: a list of texts, or one text with commas
// (H [31]); what stands in them is inferred from the recordings of 7.0.2, whose
// connector names internal roles alone (M).
func rolesOfThree(i int, role func(i int) string) any {
	internal := "openidm-authorized"
	managed := role(i)
	switch {
	case i%4 == 3:
		return nil
	case managed == "":
		return internal
	case i%4 == 0:
		return internal + ",managed/role/" + managed
	case i%4 == 1:
		return []any{"managed/role/" + managed}
	}
	all := []any{"managed/role/" + managed, internal}
	if other := role(i + 1); other != managed {
		all = append(all, "managed/role/"+other)
	}
	return all
}

// saltedHash is a hashed value as 3.1 and 7.x have it (H [31][73]): it needs no
// key.
func saltedHash(i int) record {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte("security answer"), uint64(i)))
	return record{"$crypto": record{"type": "salted-hash", "value": record{
		"algorithm": "SHA-256", "data": base64.StdEncoding.EncodeToString(sum[:]),
	}}}
}

// Link returns a link of this generation: no qualifier until 3.1 (H [31]), and
// later one that must not be null (H [73]), "default" (M).
func (t Traits) Link(first, second, kind string) record {
	r := record{"firstId": first, "secondId": second, "linkType": kind}
	if !t.Old {
		r["linkQualifier"] = "default"
	}
	return r
}

// rolesOfFresh are the roles of the two users of a fresh server.
var rolesOfFresh = map[string][]string{
	"openidm-admin": {"openidm-admin", "openidm-authorized"}, "anonymous": {"openidm-reg"},
}

// InternalUsers are the records of repo/internal/user of a fresh server: none in
// 7.x, where openidm-admin and anonymous are static (H [71][73]).
func (t Traits) InternalUsers(sealed any) map[string]record {
	out := map[string]record{}
	for name, has := range rolesOfFresh {
		switch {
		case t.Old: // H [31]; that the roles are one text is M
			out[name] = record{"userName": name, "roles": strings.Join(has, ","), "needsResetPassword": false}
			if name == "openidm-admin" {
				out[name]["password"] = sealed
			}
		case !t.New: // measured on 7.0.2
			refs := []any{}
			for _, role := range has {
				refs = append(refs, record{"_ref": "repo/internal/role/" + role})
			}
			out[name] = record{"roles": refs}
		}
	}
	return out
}

// Carry returns what a migration to this generation makes of a record of a table,
// nil where it is left behind. What the vendor's script does is not known; this
// is what the differences between the generations leave it to do.
func (t Traits) Carry(table, id string, r record) record {
	r = maps.Clone(r)
	if !t.New {
		return r
	}
	switch table {
	case "link":
		if _, has := r["linkQualifier"]; !has {
			r["linkQualifier"] = "default"
		}
	case "managed/user":
		return t.carryUser(r)
	case "internal/user":
		if id == "openidm-admin" || id == "anonymous" {
			return nil
		}
		for _, name := range []string{"userName", "roles", "needsResetPassword"} {
			delete(r, name)
		}
	case "relationships":
		splitEnds(r)
	case "scheduler/job":
		// 3.1 takes the text "true" and "false", too, and has none for true (H [31]).
		switch r["enabled"] {
		case nil, "true":
			r["enabled"] = true
		case "false":
			r["enabled"] = false
		}
	}
	return r
}

// carryUser makes references of the roles of 3.1: those to internal roles are in
// authzRoles, as on 7.0.2, all others in roles (M), and effectiveRoles lists the
// latter (H [73]).
func (t Traits) carryUser(r record) record {
	var names []string
	switch roles := r["roles"].(type) {
	case string:
		names = strings.Split(roles, ",")
	case []any:
		for _, one := range roles {
			name, ok := one.(string)
			if !ok {
				return r // references already
			}
			names = append(names, name)
		}
	default:
		return r
	}
	delete(r, "roles")
	var managed, internal, effective []any
	for _, name := range names {
		name = strings.TrimPrefix(strings.TrimSpace(name), "repo/")
		role, isInternal := strings.CutPrefix(name, "internal/role/")
		isInternal = isInternal || strings.HasPrefix(name, "openidm-")
		switch role, isManaged := strings.CutPrefix(role, "managed/role/"); {
		case role == "":
		case isInternal && !isManaged:
			internal = append(internal, record{"_ref": t.InternalRoles() + role})
		default:
			managed = append(managed, record{"_ref": "managed/role/" + role})
			effective = append(effective, record{"_ref": "managed/role/" + role})
		}
	}
	for name, refs := range map[string][]any{"roles": managed, "authzRoles": internal, "effectiveRoles": effective} {
		if refs != nil {
			r[name] = refs
		}
	}
	return r
}

// splitEnds takes the ends of a relationship of 4 to 5.5 apart (H [73]).
func splitEnds(r record) {
	for _, end := range []string{"first", "second"} {
		path, ok := r[end+"Id"].(string)
		if !ok {
			continue
		}
		path = strings.TrimPrefix(path, "repo/")
		if i := strings.LastIndexByte(path, '/'); i >= 0 {
			delete(r, end+"Id")
			r[end+"ResourceCollection"], r[end+"ResourceId"] = path[:i], path[i+1:]
		}
	}
}

// Relationships are the records of repo/relationships that go with a user of this
// generation, by their ids: the names of the ends are those of [73] (H), the ids
// and the other members are inferred (M).
func (t Traits) Relationships(id string, user record) map[string]record {
	if !t.New {
		return nil
	}
	out := map[string]record{}
	for name, back := range map[string]string{"roles": "members", "authzRoles": "authzMembers"} {
		refs, _ := user[name].([]any)
		for _, one := range refs {
			ref, _ := one.(record)["_ref"].(string)
			i := strings.LastIndexByte(ref, '/')
			if i < 0 {
				continue
			}
			sum := sha256.Sum256([]byte(id + " " + name + " " + ref))
			out[fmt.Sprintf("%x", sum[:16])] = record{
				"firstResourceCollection": "managed/user", "firstResourceId": id, "firstPropertyName": name,
				"secondResourceCollection": ref[:i], "secondResourceId": ref[i+1:], "secondPropertyName": back,
			}
		}
	}
	return out
}

// InternalUser returns the component, the module and the roles of who logs in as one of
// the two users of a fresh server (7.0.2 measured, 3.1 taken for the same, M; 7.x H
// [73]: static); without roles for any other.
func (t Traits) InternalUser(name string) (component, module string, roles []string) {
	component, module = "repo/internal/user", "INTERNAL_USER"
	if t.New {
		component = "internal/user"
	}
	if t.New || name == "anonymous" {
		module = "STATIC_USER"
	}
	return component, module, rolesOfFresh[name]
}

// LoginRoles are roles as info/login names them: 7.x by references (M).
func (t Traits) LoginRoles(roles []string) []string {
	if !t.New {
		return roles
	}
	var out []string
	for _, role := range roles {
		out = append(out, t.InternalRoles()+role)
	}
	return out
}

// AuthorizationRoles are the names of the internal roles that a user was given, and
// whether it was given any role that could say so.
func (t Traits) AuthorizationRoles(user record) (roles []string, given bool) {
	if t.Old {
		user = IDM71.carryUser(maps.Clone(user))
	}
	refs, _ := user["authzRoles"].([]any)
	for _, one := range refs {
		ref, _ := one.(record)
		path, _ := ref["_ref"].(string)
		if role, ok := strings.CutPrefix(strings.TrimPrefix(path, "repo/"), "internal/role/"); ok {
			roles = append(roles, role)
		}
	}
	return roles, len(refs) > 0
}
