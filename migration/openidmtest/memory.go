package openidmtest

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"os"
	"syscall"
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
	buffer
	isCut  bool
	unsent error // why the request never arrived
}

func (w *memoryWriter) cut() { w.isCut = true }

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
	w := &memoryWriter{buffer: buffer{header: http.Header{}}}
	m.s.ServeHTTP(w, in)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if w.unsent != nil {
		return nil, w.unsent
	}
	if w.isCut && w.status == 0 {
		return nil, errCut
	}
	body := io.NopCloser(bytes.NewReader(w.body))
	if w.isCut {
		body = io.NopCloser(io.MultiReader(bytes.NewReader(w.body), broken{}))
	}
	return &http.Response{
		Status: http.StatusText(w.code()), StatusCode: w.code(),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.header, Body: body, ContentLength: -1, Request: r, TLS: m.s.tlsState(),
	}, nil
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

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
