package crest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
)

// maxBody bounds the body of a request, in bytes.
const maxBody = 16 << 20

func (c *Request) readBody(r *http.Request) *Error {
	switch c.Operation {
	case "read", "query", "delete":
		return nil
	}
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == "multipart/form-data" {
		return unprocessable("the request cant be parsed")
	}
	b, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return unprocessable("its content could not be read")
	}
	if len(b) > maxBody {
		return Errorf(http.StatusRequestEntityTooLarge, "The request is too large")
	}
	header := r.Header.Get("Content-Type")
	kind, _, _ := strings.Cut(header, ";")
	if kind = strings.TrimSpace(kind); header != "" && !strings.EqualFold(kind, "application/json") {
		return unprocessable("it specified the content-type '%s' when only the content-type "+
			"'application/json' and 'multipart/form-data' are supported", kind)
	}
	if header == "" && c.Operation != "action" {
		// The two spaces are the server's.
		return unprocessable("the  content-type was not specified and is required")
	}
	if len(bytes.TrimSpace(b)) == 0 {
		if c.Operation == "action" {
			return nil
		}
		return unprocessable("it did not contain any JSON content")
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	if err := dec.Decode(&c.Body); err != nil {
		e := unprocessable("the provided content is not valid JSON")
		e.Detail = jsonDetail(b, err)
		return e
	}
	if _, err := dec.Token(); err != io.EOF {
		return unprocessable("there is trailing data after the JSON content")
	}
	if c.Body == nil && c.Operation != "action" && c.Operation != "patch" {
		c.Body = Record{}
	}
	if c.Operation == "patch" {
		_, e := parsePatch(c.Body)
		return e
	}
	if _, isObject := c.Body.(Record); c.Operation != "action" && !isObject {
		return unprocessable("the provided content is not a JSON object")
	}
	return nil
}

// jsonDetail says where a body stops being JSON, in the manner of the
// server's parser.
func jsonDetail(b []byte, err error) string {
	var syntax *json.SyntaxError
	at := int64(len(b))
	what := "Unexpected end-of-input"
	if errors.As(err, &syntax) && syntax.Offset > 0 && syntax.Offset <= int64(len(b)) &&
		!errors.Is(err, io.ErrUnexpectedEOF) {
		at = syntax.Offset
		ch := b[at-1]
		what = fmt.Sprintf("Unexpected character ('%c' (code %d))", ch, ch)
		if strings.Contains(syntax.Error(), "object key") {
			what += ": was expecting double-quote to start field name"
		}
	}
	line := 1 + bytes.Count(b[:at], []byte("\n"))
	column := int(at) - bytes.LastIndexByte(b[:at], '\n')
	return fmt.Sprintf("%s\n at [Source: (org.forgerock.http.io.BranchingStreamWrapper); line: %d, column: %d]",
		what, line, column)
}
