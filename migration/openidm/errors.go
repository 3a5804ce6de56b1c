package openidm

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unicode/utf8"

	"github.com/idconnect-go/upgrade/keystore"
)

// What a caller may branch on, by errors.Is.
var (
	ErrUnauthorized   = errors.New("not authenticated")               // 401
	ErrForbidden      = errors.New("not authorized")                  // 403
	ErrNotFound       = errors.New("not found")                       // 404
	ErrConflict       = errors.New("conflict")                        // 409
	ErrPrecondition   = errors.New("exists already or was changed")   // 412
	ErrNotImplemented = errors.New("not implemented")                 // 501
	ErrUnavailable    = errors.New("the server is not up, or starts") // refused, reset, 502, 503, 504, the HTML page of a start
	ErrNotOpenIDM     = errors.New("the answer is not OpenIDM's")     // not JSON, or another shape
	ErrRedirect       = errors.New("redirects are refused")           // 3xx: headers with the password would go along
	ErrTooLarge       = errors.New("the answer is larger than the limit")
	ErrPartialResult  = errors.New("the query failed midway") // 200 with a member error
	ErrPaging         = errors.New("the pages do not end")    // a cookie that was there before
)

var errAddress = errors.New("the server's address must be https://HOST[:PORT]/openidm/, without a user or a query")

// Error is an answer of the server that is not a result. It matches the
// sentinels of this package by errors.Is.
type Error struct {
	// Where is the method and the address, without its query.
	Where string
	// Code is the HTTP status, or what the body says where the status is 200.
	Code int
	// Reason and Message are the server's words, unescaped.
	Reason, Message string
	Detail, Cause   json.RawMessage
	// Body is the beginning of an answer that is not JSON.
	Body string
	// RetryAfter is what the server asks for, 0 for nothing.
	RetryAfter time.Duration
	// TransactionID is the server's id of the request, where it gave one.
	TransactionID string

	kind  error
	cause error
}

func (e *Error) Error() string {
	s := fmt.Sprintf("%s: %d", e.Where, e.Code)
	switch {
	case e.Message != "":
		s += ": " + printable(e.Message)
	case e.Reason != "":
		s += " " + printable(e.Reason)
	default:
		s += " " + http.StatusText(e.Code)
	}
	if e.kind != nil && e.Message == "" {
		s += ": " + e.kind.Error()
	}
	if e.Body != "" {
		s += fmt.Sprintf(" (it begins %q)", e.Body)
	}
	if e.TransactionID != "" {
		s += " [transaction " + printable(e.TransactionID) + "]"
	}
	return s
}

// Is matches the sentinel of the code.
func (e *Error) Is(target error) bool { return e.kind != nil && e.kind == target }
func (e *Error) Unwrap() error        { return e.cause }

func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
}

const maxPiece = 120

// piece is the beginning of a body, for an error.
func piece(b []byte) string {
	if len(b) > maxPiece {
		b = b[:maxPiece]
	}
	for len(b) > 0 && !utf8.Valid(b) && len(b) > maxPiece-4 {
		b = b[:len(b)-1]
	}
	return printable(strings.ToValidUTF8(strings.TrimSpace(string(b)), "\uFFFD"))
}

func kindOf(code int) error {
	switch {
	case code == 401:
		return ErrUnauthorized
	case code == 403:
		return ErrForbidden
	case code == 404:
		return ErrNotFound
	case code == 409:
		return ErrConflict
	case code == 412:
		return ErrPrecondition
	case code == 501:
		return ErrNotImplemented
	case code == 502, code == 503, code == 504:
		return ErrUnavailable
	case code >= 300 && code < 400:
		return ErrRedirect
	}
	return nil
}

type errorBody struct {
	Code    json.RawMessage `json:"code"`
	Error   json.RawMessage `json:"error"` // of 2.x instead of code; of a query that failed midway, an object
	Reason  string          `json:"reason"`
	Message string          `json:"message"`
	Detail  json.RawMessage `json:"detail"`
	Cause   json.RawMessage `json:"cause"`
}

// checkAnswer looks at the status first, and then at the body.
func checkAnswer(where string, status int, header http.Header, body []byte) error {
	e := &Error{Where: where, Code: status, kind: kindOf(status), TransactionID: header.Get("X-ForgeRock-TransactionId")}
	if s := header.Get("Retry-After"); s != "" {
		if n, err := strconv.Atoi(s); err == nil && n >= 0 {
			e.RetryAfter = time.Duration(n) * time.Second
		} else if t, err := http.ParseTime(s); err == nil {
			e.RetryAfter = max(time.Until(t), 0)
		}
	}
	if status >= 200 && status < 300 {
		return partial(e, body)
	}
	var b errorBody
	switch err := json.Unmarshal(body, &b); {
	case err == nil && (b.Code != nil || b.Reason != "" || b.Message != "" || b.Error != nil):
		e.Reason, e.Message, e.Detail, e.Cause = html.UnescapeString(b.Reason), html.UnescapeString(b.Message), b.Detail, b.Cause
	case status == 404 && strings.HasPrefix(header.Get("Content-Type"), "text/html"):
		// The web server is up, and OpenIDM is not yet.
		e.kind, e.Body = ErrUnavailable, piece(body)
	case kindOf(status) == ErrUnavailable || kindOf(status) == ErrRedirect:
		e.Body = piece(body)
	default:
		e.Body, e.kind = piece(body), ErrNotOpenIDM
	}
	return e
}

// partial finds the error of a query that failed midway: 200, and beside the
// result a member error.
func partial(e *Error, body []byte) error {
	if len(body) == 0 || body[0] != '{' {
		return nil
	}
	var b struct {
		Error  *errorBody      `json:"error"`
		Result json.RawMessage `json:"result"`
	}
	if err := json.Unmarshal(body, &b); err != nil || b.Error == nil || b.Result == nil {
		return nil // a body that is no JSON is found where it is decoded
	}
	e.kind, e.Reason, e.Message, e.Detail = ErrPartialResult, html.UnescapeString(b.Error.Reason), html.UnescapeString(b.Error.Message), b.Error.Detail
	return e
}

// NetworkError: no answer came. It matches [ErrUnavailable] when the server
// cannot be reached, and unwraps to a [*keystore.TrustError] when its
// certificate is not accepted.
type NetworkError struct {
	Where string // the method and the address, without its query
	Err   error
}

func (e *NetworkError) Error() string { return e.Where + ": " + e.Err.Error() }
func (e *NetworkError) Unwrap() error { return e.Err }

// Sent says whether the request may have reached the server.
func (e *NetworkError) Sent() bool {
	var trust *keystore.TrustError
	var certificate *tls.CertificateVerificationError
	var dns *net.DNSError
	var op *net.OpError
	return !isRefused(e.Err) && !errors.As(e.Err, &trust) && !errors.As(e.Err, &certificate) && !errors.As(e.Err, &dns) &&
		!(errors.As(e.Err, &op) && op.Op == "dial")
}

// Is matches [ErrUnavailable].
func (e *NetworkError) Is(target error) bool {
	return target == ErrUnavailable && unreachable(e.Err)
}

func unreachable(err error) bool {
	var trust *keystore.TrustError
	var certificate *tls.CertificateVerificationError
	var header tls.RecordHeaderError
	if errors.As(err, &trust) || errors.As(err, &certificate) || errors.As(err, &header) || errors.Is(err, ErrTooLarge) || errors.Is(err, context.Canceled) {
		return false
	}
	var network net.Error
	return errors.As(err, &network) || isRefused(err) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

func isRefused(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) }

// transportError leaves out the address that net/http puts into its errors: it
// holds the query.
func transportError(where string, err error) error {
	var u *url.Error
	for errors.As(err, &u) {
		err = u.Err
	}
	return &NetworkError{Where: where, Err: err}
}
