package openidm

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

const defaultPageSize = 500

// Query says what [Client.Query] and [Client.QueryPage] ask for.
type Query struct {
	Filter   string   // a query filter; "" is true: all
	ID       string   // a query that the server knows by its name, in place of a filter
	Fields   []string // none: all
	SortKeys []string // none: the server's order
	PageSize int      // 0: 500
	Count    bool     // ask for the exact Total, which many servers do not give
	// Seen, unless nil, is counted up while [Client.Query] runs.
	Seen *Seen
}

// Seen counts what a query met.
type Seen struct {
	Pages   int
	Records int // given to the caller
	Again   int // left out, because their _id was there before
}

// Page is one page of a query.
type Page struct {
	Result []json.RawMessage
	// Cookie asks for the next page; "" is the last one. It is opaque.
	Cookie string
	// Total and Remaining count records, -1 unknown, which is usual: many
	// repositories do not count.
	Total, Remaining Number
}

func (q Query) values(cookie string) url.Values {
	v := url.Values{"_queryFilter": {"true"}}
	switch {
	case q.ID != "":
		v = url.Values{"_queryId": {q.ID}}
	case q.Filter != "":
		v.Set("_queryFilter", q.Filter)
	}
	v.Set("_pageSize", strconv.Itoa(cmp.Or(max(q.PageSize, 0), defaultPageSize)))
	if len(q.Fields) > 0 {
		v.Set("_fields", strings.Join(q.Fields, ","))
	}
	if len(q.SortKeys) > 0 {
		v.Set("_sortKeys", strings.Join(q.SortKeys, ","))
	}
	if q.Count {
		v.Set("_totalPagedResultsPolicy", "EXACT")
	}
	if cookie != "" {
		v.Set("_pagedResultsCookie", cookie)
	}
	return v
}

// QueryPage reads one page: the first one with the cookie "". A query that the
// server says failed midway is [ErrPartialResult].
func (c *Client) QueryPage(ctx context.Context, resource string, q Query, cookie string) (Page, error) {
	body, err := c.QueryBody(ctx, resource, q, cookie, nil)
	if err != nil {
		return Page{}, err
	}
	return c.ParsePage(resource, body)
}

// cookieText reads a cookie, which is opaque; some servers give a number.
func cookieText(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}

// Query gives the records of a collection, page after page, until the server
// says that there are no more; the first error ends it. A record that comes
// again, because the table shifts while it is read, is given once; of a record
// without _id that cannot be told. One that a shift hides cannot be seen.
// Memory: a hash of 8 bytes for each record. Pages that do not end are
// [ErrPaging].
func (c *Client) Query(ctx context.Context, resource string, q Query) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		count := cmp.Or(q.Seen, &Seen{})
		var ids seen
		var pages Pages
		for cookie := ""; ; {
			page, err := c.QueryPage(ctx, resource, q, cookie)
			if err != nil {
				yield(nil, err)
				return
			}
			count.Pages++
			before := count.Records
			for _, record := range page.Result {
				var id struct {
					ID string `json:"_id"`
				}
				if err := json.Unmarshal(record, &id); err != nil {
					yield(nil, c.notOpenIDM(place{http.MethodGet, c.urlOf(resource)}, record, err))
					return
				}
				if id.ID != "" && !ids.add(id.ID) {
					count.Again++
					continue
				}
				count.Records++
				if !yield(record, nil) {
					return
				}
			}
			if page.Cookie == "" {
				return
			}
			if err := pages.Next(page.Cookie, count.Records-before); err != nil {
				yield(nil, fmt.Errorf("GET %s: %w", c.urlOf(resource), err))
				return
			}
			cookie = page.Cookie
		}
	}
}

// urlOf is the address of a resource, for errors.
func (c *Client) urlOf(resource string) string {
	if s, err := c.start(); err == nil {
		if u, err := address(s.base, request{resource: resource}); err == nil {
			return u.String()
		}
	}
	return resource
}
