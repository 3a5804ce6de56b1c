package openidmtest

import (
	"context"
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
	e := s.work(func(e *endpoint) *crest.Error {
		if e.migrating {
			return scriptError(http.StatusConflict, "a migration is running")
		}
		*e = endpoint{status: "pending"}
		return nil
	}, func(ctx context.Context) error { return source.connect(ctx, s) }, func(e *endpoint, err error) {
		*e = endpoint{status: "success", message: "connected to the source", source: source}
		if err != nil {
			*e = endpoint{status: "failed", message: javaMessage(err)}
		}
	})
	return &crest.Result{Body: record{"status": "pending"}}, e
}

func (s *Server) migrate(f Fault) (*crest.Result, *crest.Error) {
	var source *sourceServer
	e := s.work(func(e *endpoint) *crest.Error {
		switch source = e.source; {
		case e.migrating:
			// Assumed: what a real endpoint says here is not known.
			return scriptError(http.StatusConflict, "a migration is running")
		case source == nil:
			return scriptError(http.StatusBadRequest, "not configured")
		}
		*e = endpoint{status: "running", message: "connected to the source", source: source, migrating: true,
			counted: true}
		return nil
	}, func(ctx context.Context) error { return s.copyAll(ctx, source, f) }, func(e *endpoint, err error) {
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
	return &crest.Result{Body: record{"status": "running"}}, e
}

// work lets begin move the endpoint on, and end after do has ended, unless the server
// was restarted or configured anew meanwhile.
func (s *Server) work(
	begin func(*endpoint) *crest.Error, do func(context.Context) error, end func(*endpoint, error),
) *crest.Error {
	busy := make(chan struct{})
	s.mu.Lock()
	e, ctx := begin(&s.endpoint), s.ctx
	if e == nil {
		s.endpoint.busy = busy
	}
	s.mu.Unlock()
	if e != nil {
		return e
	}
	s.spawn(func() {
		defer close(busy)
		err := do(ctx)
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.endpoint.busy == busy {
			end(&s.endpoint, err)
		}
	})
	return nil
}
