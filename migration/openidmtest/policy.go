package openidmtest

import (
	"maps"
	"slices"
	"strings"

	"github.com/idconnect-go/upgrade/internal/crest"
	"github.com/idconnect-go/upgrade/migration/openidmtest/internal/policy"
)

// checkPolicies looks whether a record keeps the policies of a default
// server: all of them, or those of the given fields. id is the record's own,
// which does not count against uniqueness.
func (w *world) checkPolicies(kind, id string, r record, fields []string) *crest.Error {
	return policy.Check(kind, r, fields, policy.Options{OldRoles: w.traits.Old, Taken: func(name string) (n int) {
		if found := w.findUser(name); found != "" && found != id {
			n++
		}
		if w.table(internalUser).Has(name) {
			n++
		}
		return n
	}})
}

// findUser returns the id of the user of a name, "" if there is none.
func (w *world) findUser(name string) string {
	t := w.table(managedUser)
	if _, ok := t.Index(name); ok {
		// The name of a synthetic user is its id, unless it was changed.
		if r, ok := t.Get(name); ok && r["userName"] == name {
			return name
		}
	}
	for id := range t.Written() {
		if r, ok := t.Get(id); ok && r["userName"] == name {
			return id
		}
	}
	return ""
}

// policy serves policy/managed/…: what a record would be told, without writing
// it.
func (s *Server) policy(c *call) (*crest.Result, *crest.Error) {
	if c.Operation != "action" {
		return nil, crest.Unsupported(c.Request)
	}
	if c.Action != "validateObject" && c.Action != "validateProperty" {
		e := crest.InternalError("Unsupported action: %s", c.Action)
		e.Detail = record{}
		return nil, e
	}
	r, _ := c.Body.(record)
	var fields []string
	if c.Action == "validateProperty" {
		fields = slices.Collect(maps.Keys(r))
	}
	kind, id := "", ""
	if len(c.Segments) > 2 && c.Segments[1] == "managed" {
		kind = c.Segments[2]
		id = strings.Join(c.Segments[3:], "/")
	}
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	if e := s.world.checkPolicies(kind, id, r, fields); e != nil {
		return &crest.Result{Body: e.Detail}, nil
	}
	return &crest.Result{Body: record{"result": true, "failedPolicyRequirements": []any{}}}, nil
}
