package openidmtest

import (
	"slices"
	"time"
)

// maxRequests is how many requests the log of a server keeps.
const maxRequests = 1_000_000

// Request is one entry of the log of requests. It holds no password.
type Request struct {
	Time     time.Time
	Method   string
	Path     string // below /openidm/, like "managed/user/u00001"
	Query    string // raw
	Action   string // of the parameter _action
	Username string // "" where none was sent
	Status   int    // 0 where no answer was sent, or not yet
}

// record adds a request to the log.
func (s *Server) record(r Request) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.requests) >= maxRequests {
		return -1
	}
	s.requests = append(s.requests, r)
	return len(s.requests) - 1
}

func (s *Server) finish(at, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at >= 0 {
		s.requests[at].Status = status
	}
}

// Requests returns the first million requests that came so far, oldest first.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}
