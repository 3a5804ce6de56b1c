package openidmtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// record is the JSON object of one resource.
type record = map[string]any

// restError is an error as the server tells it.
type restError struct {
	Code    int
	Reason  string // "" means the usual one of Code
	Message string
	Detail  any // nil means none
}

func (e *restError) Error() string { return fmt.Sprintf("%d %s", e.Code, e.Message) }

func fail(code int, format string, args ...any) *restError {
	return &restError{Code: code, Message: fmt.Sprintf(format, args...)}
}

func notFound(resource string) *restError {
	return fail(http.StatusNotFound, "Resource '%s' not found", resource)
}

func notSupported(operation string) *restError {
	return fail(http.StatusNotImplemented, "%s operations are not supported", operation)
}

// escaper does to a message what the server's servlet does.
var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#39;")

func (e *restError) body() any {
	reason := e.Reason
	if reason == "" {
		reason = "Resource Exception"
		if e.Code >= 400 && e.Code <= 417 || e.Code >= 500 && e.Code <= 505 {
			reason = http.StatusText(e.Code)
		}
	}
	// A struct, because the order of the members is the real server's: a
	// target repeats this text in its messages.
	return struct {
		Code    int    `json:"code"`
		Reason  string `json:"reason"`
		Message string `json:"message"`
		Detail  any    `json:"detail,omitempty"`
	}{e.Code, reason, escaper.Replace(e.Message), e.Detail}
}

// result is what a resource answers where nothing went wrong.
type result struct {
	status   int // 0 means 200
	body     any
	rev      string // becomes the ETag
	location string // id of what was created
}

const jsonType = "application/json;charset=utf-8"

func encodeJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

func decodeJSON(b []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	return dec.Decode(into)
}

func (s *Server) writeError(w http.ResponseWriter, e *restError) {
	s.writeJSON(w, e.Code, e.body())
}

func (s *Server) writeJSON(w http.ResponseWriter, status int, v any) {
	b, err := encodeJSON(v)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Vary", "Origin")
	h.Set("Content-Type", jsonType)
	w.WriteHeader(status)
	w.Write(b)
}

// page is the web server's own answer: before the application is there, and to
// what it refuses by itself.
const page = `<html>
<head>
<meta http-equiv="Content-Type" content="text/html;charset=utf-8"/>
<title>Error %d %[2]s</title>
</head>
<body><h2>HTTP ERROR %[1]d %[2]s</h2></body>
</html>
`

func writePage(w http.ResponseWriter, status int, reason string) {
	w.Header().Set("Content-Type", "text/html;charset=iso-8859-1")
	w.WriteHeader(status)
	fmt.Fprintf(w, page, status, reason)
}
