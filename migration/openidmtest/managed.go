package openidmtest

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/idconnect-go/upgrade/internal/crest"
	"github.com/idconnect-go/upgrade/migration/openidmtest/internal/table"
)

// newID returns a random id, as the server gives out.
func newID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return uuid(b)
}

func uuid(b [16]byte) string {
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// managedKinds are the kinds of managed objects that there are.
func (s *Server) managedKinds() []string {
	kinds := slices.DeleteFunc([]string{"user", "role", "assignment"}, func(kind string) bool {
		return !s.world.traits.Has("managed/" + kind)
	})
	for _, kind := range s.options.Managed {
		if !slices.Contains(kinds, kind) {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// managed serves managed/user and the like.
func (s *Server) managed(c *call) (*crest.Result, *crest.Error) {
	if len(c.Segments) < 2 {
		return nil, crest.NotFound("")
	}
	kind := c.Segments[1]
	if !slices.Contains(s.managedKinds(), kind) {
		return nil, crest.NotFound(strings.Join(c.Segments[1:], "/"))
	}
	w := s.world
	w.mu.Lock()
	defer w.mu.Unlock()
	t := w.table("managed/" + kind)
	if len(c.Segments) == 2 {
		return w.managedCollection(c, kind, t)
	}
	id := c.Segments[2]
	if strings.Contains(id, "'") {
		// The measured repository takes the apostrophe for the end of a text.
		return nil, crest.InternalError("An error occurred processing the query request.")
	}
	if len(c.Segments) > 3 {
		return w.relation(c, kind, id, t)
	}
	return w.managedResource(c, kind, id, t)
}

func (w *world) managedResource(c *call, kind, id string, t *table.Table) (*crest.Result, *crest.Error) {
	old, exists := t.Get(id)
	if c.Upsert && exists {
		c.Operation = "update"
	}
	switch {
	case c.Operation == "query":
		return nil, crest.BadRequest("The resource instance  cannot be queried")
	case c.Posted:
		return nil, crest.BadRequest("The resource instance  cannot be created")
	case c.Operation == "create":
		if other, _ := c.Body.(record)["_id"].(string); other != "" {
			id = other // it wins over the path
		}
		return w.createManaged(c, kind, id, t)
	case c.Operation == "action" && c.Action != "patch" && c.Action != "triggerSyncCheck":
		return nil, crest.BadRequest("Action %s is not supported.", c.Action)
	case !exists:
		return nil, crest.Errorf(http.StatusNotFound, "Object %s not found in managed/%s", id, kind)
	}
	switch cmp.Or(c.Action, c.Operation) {
	case "update":
		next := maps.Clone(c.Body.(record))
		if _, ok := next["password"]; !ok && old["password"] != nil {
			// What nobody may read is not lost by an update without it.
			next["password"] = old["password"]
		}
		if e := w.checkPolicies(kind, id, next, nil); e != nil {
			return nil, e
		}
		finish, e := w.takeRelations(kind, id, old, next, false)
		if e != nil {
			return nil, e
		}
		return w.updateManaged(c, kind, id, t, old, next, finish)
	case "patch":
		return w.patchManaged(c, kind, id, t, old)
	case "delete":
		if e := t.CheckRevision("Delete", id, c.IfMatch, old); e != nil {
			return nil, e
		}
		if kind == "role" && len(w.related(kind, old, "members")) > 0 {
			return nil, crest.Errorf(http.StatusConflict, "Cannot delete a role that is currently granted")
		}
		t.Remove(id)
	case "triggerSyncCheck":
		return &crest.Result{Body: w.shown(kind, old, c.Fields)}, nil
	}
	return w.answer(c, kind, old, 0), nil
}

func (w *world) managedCollection(c *call, kind string, t *table.Table) (*crest.Result, *crest.Error) {
	switch c.Operation {
	case "query":
		return crest.RunQuery(c.Request, table.View{
			Table: t, Show: func(r record, fields []string) record { return w.shown(kind, r, fields) },
		})
	case "create":
		if !c.Posted {
			return nil, crest.Unnamed()
		}
		id, _ := c.Body.(record)["_id"].(string)
		if id == "" {
			id = newID()
		}
		return w.createManaged(c, kind, id, t)
	case "action":
		if c.Action == "triggerSyncCheck" {
			return &crest.Result{Body: record{"status": "OK", "countTriggered": t.Len()}}, nil
		}
		if c.Action == "patch" {
			return w.patchFound(c, kind, t)
		}
		return nil, crest.ExpectingOneOf("patch triggerSyncCheck")
	}
	return nil, crest.CollectionError(c.Operation)
}

func (w *world) answer(c *call, kind string, r record, status int) *crest.Result {
	return crest.NewResult(w.shown(kind, r, c.Fields), nil, status)
}

func (w *world) createManaged(c *call, kind, id string, t *table.Table) (*crest.Result, *crest.Error) {
	r := maps.Clone(c.Body.(record))
	if e := w.checkPolicies(kind, id, r, nil); e != nil {
		return nil, e
	}
	if t.Has(id) {
		return nil, t.Duplicate(id)
	}
	finish, e := w.takeRelations(kind, id, nil, r, false)
	if e != nil {
		return nil, e
	}
	if kind == "user" && r["accountStatus"] == nil {
		r["accountStatus"] = "active" // only here: an update without it takes it away
	}
	w.complete(kind, r)
	t.Put(id, r)
	finish.do()
	r, _ = t.Get(id)
	res := w.answer(c, kind, r, http.StatusCreated)
	res.Location = id
	return res, nil
}

// complete adds what the server's scripts add to a user, and encrypts.
func (w *world) complete(kind string, r record) {
	if kind != "user" {
		return
	}
	for _, name := range []string{"effectiveRoles", "effectiveAssignments"} {
		if r[name] == nil && !w.traits.Old {
			r[name] = []any{}
		}
	}
	if p, ok := r["password"].(string); ok {
		r["password"] = w.vault.Encrypt(p)
	}
}

func (w *world) updateManaged(
	c *call, kind, id string, t *table.Table, old, next record, finish later,
) (*crest.Result, *crest.Error) {
	if e := t.CheckRevision("Update", id, c.IfMatch, old); e != nil {
		return nil, e
	}
	if finish == nil && w.sameContent(old, next) {
		return w.answer(c, kind, old, 0), nil
	}
	w.complete(kind, next)
	t.Put(id, next)
	finish.do()
	r, _ := t.Get(id)
	return w.answer(c, kind, r, 0), nil
}

// sameContent compares two records as the server does, which writes nothing
// where nothing changed.
func (w *world) sameContent(a, b record) bool {
	open := func(r record) record {
		r = maps.Clone(r)
		delete(r, "_id")
		delete(r, "_rev")
		if p, err := w.vault.Decrypt(r["password"]); err == nil && p != nil {
			r["password"] = p
		}
		return r
	}
	return reflect.DeepEqual(open(a), open(b))
}

func (w *world) patchManaged(c *call, kind, id string, t *table.Table, old record) (*crest.Result, *crest.Error) {
	full := w.withRelations(kind, old)
	next, fields, e := crest.Patch(full, c.Body)
	if e != nil {
		return nil, e
	}
	if e := t.CheckRevision("Update", id, c.IfMatch, old); e != nil {
		return nil, e
	}
	if w.sameContent(full, next) {
		return w.answer(c, kind, old, 0), nil
	}
	fields = slices.DeleteFunc(fields, func(name string) bool { _, there := next[name]; return !there })
	if e := w.checkPolicies(kind, id, next, fields); e != nil {
		e.Message = "Failed policy validation"
		return nil, e
	}
	finish, e := w.takeRelations(kind, id, old, next, true)
	if e != nil {
		return nil, e
	}
	return w.updateManaged(c, kind, id, t, old, next, finish)
}

// patchFound patches the one record that a query finds.
func (w *world) patchFound(c *call, kind string, t *table.Table) (*crest.Result, *crest.Error) {
	if !c.Query.ByID && c.Query.FilterText == "" {
		return nil, crest.BadRequest("Either _queryId, _queryExpression, or _queryFilter to identify/define a "+
			"query must be passed in the parameters. {_pageSize=-1, _pagedResultsOffset=0, pageClause=, "+
			"_resource=managed_%s}", kind)
	}
	keep, _, e := c.Query.Selection(nil)
	if e != nil {
		return nil, e
	}
	for id := range t.IDs(false, 0) {
		if old, ok := t.Get(id); ok && (keep == nil || keep(old)) {
			return w.patchManaged(c, kind, id, t, old)
		}
	}
	return nil, crest.Errorf(http.StatusNotFound, "Query returned no results")
}
