package openidm

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"runtime"
	"syscall"
	"time"

	"github.com/idconnect-go/upgrade/internal/redact"
	"github.com/idconnect-go/upgrade/internal/text"
	"github.com/idconnect-go/upgrade/keystore/jvmtrust"
)

// What a caller may branch on, by errors.Is.
var (
	ErrUnauthorized   = errors.New("not authenticated")             // 401
	ErrForbidden      = errors.New("not authorized")                // 403
	ErrNotFound       = errors.New("not found")                     // 404
	ErrConflict       = errors.New("conflict")                      // 409
	ErrPrecondition   = errors.New("exists already or was changed") // 412
	ErrNotImplemented = errors.New("not implemented")               // 501
	// ErrUnavailable: no answer, 502, 503, 504, or the HTML page of a start.
	ErrUnavailable = errors.New("the server is not up, or starts")
	// ErrBusy: 429, or 503 with a pause that the server asks for.
	ErrBusy = errors.New("the server is busy")
	// ErrNotOpenIDM: the answer is not JSON, or of another shape.
	ErrNotOpenIDM = errors.New("the answer is not OpenIDM's")
	// ErrTLS: the server is up, and one of both sides ended the handshake: no
	// version or suite of TLS in common, or the server's refusal. An alert of the
	// server is ErrUnavailable, too: one that starts may send it.
	ErrTLS = errors.New("the server is up, but the TLS handshake failed")
	// ErrUnreadableCertificate: Go cannot read the server's certificate. Java may.
	ErrUnreadableCertificate = errors.New("the server is up, but its certificate cannot be read here")
	// ErrHostRefused: the server answers only under a name of its certificate,
	// as Jetty does that checks it ("Invalid SNI"). See Client.Address.
	ErrHostRefused = errors.New("the server refuses the host name of its address")
	// ErrRedirect: 3xx. The headers with the password would go along.
	ErrRedirect = errors.New("redirects are refused")
	ErrTooLarge = errors.New("the answer is larger than the limit")
	// ErrPartialResult: 200 with a member error.
	ErrPartialResult = errors.New("the query failed midway")
	// ErrPaging: a cookie that was there before, or pages without news.
	ErrPaging = errors.New("the pages do not end")
)

var errAddress = errors.New("the server's address must be https://HOST[:PORT]/openidm/, without a user or a query")

// place is where something happened: the address has no query.
type place struct{ method, url string }

func (p place) String() string { return p.method + " " + p.url }

// Error is an answer of the server that is not a result. It matches the
// sentinels of this package by errors.Is: that of its code, and where the
// answer is not OpenIDM's own, [ErrNotOpenIDM].
type Error struct {
	// Method and URL of the request; the URL has no query.
	Method, URL string
	// Code is the HTTP status.
	Code int
	// Reason and Message are the server's words, unescaped.
	Reason, Message string
	// Detail and Cause are JSON, nil where the server gave none.
	Detail, Cause json.RawMessage
	// Body is the beginning of an answer that is not JSON.
	Body string
	// RetryAfter is what the server asks for, 0 for nothing.
	RetryAfter time.Duration
	// TransactionID is the server's id of the request, where it gave one.
	TransactionID string

	kinds []error
	cause error
}

// Error says where, which status, and what the server said.
func (e *Error) Error() string {
	s := fmt.Sprintf("%s %s: %d", e.Method, e.URL, e.Code)
	switch {
	case e.Message != "":
		s += ": " + text.Line(e.Message)
	case e.Reason != "":
		s += " " + text.Line(e.Reason)
	default:
		s += " " + http.StatusText(e.Code)
	}
	for _, kind := range e.kinds {
		named := errors.Is(kind, ErrPartialResult) || errors.Is(kind, ErrRedirect) || errors.Is(kind, ErrHostRefused)
		if named || e.Message == "" && !errors.Is(kind, kindOf(e.Code)) {
			s += ": " + kind.Error()
		}
	}
	if e.Body != "" {
		s += fmt.Sprintf(" (it begins %q)", text.Line(e.Body))
	}
	if e.TransactionID != "" {
		s += " [transaction " + text.Line(e.TransactionID) + "]"
	}
	return s
}

// Unwrap gives the sentinels that the error matches, and its cause.
func (e *Error) Unwrap() []error {
	if e.cause == nil {
		return e.kinds
	}
	return append(e.kinds[:len(e.kinds):len(e.kinds)], e.cause)
}

// redactor takes the client's password out of what a server says, and what else
// it was told to hide: servers repeat what they were sent.
func (c *Client) redactor() redact.Redactor {
	if c == nil {
		return redact.Redactor{}
	}
	c.start()
	return c.hide
}

// hide takes secrets out of what the server said. A detail that holds one is
// left out.
func (e *Error) hide(r redact.Redactor) *Error {
	e.Reason, e.Message, e.Body = r.Text(e.Reason), r.Text(string(r.JSON([]byte(e.Message)))), piece(r.Cut(e.Body))
	e.TransactionID = r.Text(e.TransactionID)
	for _, raw := range []*json.RawMessage{&e.Detail, &e.Cause} {
		if r.Holds(*raw) {
			*raw = nil
		}
	}
	return e
}

func kindOf(code int) error {
	switch code {
	case http.StatusUnauthorized:
		return ErrUnauthorized
	case http.StatusForbidden:
		return ErrForbidden
	case http.StatusNotFound:
		return ErrNotFound
	case http.StatusConflict:
		return ErrConflict
	case http.StatusPreconditionFailed:
		return ErrPrecondition
	case http.StatusNotImplemented:
		return ErrNotImplemented
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return ErrUnavailable
	}
	if code >= 300 && code < 400 {
		return ErrRedirect
	}
	return nil
}

// NetworkError is returned if no answer came, or only a part of it. It matches
// [ErrUnavailable] when the server could not be reached or the connection was
// lost, [ErrNotOpenIDM] when something else than a TLS server answers, and
// unwraps to a [*jvmtrust.Error] when the server's certificate is not
// accepted. A handshake that failed otherwise is [ErrTLS] or
// [ErrUnreadableCertificate]. When the caller's context ended, it matches the context's error
// and none of the sentinels.
type NetworkError struct {
	// Method and URL of the request; the URL has no query.
	Method, URL string
	Err         error

	unsent, ended bool
}

// Error says where and why.
func (e *NetworkError) Error() string {
	where := place{e.Method, e.URL}.String()
	var trust *jvmtrust.Error
	if errors.As(e.Err, &trust) {
		return fmt.Sprintf("%s: the server's certificate is not accepted: %s", where, text.Line(trust.Message))
	}
	return where + ": " + e.Err.Error()
}

// Unwrap gives the failure of the transport.
func (e *NetworkError) Unwrap() error { return e.Err }

// Sent reports whether the request may have reached the server.
func (e *NetworkError) Sent() bool {
	var op *net.OpError
	return !e.unsent && !isRefused(e.Err) && !isTLS(e.Err) && !errors.As(e.Err, new(*net.DNSError)) &&
		!(errors.As(e.Err, &op) && op.Op == "dial")
}

// Is matches [ErrUnavailable] and [ErrNotOpenIDM].
func (e *NetworkError) Is(target error) bool {
	var failed *HandshakeError
	switch {
	case e.ended:
		return false
	case target == ErrNotOpenIDM:
		return isForeign(e.Err)
	case target != ErrUnavailable:
		return false
	case errors.As(e.Err, &failed) && failed.alert:
		return true // a server that starts may say so
	}
	return !isTLS(e.Err) && !errors.Is(e.Err, ErrTooLarge) && !errors.Is(e.Err, errLatin1)
}

// networkError is the error of a call that got no answer. The address that
// net/http puts into its errors holds the query, and is left out.
func (c *Client) networkError(ctx context.Context, where place, err error, maybeSent bool) error {
	e := &NetworkError{Method: where.method, URL: where.url, Err: withoutAddress(err),
		unsent: !maybeSent, ended: ctx.Err() != nil}
	var certificate *tls.CertificateVerificationError
	if errors.As(e.Err, &certificate) {
		e.Err = errors.Join(trustError(e.URL, certificate), e.Err)
	}
	// An alert on a connection that has carried a request says nothing of that request.
	if failed := handshakeError(e.Err); failed != nil && !maybeSent {
		e.Err = failed
	}
	// The texts of net/http quote lines of the answer.
	e.Err = c.redactor().Error(e.Err)
	return e
}

func withoutAddress(err error) error {
	var u *url.Error
	for errors.As(err, &u) {
		err = u.Err
	}
	return withoutQuote(err)
}

// quotes are the beginnings of net/http's errors that quote the answer: perhaps
// a part of what was sent, which is not recognized.
var quotes = regexp.MustCompile(`(?s)(malformed (?:HTTP|MIME)[^":]*|bad Content-Length|unsupported transfer encoding|` +
	`invalid Trailer key|too many transfer encodings).+`)

// withoutQuote is an error without the piece of the answer that net/http quotes.
func withoutQuote(err error) error {
	if err == nil || !quotes.MatchString(err.Error()) {
		return err
	}
	return redact.Say(err, quotes.ReplaceAllString(err.Error(), "$1")+" (its text is not shown)")
}

// trustError is Go's own verdict, with the system's roots, in the form of that
// of [jvmtrust.Trust].
func trustError(address string, err *tls.CertificateVerificationError) *jvmtrust.Error {
	e := &jvmtrust.Error{Reason: jvmtrust.ReasonUntrusted, Message: err.Err.Error(),
		Remedy: "name the truststore that holds the server's certificate"}
	if p, parseErr := url.Parse(address); parseErr == nil {
		e.Host = p.Hostname()
	}
	if len(err.UnverifiedCertificates) > 0 {
		e.Certificate = err.UnverifiedCertificates[0]
	}
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err.Err, new(x509.HostnameError)):
		e.Reason, e.Remedy = jvmtrust.ReasonName, e.Remedy+", and use the certificate's own name in the address"
	case errors.As(err.Err, &invalid) && invalid.Reason == x509.Expired:
		e.Reason, e.Remedy = jvmtrust.ReasonValidity,
			"renew the server's certificate, and check both machines' clocks"
	}
	return e
}

// isTLS says that the handshake failed over a certificate or in its protocol.
func isTLS(err error) bool {
	return isUntrusted(err) || errors.As(err, new(*HandshakeError)) || isForeign(err)
}

// isUntrusted says that the certificate was refused, by our trust or by Go's.
func isUntrusted(err error) bool {
	return errors.As(err, new(*jvmtrust.Error)) || errors.As(err, new(*tls.CertificateVerificationError))
}

// isForeign says that the other side does not speak TLS, or not HTTP.
func isForeign(err error) bool {
	return errors.As(err, new(tls.RecordHeaderError)) || errors.Is(err, http.ErrSchemeMismatch)
}

func isRefused(err error) bool {
	const windows = syscall.Errno(10061) // WSAECONNREFUSED, which is not syscall.ECONNREFUSED
	return errors.Is(err, syscall.ECONNREFUSED) || runtime.GOOS == "windows" && errors.Is(err, windows)
}
