package openidm

import (
	"context"
	"encoding/json"
	"net/http"
)

// QueryBody is [Client.QueryPage] for callers that read many pages and parse them
// themselves. It returns the answer as it came, in buf if there is room. It does
// not detect a failure that only the answer's text reports; [Client.ParsePage]
// does.
func (c *Client) QueryBody(ctx context.Context, resource string, q Query, cookie string, buf []byte) ([]byte, error) {
	body, _, err := c.fetch(ctx, request{
		method: http.MethodGet, resource: resource, query: q.values(cookie), repeatable: true, into: buf,
	})
	return body, err
}

// ParsePage reads a page that [Client.QueryBody] fetched of a resource. The
// page keeps nothing of body. A query that the server says failed midway is
// [ErrPartialResult].
func (c *Client) ParsePage(resource string, body []byte) (Page, error) {
	a := struct {
		Result    []json.RawMessage `json:"result"`
		Cookie    json.RawMessage   `json:"pagedResultsCookie"`
		Total     Number            `json:"totalPagedResults"`
		Remaining Number            `json:"remainingPagedResults"`
		Error     json.RawMessage   `json:"error"`
	}{Total: -1, Remaining: -1}
	where := func() place { return place{http.MethodGet, c.urlOf(resource)} }
	if err := json.Unmarshal(body, &a); err != nil {
		return Page{}, c.notOpenIDM(where(), body, err)
	}
	if a.Error != nil && string(a.Error) != "null" {
		e := &Error{
			Method: where().method, URL: where().url, Code: http.StatusOK, kinds: []error{ErrPartialResult},
		}
		if !e.fill(a.Error) {
			e.Message = textOf(a.Error)
		}
		e.hide(c.redactor())
		return Page{}, e
	}
	if a.Result == nil {
		return Page{}, c.notOpenIDM(where(), body, nil)
	}
	return Page{Result: a.Result, Cookie: cookieText(a.Cookie), Total: a.Total, Remaining: a.Remaining}, nil
}
