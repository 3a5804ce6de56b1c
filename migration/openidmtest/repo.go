package openidmtest

import (
	"maps"
	"net/http"
	"strings"
)

// repo serves repo/…: the records as the repository holds them.
func (s *Server) repo(c *call) (*result, *restError) {
	path := strings.Join(c.segs[1:], "/")
	w := s.world
	w.mu.Lock()
	defer w.mu.Unlock()
	switch c.operation {
	case "query":
		if t, ok := w.tables[path]; ok {
			return runQuery(c, tableView{t, pick})
		}
		if path == "" {
			return nil, errCommand
		}
		return nil, fail(http.StatusBadRequest, "Failed to resolve and parse the query.")
	case "action":
		return nil, fail(http.StatusBadRequest, "Unknown action: %s", c.action)
	case "patch":
		return nil, fail(http.StatusNotImplemented, "Patch not supported yet")
	}
	kind, id := path, ""
	if i := strings.LastIndexByte(path, '/'); w.tables[path] == nil && i >= 0 {
		kind, id = path[:i], path[i+1:]
	} else if c.operation != "create" {
		kind = ""
	}
	if id == "" && c.operation == "create" {
		if id, _ = c.body.(record)["_id"].(string); id == "" {
			id = newID()
		}
	}
	if kind == "" && c.operation == "read" && path != "" {
		return nil, fail(http.StatusBadRequest, "Illegal query request.")
	}
	if c.operation == "create" && !c.posted && !strings.Contains(path, "/") {
		return nil, fail(http.StatusNotFound, "The object identifier did not include sufficient information to determine the object type: ")
	}
	if kind == "" {
		return nil, fail(http.StatusNotFound, "The object identifier did not include sufficient information to determine the object type and identifier of the object to %s: %s", c.operation, path)
	}
	t := w.table(kind)
	old, exists := t.get(id)
	if c.upsert && exists {
		c.operation = "update"
	}
	switch c.operation {
	case "read":
		if !exists {
			return nil, fail(http.StatusNotFound, "Object %s not found in %s", id, kind)
		}
		return resource(old, c.fields, 0), nil
	case "create":
		if exists {
			return nil, duplicate(t, id)
		}
	case "update":
		if !exists {
			return nil, fail(http.StatusNotFound, "Update on object %s could not find existing object.", path)
		}
		if e := t.checkRevision("Update", id, c.ifMatch, old); e != nil {
			return nil, e
		}
	case "delete":
		if c.ifMatch == "" {
			return nil, fail(http.StatusConflict, "Object passed into delete does not have revision it expects set.")
		}
		if !exists {
			return nil, fail(http.StatusNotFound, "Object does not exist for delete on: %s", path)
		}
		if e := t.checkRevision("Delete", id, c.ifMatch, old); e != nil {
			return nil, e
		}
		t.remove(id)
		return resource(old, c.fields, 0), nil
	}
	if _, err := t.put(id, maps.Clone(c.body.(record))); err != nil {
		return nil, fail(http.StatusInternalServerError, "%v", err)
	}
	r, _ := t.get(id)
	if exists {
		return resource(r, c.fields, 0), nil
	}
	res := resource(r, c.fields, http.StatusCreated)
	res.location = id
	return res, nil
}
