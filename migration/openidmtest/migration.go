package openidmtest

import (
	"net/http"
	"strings"

	"github.com/idconnect-go/upgrade/internal/crest"
)

// endpoint is the state of endpoint/migration. What is known of the real one
// is little: the three actions, the body of configure, that configure is
// pending and then a success or a bad certificate, and that a migration ends
// as complete. The members of the answers are assumed, as a scripted endpoint
// on a real server had them.
type endpoint struct {
	status  string // "" means not configured
	message string
	source  *sourceServer
	busy    chan struct{} // closed when what is under way has ended, nil if nothing is
	// of the migration
	migrating bool
	counted   bool
	processed int
	failed    int
}

func scriptError(code int, format string, args ...any) *crest.Error {
	e := crest.Errorf(code, format, args...)
	e.Detail = record{}
	return e
}

// migration serves endpoint/migration, the only endpoint.
func (s *Server) migration(c *call) (*crest.Result, *crest.Error) {
	if c.Operation == "create" && !c.Posted {
		return nil, crest.NotFound("endpoint")
	}
	if c.Path != "endpoint/migration" || s.options.Role != Target || s.options.ServiceOf != nil {
		return nil, crest.NotFound(c.Path)
	}
	if c.Operation != "action" {
		return nil, scriptError(http.StatusInternalServerError,
			"No such property: action for class: org.forgerock.json.resource.Requests$%s%sRequestImpl",
			strings.ToUpper(c.Operation[:1]), c.Operation[1:])
	}
	switch c.Action {
	case "status":
		return &crest.Result{Body: s.migrationStatus()}, nil
	case "configure":
		return s.configure(c)
	case "migrate":
		return s.migrate(c.fault)
	}
	return nil, scriptError(http.StatusBadRequest, "unknown action %s", c.Action)
}

func (s *Server) migrationStatus() record {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.endpoint
	if e.status == "" {
		return record{"status": "not configured"}
	}
	out := record{"status": e.status}
	if e.message != "" {
		out["message"] = e.message
	}
	if e.counted {
		progress := record{"processed": e.processed}
		if e.failed > 0 {
			progress["failed"] = e.failed
			out["statusSummary"] = record{"SUCCESS": e.processed - e.failed, "FAILURE": e.failed}
		}
		out["progress"] = progress
	}
	return out
}

func (s *Server) configure(c *call) (*crest.Result, *crest.Error) {
	body, _ := c.Body.(record)
	text := func(name string) string {
		v, _ := body[name].(string)
		return v
	}
	source := &sourceServer{url: text("instanceUrl"), username: text("userName"), password: text("password")}
	if source.url == "" || source.username == "" || source.password == "" {
		return nil, scriptError(http.StatusBadRequest, "instanceUrl, userName and password are required")
	}
	s.mu.Lock()
	if s.endpoint.migrating {
		s.mu.Unlock()
		return nil, scriptError(http.StatusConflict, "a migration is running")
	}
	busy := make(chan struct{})
	s.endpoint = endpoint{status: "pending", busy: busy}
	ctx, trust := s.ctx, *s.trust // a copy, for the server's own clock
	s.mu.Unlock()
	trust.Now = s.now
	s.spawn(func() {
		defer close(busy)
		err := source.connect(ctx, s, &trust)
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.endpoint.busy != busy {
			return // restarted, or configured anew
		}
		if err != nil {
			s.endpoint = endpoint{status: "failed", message: javaMessage(err)}
			return
		}
		s.endpoint = endpoint{status: "success", message: "connected to the source", source: source}
	})
	return &crest.Result{Body: record{"status": "pending"}}, nil
}

func (s *Server) migrate(f Fault) (*crest.Result, *crest.Error) {
	s.mu.Lock()
	e := &s.endpoint
	switch {
	case e.migrating:
		s.mu.Unlock()
		// Assumed: what a real endpoint says here is not known.
		return nil, scriptError(http.StatusConflict, "a migration is running")
	case e.source == nil:
		s.mu.Unlock()
		return nil, scriptError(http.StatusBadRequest, "not configured")
	}
	source := e.source
	busy := make(chan struct{})
	*e = endpoint{status: "running", message: "connected to the source", source: source, busy: busy,
		migrating: true, counted: true}
	ctx := s.ctx
	s.mu.Unlock()
	s.spawn(func() {
		defer close(busy)
		err := s.copyAll(ctx, source, f)
		s.mu.Lock()
		defer s.mu.Unlock()
		e := &s.endpoint
		if e.busy != busy {
			return // restarted
		}
		e.migrating, e.busy = false, nil
		switch {
		case err != nil:
			e.status, e.message = "failed", javaMessage(err)
		case e.failed > 0 && !f.CompleteAnyway:
			e.status, e.message = "failed", "some records could not be migrated"
		default:
			e.status, e.message = "complete", "migrated"
		}
	})
	return &crest.Result{Body: record{"status": "running"}}, nil
}
