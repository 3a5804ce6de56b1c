package openidm

import (
	"context"
	"net/http"
)

// condition is what must hold for a write: a header and its value.
type condition struct{ header, value string }

// Create creates a resource, under the id at the end of its path, from body, and
// decodes the server's answer into into, which may be nil. It is sent once, with
// "If-None-Match: *": where the resource exists already, the error is
// [ErrPrecondition], and nothing was changed. After a [*NetworkError] whose Sent is
// true the outcome is unknown.
func (c *Client) Create(ctx context.Context, resource string, body, into any) error {
	return c.do(ctx, request{method: http.MethodPut, resource: resource, body: body,
		condition: condition{"If-None-Match", "*"}}, into)
}

// Update replaces a resource as a whole by body, if its _rev is still revision,
// which must not be "", and decodes the server's answer into into, which may be
// nil. It is sent once, with If-Match: a resource that was changed since is
// [ErrPrecondition], one that is gone [ErrNotFound]. After a [*NetworkError] whose
// Sent is true the outcome is unknown.
func (c *Client) Update(ctx context.Context, resource, revision string, body, into any) error {
	return c.do(ctx, request{method: http.MethodPut, resource: resource, body: body,
		condition: condition{"If-Match", `"` + revision + `"`}}, into)
}
