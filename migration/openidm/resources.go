package openidm

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Health is what info/ping says.
type Health struct {
	// State is STARTING, ACTIVE_READY, ACTIVE_NOT_READY or STOPPING.
	State     string `json:"state"`
	ShortDesc string `json:"shortDesc"`
}

// Ready says that the server does its work.
func (h Health) Ready() bool { return h.State == "ACTIVE_READY" }

// Ping asks for the server's health, as anonymous. A server that is down or
// starts is [ErrUnavailable].
func (c *Client) Ping(ctx context.Context) (Health, error) {
	var h Health
	err := c.As(Anonymous()).do(ctx, request{method: http.MethodGet, resource: "info/ping", repeatable: true}, &h)
	if err == nil && h.State == "" {
		err = &Error{Where: "GET info/ping at " + c.Host(), Code: 200, kind: ErrNotOpenIDM}
	}
	return h, err
}

// Version is what info/version says.
type Version struct {
	ProductVersion  string `json:"productVersion"`
	ProductRevision string `json:"productRevision"`
}

// Version asks for the server's version, as anonymous.
func (c *Client) Version(ctx context.Context) (Version, error) {
	var v Version
	err := c.As(Anonymous()).do(ctx, request{method: http.MethodGet, resource: "info/version", repeatable: true}, &v)
	return v, err
}

// Login is whom the server takes the client for.
type Login struct {
	AuthenticationID string
	Roles            []string
}

// IsAdmin says whether the account is an administrator's.
func (l Login) IsAdmin() bool { return slices.Contains(l.Roles, "openidm-admin") }

// Login proves the credentials. Wrong ones are [ErrUnauthorized].
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
	err := c.do(ctx, request{method: http.MethodGet, resource: "info/login", repeatable: true}, &a)
	l := Login{AuthenticationID: a.AuthenticationID}
	if l.AuthenticationID == "" {
		l.AuthenticationID = a.Authorization.ID + a.Username
	}
	for _, r := range append(a.Authorization.Roles, a.Roles...) {
		// Newer servers give references, internal/role/openidm-admin.
		l.Roles = append(l.Roles, r[strings.LastIndexByte(r, '/')+1:])
	}
	return l, err
}

// Read reads a resource into into; fields limit what comes.
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
}

// Action carries out an action of a resource and decodes its answer into into,
// which may be nil. Unless it is Repeatable it is sent once; a [*NetworkError]
// says by Sent whether it may have arrived.
func (c *Client) Action(ctx context.Context, resource, action string, a ActionRequest, into any) error {
	q := url.Values{}
	for k, v := range a.Params {
		q[k] = v
	}
	q.Set("_action", action)
	return c.do(ctx, request{method: http.MethodPost, resource: resource, query: q, body: a.Body, repeatable: a.Repeatable}, into)
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

// Config reads one document of the configuration.
func (c *Client) Config(ctx context.Context, id string, into any) error {
	return c.Read(ctx, "config/"+id, into)
}

// Recon is one run of a reconciliation.
type Recon struct {
	ID               string           `json:"_id"`
	Mapping          string           `json:"mapping"`
	State            string           `json:"state"` // ACTIVE, SUCCESS, CANCELED, FAILED
	Stage            string           `json:"stage"`
	StageDescription string           `json:"stageDescription"`
	StatusSummary    map[string]int64 `json:"statusSummary"`
	SituationSummary map[string]int64 `json:"situationSummary"`
	Progress         ReconProgress    `json:"progress"`
	Started          string           `json:"started"`
	Ended            string           `json:"ended"` // "" while it runs
}

// ReconProgress counts the records of each side.
type ReconProgress struct {
	Source struct {
		Existing ReconCount `json:"existing"`
	} `json:"source"`
	Target struct {
		Existing ReconCount `json:"existing"`
		Created  Number     `json:"created"`
	} `json:"target"`
}

// ReconCount is how far one side is. With paging Total is the size of the
// current page, so Processed may pass it.
type ReconCount struct {
	Processed Number `json:"processed"`
	Total     Number `json:"total"`
}

// Number is a count that servers give as number or as string, with "?" while
// it is not known: that is -1.
type Number int64

// UnmarshalJSON implements [json.Unmarshaler].
func (n *Number) UnmarshalJSON(b []byte) error {
	var v int64
	if _, err := fmt.Sscanf(strings.Trim(string(b), `"`), "%d", &v); err != nil {
		v = -1
	}
	*n = Number(v)
	return nil
}

// Recons lists the runs that the server remembers: about 100, until it is
// restarted.
func (c *Client) Recons(ctx context.Context) ([]Recon, error) {
	var a struct {
		Reconciliations []Recon `json:"reconciliations"`
	}
	err := c.Read(ctx, "recon", &a)
	return a.Reconciliations, err
}

// Recon reads one run.
func (c *Client) Recon(ctx context.Context, id string) (Recon, error) {
	var r Recon
	err := c.Read(ctx, "recon/"+url.PathEscape(id), &r)
	return r, err
}

// StartRecon starts a reconciliation and returns at once. An unknown mapping
// is [ErrConflict].
func (c *Client) StartRecon(ctx context.Context, mapping string) (Recon, error) {
	var r Recon
	err := c.Action(ctx, "recon", "recon", ActionRequest{Params: url.Values{"mapping": {mapping}}}, &r)
	return r, err
}

// CancelRecon asks a run to end.
func (c *Client) CancelRecon(ctx context.Context, id string) error {
	return c.Action(ctx, "recon/"+url.PathEscape(id), "cancel", ActionRequest{}, nil)
}

// Page is one page of a query.
type Page struct {
	Result []json.RawMessage `json:"result"`
	// Cookie asks for the next page; "" is the last one.
	Cookie string `json:"pagedResultsCookie"`
}
