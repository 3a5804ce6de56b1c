package openidmtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// maxBody bounds the body of a request, in bytes.
const maxBody = 16 << 20

// call is one request after it was understood.
type call struct {
	operation string // "read", "query", "create", "update", "patch", "delete" or "action"
	path      string // below /openidm/, no slash at either end
	segs      []string
	action    string
	params    url.Values // those without a leading underscore
	fields    []string
	mimeType  string // "" means JSON
	oldest    bool   // protocol 1: nothing is added to what is asked for
	query     query
	body      any // decoded, numbers as json.Number; nil means none
	ifMatch   string
	ifNone    string
	upsert    bool // a create that may become an update
	posted    bool // a create by POST, which names the collection
	who       identity
	reauth    string // the password sent for a second look
}

// under returns the path below prefix, where it lies there.
func (c *call) under(prefix string) (string, bool) {
	if c.path == prefix {
		return "", true
	}
	return strings.CutPrefix(c.path, prefix+"/")
}

// query is what a query asks for.
type query struct {
	parsedFilter
	filterText string
	id         string
	byID       bool // id is given, be it ""
	expression bool
	sortKeys   []sortKey
	pageSize   int
	cookie     string
	offset     int
	total      bool // how many there are is asked for
	params     url.Values
}

type sortKey struct {
	pointer    []string
	descending bool
}

func parseCall(r *http.Request, path string) (*call, *restError) {
	c := &call{path: path, params: url.Values{}}
	if path != "" {
		c.segs = strings.Split(path, "/")
	}
	c.reauth = decodeHeader(r.Header.Get("X-OpenIDM-Reauth-Password"))
	c.ifMatch = strings.Trim(r.Header.Get("If-Match"), `"`)
	c.ifNone = strings.Trim(r.Header.Get("If-None-Match"), `"`)
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, fail(http.StatusBadRequest, "Bad Request")
	}
	if e := c.setVersion(r.Header.Get("Accept-API-Version")); e != nil {
		return nil, e
	}
	method := r.Method
	if other := r.Header.Get("X-HTTP-Method-Override"); other != "" && method == http.MethodPost {
		method = other
	}
	if e := c.setOperation(method, values); e != nil {
		return nil, e
	}
	for name, v := range values {
		if e := c.setParam(name, v); e != nil {
			return nil, e
		}
	}
	c.query.params = c.params
	if c.query.cookie != "" && c.query.offset > 0 {
		return nil, fail(http.StatusBadRequest, "The parameters _pagedResultsOffset and _pagedResultsCookie are mutually exclusive")
	}
	return c, c.readBody(r)
}

var apiVersion = regexp.MustCompile(`^(?:protocol|resource)=(\d+)(?:\.\d+)?$`)

// setVersion understands the header Accept-API-Version.
func (c *call) setVersion(header string) *restError {
	if header == "" {
		return nil
	}
	for part := range strings.SplitSeq(header, ",") {
		m := apiVersion.FindStringSubmatch(strings.TrimSpace(part))
		if m == nil {
			return fail(http.StatusBadRequest, "Version string is in an invalid format: %s", header)
		}
		if version, ok := strings.CutPrefix(strings.TrimSpace(part), "protocol="); ok {
			major, err := strconv.Atoi(m[1])
			if err != nil || major < 1 || major > 2 {
				return fail(http.StatusBadRequest, "Unsupported major version: %s", version)
			}
			c.oldest = major == 1
		}
	}
	return nil
}

func (c *call) setOperation(method string, values url.Values) *restError {
	switch method {
	case http.MethodGet:
		c.operation = "read"
		var kinds []string
		for _, name := range []string{"_queryId", "_queryFilter", "_queryExpression"} {
			if values.Has(name) {
				c.operation = "query"
				kinds = append(kinds, name)
			}
		}
		if len(kinds) > 1 {
			return fail(http.StatusBadRequest, "The parameters %s and %s are mutually exclusive", kinds[0], kinds[1])
		}
	case http.MethodPost:
		c.operation, c.action = "action", values.Get("_action")
		if !values.Has("_action") || c.action == "create" {
			c.operation, c.action, c.posted = "create", "", true
		}
	case http.MethodPut:
		switch {
		case c.ifNone != "" && c.ifNone != "*":
			return fail(http.StatusBadRequest, "\"%s\" is not a supported value for If-None-Match on PUT", c.ifNone)
		case c.ifNone == "*" && c.ifMatch != "":
			return fail(http.StatusPreconditionFailed, "Simultaneous use of If-Match and If-None-Match not supported for PUT requests")
		case c.ifMatch != "":
			c.operation = "update"
		default:
			c.operation, c.upsert = "create", c.ifNone == ""
		}
	case http.MethodPatch:
		c.operation = "patch"
	case http.MethodDelete:
		c.operation = "delete"
	default:
		return fail(http.StatusNotImplemented, "Method %s not supported", method)
	}
	return c.checkConditions(method)
}

// checkConditions refuses the headers that a method does not understand.
func (c *call) checkConditions(method string) *restError {
	reject := func(header string) *restError {
		return fail(http.StatusPreconditionFailed, "%s not supported for %s requests", header, method)
	}
	switch c.operation {
	case "read", "query", "action":
		if c.ifMatch != "" {
			return reject("If-Match")
		}
	}
	switch {
	case c.ifNone == "":
	case c.operation == "read" && c.ifNone == "*":
		return fail(http.StatusPreconditionFailed, "If-None-Match * not appropriate for %s requests", method)
	case c.operation == "patch":
		return fail(http.StatusPreconditionFailed, "Use of If-None-Match not supported for PATCH requests")
	case c.operation == "query", c.operation == "action", c.operation == "delete", method == http.MethodPost:
		return reject("If-None-Match")
	}
	return nil
}

func (c *call) setParam(name string, v []string) *restError {
	if len(v) > 1 && name != "_fields" && name != "_sortKeys" {
		return fail(http.StatusBadRequest, "Multiple values provided for the single-valued request parameter '%s'", name)
	}
	if !strings.HasPrefix(name, "_") {
		c.params[name] = v
		return nil
	}
	query := c.operation == "query" || c.action == "patch" && strings.HasPrefix(name, "_query")
	text := v[0]
	switch {
	case name == "_fields":
		for _, one := range v {
			if strings.ContainsAny(one, " \"<>\\^`{|}") {
				return fail(http.StatusBadRequest, "The value '%s' for parameter '_fields' could not be parsed as a comma separated list of JSON pointers", one)
			}
			for f := range strings.SplitSeq(one, ",") {
				if f = strings.TrimPrefix(f, "/"); f != "" {
					c.fields = append(c.fields, f)
				}
			}
		}
	case name == "_prettyPrint":
	case name == "_mimeType":
		c.mimeType = text
	case name == "_action" && (c.operation == "action" || c.operation == "create"):
	case query && name == "_queryFilter":
		f, err := parseFilter(text)
		if err != nil {
			return fail(http.StatusBadRequest, "The value '%s' for parameter '_queryFilter' could not be parsed as a valid query filter", text)
		}
		c.query.parsedFilter, c.query.filterText = f, text
	case query && name == "_queryId":
		c.query.id, c.query.byID = text, true
	case query && name == "_queryExpression":
		c.query.expression = true
	case query && name == "_sortKeys":
		for _, one := range v {
			// A plus sign that is not escaped has become a space.
			if one == "" || strings.Contains(one, " ") {
				return fail(http.StatusBadRequest, "The value '%s' for parameter '_sortKeys' could not be parsed as a comma separated list of sort keys", one)
			}
			for k := range strings.SplitSeq(strings.TrimRight(one, ","), ",") {
				if k == "" {
					continue
				}
				key := sortKey{descending: k[0] == '-'}
				if k[0] == '-' || k[0] == '+' {
					k = k[1:]
				}
				key.pointer = parsePointer(k)
				c.query.sortKeys = append(c.query.sortKeys, key)
			}
		}
	case query && (name == "_pageSize" || name == "_pagedResultsOffset"):
		n, err := strconv.ParseInt(text, 10, 32)
		if err != nil {
			return fail(http.StatusBadRequest, "The value '%s' for parameter '%s' could not be parsed as a valid integer", text, name)
		}
		if name == "_pageSize" {
			c.query.pageSize = int(n)
		} else {
			c.query.offset = max(int(n), 0)
		}
	case query && name == "_pagedResultsCookie":
		c.query.cookie = text
	case query && name == "_totalPagedResultsPolicy":
		switch strings.ToUpper(text) {
		case "NONE":
		case "ESTIMATE", "EXACT":
			c.query.total = true
		default:
			return fail(http.StatusBadRequest, "The value '%s' for parameter '%s' could not be parsed as a valid count policy", text, name)
		}
	default:
		return fail(http.StatusBadRequest, "Unrecognized request parameter '%s'", name)
	}
	return nil
}

func (c *call) readBody(r *http.Request) *restError {
	switch c.operation {
	case "read", "query", "delete":
		return nil
	}
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == "multipart/form-data" {
		return fail(http.StatusBadRequest, "The request could not be processed because the request cant be parsed")
	}
	b, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return fail(http.StatusBadRequest, "The request could not be processed because its content could not be read")
	}
	if len(b) > maxBody {
		return fail(http.StatusRequestEntityTooLarge, "The request is too large")
	}
	if c.operation == "action" && len(bytes.TrimSpace(b)) == 0 && r.Header.Get("Content-Type") == "" {
		return nil
	}
	header := r.Header.Get("Content-Type")
	kind, _, _ := strings.Cut(header, ";")
	if kind = strings.TrimSpace(kind); header != "" && !strings.EqualFold(kind, "application/json") {
		return fail(http.StatusBadRequest, "The request could not be processed because it specified the content-type '%s' when only the content-type 'application/json' and 'multipart/form-data' are supported", kind)
	}
	if header == "" && c.operation != "action" {
		// The two spaces are the server's.
		return fail(http.StatusBadRequest, "The request could not be processed because the  content-type was not specified and is required")
	}
	if len(bytes.TrimSpace(b)) == 0 {
		if c.operation == "action" {
			return nil
		}
		return fail(http.StatusBadRequest, "The request could not be processed because it did not contain any JSON content")
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	if err := dec.Decode(&c.body); err != nil {
		e := fail(http.StatusBadRequest, "The request could not be processed because the provided content is not valid JSON")
		e.Detail = jsonDetail(b, err)
		return e
	}
	if _, err := dec.Token(); err != io.EOF {
		return fail(http.StatusBadRequest, "The request could not be processed because there is trailing data after the JSON content")
	}
	if c.body == nil && c.operation != "action" && c.operation != "patch" {
		c.body = record{}
	}
	if c.operation == "patch" {
		_, e := parsePatch(c.body)
		return e
	}
	if _, isObject := c.body.(record); c.operation != "action" && !isObject {
		return fail(http.StatusBadRequest, "The request could not be processed because the provided content is not a JSON object")
	}
	return nil
}

// jsonDetail says where a body stops being JSON, in the manner of the
// server's parser.
func jsonDetail(b []byte, err error) string {
	var syntax *json.SyntaxError
	at := int64(len(b))
	what := "Unexpected end-of-input"
	if errors.As(err, &syntax) && syntax.Offset > 0 && syntax.Offset <= int64(len(b)) && !errors.Is(err, io.ErrUnexpectedEOF) {
		at = syntax.Offset
		ch := b[at-1]
		what = fmt.Sprintf("Unexpected character ('%c' (code %d))", ch, ch)
		if strings.Contains(syntax.Error(), "object key") {
			what += ": was expecting double-quote to start field name"
		}
	}
	line := 1 + bytes.Count(b[:at], []byte("\n"))
	column := int(at) - bytes.LastIndexByte(b[:at], '\n')
	return fmt.Sprintf("%s\n at [Source: (org.forgerock.http.io.BranchingStreamWrapper); line: %d, column: %d]", what, line, column)
}
