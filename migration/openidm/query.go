package openidm

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/maphash"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

const defaultPageSize = 500

// Query says what [Client.Query] asks for.
type Query struct {
	Filter   string // "" is true: all
	Fields   []string
	SortKeys []string
	PageSize int // 0: 500
}

func (q Query) values(cookie string) url.Values {
	v := url.Values{"_queryFilter": {"true"}}
	if q.Filter != "" {
		v.Set("_queryFilter", q.Filter)
	}
	size := q.PageSize
	if size <= 0 {
		size = defaultPageSize
	}
	v.Set("_pageSize", strconv.Itoa(size))
	if len(q.Fields) > 0 {
		v.Set("_fields", strings.Join(q.Fields, ","))
	}
	if len(q.SortKeys) > 0 {
		v.Set("_sortKeys", strings.Join(q.SortKeys, ","))
	}
	if cookie != "" {
		v.Set("_pagedResultsCookie", cookie)
	}
	return v
}

// QueryPage reads one page: the first one with the cookie "".
func (c *Client) QueryPage(ctx context.Context, resource string, q Query, cookie string) (Page, error) {
	var a struct {
		Result []json.RawMessage `json:"result"`
		Cookie json.RawMessage   `json:"pagedResultsCookie"`
	}
	err := c.do(ctx, request{method: http.MethodGet, resource: resource, query: q.values(cookie), repeatable: true}, &a)
	if err != nil {
		return Page{}, err
	}
	if a.Result == nil {
		return Page{}, &Error{Where: "GET " + c.where(resource), Code: http.StatusOK, kind: ErrNotOpenIDM, Message: "the answer has no result"}
	}
	return Page{Result: a.Result, Cookie: cookieText(a.Cookie)}, nil
}

func (c *Client) where(resource string) string {
	if c.base == nil {
		return resource
	}
	return c.base.Scheme + "://" + c.base.Host + c.base.Path + resource
}

// cookieText reads a cookie, which is opaque; some servers give a number.
func cookieText(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	if text := string(raw); text != "null" {
		return text
	}
	return ""
}

// Query gives the records of a collection, page after page, until the server
// says that there are no more; the first error ends it. A record that comes
// again, because the table shifts while it is read, is given once; of a record
// without _id that cannot be told. It holds 8 bytes for each record.
func (c *Client) Query(ctx context.Context, resource string, q Query) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		seed := maphash.MakeSeed()
		seen, cookies := map[uint64]struct{}{}, map[string]struct{}{}
		for cookie := ""; ; {
			page, err := c.QueryPage(ctx, resource, q, cookie)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, record := range page.Result {
				var id struct {
					ID string `json:"_id"`
				}
				if err := json.Unmarshal(record, &id); err != nil {
					yield(nil, &Error{Where: "GET " + c.where(resource), Code: http.StatusOK, kind: ErrNotOpenIDM, Message: "a record is no object", cause: err})
					return
				}
				if id.ID != "" {
					h := maphash.String(seed, id.ID)
					if _, again := seen[h]; again {
						continue
					}
					seen[h] = struct{}{}
				}
				if !yield(record, nil) {
					return
				}
			}
			if page.Cookie == "" {
				return
			}
			if _, again := cookies[page.Cookie]; again {
				yield(nil, fmt.Errorf("reading %s: %w: a cookie came twice", c.where(resource), ErrPaging))
				return
			}
			cookies[page.Cookie] = struct{}{}
			cookie = page.Cookie
		}
	}
}
