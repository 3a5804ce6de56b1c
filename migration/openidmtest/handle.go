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

// call is a request and who sent it.
type call struct {
	*crest.Request
	who identity
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
	if f := s.faultFor(entry); f != nil {
		if s.applyFault(seen, r, f) {
			return
		}
		r = r.WithContext(withFault(r.Context(), f))
	}
	s.serve(seen, r)
}

func (s *Server) serve(w interface {
	http.ResponseWriter
	code() int
}, r *http.Request) {
	defer func() {
		name, _, _ := credentials(r)
		s.access.Add(r, name, s.now(), w.code())
	}()
	if s.options.SNICheck && !keys.IsNamed(s.Certificate(), r.Host) {
		crest.WritePage(w, http.StatusBadRequest, "Invalid SNI")
		return
	}
	stage := s.stage()
	if stage == stageHTML {
		crest.WritePage(w, http.StatusNotFound, "Not Found")
		return
	}
	if ambiguous.MatchString(r.URL.EscapedPath()) {
		crest.WritePage(w, http.StatusBadRequest, "Ambiguous URI")
		return
	}
	path, inside := strings.CutPrefix(r.URL.Path, contextPath)
	if !inside || path != "" && path[0] != '/' {
		if r.Method == http.MethodPost {
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		w.WriteHeader(http.StatusNotFound)
		return
	}
	switch r.Method {
	case http.MethodOptions:
		return
	case http.MethodTrace:
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	who, e := s.authenticate(w, r)
	if e != nil {
		crest.WriteError(w, e)
		return
	}
	w.Header().Set("Cache-Control", "no-cache")
	asked, e := crest.Parse(r, strings.Trim(path, "/"))
	if e != nil {
		crest.WriteError(w, e)
		return
	}
	c := &call{asked, who}
	if !s.allowed(c) {
		crest.WriteError(w, crest.Errorf(http.StatusForbidden, "Access denied"))
		return
	}
	if stage != stageReady && c.Path != "info/ping" {
		// Assumed: what the server answers here was not measured.
		crest.WriteError(w, crest.Errorf(http.StatusServiceUnavailable, "Service Unavailable"))
		return
	}
	e = s.fits(c)
	var res *crest.Result
	if e == nil {
		res, e = s.route(r, c)
	}
	if e != nil {
		crest.WriteError(w, e)
		return
	}
	if s.world.traits.NoTotals {
		res.OmitTotals()
	}
	crest.WriteResult(w, c.Request, res, s.URL)
}

// ambiguous are paths that the web server refuses before anybody looks at them.
var ambiguous = regexp.MustCompile(`(?i)//|%2f|%25|%5c`)

// route finds the resource of a call.
func (s *Server) route(r *http.Request, c *call) (*crest.Result, *crest.Error) {
	if len(c.Segments) == 0 {
		return nil, crest.NotFound("")
	}
	switch c.Segments[0] {
	case "info":
		return s.info(r, c)
	case "managed":
		return s.managed(c)
	case "repo":
		return s.repo(c)
	case "config":
		return s.config(c)
	case "system":
		return s.system(c)
	case "recon":
		return s.recon(c)
	case "audit":
		return s.audit(c)
	case "security":
		return s.security(c)
	case "script":
		return s.script(c)
	case "authentication":
		return s.authentication(c)
	case "policy":
		return s.policy(c)
	case "internal":
		return s.internal(c)
	case scheduler:
		return s.schedules(c)
	case "migration":
		if len(c.Segments) == 1 && s.options.ServiceOf != nil {
			return s.migrationService(r, c)
		}
	case "endpoint":
		if c.Operation == "create" && !c.Posted {
			return nil, crest.NotFound("endpoint")
		}
		if c.Path == "endpoint/migration" && s.options.Role == Target && s.options.ServiceOf == nil {
			return s.migration(r, c)
		}
	}
	return nil, crest.NotFound(c.Path)
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

func (w *statusWriter) code() int { return w.status }

// Unwrap serves [http.ResponseController].
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
