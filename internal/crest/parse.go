package crest

import (
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// Request is a request as the server understands it.
type Request struct {
	// Operation is "read", "query", "create", "update", "patch", "delete" or
	// "action".
	Operation string
	// Path lies below /openidm/ and has no slash at either end. Segments are
	// its parts.
	Path     string
	Segments []string
	// Action is the name of an action.
	Action string
	// Params are the parameters without a leading underscore.
	Params url.Values
	// Fields are those to be shown, all if there are none.
	Fields []string
	Query  Query
	// Body is decoded, with numbers as json.Number; nil means none.
	Body any
	// IfMatch is the wanted revision, without quotes.
	IfMatch string
	// Upsert marks a create that may become an update.
	Upsert bool
	// Posted marks a create by POST, which names the collection.
	Posted bool
	// ReauthPassword is the password sent to authenticate once more.
	ReauthPassword string

	mimeType string // "" means JSON
	oldest   bool   // protocol 1: nothing is added to what is asked for
	ifNone   string
}

// Under returns the path below prefix, where it lies there.
func (c *Request) Under(prefix string) (string, bool) {
	if c.Path == prefix {
		return "", true
	}
	return strings.CutPrefix(c.Path, prefix+"/")
}

// Query is what a query asks for.
type Query struct {
	// Filter is that of _queryFilter, FilterText its text.
	Filter
	FilterText string
	// ID is that of a configured query; ByID says that one is given, be it "".
	ID   string
	ByID bool
	// Expression says that the query is in the language of the repository.
	Expression bool
	// PageSize is the number of records in a page; 0 or less means all.
	PageSize int

	sortKeys []sortKey
	cookie   string
	offset   int
	total    bool // how many there are is asked for
	params   url.Values
}

type sortKey struct {
	pointer    []string
	descending bool
}

// Parse understands a request for path, which is given as in [Request], or
// returns the error with which the server refuses it.
func Parse(r *http.Request, path string) (*Request, *Error) {
	c := &Request{Path: path, Params: url.Values{}}
	if path != "" {
		c.Segments = strings.Split(path, "/")
	}
	c.ReauthPassword = DecodeHeader(r.Header.Get("X-OpenIDM-Reauth-Password"))
	c.IfMatch = strings.Trim(r.Header.Get("If-Match"), `"`)
	c.ifNone = strings.Trim(r.Header.Get("If-None-Match"), `"`)
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, BadRequest("Bad Request")
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
	c.Query.params = c.Params
	if c.Query.cookie != "" && c.Query.offset > 0 {
		return nil, BadRequest(mutuallyExclusive, "_pagedResultsOffset", "_pagedResultsCookie")
	}
	return c, c.readBody(r)
}

var apiVersion = regexp.MustCompile(`^(?:protocol|resource)=(\d+)(?:\.\d+)?$`)

// setVersion understands the header Accept-API-Version.
func (c *Request) setVersion(header string) *Error {
	if header == "" {
		return nil
	}
	for part := range strings.SplitSeq(header, ",") {
		m := apiVersion.FindStringSubmatch(strings.TrimSpace(part))
		if m == nil {
			return BadRequest("Version string is in an invalid format: %s", header)
		}
		if version, ok := strings.CutPrefix(strings.TrimSpace(part), "protocol="); ok {
			major, err := strconv.Atoi(m[1])
			if err != nil || major < 1 || major > 2 {
				return BadRequest("Unsupported major version: %s", version)
			}
			c.oldest = major == 1
		}
	}
	return nil
}

func (c *Request) setOperation(method string, values url.Values) *Error {
	switch method {
	case http.MethodGet:
		c.Operation = "read"
		var kinds []string
		for _, name := range []string{"_queryId", "_queryFilter", "_queryExpression"} {
			if values.Has(name) {
				c.Operation = "query"
				kinds = append(kinds, name)
			}
		}
		if len(kinds) > 1 {
			return BadRequest(mutuallyExclusive, kinds[0], kinds[1])
		}
	case http.MethodPost:
		c.Operation, c.Action = "action", values.Get("_action")
		if !values.Has("_action") || c.Action == "create" {
			c.Operation, c.Action, c.Posted = "create", "", true
		}
	case http.MethodPut:
		switch {
		case c.ifNone != "" && c.ifNone != "*":
			return BadRequest("\"%s\" is not a supported value for If-None-Match on PUT", c.ifNone)
		case c.ifNone == "*" && c.IfMatch != "":
			return Errorf(http.StatusPreconditionFailed,
				"Simultaneous use of If-Match and If-None-Match not supported for PUT requests")
		case c.IfMatch != "":
			c.Operation = "update"
		default:
			c.Operation, c.Upsert = "create", c.ifNone == ""
		}
	case http.MethodPatch:
		c.Operation = "patch"
	case http.MethodDelete:
		c.Operation = "delete"
	default:
		return Errorf(http.StatusNotImplemented, "Method %s not supported", method)
	}
	return c.checkConditions(method)
}

// checkConditions refuses the headers that a method does not understand.
func (c *Request) checkConditions(method string) *Error {
	reject := func(header string) *Error {
		return Errorf(http.StatusPreconditionFailed, "%s not supported for %s requests", header, method)
	}
	switch c.Operation {
	case "read", "query", "action":
		if c.IfMatch != "" {
			return reject("If-Match")
		}
	}
	switch {
	case c.ifNone == "":
	case c.Operation == "read" && c.ifNone == "*":
		return Errorf(http.StatusPreconditionFailed, "If-None-Match * not appropriate for %s requests", method)
	case c.Operation == "patch":
		return Errorf(http.StatusPreconditionFailed, "Use of If-None-Match not supported for PATCH requests")
	case c.Operation == "query", c.Operation == "action", c.Operation == "delete", method == http.MethodPost:
		return reject("If-None-Match")
	}
	return nil
}

func (c *Request) setParam(name string, v []string) *Error {
	if len(v) > 1 && name != "_fields" && name != "_sortKeys" {
		return BadRequest("Multiple values provided for the single-valued request parameter '%s'", name)
	}
	if !strings.HasPrefix(name, "_") {
		c.Params[name] = v
		return nil
	}
	query := c.Operation == "query" || c.Action == "patch" && strings.HasPrefix(name, "_query")
	text := v[0]
	switch {
	case name == "_fields":
		for _, one := range v {
			if strings.ContainsAny(one, " \"<>\\^`{|}") {
				return badParameter(one, name, "comma separated list of JSON pointers")
			}
			for f := range strings.SplitSeq(one, ",") {
				if f = strings.TrimPrefix(f, "/"); f != "" {
					c.Fields = append(c.Fields, f)
				}
			}
		}
	case name == "_prettyPrint":
	case name == "_mimeType":
		c.mimeType = text
	case name == "_action" && (c.Operation == "action" || c.Operation == "create"):
	case query && name == "_queryFilter":
		f, err := parseFilter(text)
		if err != nil {
			return badParameter(text, name, "valid query filter")
		}
		c.Query.Filter, c.Query.FilterText = f, text
	case query && name == "_queryId":
		c.Query.ID, c.Query.ByID = text, true
	case query && name == "_queryExpression":
		c.Query.Expression = true
	case query && name == "_sortKeys":
		for _, one := range v {
			// A plus sign that is not escaped has become a space.
			if one == "" || strings.Contains(one, " ") {
				return badParameter(one, name, "comma separated list of sort keys")
			}
			for k := range strings.SplitSeq(strings.TrimRight(one, ","), ",") {
				if k == "" {
					continue
				}
				key := sortKey{descending: k[0] == '-'}
				if k[0] == '-' || k[0] == '+' {
					k = k[1:]
				}
				key.pointer = ParsePointer(k)
				c.Query.sortKeys = append(c.Query.sortKeys, key)
			}
		}
	case query && (name == "_pageSize" || name == "_pagedResultsOffset"):
		n, err := strconv.ParseInt(text, 10, 32)
		if err != nil {
			return badParameter(text, name, "valid integer")
		}
		if name == "_pageSize" {
			c.Query.PageSize = int(n)
		} else {
			c.Query.offset = max(int(n), 0)
		}
	case query && name == "_pagedResultsCookie":
		c.Query.cookie = text
	case query && name == "_totalPagedResultsPolicy":
		switch strings.ToUpper(text) {
		case "NONE":
		case "ESTIMATE", "EXACT":
			c.Query.total = true
		default:
			return badParameter(text, name, "valid count policy")
		}
	default:
		return BadRequest("Unrecognized request parameter '%s'", name)
	}
	return nil
}

// DecodeHeader decodes the form of RFC 5987: UTF-8”Passw%C2%A3rd.
func DecodeHeader(value string) string {
	charset, rest, ok := strings.Cut(value, "'")
	if !ok || !strings.EqualFold(charset, "UTF-8") {
		return value
	}
	_, encoded, ok := strings.Cut(rest, "'")
	if !ok {
		return value
	}
	text, err := url.PathUnescape(encoded)
	if err != nil {
		return value
	}
	return text
}
