package openidmtest

import (
	"crypto/sha256"
	"maps"
	"net/http"
	"path"
	"reflect"
	"slices"
	"strings"

	"github.com/idconnect-go/upgrade/internal/crest"
	"github.com/idconnect-go/upgrade/migration/openidmtest/internal/table"
)

// relationship is a member that leads to other records. It is kept with the
// records on one side only, where repo/… shows it and a migration takes it along;
// the other side is found by looking there. A real server has a table of its own
// for them, which its migration copies.
type relationship struct {
	many bool
	// heldBy and as are the kind and the member that keep it, for the side that
	// does not.
	heldBy, as string
}

// relationships are those of a default conf/managed.json.
var relationships = map[string]map[string]relationship{
	"user": {
		"roles": {many: true}, "authzRoles": {many: true}, "manager": {},
		"reports": {many: true, heldBy: "user", as: "manager"},
	},
	"role": {
		"assignments":  {many: true},
		"members":      {many: true, heldBy: "user", as: "roles"},
		"authzMembers": {many: true, heldBy: "user", as: "authzRoles"},
	},
	"assignment": {"roles": {many: true, heldBy: "role", as: "assignments"}},
}

// relationships are those of a kind; 3.x has none.
func (w *world) relationships(kind string) map[string]relationship {
	if w.traits.Old {
		return nil
	}
	return relationships[kind]
}

// value is what a member with these references is; nil where it has none.
func (rel relationship) value(items []any) any {
	switch {
	case rel.many:
		return items
	case len(items) == 0:
		return nil
	}
	return items[0]
}

func references(v any) []any {
	if one, ok := v.(record); ok {
		return []any{one}
	}
	all, _ := v.([]any)
	return all
}

func refOf(v any) string {
	ref, _ := crest.Lookup(v, []string{"_ref"})
	text, _ := ref.(string)
	return text
}

// splitRef takes a reference apart, and reports whether the record is there.
func (w *world) splitRef(ref string) (t *table.Table, id string, exists bool) {
	folder, id := path.Split(tablePath(ref))
	t, ok := w.tables[strings.TrimSuffix(folder, "/")]
	return t, id, ok && t.Has(id)
}

// related returns what a record's member leads to, as answers have it.
func (w *world) related(kind string, r record, name string) []any {
	rel, id := w.relationships(kind)[name], r["_id"].(string)
	out := []any{}
	self := "managed/" + kind + "/" + id
	show := func(ref string, kept any, holder, held string) {
		properties, ok := crest.Lookup(kept, []string{"_refProperties"})
		if !ok { // put by a test or a mapping, without
			sum := sha256.Sum256([]byte(holder + " " + held))
			properties = record{"_id": uuid([16]byte(sum[:16])), "_rev": "1"}
		}
		out = append(out, record{"_ref": ref, "_refProperties": properties})
	}
	if rel.heldBy == "" {
		held := references(r[name])
		if held == nil && kind == "user" && name == "authzRoles" {
			held = []any{record{"_ref": w.traits.InternalRoles() + "openidm-authorized"}}
		}
		for _, one := range held {
			if _, _, exists := w.splitRef(refOf(one)); exists {
				show(refOf(one), one, self, refOf(one))
			}
		}
		return out
	}
	for other, one := range w.holders(rel, self) {
		holder := "managed/" + rel.heldBy + "/" + other
		show(holder, one, holder, self)
	}
	return out
}

// holders yields the records that lead to another, and how, by their ids. Only
// written ones do.
func (w *world) holders(rel relationship, to string) func(func(string, any) bool) {
	return func(yield func(string, any) bool) {
		t := w.table("managed/" + rel.heldBy)
		for _, id := range slices.Sorted(t.Written()) {
			r, _ := t.Get(id)
			for _, one := range references(r[rel.as]) {
				if refOf(one) == to && !yield(id, one) {
					return
				}
			}
		}
	}
}

// plain is a record without its relationships, and with what follows from them.
func (w *world) plain(kind string, r record) record {
	out := maps.Clone(r)
	if kind == "user" && !w.traits.Old && len(references(r["roles"])) > 0 {
		effective := []any{}
		for _, one := range w.related(kind, r, "roles") {
			effective = append(effective, record{"_ref": refOf(one)})
		}
		out["effectiveRoles"] = effective
	}
	for name := range w.relationships(kind) {
		delete(out, name)
	}
	return out
}

// shown is a record of a kind as answers have it: without what the schema calls
// private, and with the relationships that are asked for.
func (w *world) shown(kind string, whole record, fields []string) record {
	rels, r := w.relationships(kind), w.plain(kind, whole)
	delete(r, "password")
	delete(r, "lastSync")
	if rels == nil || len(fields) == 0 {
		return crest.Pick(r, fields)
	}
	own, further := []string{"_id"}, map[string][]string{}
	for _, f := range fields {
		pointer := crest.ParsePointer(f)
		switch _, isRelation := rels[pointer[0]]; {
		case pointer[0] == "*_ref":
			for name := range rels {
				further[name] = append(further[name], pointer[1:]...)
			}
		case isRelation:
			further[pointer[0]] = append(further[pointer[0]], strings.Join(pointer[1:], "/"))
		default:
			own = append(own, f)
		}
	}
	out := crest.Pick(r, own)
	for name, wanted := range further {
		items := w.related(kind, whole, name)
		for i := range items {
			items[i] = w.expanded(items[i].(record), wanted)
		}
		out[name] = rels[name].value(items)
	}
	return out
}

// expanded adds members of the record that a reference leads to.
func (w *world) expanded(item record, fields []string) record {
	fields = slices.DeleteFunc(slices.Clone(fields), func(f string) bool { return f == "" })
	kind, isManaged := strings.CutPrefix(refOf(item), "managed/") // others the measured server leaves as they are
	t, id, exists := w.splitRef(refOf(item))
	if len(fields) == 0 || !isManaged || !exists {
		return item
	}
	r, _ := t.Get(id)
	kind = strings.TrimSuffix(kind, "/"+id)
	found := crest.Pick(w.plain(kind, r), fields)
	if !slices.Contains(fields, "*") {
		delete(found, "_id")
		delete(found, "_rev")
	}
	maps.Copy(found, item)
	return found
}

// withRelations adds all relationships to a copy of a record, for a patch to
// work on.
func (w *world) withRelations(kind string, r record) record {
	full := maps.Clone(r)
	for name, rel := range w.relationships(kind) {
		if full[name] = rel.value(w.related(kind, r, name)); full[name] == nil {
			delete(full, name)
		}
	}
	return full
}

// takeRelations checks the relationships in next, which replaces old, and
// leaves there those that are kept with it. What is kept on the other side is
// set later, nil where nothing is. Members that next lacks stay as they are, or
// go where all is true.
func (w *world) takeRelations(kind, id string, old, next record, all bool) (rest later, _ *crest.Error) {
	for _, name := range slices.Sorted(maps.Keys(w.relationships(kind))) {
		rel := w.relationships(kind)[name]
		value, given := next[name]
		delete(next, name)
		var before []any
		if old != nil {
			before = w.related(kind, old, name)
		}
		if !given && !all || given && reflect.DeepEqual(references(value), before) {
			if kept, ok := old[name]; ok {
				next[name] = kept
			}
			continue
		}
		now := []any{}
		for _, one := range references(value) {
			item, e := w.reference(one, before)
			if e != nil {
				return nil, e
			}
			now = append(now, item)
		}
		if rel.heldBy != "" {
			self := "managed/" + kind + "/" + id
			rest = append(rest, func() { w.setHolders(rel, self, before, now) })
		} else if kept := rel.value(now); kept != nil {
			next[name] = kept
		}
	}
	return rest, nil
}

// later is what the writing of a record changes elsewhere.
type later []func()

func (l later) do() {
	for _, f := range l {
		f()
	}
}

// reference is one that is wanted, with the properties that it has already.
func (w *world) reference(v any, before []any) (record, *crest.Error) {
	one, ok := v.(record)
	if _, hasRef := one["_ref"].(string); !ok || !hasRef {
		return nil, crest.InternalError(`Cannot invoke "String.isEmpty()" because "path" is null`)
	}
	ref := refOf(one)
	if _, _, exists := w.splitRef(ref); !exists {
		return nil, crest.BadRequest("The referenced relationship '%s', does not exist", ref)
	}
	for _, b := range before {
		if refOf(b) == ref {
			return b.(record), nil
		}
	}
	item := maps.Clone(one)
	item["_refProperties"] = record{"_id": newID(), "_rev": "1"}
	return item, nil
}

// setHolders makes the records that now has lead to self, and those that only
// before has no longer.
func (w *world) setHolders(rel relationship, self string, before, now []any) {
	leads := func(list []any, ref string) bool {
		return slices.ContainsFunc(list, func(v any) bool { return refOf(v) == ref })
	}
	many := w.relationships(rel.heldBy)[rel.as].many
	// change sets the member of those in list that other does not have.
	change := func(list, other []any, member func(r record, item any) any) {
		for _, item := range list {
			t, id, exists := w.splitRef(refOf(item))
			if !exists || leads(other, refOf(item)) {
				continue
			}
			r, _ := t.Get(id)
			if r[rel.as] = member(r, item); r[rel.as] == nil {
				delete(r, rel.as)
			}
			t.Put(id, r)
		}
	}
	change(now, before, func(r record, item any) any {
		back := record{"_ref": self, "_refProperties": item.(record)["_refProperties"]}
		if many {
			return append(w.related(rel.heldBy, r, rel.as), back)
		}
		return back
	})
	change(before, now, func(r record, _ any) any {
		if many {
			return slices.DeleteFunc(w.related(rel.heldBy, r, rel.as),
				func(v any) bool { return refOf(v) == self })
		}
		return nil
	})
}

// relation serves managed/KIND/ID/MEMBER and what is below.
func (w *world) relation(c *call, kind, id string, t *table.Table) (*crest.Result, *crest.Error) {
	name := c.Segments[3]
	rel, ok := w.relationships(kind)[name]
	r, exists := t.Get(id)
	if !ok || !exists {
		return nil, crest.NotFound(strings.Join(c.Segments[2:], "/"))
	}
	if len(c.Segments) > 5 {
		return nil, crest.NotFound(strings.Join(c.Segments[4:], "/"))
	}
	items := w.related(kind, r, name)
	change := func(now []any) *crest.Error {
		next := maps.Clone(r)
		next[name] = now
		finish, e := w.takeRelations(kind, id, r, next, false)
		if e != nil {
			return e
		}
		t.Put(id, next)
		finish.do()
		return nil
	}
	if len(c.Segments) == 5 {
		at := slices.IndexFunc(items, func(v any) bool {
			found, _ := crest.Lookup(v, []string{"_refProperties", "_id"})
			return found == c.Segments[4]
		})
		if at < 0 {
			return nil, crest.Errorf(http.StatusNotFound, "Object %s not found in relationships",
				c.Segments[4])
		}
		item := items[at].(record)
		switch c.Operation {
		case "read":
			return crest.NewResult(item, c.Fields, 0), nil
		case "delete":
			if e := change(slices.Delete(slices.Clone(items), at, at+1)); e != nil {
				return nil, e
			}
			return crest.NewResult(item, c.Fields, 0), nil
		}
		return nil, crest.Errorf(http.StatusNotImplemented, "This fake server does not %s a relationship",
			c.Operation)
	}
	switch {
	case c.Operation == "query":
		return crest.RunQuery(c.Request, newRelationView(w, items))
	case c.Operation == "read" && !rel.many && len(items) > 0:
		return crest.NewResult(items[0].(record), c.Fields, 0), nil
	case c.Operation == "create" && c.Posted:
		body, _ := c.Body.(record)
		ref := refOf(body)
		if _, ok := body["_ref"]; !ok {
			return nil, crest.InternalError(
				`Cannot invoke "org.forgerock.json.JsonValue.asString()" because the return value of ` +
					`"org.forgerock.json.JsonValue.get(org.forgerock.json.JsonPointer)" is null`)
		}
		if slices.ContainsFunc(items, func(v any) bool { return refOf(v) == ref }) {
			return nil, crest.Errorf(http.StatusPreconditionFailed,
				"Managed object 'managed/%s/%s' has already been assigned relationship '%s'.",
				kind, id, ref)
		}
		if !rel.many {
			items = nil
		}
		if e := change(append(slices.Clone(items), record{"_ref": ref})); e != nil {
			return nil, e
		}
		r, _ = t.Get(id)
		for _, v := range w.related(kind, r, name) {
			if refOf(v) == ref {
				return crest.NewResult(v.(record), c.Fields, http.StatusCreated), nil
			}
		}
	}
	return nil, crest.CollectionError(c.Operation)
}

// relationView is a list of references as a query shows them.
type relationView struct {
	crest.List
	w *world
}

func newRelationView(w *world, items []any) relationView {
	v := relationView{w: w}
	for _, item := range items {
		v.List = append(v.List, item.(record))
	}
	return v
}

func (v relationView) Shown(r record, fields []string) record {
	var own, further []string
	for _, f := range fields {
		if rest, ok := strings.CutPrefix(f, "_ref/"); ok {
			further = append(further, rest)
		} else {
			own = append(own, f)
		}
	}
	return v.w.expanded(crest.Pick(r, own), further)
}
