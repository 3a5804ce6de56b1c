package openidm

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/idconnect-go/upgrade/keystore/jvmtrust"
)

// Compat says how far a client goes to meet an old server.
type Compat int

const (
	// CompatNone is TLS 1.2 and 1.3 with the suites that Go offers by itself.
	CompatNone Compat = iota
	// CompatSuites adds the suites of TLS 1.2 with RSA key exchange or CBC that
	// Java 11 offers, too.
	CompatSuites
	// CompatVersions adds TLS 1.0 and 1.1, which Java 11 refuses. They protect a
	// password less.
	CompatVersions
)

// apply changes what a client offers. Certificates are checked all the same.
func (c Compat) apply(config *tls.Config) *tls.Config {
	if c >= CompatSuites {
		for _, s := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
			if !strings.Contains(s.Name, "RC4") && !strings.Contains(s.Name, "3DES") {
				config.CipherSuites = append(config.CipherSuites, s.ID)
			}
		}
	}
	if c >= CompatVersions {
		config.MinVersion = tls.VersionTLS10
	}
	return config
}

// HandshakeError is a failure of TLS with a server that is up: it matches [ErrTLS] or
// [ErrUnreadableCertificate].
type HandshakeError struct {
	// Kind is one of both.
	Kind error
	// Reason is what Go or the server said of it, "handshake failure" for example.
	Reason string
	err    error
	alert  bool // of the server
}

func (e *HandshakeError) Error() string { return fmt.Sprintf("%v: %s", e.Kind, e.Reason) }

// Unwrap gives the kind and the failure of the transport.
func (e *HandshakeError) Unwrap() []error { return []error{e.Kind, e.err} }

// Remedy is what to do about it.
func (e *HandshakeError) Remedy() string {
	if errors.Is(e.Kind, ErrUnreadableCertificate) {
		return "renew the server's certificate without what cannot be read, or put a TLS proxy with another " +
			"certificate in front of the server and give its address; Java reads this one"
	}
	return "enable TLS 1.2 with a suite of ECDHE, or of RSA with AES, on the server, or put a TLS proxy in front of " +
		"it; a source that has only TLS 1.0 or 1.1 is reached with openidm.Client.Compat"
}

const unparsed = "tls: failed to parse certificate from server: "

// handshakeError recognizes what crypto/tls has no types for: alerts of the server
// (a net.OpError named "remote error"), and its own refusals, which are texts. It is
// nil for any other error.
func handshakeError(err error) *HandshakeError {
	if err == nil || isForeign(err) || isUntrusted(err) {
		return nil
	}
	var op *net.OpError
	if errors.As(err, &op) && (op.Op == "remote error" || op.Op == "local error") {
		return &HandshakeError{ErrTLS, strings.TrimPrefix(op.Err.Error(), "tls: "), err, op.Op == "remote error"}
	}
	for root := err; root != nil; root = errors.Unwrap(root) {
		text := root.Error()
		if rest, ok := strings.CutPrefix(text, unparsed); ok {
			return &HandshakeError{ErrUnreadableCertificate, jvmtrust.UnreadableWords(rest), err, false}
		}
		if rest, ok := strings.CutPrefix(text, "tls: "); ok {
			return &HandshakeError{ErrTLS, rest, err, false}
		}
	}
	return nil
}
