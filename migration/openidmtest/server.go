// Package openidmtest has fake OpenIDM servers for tests and demonstrations.
package openidmtest

import (
	"crypto/x509"
	"errors"
	"iter"
	"net/http"
	"sync"
	"time"

	"github.com/idconnect-go/upgrade/keystore"
)

// Server is a fake OpenIDM server that listens on a loopback address. Its
// methods may be called by several goroutines at once.
type Server struct {
	mu     sync.Mutex
	faults []*faultState
}

// TB is the part of testing.TB that [NewSource] and [NewTarget] need.
type TB interface {
	Helper()
	Cleanup(func())
	Fatalf(format string, args ...any)
}

// Request is one entry of the log of requests. It holds no password.
type Request struct {
	Time     time.Time
	Method   string
	Path     string // below /openidm/, like "managed/user/u1"
	Query    string // raw
	Action   string // of the parameter _action
	Username string // "" where none was sent
	Status   int    // 0 where no answer was sent
}

// Start starts a server; the caller closes it.
func Start(o Options) (*Server, error) { return nil, errors.New("not ready") }

// NewSource starts a source that is closed at the end of the test.
func NewSource(tb TB, o Options) *Server {
	o.Role = Source
	return newServer(tb, o)
}

// NewTarget starts a target that is closed at the end of the test.
func NewTarget(tb TB, o Options) *Server {
	o.Role = Target
	return newServer(tb, o)
}

func newServer(tb TB, o Options) *Server {
	tb.Helper()
	s, err := Start(o)
	if err != nil {
		tb.Fatalf("starting a fake %s: %v", o.Role, err)
	}
	tb.Cleanup(s.Close)
	return s
}

// URL returns the server's base URL, "https://localhost:PORT/openidm/".
func (s *Server) URL() string { return "" }

// Port returns the TCP port on which the server listens.
func (s *Server) Port() int { return 0 }

// Certificate returns the certificate that the server presents.
func (s *Server) Certificate() *x509.Certificate { return nil }

// Trust returns what the server trusts: its own truststore.
func (s *Server) Trust() *keystore.Trust { return nil }

// HTTPClient returns a client that trusts this server only.
func (s *Server) HTTPClient() *http.Client { return nil }

// Keystore returns the server's key store.
func (s *Server) Keystore() *keystore.Store { return nil }

// Truststore returns the server's truststore.
func (s *Server) Truststore() *keystore.Store { return nil }

// WriteStores writes the two stores as keystore.jceks and truststore into dir,
// as a real server has them in its folder security.
func (s *Server) WriteStores(dir string) error { return nil }

// Requests returns the requests that came so far, oldest first.
func (s *Server) Requests() []Request { return nil }

// Records returns the records of a resource ("managed/user", "repo/link") in
// the order of their ids, as repo/… shows them.
func (s *Server) Records(resource string) iter.Seq2[string, map[string]any] { return nil }

// Count returns the number of records of a resource.
func (s *Server) Count(resource string) int { return 0 }

// Put sets a record, without any check.
func (s *Server) Put(resource, id string, record map[string]any) {}

// Delete removes a record and says whether there was one.
func (s *Server) Delete(resource, id string) bool { return false }

// Restart stops the server and starts it again on the same port: completed
// reconciliations are forgotten, and the stages of Options.Startup are gone
// through.
func (s *Server) Restart() error { return nil }

// Close stops the server and waits until everything that it started has ended.
func (s *Server) Close() {}
