package crest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// Record is the JSON object of one resource.
type Record = map[string]any

// Error is an error as the server reports it.
type Error struct {
	Code    int
	Reason  string // "" means the usual one of Code
	Message string
	Detail  any // nil means none
}

func (e *Error) Error() string { return fmt.Sprintf("%d %s", e.Code, e.Message) }

// Errorf returns an error with the usual reason of an HTTP status.
func Errorf(code int, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// NotFound is the error of a resource that does not exist.
func NotFound(resource string) *Error {
	return Errorf(http.StatusNotFound, "Resource '%s' not found", resource)
}

// BadRequest is [Errorf] with the status 400.
func BadRequest(format string, args ...any) *Error {
	return Errorf(http.StatusBadRequest, format, args...)
}

// InternalError is [Errorf] with the status 500.
func InternalError(format string, args ...any) *Error {
	return Errorf(http.StatusInternalServerError, format, args...)
}

// ExpectingOneOf is the error of an unknown action; names are the known ones.
func ExpectingOneOf(names string) *Error {
	return BadRequest("Expecting String containing one of: %s", names)
}

// unprocessable is the error of a body that is not understood.
func unprocessable(why string, args ...any) *Error {
	return BadRequest("The request could not be processed because "+why, args...)
}

func badParameter(value, name, kind string) *Error {
	return BadRequest("The value '%s' for parameter '%s' could not be parsed as a %s", value, name, kind)
}

const mutuallyExclusive = "The parameters %s and %s are mutually exclusive"

// NeverSupported is the error of a service that has no such operation at all.
func NeverSupported(c *Request) *Error {
	return Errorf(http.StatusNotImplemented, "The %s operations are not supported", strings.ToUpper(c.Operation))
}

// Unsupported is the error of an operation that a resource lacks.
func Unsupported(c *Request) *Error {
	return Errorf(http.StatusNotImplemented, "%s%s operations are not supported",
		strings.ToUpper(c.Operation[:1]), c.Operation[1:])
}

// Unnamed is the error of a PUT to a collection, escaped three times over.
func Unnamed() *Error {
	e := NotFound("")
	e.Message = escaper.Replace(escaper.Replace(e.Message))
	e.Detail = Record{}
	return e
}

// CollectionError is the error of an operation that only single resources have.
func CollectionError(operation string) *Error {
	return BadRequest("The resource collection  cannot be %s", map[string]string{
		"read": "read", "update": "updated", "patch": "patched", "delete": "deleted",
	}[operation])
}

// escaper does to a message what the server's servlet does.
var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#39;")

// Body is the JSON that the server sends.
func (e *Error) Body() any {
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

// Result is what a resource answers where nothing went wrong.
type Result struct {
	Status   int // 0 means 200
	Body     any
	rev      string // becomes the ETag
	Location string // id of what was created
}

// NewResult shows the wanted fields of a record; its revision becomes the ETag.
func NewResult(r Record, fields []string, status int) *Result {
	rev, _ := r["_rev"].(string)
	return &Result{Status: status, Body: Pick(r, fields), rev: rev}
}

const jsonType = "application/json;charset=utf-8"

// Encode writes JSON as the server does: without escaping for HTML.
func Encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// Decode reads JSON and keeps numbers as json.Number.
func Decode(b []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	return dec.Decode(into)
}

// WriteError sends an error.
func WriteError(w http.ResponseWriter, e *Error) {
	writeJSON(w, e.Code, e.Body())
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	b, err := Encode(v)
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

// WriteResult sends a result. base is the address of the server, with its
// trailing slash.
func WriteResult(w http.ResponseWriter, c *Request, res *Result, base string) {
	h := w.Header()
	if res.rev != "" {
		h.Set("ETag", `"`+res.rev+`"`)
		if c.Operation == "read" && c.ifNone == res.rev {
			h.Set("Content-Type", jsonType)
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	if res.Location != "" {
		// The real server leaves out the collection, and so does this one.
		h.Set("Location", base+res.Location)
	}
	status := cmp.Or(res.Status, http.StatusOK)
	body, isRecord := res.Body.(Record)
	if isRecord && c.oldest {
		c.withoutID(body)
	}
	if isRecord && c.mimeType != "" && len(c.Fields) > 0 {
		h.Set("Content-Type", c.mimeType+";charset=utf-8")
		w.WriteHeader(status)
		fmt.Fprint(w, body[c.Fields[0]])
		return
	}
	writeJSON(w, status, res.Body)
}

// withoutID takes away what protocol 1 does not add: the id and the revision
// where fields were asked for, and the empty id of a service.
func (c *Request) withoutID(r Record) {
	for _, name := range []string{"_id", "_rev"} {
		if len(c.Fields) > 0 && !slices.Contains(c.Fields, name) || r[name] == "" {
			delete(r, name)
		}
	}
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

// WritePage sends an error page of the web server.
func WritePage(w http.ResponseWriter, status int, reason string) {
	w.Header().Set("Content-Type", "text/html;charset=iso-8859-1")
	w.WriteHeader(status)
	fmt.Fprintf(w, page, status, reason)
}
