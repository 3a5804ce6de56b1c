package openidmtest

import (
	"net"
	"net/http"
)

// info serves info/ping, info/version and info/login.
func (s *Server) info(r *http.Request, c *call) (*result, *restError) {
	if len(c.segs) != 2 {
		return nil, notFound(c.path)
	}
	var body record
	switch c.segs[1] {
	case "ping":
		body = s.health()
	case "version":
		body = record{"_id": "", "productVersion": s.options.Version, "productRevision": "4f19b"}
	case "login":
		ip, _, _ := net.SplitHostPort(r.RemoteAddr)
		body = record{
			"_id":              "login",
			"authenticationId": c.who.name,
			"authorization": record{
				"component": c.who.component, "id": c.who.id, "ipAddress": ip,
				"moduleId": c.who.module, "roles": c.who.roles,
			},
		}
	default:
		return nil, notFound(c.path)
	}
	if c.operation != "read" {
		return nil, unsupported(c)
	}
	return &result{body: pick(body, c.fields)}, nil
}

// unsupported is the error of an operation that a resource lacks.
func unsupported(c *call) *restError {
	return notSupported(map[string]string{
		"read": "Read", "query": "Query", "create": "Create", "update": "Update",
		"patch": "Patch", "delete": "Delete", "action": "Action",
	}[c.operation])
}

// authentication serves the two actions that a client may call to keep or
// drop a session.
func (s *Server) authentication(c *call) (*result, *restError) {
	if c.operation != "action" {
		return nil, unsupported(c)
	}
	switch c.action {
	case "logout":
		s.mu.Lock()
		delete(s.sessions, c.who.session)
		s.mu.Unlock()
		return &result{body: record{"success": true}}, nil
	case "reauthenticate":
		return &result{body: record{"reauthenticated": true}}, nil
	}
	return nil, fail(http.StatusBadRequest, "Action %s on authentication service not supported", c.action)
}
