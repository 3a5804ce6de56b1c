package openidmtest

import (
	"net"
	"net/http"
	"strings"
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
		may := record{
			"component": c.who.component, "id": c.who.id, "ipAddress": ip,
			"moduleId": c.who.module, "roles": c.who.roles,
		}
		if c.who.component == managedUser {
			may["protectedAttributeList"] = []string{"password"}
		}
		body = record{"_id": "login", "authenticationId": c.who.name, "authorization": may}
	default:
		return nil, notFound(c.path)
	}
	switch {
	case c.operation == "create" && !c.posted:
		return nil, notFound("info")
	case c.operation == "action":
		return nil, fail(http.StatusNotImplemented, "Actions are not supported for resource instances")
	case c.operation != "read":
		return nil, unsupported(c)
	}
	return &result{body: pick(body, c.fields)}, nil
}

// neverSupported is the error of a service that has no such operation at all.
func neverSupported(c *call) *restError {
	return fail(http.StatusNotImplemented, "The %s operations are not supported", strings.ToUpper(c.operation))
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
	if len(c.segs) > 1 {
		return nil, notFound(c.path)
	}
	switch c.operation {
	case "read":
		return &result{body: record{"providers": []any{}}}, nil
	case "create":
		if !c.posted {
			return nil, notFound("")
		}
		return nil, fail(http.StatusBadRequest, "The singleton resource  cannot be created")
	case "query":
		return nil, fail(http.StatusBadRequest, "The singleton resource  cannot be queried")
	case "delete":
		return nil, fail(http.StatusBadRequest, "The singleton resource  cannot be deleted")
	case "action":
	default:
		return nil, unsupported(c)
	}
	switch c.action {
	case "logout":
		s.mu.Lock()
		delete(s.sessions, c.who.session)
		s.mu.Unlock()
		return &result{body: record{"success": true}}, nil
	case "reauthenticate":
		if e := s.reauthenticate(c); e != nil {
			return nil, e
		}
		return &result{body: record{"reauthenticated": true}}, nil
	}
	return nil, fail(http.StatusInternalServerError, "Error processing action")
}

// reauthenticate wants the password of who asks once more.
func (s *Server) reauthenticate(c *call) *restError {
	if c.reauth == "" {
		return fail(http.StatusForbidden, "Reauthentication failed, missing or empty headers")
	}
	if _, ok := s.account(c.who.name, c.reauth); !ok {
		return fail(http.StatusForbidden, "Reauthentication failed for %s", c.who.name)
	}
	return nil
}
