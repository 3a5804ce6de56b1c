package openidm

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Health is what info/ping says.
type Health struct {
	// State is STARTING, ACTIVE_READY, ACTIVE_NOT_READY or STOPPING.
	State string `json:"state"`
	// ShortDesc names what is missing.
	ShortDesc string `json:"shortDesc"`
	// Date is what the server's clock said when it answered, to the second;
	// zero where the answer does not say (header Date).
	Date time.Time `json:"-"`
}

// Ready says that the server does its work.
func (h Health) Ready() bool { return h.State == "ACTIVE_READY" }

// Ping asks for the server's health: as anonymous, and where that is refused
// with the client's credentials. A server that refuses connections, or whose
// web server alone is up, is [ErrUnavailable]; one that answers and is not
// ready is no error, see [Health.Ready].
func (c *Client) Ping(ctx context.Context) (Health, error) {
	var h Health
	err := c.info(ctx, "info/ping", &h, func() bool { return h.State != "" }, &h.Date)
	return h, err
}

// Version is what info/version says.
type Version struct {
	ProductVersion  string `json:"productVersion"`
	ProductRevision string `json:"productRevision"`
}

// Version asks for the server's version, as [Client.Ping] asks.
func (c *Client) Version(ctx context.Context) (Version, error) {
	var v Version
	err := c.info(ctx, "info/version", &v, func() bool { return v.ProductVersion != "" }, nil)
	return v, err
}

// info reads what everybody may read, unless access rules are unusual.
func (c *Client) info(ctx context.Context, resource string, into any, ok func() bool, date *time.Time) error {
	r := request{method: http.MethodGet, resource: resource, repeatable: true, date: date, holds: ok}
	err := c.As(Anonymous()).do(ctx, r, into)
	if (errors.Is(err, ErrUnauthorized) || errors.Is(err, ErrForbidden)) && c.Credentials.Username != "" {
		err = c.do(ctx, r, into)
	}
	return err
}

// Login is whom the server takes the client for.
type Login struct {
	AuthenticationID string
	Roles            []string // without a path before the name
}

// IsAdmin reports whether the account is an administrator's.
func (l Login) IsAdmin() bool { return slices.Contains(l.Roles, "openidm-admin") }

// Login proves the credentials. Wrong ones are [ErrUnauthorized]. A server that
// does not know info/login yet, though it says that it is ready, is
// [ErrUnavailable] (seen on 7.0.2 a second after its start).
func (c *Client) Login(ctx context.Context) (Login, error) {
	var a struct {
		AuthenticationID string   `json:"authenticationId"`
		Username         string   `json:"username"` // 2.x
		Roles            []string `json:"roles"`    // 2.x
		Authorization    struct {
			ID    string   `json:"id"`
			Roles []string `json:"roles"`
		} `json:"authorization"`
	}
	id := func() string { return cmp.Or(a.AuthenticationID, a.Authorization.ID, a.Username) }
	err := c.do(ctx, request{method: http.MethodGet, resource: "info/login", repeatable: true,
		holds: func() bool { return id() != "" }}, &a)
	if e := new(Error); errors.As(err, &e) && errors.Is(e, ErrNotFound) {
		e.kinds = append(e.kinds, ErrUnavailable)
	}
	if err != nil {
		return Login{}, err
	}
	l := Login{AuthenticationID: id()}
	for _, r := range append(a.Authorization.Roles, a.Roles...) {
		// Newer servers give references, internal/role/openidm-admin.
		l.Roles = append(l.Roles, r[strings.LastIndexByte(r, '/')+1:])
	}
	return l, nil
}

// Read reads a resource into into, as [json.Unmarshal] does; fields, if any,
// limit what comes. It is retried.
func (c *Client) Read(ctx context.Context, resource string, into any, fields ...string) error {
	r := request{method: http.MethodGet, resource: resource, repeatable: true}
	if len(fields) > 0 {
		r.query = url.Values{"_fields": {strings.Join(fields, ",")}}
	}
	return c.do(ctx, r, into)
}

// ActionRequest is what an action gets besides its name.
type ActionRequest struct {
	Params url.Values
	Body   any // JSON; nil: none
	// Repeatable says that sending it twice does no harm: it is retried.
	Repeatable bool
	// TransactionID names the request to the server, "" does not. A server takes
	// the name into its audit if it is set up to trust its callers with that.
	TransactionID string
}

// Action carries out an action of a resource and decodes its answer into into,
// which may be nil. An [io.ReaderFrom] reads the answer instead, as it comes,
// anew for each attempt; its own error is [ErrNotOpenIDM]. Unless it is Repeatable it is sent once; a [*NetworkError]
// says by Sent whether it may have arrived.
func (c *Client) Action(ctx context.Context, resource, action string, a ActionRequest, into any) error {
	q := maps.Clone(a.Params)
	if q == nil {
		q = url.Values{}
	}
	q.Set("_action", action)
	return c.do(ctx, request{method: http.MethodPost, resource: resource, query: q, body: a.Body,
		repeatable: a.Repeatable, transaction: a.TransactionID}, into)
}

// Configs lists the ids of the configuration ("sync", "managed",
// "provisioner.openicf/ad").
func (c *Client) Configs(ctx context.Context) ([]string, error) {
	var a struct {
		Configurations []struct {
			ID string `json:"_id"`
		} `json:"configurations"`
	}
	if err := c.Read(ctx, "config", &a); err != nil {
		return nil, err
	}
	var ids []string
	for _, x := range a.Configurations {
		ids = append(ids, x.ID)
	}
	return ids, nil
}

// Config reads one document of the configuration by its id.
func (c *Client) Config(ctx context.Context, id string, into any) error {
	return c.Read(ctx, "config/"+id, into)
}
