package openidm

import (
	"bytes"
	"encoding/json"
	"errors"
	"html"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/idconnect-go/upgrade/internal/text"
)

// maxPiece is how many bytes of a body that is not JSON an error keeps.
const maxPiece = 120

// checkAnswer looks at the status first, and then at the body. It returns nil
// for a good answer.
func checkAnswer(where place, status int, header http.Header, body []byte) *Error {
	if status >= 200 && status < 300 {
		return nil
	}
	e := &Error{
		Method: where.method, URL: where.url, Code: status,
		RetryAfter:    retryAfter(header.Get("Retry-After")),
		TransactionID: header.Get(headerTransaction),
	}
	kind := kindOf(status)
	if !e.fill(body) {
		e.Body = beginOf(body)
		switch {
		case status == http.StatusNotFound && strings.HasPrefix(header.Get("Content-Type"), "text/html"):
			kind = ErrUnavailable // the web server is up, and OpenIDM is not yet (measured)
		case status == http.StatusNotFound:
			kind = ErrNotOpenIDM // not that of a record: the path is outside of OpenIDM
		case refusesHost(status, body):
			e.kinds = append(e.kinds, ErrHostRefused)
		case !errors.Is(kind, ErrUnavailable) && !errors.Is(kind, ErrRedirect):
			e.kinds = append(e.kinds, ErrNotOpenIDM)
		}
	}
	if kind != nil {
		e.kinds = append(e.kinds, kind)
	}
	if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable && e.RetryAfter > 0 {
		e.kinds = append(e.kinds, ErrBusy)
	}
	return e
}

// refusesHost recognizes the pages of Jetty (10 and later, 9.4).
func refusesHost(status int, body []byte) bool {
	return (status == http.StatusBadRequest || status == http.StatusMisdirectedRequest) &&
		(bytes.Contains(body, []byte("Invalid SNI")) || bytes.Contains(body, []byte("Host does not match SNI")))
}

// fill reads an error's body and reports whether it is one of OpenIDM: an object
// with the number code, or error in 2.x, or with a reason and a message.
func (e *Error) fill(body []byte) bool {
	var b map[string]json.RawMessage
	if json.Unmarshal(body, &b) != nil || b == nil {
		return false
	}
	reason, message := textOf(b["reason"]), textOf(b["message"])
	if number(b["code"]) < 0 && number(b["error"]) < 0 && (reason == "" || message == "") {
		return false
	}
	e.Reason, e.Message, e.Detail, e.Cause = reason, message, b["detail"], b["cause"]
	return true
}

// textOf reads a string that was escaped for HTML; other JSON is given as it is.
func textOf(raw json.RawMessage) string {
	var s string
	switch {
	case len(raw) == 0 || bytes.Equal(raw, []byte("null")):
		return ""
	case json.Unmarshal(raw, &s) == nil:
		return html.UnescapeString(s)
	}
	return string(raw)
}

func number(raw json.RawMessage) Number {
	n := Number(-1)
	if raw != nil {
		n.UnmarshalJSON(raw)
	}
	return n
}

func retryAfter(s string) time.Duration {
	if n, err := strconv.ParseInt(s, 10, 32); err == nil && n >= 0 {
		return time.Duration(n) * time.Second
	}
	if t, err := http.ParseTime(s); err == nil {
		return max(time.Until(t), 0)
	}
	return 0
}

// notOpenIDM is the error of an answer 200 that cannot be understood.
func (c *Client) notOpenIDM(where place, body []byte, cause error) *Error {
	e := &Error{
		Method: where.method, URL: where.url, Code: http.StatusOK, Body: beginOf(body),
		kinds: []error{ErrNotOpenIDM}, cause: cause,
	}
	return e.hide(c.redactor())
}

// beginOf is as much of a body as hide needs.
func beginOf(b []byte) string { return string(b[:min(len(b), 32*maxPiece)]) }

// piece is the beginning of a body, for an error.
func piece(s string) string {
	s = text.Printable(strings.TrimSpace(s))
	return strings.TrimSuffix(text.Cut(s, maxPiece), "…")
}
