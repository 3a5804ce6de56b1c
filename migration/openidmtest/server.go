package openidmtest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/idconnect-go/upgrade/internal/port"
	"github.com/idconnect-go/upgrade/internal/text"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/keystore/jvmtrust"
	"github.com/idconnect-go/upgrade/migration/openidmtest/internal/access"
)

// Server is a fake OpenIDM server. Its methods may be called by several
// goroutines at once.
type Server struct {
	// URL is the server's base URL, "https://localhost:PORT/openidm/", with the
	// host of Options.Addr where that is another address than those of localhost.
	URL string

	options Options
	port    int
	release func() // of the port, where it was reserved
	world   *world
	access  access.Log

	done     chan struct{} // closed by Close
	closing  sync.Once
	running  sync.WaitGroup
	starting sync.Mutex // held by Restart

	mu         sync.Mutex
	ended      bool
	started    time.Time
	set        State // after the start; "": Ready
	http       *http.Server
	listener   net.Listener
	conns      map[net.Conn]struct{}
	keystore   *keystore.Store
	truststore *keystore.Store
	trust      *jvmtrust.Trust
	cert       *x509.Certificate
	tls        *tls.Config
	faults     []*faultState
	sessions   map[string]identity
	requests   []Request
	client     *http.Client
	endpoint   endpoint
	ahead      time.Duration      // of the clock
	stop       context.CancelFunc // of the work since the last start
	ctx        context.Context
}

// TB is the part of testing.TB that [NewSource] and [NewTarget] need.
type TB interface {
	Helper()
	Cleanup(func())
	Fatalf(format string, args ...any)
}

// Start starts a server; the caller closes it. The errors are those of the
// given stores ([keystore.ErrIntegrity] and so on) and of the address.
func Start(o Options) (*Server, error) {
	if o.Generation == 0 {
		o.Generation = map[Role]Generation{Source: OpenIDM31, Target: IDM71}[o.Role]
	}
	if o.Version == "" {
		o.Version = o.Generation.traits().Version
	}
	if o.StoresOf != nil {
		o.Password = o.StoresOf.options.Password
	}
	if o.Password.IsZero() {
		o.Password = keystore.NewPassword("changeit")
	}
	if o.CommonName == "" {
		o.CommonName = "localhost"
	}
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	if o.AdminPassword == "" {
		o.AdminPassword = "openidm-admin"
	}
	if o.PageSize <= 0 {
		o.PageSize = 200
	}
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("starting a fake server: %w", err)
	}
	s := &Server{options: o, done: make(chan struct{}), ahead: o.Clock, sessions: map[string]identity{},
		conns: map[net.Conn]struct{}{}}
	s.access.Off, s.access.Trusts = o.NoAudit, o.TrustTransactions
	for _, f := range o.Faults {
		s.Fail(f)
	}
	keys, trusted, err := o.openStores()
	if err == nil {
		err = s.useStores(keys, trusted)
	}
	if err == nil && o.Startup.Refused > 0 && !o.InMemory {
		err = s.reserve()
	}
	if err == nil {
		err = s.listen()
	}
	if err != nil {
		return nil, fmt.Errorf("starting a fake server: %w", err)
	}
	return s, nil
}

// reserve takes a port on which nobody listens during a stage of the start.
func (s *Server) reserve() error {
	taken, release, err := port.Reserve(s.options.Addr)
	if err != nil {
		return err
	}
	s.release = release
	_, text, _ := net.SplitHostPort(taken)
	n, err := strconv.Atoi(text)
	s.setPort(n)
	return err
}

// setPort says on which port the server listens, before it does, and will after a restart.
func (s *Server) setPort(port int) {
	if s.port == port {
		return
	}
	host, _, _ := net.SplitHostPort(s.options.Addr)
	s.options.Addr = net.JoinHostPort(host, strconv.Itoa(port))
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() || host == "127.0.0.1" {
		host = "localhost"
	}
	s.port, s.URL = port, "https://"+net.JoinHostPort(host, strconv.Itoa(port))+contextPath+"/"
}

const maxRecords = 1_000_000

// NewSource starts a source that is closed at the end of the test.
func NewSource(tb TB, o Options) *Server {
	tb.Helper()
	o.Role = Source
	return newServer(tb, o)
}

// NewTarget starts a target that is closed at the end of the test.
func NewTarget(tb TB, o Options) *Server {
	tb.Helper()
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

// listen opens the port unless it is open, and begins the stages of a start.
func (s *Server) listen() error {
	s.mu.Lock()
	s.started = time.Now()
	s.ctx, s.stop = context.WithCancel(context.Background())
	ctx, open := s.ctx, s.listener != nil
	s.mu.Unlock()
	if s.options.InMemory {
		if s.port == 0 {
			s.setPort(8443 + 1000*int(s.options.Role))
		}
		return nil
	}
	if open {
		return nil
	}
	refused := s.options.Startup.Refused
	if refused <= 0 {
		l, err := net.Listen("tcp", s.options.Addr)
		if err != nil {
			return err
		}
		s.setPort(l.Addr().(*net.TCPAddr).Port)
		s.serveOn(l)
		return nil
	}
	s.spawn(func() {
		pause := refused
		for {
			if text.Sleep(ctx, pause); ctx.Err() != nil {
				return
			}
			if l, err := net.Listen("tcp", s.options.Addr); err == nil {
				s.serveOn(l)
				return
			}
			pause = 50 * time.Millisecond // where a port cannot be reserved, somebody else has it for the moment
		}
	})
	return nil
}

func (s *Server) serveOn(l net.Listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended || s.ctx.Err() != nil {
		l.Close()
		return
	}
	if s.http == nil {
		s.http = &http.Server{
			Handler: s, ErrorLog: log.New(io.Discard, "", 0), ReadHeaderTimeout: time.Minute,
			ConnState: s.track,
		}
	}
	s.listener = l
	h := s.http
	current := func(*tls.ClientHelloInfo) (*tls.Config, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.tls, nil
	}
	l = tls.NewListener(l, &tls.Config{MinVersion: tls.VersionTLS12, GetConfigForClient: current})
	s.running.Add(1)
	go func() {
		defer s.running.Done()
		h.Serve(l)
	}()
}

// track knows the open connections.
func (s *Server) track(c net.Conn, state http.ConnState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch state {
	case http.StateNew:
		s.conns[c] = struct{}{}
	case http.StateClosed, http.StateHijacked:
		delete(s.conns, c)
	}
}

// enter begins something that Close waits for, unless the server is closed.
func (s *Server) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ended {
		s.running.Add(1)
	}
	return !s.ended
}

// spawn runs f in a goroutine that Close waits for; not after Close.
func (s *Server) spawn(f func()) {
	if !s.enter() {
		return
	}
	go func() {
		defer s.running.Done()
		f()
	}()
}

// halt ends everything of the present start. The port stays open, so that
// nobody else takes it, unless the next start begins by refusing.
func (s *Server) halt() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stop()
	for c := range s.conns {
		if t, ok := c.(*tls.Conn); ok {
			c = t.NetConn() // closing without a farewell, which could block
		}
		c.Close()
	}
	if s.listener != nil && (s.ended || s.options.Startup.Refused > 0) {
		s.listener.Close()
		s.listener = nil
	}
}

// Close stops the server and waits until everything that it started has
// ended. It may be called twice.
func (s *Server) Close() {
	s.closing.Do(func() {
		s.mu.Lock()
		s.ended = true
		client, h := s.client, s.http
		s.mu.Unlock()
		close(s.done)
		s.halt()
		if h != nil {
			h.Close()
		}
		if client != nil {
			client.CloseIdleConnections()
		}
		if s.release != nil {
			s.release()
		}
	})
	s.running.Wait()
}

// Restart stops the server and starts it again on the same port. The stages
// of Options.Startup are gone through; completed reconciliations and the state
// of the migration are forgotten, a running migration ends.
func (s *Server) Restart() error {
	return s.RestartWith(nil, nil)
}

// RestartWith is Restart with other stores, nil keeps the present ones: as if
// the files had been replaced.
func (s *Server) RestartWith(keys, trusted *keystore.Store) error {
	s.starting.Lock()
	defer s.starting.Unlock()
	s.halt()
	s.mu.Lock()
	s.endpoint = endpoint{}
	if keys == nil {
		keys = s.keystore
	}
	if trusted == nil {
		trusted = s.truststore
	}
	ended := s.ended
	if s.client != nil {
		s.client.CloseIdleConnections()
		s.client = nil
	}
	s.mu.Unlock()
	if ended {
		return fmt.Errorf("restarting a fake server: it is closed")
	}
	s.world.mu.Lock()
	for _, run := range s.world.runs {
		run.cancel()
	}
	s.world.runs = nil
	s.world.mu.Unlock()
	err := s.useStores(keys, trusted)
	if err == nil {
		err = s.listen()
	}
	if err != nil {
		return fmt.Errorf("restarting a fake server: %w", err)
	}
	return nil
}

// Wait returns when a configuration or migration under way has ended, or the
// server was closed; at once if there is none.
func (s *Server) Wait() {
	for {
		busy := get(s, &s.endpoint.busy)
		if busy == nil {
			return
		}
		select {
		case <-busy:
		case <-s.done:
			return
		}
	}
}

// Role returns which of the two servers it plays.
func (s *Server) Role() Role { return s.options.Role }

// Generation returns the kind of server.
func (s *Server) Generation() Generation { return s.options.Generation }

// Port returns the TCP port on which the server listens.
func (s *Server) Port() int { return s.port }

// Certificate returns the certificate that the server presents.
func (s *Server) Certificate() *x509.Certificate { return get(s, &s.cert) }

// Trust returns what the server trusts: its own truststore.
func (s *Server) Trust() *jvmtrust.Trust { return get(s, &s.trust) }

// Keystore returns the server's key store.
func (s *Server) Keystore() *keystore.Store { return get(s, &s.keystore) }

// Truststore returns the server's truststore.
func (s *Server) Truststore() *keystore.Store { return get(s, &s.truststore) }

// get reads a member that others may write.
func get[T any](s *Server, member *T) T {
	s.mu.Lock()
	defer s.mu.Unlock()
	return *member
}

// Client returns a client that accepts the certificate which the server
// has now, under any name, and what the server itself trusts. Ask for it anew
// after a restart. Close closes its connections.
func (s *Server) Client() *http.Client {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.client == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.Proxy = nil
		t.TLSClientConfig = s.trust.TLSConfig("localhost", s.cert)
		s.client = &http.Client{Transport: t}
		if s.options.InMemory {
			s.client.Transport = s.Transport()
		}
	}
	return s.client
}
