package changes

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// Where references to roles lead.
const (
	managedRole  = "managed/role/"
	internalRole = "internal/role/"
)

// rolesOfText makes references of the names of roles: those of internal roles are
// in authzRoles, where the community's 7.0.2 has them, all others in roles.
func rolesOfText(r Record) Effect {
	names, ok := roleNames(r["roles"])
	if !ok {
		if rolesAsSet(r); len(r["roles"]) > 0 {
			return Missed
		}
		return Untouched
	}
	var managed, internal []string
	for _, name := range names {
		if ref := refOfName(name); strings.HasPrefix(ref, internalRole) {
			internal = append(internal, ref)
		} else {
			managed = append(managed, ref)
		}
	}
	if _, has := r["authzRoles"]; has && len(internal) > 0 {
		return Untouched // of no form that is known: it stays a difference
	}
	setRefs(r, "roles", managed)
	setRefs(r, "authzRoles", internal)
	return Applied
}

// rolesShown is rolesOfText for what a server shows of its users beside the
// repository: no internal role.
func rolesShown(r Record) Effect {
	effect := rolesOfText(r)
	if effect == Applied {
		delete(r, "authzRoles")
	}
	return effect
}

// rolesAsSet takes off what a server adds to a reference by itself, and orders
// them: a relationship has no order. Anything else stays as it is.
func rolesAsSet(r Record) Effect {
	for _, name := range []string{"roles", "authzRoles"} {
		if refs, ok := references(r[name]); ok {
			setRefs(r, name, refs)
		}
	}
	return Untouched
}

// derived takes effectiveRoles off where they are the user's roles. Where a server
// shows them instead of roles, which are relationships and may be kept elsewhere,
// they stand for them.
func derived(r Record) Effect {
	effective, ok := references(r["effectiveRoles"])
	if !ok {
		if len(r["roles"]) > 0 {
			return Missed
		}
		return Untouched
	}
	slices.Sort(effective)
	roles, has := r["roles"]
	want := refList(effective)
	switch {
	case !has && len(effective) > 0:
		r["roles"] = want
	case has && !bytes.Equal(roles, want):
		return Untouched
	}
	delete(r, "effectiveRoles")
	if len(effective) == 0 {
		return Untouched
	}
	return Applied
}

// derivedOfSource is derived for the source, whose effectiveRoles may be names.
func derivedOfSource(r Record) Effect {
	names, ok := roleNames(r["effectiveRoles"])
	if !ok {
		if effect := derived(r); effect == Applied {
			return Applied
		}
		return Untouched
	}
	var refs []string
	for _, name := range names {
		if ref := refOfName(name); strings.HasPrefix(ref, managedRole) {
			refs = append(refs, ref)
		}
	}
	slices.Sort(refs)
	if roles, has := r["roles"]; has && bytes.Equal(roles, refList(refs)) || !has && len(refs) == 0 {
		delete(r, "effectiveRoles")
	}
	return Untouched
}

// roleNames reads the roles of 3.1: one text with commas, or a list of texts, but
// not an empty one.
func roleNames(value json.RawMessage) (names []string, ok bool) {
	if one, ok := text(value); ok {
		for name := range strings.SplitSeq(one, ",") {
			if name = strings.TrimSpace(name); name != "" {
				names = append(names, name)
			}
		}
		return names, true
	}
	if !bytes.HasPrefix(value, []byte(`["`)) || json.Unmarshal(value, &names) != nil {
		return nil, false
	}
	return names, true
}

// refOfName is the reference for the name of a role, or for its path.
func refOfName(name string) string {
	name = strings.TrimPrefix(name, "repo/")
	switch {
	case strings.HasPrefix(name, managedRole), strings.HasPrefix(name, internalRole):
		return name
	case strings.HasPrefix(name, "openidm-"):
		return internalRole + name
	}
	return managedRole + name
}

// references reads a list of references that hold nothing but what a server adds by
// itself. It is not ok for anything else.
func references(value json.RawMessage) (refs []string, ok bool) {
	if len(value) == 0 || value[0] != '[' {
		return nil, false
	}
	var list []map[string]json.RawMessage
	if json.Unmarshal(value, &list) != nil {
		return nil, false
	}
	for _, one := range list {
		ref, ok := text(one["_ref"])
		if !ok || !plain(ref, one) {
			return nil, false
		}
		refs = append(refs, ref)
	}
	return refs, true
}

// plain reports whether a reference says no more than where it leads.
func plain(ref string, one map[string]json.RawMessage) bool {
	i := strings.LastIndexByte(ref, '/')
	for name, value := range one {
		switch name {
		case "_ref":
		case "_refResourceCollection":
			if s, _ := text(value); i < 0 || s != ref[:i] {
				return false
			}
		case "_refResourceId":
			if s, _ := text(value); s != ref[i+1:] {
				return false
			}
		case "_refProperties":
			var own map[string]json.RawMessage
			if json.Unmarshal(value, &own) != nil || len(own) > 0 {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// setRefs writes references in order; a relationship without any is as one that is
// absent.
func setRefs(r Record, name string, refs []string) {
	if len(refs) == 0 {
		delete(r, name)
		return
	}
	slices.Sort(refs)
	r[name] = refList(refs)
}

func refList(refs []string) json.RawMessage {
	list := make([]map[string]string, len(refs))
	for i, ref := range refs {
		list[i] = map[string]string{"_ref": ref}
	}
	out, _ := json.Marshal(list) // strings always can
	return out
}
