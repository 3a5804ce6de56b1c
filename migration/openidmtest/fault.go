package openidmtest

import (
	"net/http"
	"time"
)

// Effect is what a [Fault] does to a request.
type Effect string

const (
	// Respond answers with the fault's Status, Header and Body, without doing
	// the work. With Status 0 the request is served as if there were no
	// fault, after Delay.
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

	// What goes wrong in the migration that a matching request starts; with
	// one of these set and Effect, Status and Body zero the request itself is
	// served.
	LoseRecords  int // so many records are silently not copied
	AlterRecords int // so many records are copied with other contents
	FailRecords  int // so many records fail, and the migration says so
	StopAfter    int // the migration fails after so many records
	// OmitFailures lets a migration with FailRecords end as "complete", with
	// the number of failed records in its answer only.
	OmitFailures bool
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
}
