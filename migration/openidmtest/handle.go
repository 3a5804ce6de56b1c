package openidmtest

import (
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/idconnect-go/upgrade/internal/crest"
	"github.com/idconnect-go/upgrade/migration/openidmtest/internal/keys"
)

// record is the JSON object of one resource.
type record = crest.Record

// call is a request, who sent it from where, and what goes wrong in the work that it starts.
type call struct {
	*crest.Request
	who    identity
	remote string
	fault  Fault
}

// contextPath is the path under which everything of the server lies.
const contextPath = "/openidm"

// ServeHTTP answers as the server does, without its network: stages and
// faults apply all the same.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.enter() {
		cut(&statusWriter{ResponseWriter: w})
		return
	}
	defer s.running.Done()
	entry := Request{
		Time: time.Now(), Method: r.Method, Query: r.URL.RawQuery,
		Path:   strings.Trim(strings.TrimPrefix(r.URL.Path, contextPath), "/"),
		Action: r.URL.Query().Get("_action"),
	}
	entry.Username, _, _ = credentials(r)
	seen := &statusWriter{ResponseWriter: w}
	w.Header().Set("Date", s.now().UTC().Format(http.TimeFormat))
	at := s.record(entry)
	defer func() {
		s.finish(at, seen.status)
		if log := s.options.Logger; log != nil {
			log.LogAttrs(r.Context(), slog.LevelDebug, "request",
				slog.String("server", s.options.Role.String()), slog.String("method", entry.Method),
				slog.String("path", entry.Path), slog.String("action", entry.Action),
				slog.Int("status", seen.status), slog.Duration("duration", time.Since(entry.Time)))
		}
	}()
	if f := s.faultFor(entry); !s.applyFault(seen, r, f) {
		s.serve(seen, r, f)
	}
}

// serve answers as the web server does, and then as what runs in it.
func (s *Server) serve(w *statusWriter, r *http.Request, f Fault) {
	defer func() {
		name, _, _ := credentials(r)
		s.access.Add(r, name, s.now(), w.status)
	}()
	path, inside := strings.CutPrefix(r.URL.Path, contextPath)
	inside = inside && (path == "" || path[0] == '/')
	switch state := s.state(); {
	case s.options.SNICheck && !keys.IsNamed(s.Certificate(), r.Host):
		crest.WritePage(w, http.StatusBadRequest, "Invalid SNI")
	case state == webAlone:
		crest.WritePage(w, http.StatusNotFound, "Not Found")
	case ambiguous.MatchString(r.URL.EscapedPath()):
		crest.WritePage(w, http.StatusBadRequest, "Ambiguous URI")
	case inside && r.Method == http.MethodTrace, !inside && r.Method == http.MethodPost:
		w.WriteHeader(http.StatusMethodNotAllowed)
	case !inside:
		w.WriteHeader(http.StatusNotFound)
	case r.Method == http.MethodOptions:
	default:
		c := &call{remote: r.RemoteAddr, fault: f}
		res, e := s.answer(w, r, c, strings.Trim(path, "/"), state)
		if e != nil {
			crest.WriteError(w, e)
			return
		}
		if s.world.traits.NoTotals {
			res.OmitTotals()
		}
		crest.WriteResult(w, c.Request, res, s.URL)
	}
}

// answer checks who asks for what, and asks the resource.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, c *call, path string, state State) (
	res *crest.Result, e *crest.Error,
) {
	if c.who, e = s.authenticate(w, r); e != nil {
		return nil, e
	}
	w.Header().Set("Cache-Control", "no-cache")
	if c.Request, e = crest.Parse(r, path); e != nil {
		return nil, e
	}
	resource := resources[strings.SplitN(path, "/", 2)[0]]
	switch {
	case !s.allowed(c):
		return nil, crest.Errorf(http.StatusForbidden, "Access denied")
	case state != Ready && path != "info/ping":
		// Assumed: what the server answers here was not measured.
		return nil, crest.Errorf(http.StatusServiceUnavailable, "Service Unavailable")
	case resource == nil:
		return nil, crest.NotFound(path)
	case s.world.traits.NoFilters && c.Operation == "query" && c.Query.FilterText != "" &&
		(c.Segments[0] == "repo" || c.Segments[0] == "managed"):
		// The code is assumed.
		return nil, crest.BadRequest("The repository does not support _queryFilter")
	}
	return resource(s, c)
}

// ambiguous are paths that the web server refuses before anybody looks at them.
var ambiguous = regexp.MustCompile(`(?i)//|%2f|%25|%5c`)

// resources are those at the top, by their names.
var resources = map[string]func(*Server, *call) (*crest.Result, *crest.Error){
	"audit": (*Server).audit, "authentication": (*Server).authentication, "config": (*Server).config,
	"endpoint": (*Server).migration, "info": (*Server).info, "internal": (*Server).internal,
	"managed": (*Server).managed, "migration": (*Server).migrationService, "policy": (*Server).policy,
	"recon": (*Server).recon, "repo": (*Server).repo, scheduler: (*Server).schedules, "script": (*Server).script,
	"security": (*Server).security, "system": (*Server).system,
}

// statusWriter remembers the status.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap serves [http.ResponseController].
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
