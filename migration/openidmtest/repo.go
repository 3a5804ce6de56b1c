package openidmtest

import (
	"net/http"
	"strings"

	"github.com/idconnect-go/upgrade/internal/crest"
	"github.com/idconnect-go/upgrade/migration/openidmtest/internal/table"
)

// repo serves repo/…: the records as the repository holds them.
func (s *Server) repo(c *call) (*crest.Result, *crest.Error) {
	path := strings.Join(c.Segments[1:], "/")
	w := s.world
	w.mu.Lock()
	defer w.mu.Unlock()
	switch c.Operation {
	case "query":
		if t, ok := w.tables[path]; ok && (w.traits.Has(path) || t.Len() > 0) {
			return crest.RunQuery(c.Request, view(t))
		}
		if path == "" {
			return nil, crest.ErrCommand
		}
		return nil, crest.BadRequest("Failed to resolve and parse the query.")
	case "action":
		return nil, crest.BadRequest("Unknown action: %s", c.Action)
	case "patch":
		return nil, crest.Errorf(http.StatusNotImplemented, "Patch not supported yet")
	}
	kind, id := path, ""
	if i := strings.LastIndexByte(path, '/'); w.tables[path] == nil && i >= 0 {
		kind, id = path[:i], path[i+1:]
	} else if c.Operation != "create" {
		kind = ""
	}
	if id == "" && c.Operation == "create" {
		if id, _ = c.Body.(record)["_id"].(string); id == "" {
			id = newID()
		}
	}
	if kind == "" && c.Operation == "read" && path != "" {
		return nil, crest.BadRequest("Illegal query request.")
	}
	if c.Operation == "create" && !c.Posted && !strings.Contains(path, "/") {
		return nil, crest.Errorf(http.StatusNotFound,
			"The object identifier did not include sufficient information to determine the object type: ")
	}
	if kind == "" {
		return nil, crest.Errorf(http.StatusNotFound,
			"The object identifier did not include sufficient information to determine the object type "+
				"and identifier of the object to %s: %s", c.Operation, path)
	}
	return w.repoResource(c, kind, id)
}

func (w *world) repoResource(c *call, kind, id string) (*crest.Result, *crest.Error) {
	path := strings.Join(c.Segments[1:], "/")
	t := w.table(kind)
	old, exists := t.Get(id)
	if c.Upsert && exists {
		c.Operation = "update"
	}
	switch c.Operation {
	case "read":
		if !exists {
			return nil, crest.Errorf(http.StatusNotFound, "Object %s not found in %s", id, kind)
		}
		return crest.NewResult(old, c.Fields, 0), nil
	case "create":
		if exists {
			return nil, t.Duplicate(id)
		}
	case "update":
		if !exists {
			return nil, crest.Errorf(http.StatusNotFound,
				"Update on object %s could not find existing object.", path)
		}
		if e := t.CheckRevision("Update", id, c.IfMatch, old); e != nil {
			return nil, e
		}
	case "delete":
		if c.IfMatch == "" {
			return nil, crest.Errorf(http.StatusConflict,
				"Object passed into delete does not have revision it expects set.")
		}
		if !exists {
			return nil, crest.Errorf(http.StatusNotFound, "Object does not exist for delete on: %s", path)
		}
		if e := t.CheckRevision("Delete", id, c.IfMatch, old); e != nil {
			return nil, e
		}
		t.Remove(id)
		return crest.NewResult(old, c.Fields, 0), nil
	}
	t.Put(id, c.Body.(record))
	r, _ := t.Get(id)
	if exists {
		return crest.NewResult(r, c.Fields, 0), nil
	}
	res := crest.NewResult(r, c.Fields, http.StatusCreated)
	res.Location = id
	return res, nil
}

// view shows a table as it is.
func view(t *table.Table) table.View { return table.View{Table: t, Show: crest.Pick} }
