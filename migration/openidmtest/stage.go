package openidmtest

import (
	"cmp"
	"time"
)

// State is what info/ping says of the server.
type State string

const (
	Ready    State = "ACTIVE_READY"
	NotReady State = "ACTIVE_NOT_READY"
	Stopping State = "STOPPING"

	starting State = "STARTING"
	webAlone State = "" // the web server is up, and OpenIDM is not
)

// shortDescs are the open source's words, measured for ACTIVE_READY alone.
var shortDescs = map[State]string{
	Ready: "OpenIDM ready", NotReady: "Required services not available: [org.forgerock.openidm.sync]",
	Stopping: "OpenIDM stopping", starting: "OpenIDM starting",
}

// state is how far the start has come, and then what was set.
func (s *Server) state() State {
	s.mu.Lock()
	defer s.mu.Unlock()
	up := s.options.Startup
	switch age := time.Since(s.started); {
	case age < up.Refused+up.HTML:
		return webAlone
	case age < up.Refused+up.HTML+up.Starting:
		return starting
	}
	return cmp.Or(s.set, Ready)
}

// SetState lets a server that has started say that it is not ready, is
// stopping, or is ready again. While it is not ready, everything but info/ping
// answers 503 (assumed).
func (s *Server) SetState(state State) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.set = state
}

// SetClock sets the server's clock ahead of the real one, or behind it:
// [Options.Clock].
func (s *Server) SetClock(ahead time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ahead = ahead
}

// now is the time of the server's clock.
func (s *Server) now() time.Time { return time.Now().Add(get(s, &s.ahead)) }
