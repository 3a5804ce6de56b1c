package migration

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/idconnect-go/upgrade/migration/openidm"
)

const (
	// DefaultEndpoint is documented by the vendor.
	DefaultEndpoint = "endpoint/migration"
	// DefaultAuthType is that of the vendor's example.
	DefaultAuthType = "idm_headers"

	defaultPoll       = 500 * time.Millisecond
	defaultMaxPoll    = 10 * time.Second
	defaultSettleTime = time.Minute
)

// Client drives endpoint/migration of a target. Its methods may be called by
// several goroutines at once.
type Client struct {
	// API is a client of the target, as an administrator.
	API *openidm.Client
	// Endpoint; "": [DefaultEndpoint].
	Endpoint string
	// ConfigureAs is who configures; nil: anonymous, as documented.
	ConfigureAs *openidm.Credentials
	// PollInterval is the pause of Wait at first, MaxPollInterval at last; 0:
	// 0.5 s and 10 s.
	PollInterval, MaxPollInterval time.Duration
	// SettleTime is how long an answer that leaves open what happened is
	// looked at again before the outcome is called unknown; 0: 60 s.
	SettleTime time.Duration
}

// Source is where the target reads from.
type Source struct {
	// InstanceURL is the source's address as seen by the target, with its
	// trailing slash.
	InstanceURL string
	Username    string
	Password    openidm.Secret
	// AuthType; "": [DefaultAuthType].
	AuthType string
}

func (c *Client) endpoint() string {
	if c.Endpoint != "" {
		return c.Endpoint
	}
	return DefaultEndpoint
}

func (c *Client) configurer() *openidm.Client {
	if c.ConfigureAs != nil {
		return c.API.As(*c.ConfigureAs)
	}
	return c.API.As(openidm.Anonymous())
}

func (c *Client) settleTime() time.Duration {
	if c.SettleTime > 0 {
		return c.SettleTime
	}
	return defaultSettleTime
}

// Configure tells the target its source, once. The answer is usually that this
// is pending: [Client.Wait] until [PhaseConfigured]. A refusal is a
// [*FailedError], a lost answer an [*UnknownOutcomeError].
func (c *Client) Configure(ctx context.Context, s Source) (Status, error) {
	if s.InstanceURL == "" || s.Username == "" || s.Password.IsZero() {
		return Status{}, errors.New("configure needs an instance URL, a user name and a password")
	}
	if !strings.HasSuffix(s.InstanceURL, "/") {
		s.InstanceURL += "/"
	}
	if s.AuthType == "" {
		s.AuthType = DefaultAuthType
	}
	body := struct {
		InstanceURL string `json:"instanceUrl"`
		Username    string `json:"userName"`
		Password    string `json:"password"`
		AuthType    string `json:"authType"`
	}{s.InstanceURL, s.Username, s.Password.Reveal(), s.AuthType}
	return c.once(ctx, c.configurer(), "configure", body)
}

// Migrate starts the migration, once. A target on which one runs is left
// alone, with [ErrAlreadyRunning]; other errors are as of [Client.Configure].
func (c *Client) Migrate(ctx context.Context) (Status, error) {
	s, err := c.Status(ctx)
	if err != nil && s.Phase != PhaseFailed {
		return s, err
	}
	if s.Phase == PhaseRunning {
		return s, ErrAlreadyRunning
	}
	return c.once(ctx, c.API, "migrate", nil)
}

// once sends what must not be sent twice.
func (c *Client) once(ctx context.Context, api *openidm.Client, action string, body any) (Status, error) {
	var raw json.RawMessage
	err := api.Action(ctx, c.endpoint(), action, openidm.ActionRequest{Body: body}, &raw)
	var network *openidm.NetworkError
	var answer *openidm.Error
	switch {
	case err == nil:
	case errors.As(err, &network):
		if network.Sent() {
			return Status{}, &UnknownOutcomeError{Action: action, Err: err}
		}
		return Status{}, err
	case errors.As(err, &answer) && answer.Code == http.StatusNotFound && errors.Is(err, openidm.ErrNotFound):
		return Status{}, fmt.Errorf("%w: %w", ErrNoEndpoint, err)
	case errors.As(err, &answer) && (answer.Code >= 500 || answer.Code < 300 || errors.Is(err, openidm.ErrNotOpenIDM)):
		// An answer, but perhaps of a proxy, or after the work was begun.
		return Status{}, &UnknownOutcomeError{Action: action, Err: err}
	default:
		return Status{}, &FailedError{Action: action, Status: Status{Phase: PhaseFailed, Message: messageOf(err), Processed: -1, Total: -1, Failed: -1}, Err: err}
	}
	s := ParseStatus(raw)
	if s.Phase == PhaseFailed {
		return s, &FailedError{Action: action, Status: s}
	}
	return s, nil
}

func messageOf(err error) string {
	var answer *openidm.Error
	if errors.As(err, &answer) {
		return answer.Message
	}
	return ""
}

// Status asks where the migration stands; it may be asked as often as one
// likes. A status that says that something failed is no error of this call.
func (c *Client) Status(ctx context.Context) (Status, error) {
	var raw json.RawMessage
	err := c.API.Action(ctx, c.endpoint(), "status", openidm.ActionRequest{Repeatable: true}, &raw)
	if errors.Is(err, openidm.ErrUnauthorized) || errors.Is(err, openidm.ErrForbidden) {
		// Before the stores and accounts were migrated the administrator may
		// not be known; who may configure may also ask.
		err = c.configurer().Action(ctx, c.endpoint(), "status", openidm.ActionRequest{Repeatable: true}, &raw)
	}
	switch {
	case errors.Is(err, openidm.ErrNotFound):
		return Status{}, fmt.Errorf("%w: %w", ErrNoEndpoint, err)
	case err != nil:
		return Status{}, err
	}
	return ParseStatus(raw), nil
}

// Wait asks for the status, ever more slowly, until it is [PhaseConfigured] or
// [PhaseComplete], and calls progress, unless nil, with each one. It outlasts
// restarts of the target. It ends with a [*FailedError] when the target says
// that it failed, or that records did; with an [*UnknownStateError] or
// [*UnknownOutcomeError] when after SettleTime the target still says something
// that does not tell; and with the context's error, wrapped, at its end. The
// last status is returned in each case.
func (c *Client) Wait(ctx context.Context, until Phase, progress func(Status)) (Status, error) {
	action := "migrate"
	if until == PhaseConfigured {
		action = "configure"
	}
	w := waiter{c: c, until: until, action: action}
	interval := c.PollInterval
	if interval <= 0 {
		interval = defaultPoll
	}
	longest := c.MaxPollInterval
	if longest <= 0 {
		longest = defaultMaxPoll
	}
	for {
		s, err := c.Status(ctx)
		switch {
		case ctx.Err() != nil:
			return w.last, w.timedOut(ctx, err)
		case err == nil:
			w.last, w.lastErr = s, nil
			if progress != nil {
				progress(s)
			}
			if over, err := w.look(s); over {
				return s, err
			}
		case errors.Is(err, openidm.ErrUnavailable):
			w.lastErr = err
		default:
			return w.last, err
		}
		timer := time.NewTimer(interval)
		select {
		case <-ctx.Done():
			timer.Stop()
			return w.last, w.timedOut(ctx, nil)
		case <-timer.C:
		}
		interval = min(interval*3/2, max(longest, interval))
	}
}

type waiter struct {
	c          *Client
	until      Phase
	action     string
	sawRunning bool
	odd        time.Time // since when the answers do not tell
	last       Status
	lastErr    error
}

func (w *waiter) timedOut(ctx context.Context, err error) error {
	if err == nil {
		err = w.lastErr
	}
	text := "no answer yet"
	if w.last.Phase != "" {
		text = "the target says " + w.last.Word
	}
	if err != nil && !errors.Is(err, ctx.Err()) {
		return fmt.Errorf("waiting for %s, %s: %w: %w", w.until, text, ctx.Err(), err)
	}
	return fmt.Errorf("waiting for %s, %s: %w", w.until, text, ctx.Err())
}

// look says whether the wait is over.
func (w *waiter) look(s Status) (bool, error) {
	settled := false
	switch s.Phase {
	case PhaseFailed, PhaseCompleteWithFailures:
		if w.until == PhaseConfigured && s.Phase == PhaseCompleteWithFailures {
			return true, nil
		}
		return true, &FailedError{Action: w.action, Status: s}
	case PhaseComplete:
		return true, nil
	case PhaseRunning:
		w.sawRunning = true
		if w.until == PhaseConfigured {
			return true, nil
		}
		settled = true
	case PhaseConfigured:
		if w.until == PhaseConfigured || w.sawRunning && isSuccess(s.Word) {
			return true, nil
		}
	case PhasePending:
		settled = true
	}
	if settled {
		w.odd = time.Time{}
		return false, nil
	}
	if w.odd.IsZero() {
		w.odd = time.Now()
	}
	if time.Since(w.odd) < w.c.settleTime() {
		return false, nil
	}
	if s.Phase == PhaseUnknown {
		return true, &UnknownStateError{Status: s}
	}
	return true, &UnknownOutcomeError{Action: w.action, Status: &s}
}

// isSuccess: after a run was seen, this word can be the migration's end.
func isSuccess(word string) bool {
	return strings.EqualFold(word, "success") || strings.EqualFold(word, "succeeded")
}
