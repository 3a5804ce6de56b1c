package openidm

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
)

// Recon is one run of a reconciliation.
type Recon struct {
	ID               string            `json:"_id"`
	Mapping          string            `json:"mapping"`
	State            string            `json:"state"` // ACTIVE, SUCCESS, CANCELED, FAILED
	Stage            string            `json:"stage"`
	StageDescription string            `json:"stageDescription"`
	StatusSummary    map[string]Number `json:"statusSummary"`
	SituationSummary map[string]Number `json:"situationSummary"`
	Progress         ReconProgress     `json:"progress"`
	Started          string            `json:"started"`
	Ended            string            `json:"ended"` // "" while it runs
}

// Failures is how many records failed, -1 where the run does not say. A run
// ends SUCCESS even when records failed.
func (r Recon) Failures() int64 {
	if n, ok := r.StatusSummary["FAILURE"]; ok {
		return int64(n)
	}
	return -1
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

// Number is a count that servers give as a number or as a string, with "?"
// while it is not known: that, and whatever else is no count, is -1.
type Number int64

// UnmarshalJSON implements [json.Unmarshaler]. It gives no error.
func (n *Number) UnmarshalJSON(b []byte) error {
	*n = -1
	s := strings.TrimSpace(strings.Trim(string(b), `"`))
	if v, err := strconv.ParseInt(s, 10, 64); err == nil && v >= 0 {
		*n = Number(v)
	} else if f, err := strconv.ParseFloat(s, 64); err == nil && f >= 0 && f < 1<<53 && f == float64(int64(f)) {
		*n = Number(f)
	}
	return nil
}

func unknownProgress() (p ReconProgress) {
	p.Source.Existing, p.Target.Existing, p.Target.Created = ReconCount{-1, -1}, ReconCount{-1, -1}, -1
	return p
}

// UnmarshalJSON implements [json.Unmarshaler]. A run that does not say how far
// it is has counts of -1.
func (r *Recon) UnmarshalJSON(b []byte) error {
	type plain Recon
	v := plain{Progress: unknownProgress()}
	err := json.Unmarshal(b, &v)
	*r = Recon(v)
	return err
}

// UnmarshalJSON implements [json.Unmarshaler]. A progress of an unexpected form
// is unknown, and no error: what a run says first is its state.
func (p *ReconProgress) UnmarshalJSON(b []byte) error {
	type plain ReconProgress
	v := plain(unknownProgress())
	*p = ReconProgress(v)
	if json.Unmarshal(b, &v) == nil {
		*p = ReconProgress(v)
	}
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

// Recon reads one run. An unknown id is [ErrNotFound].
func (c *Client) Recon(ctx context.Context, id string) (Recon, error) {
	var r Recon
	err := c.Read(ctx, "recon/"+url.PathEscape(id), &r)
	return r, err
}

// StartRecon starts a reconciliation and returns at once. It is not retried.
// An unknown mapping is [ErrConflict].
func (c *Client) StartRecon(ctx context.Context, mapping string) (Recon, error) {
	var r Recon
	err := c.Action(ctx, "recon", "recon", ActionRequest{Params: url.Values{"mapping": {mapping}}}, &r)
	return r, err
}

// CancelRecon asks a run to end.
func (c *Client) CancelRecon(ctx context.Context, id string) error {
	return c.Action(ctx, "recon/"+url.PathEscape(id), "cancel", ActionRequest{}, nil)
}
