package openidmtest

import (
	"net"
	"net/http"

	"github.com/idconnect-go/upgrade/internal/crest"
)

// info serves info/ping, info/version and info/login.
func (s *Server) info(c *call) (*crest.Result, *crest.Error) {
	if len(c.Segments) != 2 {
		return nil, crest.NotFound(c.Path)
	}
	var body record
	switch c.Segments[1] {
	case "ping":
		state := s.state()
		body = record{"_id": "", "state": string(state), "shortDesc": shortDescs[state]}
	case "version":
		if s.world.traits.Version == "" {
			return nil, crest.NotFound(c.Path)
		}
		body = record{"_id": "", "productVersion": s.options.Version, "productRevision": "4f19b"}
	case "login":
		ip, _, _ := net.SplitHostPort(c.remote)
		may := record{
			"component": c.who.component, "id": c.who.id, "ipAddress": ip,
			"moduleId": c.who.module, "roles": s.world.traits.LoginRoles(c.who.roles),
		}
		if c.who.component == managedUser {
			may["protectedAttributeList"] = []string{"password"}
		}
		body = record{"_id": "login", "authenticationId": c.who.name, "authorization": may}
	default:
		return nil, crest.NotFound(c.Path)
	}
	switch {
	case c.Operation == "create" && !c.Posted:
		return nil, crest.NotFound("info")
	case c.Operation == "action":
		return nil, crest.Errorf(http.StatusNotImplemented, "Actions are not supported for resource instances")
	case c.Operation != "read":
		return nil, crest.Unsupported(c.Request)
	}
	return &crest.Result{Body: crest.Pick(body, c.Fields)}, nil
}

// authentication serves the two actions that a client may call to keep or
// drop a session.
func (s *Server) authentication(c *call) (*crest.Result, *crest.Error) {
	if len(c.Segments) > 1 {
		return nil, crest.NotFound(c.Path)
	}
	switch c.Operation {
	case "read":
		return &crest.Result{Body: record{"providers": []any{}}}, nil
	case "create":
		if !c.Posted {
			return nil, crest.NotFound("")
		}
		return nil, crest.BadRequest("The singleton resource  cannot be created")
	case "query":
		return nil, crest.BadRequest("The singleton resource  cannot be queried")
	case "delete":
		return nil, crest.BadRequest("The singleton resource  cannot be deleted")
	case "action":
	default:
		return nil, crest.Unsupported(c.Request)
	}
	switch c.Action {
	case "logout":
		s.mu.Lock()
		delete(s.sessions, c.who.session)
		s.mu.Unlock()
		return &crest.Result{Body: record{"success": true}}, nil
	case "reauthenticate":
		if c.ReauthPassword == "" {
			return nil, crest.Errorf(http.StatusForbidden, "Reauthentication failed, missing or empty headers")
		}
		if _, ok := s.account(c.who.name, c.ReauthPassword); !ok {
			return nil, crest.Errorf(http.StatusForbidden, "Reauthentication failed for %s", c.who.name)
		}
		return &crest.Result{Body: record{"reauthenticated": true}}, nil
	}
	return nil, crest.InternalError("Error processing action")
}
