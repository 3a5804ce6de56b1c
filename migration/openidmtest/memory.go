package openidmtest

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"syscall"
	"testing/iotest"
	"time"

	"github.com/idconnect-go/upgrade/keystore/jvmtrust"
)

// What a client meets in memory looks as it does over a network, so that its
// errors.Is and errors.As find the same.
var (
	errCut     = &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ECONNRESET)}
	errRefused = &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
)

// Transport returns a transport that reaches the server in memory: without a
// network and without goroutines, so that it works in a bubble of
// testing/synctest. Stages and faults apply; certificates are not checked.
func (s *Server) Transport() http.RoundTripper { return memory{s} }

type memory struct{ s *Server }

// memoryWriter keeps an answer that may be cut off.
type memoryWriter struct {
	*httptest.ResponseRecorder
	isCut  bool
	unsent error // why nothing of it arrives
}

// RoundTrip implements [http.RoundTripper].
func (m memory) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	m.s.mu.Lock()
	refused := m.s.ended || time.Since(m.s.started) < m.s.options.Startup.Refused
	m.s.mu.Unlock()
	if refused {
		return nil, errRefused
	}
	in := r.Clone(r.Context())
	in.Header = http.Header{} // as a server reads it: without the spelling
	for name, values := range r.Header {
		for _, value := range values {
			in.Header.Add(name, value)
		}
	}
	if in.Body == nil {
		in.Body = http.NoBody
	}
	defer in.Body.Close()
	in.RemoteAddr = "127.0.0.1:0"
	w := &memoryWriter{ResponseRecorder: httptest.NewRecorder()}
	m.s.ServeHTTP(w, in)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if w.unsent != nil {
		return nil, w.unsent
	}
	res := w.Result()
	res.Request, res.TLS = r, m.s.tlsState()
	if w.isCut {
		res.Body = io.NopCloser(io.MultiReader(res.Body, iotest.ErrReader(io.ErrUnexpectedEOF)))
	}
	return res, nil
}

// strangeCertificate is the verdict of a client that trusts what the server
// trusts when another server stands in its place.
func (s *Server) strangeCertificate(r *http.Request) error {
	err := jvmtrust.New().Verify(r.URL.Hostname(), s.tlsState().PeerCertificates)
	if err == nil {
		return errCut
	}
	return err
}

func (s *Server) tlsState() *tls.ConnectionState {
	return &tls.ConnectionState{
		Version: tls.VersionTLS13, HandshakeComplete: true, ServerName: "localhost",
		PeerCertificates: []*x509.Certificate{s.Certificate()},
	}
}
