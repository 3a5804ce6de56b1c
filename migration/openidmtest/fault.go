package openidmtest

import (
	"crypto/tls"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"time"
)

// Effect is what a [Fault] does to a request.
type Effect string

const (
	// Respond answers with the fault's Status, Header and Body, without doing
	// the work. With Status 0 the request is served after Delay.
	Respond Effect = ""
	// Reset cuts the connection without doing the work.
	Reset Effect = "reset"
	// Hang never answers: until the client gives up or the server is closed.
	Hang Effect = "hang"
	// LoseAnswer does the work and cuts the connection instead of answering.
	LoseAnswer Effect = "lose answer"
	// Truncate does the work and cuts the connection in the middle of the
	// answer's body.
	Truncate Effect = "truncate"
	// Refuse answers as if nothing listened on the port: in memory the client
	// gets the error of a refused connection. Over a network, where the
	// connection stands already when a request is known, it is a Reset; there
	// [Startup] refuses.
	Refuse Effect = "refuse"
	// WrongCertificate presents a certificate that nobody knows, so that the
	// client's check of it fails before anything is sent. In memory only, where
	// the client gets the [jvmtrust.Error] of an unknown issuer; over a
	// network it is a Reset, and [Server.RestartWith] gives other stores.
	WrongCertificate Effect = "wrong certificate"
	// Restart cuts the connection without doing the work, and restarts the
	// server: see [Server.Restart].
	Restart Effect = "restart"
)

// Fault is one rule of what goes wrong. It applies to a request when Method,
// Path and Action all match; a zero field matches everything.
type Fault struct {
	Method string // "GET", "POST", …
	Path   string // a prefix of the path below /openidm/, like "endpoint/migration"
	Action string // of the parameter _action

	After int // so many matching requests pass before the fault
	Times int // so many are hit then, 0 means all
	// Probability of a matching request to be hit, 0 means 1; Seed makes the
	// choice reproducible.
	Probability float64
	Seed        uint64

	Delay  time.Duration // before anything else
	Effect Effect
	Status int
	Header http.Header
	Body   string

	// What goes wrong in the migration that a matching request starts. With
	// one of these set and Effect and Status zero, the request itself is
	// served.

	// Table is that of the records that suffer and are counted, such as "link";
	// "" means "managed/user".
	Table        string
	LoseRecords  int // so many records are silently not copied
	AlterRecords int // so many records are copied with other contents
	FailRecords  int // so many records fail, and the migration ends as failed
	// Reason is why they fail, as the audit tells.
	Reason    string
	StopAfter int // the source goes away after so many records
	// CompleteAnyway lets a migration with failed records end as "complete":
	// only the counts in its answer tell.
	CompleteAnyway bool
}

// Fail adds a fault. Faults are tried in the order in which they were added;
// the first that hits a request decides.
func (s *Server) Fail(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &faultState{Fault: f})
}

// ClearFaults forgets all faults.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

type faultState struct {
	Fault
	seen, hit int
	random    *rand.Rand
}

// faultFor returns the fault that hits a request, the zero one if none does.
func (s *Server) faultFor(r Request) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.faults {
		if f.Method != "" && f.Method != r.Method || f.Action != "" && f.Action != r.Action ||
			!strings.HasPrefix(r.Path, strings.Trim(f.Path, "/")) {
			continue
		}
		f.seen++
		if f.seen <= f.After || f.Times > 0 && f.hit >= f.Times {
			continue
		}
		if f.Probability > 0 {
			if f.random == nil {
				f.random = rand.New(rand.NewPCG(f.Seed, 0))
			}
			if f.random.Float64() >= f.Probability {
				continue
			}
		}
		f.hit++
		return f.Fault
	}
	return Fault{}
}

// applyFault does what a fault does to a request and reports whether the request
// was dealt with.
func (s *Server) applyFault(w *statusWriter, r *http.Request, f Fault) bool {
	if f.Delay > 0 && !s.sleep(r, f.Delay) {
		cut(w)
		return true
	}
	switch f.Effect {
	case Refuse, WrongCertificate:
		if m, ok := w.ResponseWriter.(*memoryWriter); ok {
			m.unsent = errRefused
			if f.Effect == WrongCertificate {
				m.unsent = s.strangeCertificate(r)
			}
			break
		}
		cut(w)
	case Reset:
		cut(w)
	case Restart:
		s.spawn(func() { s.Restart() })
		cut(w)
	case Hang:
		select {
		case <-r.Context().Done():
		case <-s.done:
		}
		cut(w)
	case LoseAnswer:
		s.serve(&statusWriter{ResponseWriter: httptest.NewRecorder()}, r, Fault{})
		cut(w)
	case Truncate:
		b := httptest.NewRecorder()
		s.serve(&statusWriter{ResponseWriter: b}, r, Fault{})
		maps.Copy(w.Header(), b.Header())
		w.Header().Set("Content-Length", strconv.Itoa(b.Body.Len()))
		w.WriteHeader(b.Code)
		w.Write(b.Body.Next(b.Body.Len() / 2))
		http.NewResponseController(w).Flush()
		cut(w)
	default:
		if f.Status == 0 {
			return false
		}
		w.Header().Set("Content-Type", "application/json;charset=utf-8")
		maps.Copy(w.Header(), f.Header)
		w.WriteHeader(f.Status)
		w.Write([]byte(f.Body))
	}
	return true
}

// sleep waits and reports whether the client still waits for the answer.
func (s *Server) sleep(r *http.Request, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
	case <-s.done:
	}
	return false
}

// cut closes the connection of a request without an answer, or without the
// rest of it.
func cut(w *statusWriter) {
	if m, ok := w.ResponseWriter.(*memoryWriter); ok {
		if m.isCut = true; w.status == 0 {
			m.unsent = errCut
		}
		return
	}
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if t, ok := conn.(*tls.Conn); ok {
		if tcp, ok := t.NetConn().(*net.TCPConn); ok && w.status == 0 {
			tcp.SetLinger(0)
			tcp.Close()
		}
	}
	conn.Close()
}
