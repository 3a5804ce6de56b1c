package openidmtest

import (
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

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

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	stage := s.stage()
	if stage == stageHTML {
		writePage(w, http.StatusNotFound, "Not Found")
		return
	}
	if ambiguous.MatchString(r.URL.EscapedPath()) {
		writePage(w, http.StatusBadRequest, "Ambiguous URI")
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
		s.writeError(w, e)
		return
	}
	w.Header().Set("Cache-Control", "no-cache")
	c, e := parseCall(r, strings.Trim(path, "/"))
	if e != nil {
		s.writeError(w, e)
		return
	}
	c.who = who
	if !s.allowed(c) {
		s.writeError(w, fail(http.StatusForbidden, "Access denied"))
		return
	}
	if stage != stageReady && c.path != "info/ping" {
		// Assumed: what the server answers here was not measured.
		s.writeError(w, fail(http.StatusServiceUnavailable, "Service Unavailable"))
		return
	}
	res, e := s.route(r, c)
	if e != nil {
		s.writeError(w, e)
		return
	}
	s.writeResult(w, c, res)
}

func (s *Server) writeResult(w http.ResponseWriter, c *call, res *result) {
	h := w.Header()
	if res.rev != "" {
		h.Set("ETag", `"`+res.rev+`"`)
		if c.operation == "read" && c.ifNone == res.rev {
			h.Set("Content-Type", jsonType)
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	if res.location != "" {
		// The real server leaves out the collection, and so does this one.
		h.Set("Location", s.URL()+res.location)
	}
	status := res.status
	if status == 0 {
		status = http.StatusOK
	}
	body, isRecord := res.body.(record)
	if isRecord && c.oldest {
		c.withoutID(body)
	}
	if isRecord && c.mimeType != "" && len(c.fields) > 0 {
		h.Set("Content-Type", c.mimeType+";charset=utf-8")
		w.WriteHeader(status)
		fmt.Fprint(w, body[c.fields[0]])
		return
	}
	s.writeJSON(w, status, res.body)
}

// withoutID takes away what protocol 1 does not add: the id and the revision
// where fields were asked for, and the empty id of a service.
func (c *call) withoutID(r record) {
	for _, name := range []string{"_id", "_rev"} {
		if len(c.fields) > 0 && !slices.Contains(c.fields, name) || r[name] == "" {
			delete(r, name)
		}
	}
}

// ambiguous are paths that the web server refuses before anybody looks at them.
var ambiguous = regexp.MustCompile(`(?i)//|%2f|%25|%5c`)

// route finds the resource of a call.
func (s *Server) route(r *http.Request, c *call) (*result, *restError) {
	if len(c.segs) == 0 {
		return nil, notFound("")
	}
	switch c.segs[0] {
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
	case "migration":
		if len(c.segs) == 1 && s.options.ServiceOf != nil {
			return s.migrationService(r, c)
		}
	case "endpoint":
		if c.operation == "create" && !c.posted {
			return nil, notFound("endpoint")
		}
		if c.path == "endpoint/migration" && s.options.Role == Target && s.options.ServiceOf == nil {
			return s.migration(r, c)
		}
	}
	return nil, notFound(c.path)
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
