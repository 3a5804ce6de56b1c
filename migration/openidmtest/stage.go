package openidmtest

import "time"

type stage int

const (
	stageReady stage = iota
	stageHTML
	stageStarting
	stageNotReady
	stageStopping
)

// stage returns how far the start has come.
func (s *Server) stage() stage {
	s.mu.Lock()
	defer s.mu.Unlock()
	up := s.options.Startup
	switch age := time.Since(s.started); {
	case age < up.Refused+up.HTML:
		return stageHTML
	case age < up.Refused+up.HTML+up.Starting:
		return stageStarting
	}
	return s.set
}

// State is what info/ping says of the server.
type State string

const (
	Ready    State = "ACTIVE_READY"
	NotReady State = "ACTIVE_NOT_READY"
	Stopping State = "STOPPING"
)

// SetState lets a server that has started say that it is not ready, is
// stopping, or is ready again. While it is not ready, everything but info/ping
// answers 503 (assumed).
func (s *Server) SetState(state State) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.set = map[State]stage{Ready: stageReady, NotReady: stageNotReady, Stopping: stageStopping}[state]
}

// health is the answer of info/ping. The short descriptions of the states
// other than ACTIVE_READY are the open source's words, not measured.
func (s *Server) health() record {
	h := record{"_id": ""}
	switch s.stage() {
	case stageStarting:
		h["state"], h["shortDesc"] = "STARTING", "OpenIDM starting"
	case stageNotReady:
		h["state"], h["shortDesc"] = string(NotReady),
			"Required services not available: [org.forgerock.openidm.sync]"
	case stageStopping:
		h["state"], h["shortDesc"] = string(Stopping), "OpenIDM stopping"
	default:
		h["state"], h["shortDesc"] = string(Ready), "OpenIDM ready"
	}
	return h
}

// SetClock sets the server's clock ahead of the real one, or behind it:
// [Options.Clock].
func (s *Server) SetClock(ahead time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ahead = ahead
}

// now is the time of the server's clock.
func (s *Server) now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Now().Add(s.ahead)
}
