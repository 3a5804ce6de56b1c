package migration

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/idconnect-go/upgrade/internal/redact"
	"github.com/idconnect-go/upgrade/internal/text"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

const (
	defaultEndpoint = "endpoint/migration"
	defaultAuthType = "idm_headers" // that of the vendor's example
)

// Client drives endpoint/migration of a target. Its methods may be called by
// several goroutines at once.
type Client struct {
	// API is a client of the target, as an administrator.
	API *openidm.Client
	// Endpoint is the path of the service; "": "endpoint/migration", as the vendor
	// documents it, or [ServiceEndpoint] where the target answers that it does
	// not have the former.
	Endpoint string
	// ConfigureAs are the credentials for configure; nil: anonymous, as the
	// vendor documents it.
	ConfigureAs *openidm.Credentials
	// Parse reads an answer of the endpoint's actions, whose form is documented
	// nowhere; nil: as [ParseStatus] does, with Words. It may call [ParseStatus]
	// for answers that it does not know, and must be safe for several goroutines
	// at once. Secrets of Hide are taken out of the answer before. The client
	// sets Status.Raw, takes a phase that is none of the constants for
	// [PhaseUnknown], and does not let an answer with failed records be
	// [PhaseComplete].
	Parse func(answer json.RawMessage) Status
	// Words are words of the target's answers besides those that are known,
	// which are assumed: "connected": PhaseConfigured. Case does not matter.
	// Parse, if set, does not see them.
	Words map[string]Phase
	// Hide are secrets that the target knows and might repeat, such as the
	// source's password in what it says of a login that failed: they are taken
	// out of every status and error. Configure hides its own in any case.
	Hide []openidm.Secret
	// TransactionID names configure and migrate to the target, "" does not. The
	// target's audit has the name if the target is set up to trust its callers
	// with that.
	TransactionID string
	// PollInterval is the pause of Wait at first, MaxPollInterval at last; 0:
	// 0.5 s and 10 s.
	PollInterval, MaxPollInterval time.Duration
	// SettleTime is how long Wait polls answers that leave the outcome open
	// before it calls the outcome unknown; 0: 60 s.
	SettleTime time.Duration
	// MaxDown is how long Wait outlasts a target that does not answer; 0: 2 min,
	// negative: as long as its context allows.
	MaxDown time.Duration

	found   sync.Mutex
	service bool // the target has the product's own service
	script  bool // it has endpoint/migration, which has answered
}

// Source is where the target reads from.
type Source struct {
	// InstanceURL is the source's address as seen by the target, https, with
	// its trailing slash.
	InstanceURL string
	Username    string
	Password    openidm.Secret
	// AuthType is how the target authenticates to the source; "": "idm_headers".
	AuthType string
}

func (c *Client) endpoint() string {
	if c.Endpoint != "" {
		return c.Endpoint
	}
	if c.isService() {
		return ServiceEndpoint
	}
	return defaultEndpoint
}

func (c *Client) configurer() *openidm.Client {
	if c.ConfigureAs != nil {
		return c.API.As(*c.ConfigureAs)
	}
	return c.API.As(openidm.Anonymous())
}

// Configure tells the target its source. It is sent once. The target usually
// answers that this is pending: [Client.Wait] until [PhaseConfigured].
//
// It returns a [*FailedError] if the target refuses, an [*UnknownOutcomeError] if
// the answer was lost, and [ErrNoConfigure] if the target has the product's own
// service. Any other error means that the target received nothing.
func (c *Client) Configure(ctx context.Context, s Source) (Status, error) {
	u, err := url.Parse(s.InstanceURL)
	switch {
	case err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" ||
		u.Fragment != "":
		return Status{}, errors.New("configure: the instance URL must be https://HOST[:PORT]/openidm/, " +
			"without a user or a query")
	case s.Username == "" || s.Password.IsZero():
		return Status{}, errors.New("configure: the source's user name and password are needed")
	}
	if !strings.HasSuffix(s.InstanceURL, "/") {
		s.InstanceURL += "/"
	}
	if s.AuthType == "" {
		s.AuthType = defaultAuthType
	}
	if c.isService() {
		return Status{}, ErrNoConfigure
	}
	body := struct {
		InstanceURL string `json:"instanceUrl"`
		Username    string `json:"userName"`
		Password    string `json:"password"`
		AuthType    string `json:"authType"`
	}{s.InstanceURL, s.Username, s.Password.Reveal(), s.AuthType}
	return c.once(ctx, c.configurer(), "configure", body, s)
}

// Migrate starts the migration, once, after it has asked for the status. It
// sends nothing to a target on which one runs ([ErrAlreadyRunning]), which is
// still being configured ([ErrPending]), or whose status it does not
// understand ([*UnknownStateError]). Other errors are as of
// [Client.Configure].
func (c *Client) Migrate(ctx context.Context) (Status, error) {
	s, err := c.Status(ctx)
	switch {
	case err != nil:
		return s, err
	case s.Phase == PhaseRunning:
		return s, ErrAlreadyRunning
	case s.Phase == PhasePending:
		return s, fmt.Errorf("%w: it says %q", ErrPending, text.Cut(s.Word, maxWord))
	case s.Phase == PhaseUnknown:
		return s, &UnknownStateError{Status: s}
	}
	return c.once(ctx, c.API, "migrate", nil, Source{})
}

// once sends what must not be sent twice.
func (c *Client) once(ctx context.Context, api *openidm.Client, action string, body any, source Source) (Status,
	error) {
	var raw json.RawMessage
	err := api.Action(ctx, c.endpoint(), action, openidm.ActionRequest{Body: body, TransactionID: c.TransactionID},
		&raw)
	if err != nil {
		return c.failure(action, err, source)
	}
	s := c.parse(c.redactor(source).JSON(raw))
	if s.Phase == PhaseFailed {
		return s, &FailedError{Action: action, Status: s}
	}
	return s, nil
}

// parse reads an answer. It does not rely on a caller's parser for what must
// not be taken for success.
func (c *Client) parse(raw json.RawMessage) Status {
	if c.Parse == nil {
		return reader{c.Words}.status(raw)
	}
	s := c.Parse(raw)
	s.Raw = raw
	switch {
	case severity[s.Phase] == 0:
		s.Phase = PhaseUnknown
	case s.Phase == PhaseComplete && s.Failed > 0:
		s.Phase = PhaseCompleteWithFailures
	}
	return s
}

// failure tells apart: nothing arrived, it was refused, nobody knows.
func (c *Client) failure(action string, err error, source Source) (Status, error) {
	var network *openidm.NetworkError
	var answer *openidm.Error
	switch {
	case errors.As(err, &network) && network.Sent():
		return Status{}, &UnknownOutcomeError{Action: action, Err: err}
	case !errors.As(err, &answer):
		return Status{}, err
	}
	if action == "configure" {
		answer.Detail, answer.Cause, answer.Body = nil, nil, "" // they may repeat what was sent
	}
	hide(answer, c.redactor(source))
	failed := nothing()
	failed.Phase, failed.Message = PhaseFailed, answer.Message
	switch {
	case isBadCertificate(answer.Message):
	case errors.Is(err, openidm.ErrNotFound):
		return Status{}, fmt.Errorf("%w: %w", ErrNoEndpoint, err)
	case answer.Code == http.StatusNotFound:
		return Status{}, err // the web server's own, while OpenIDM starts
	case answer.Code >= 500, answer.Code < 300, answer.Code == http.StatusRequestTimeout:
		// Of a proxy perhaps, or after the work was begun.
		return Status{}, &UnknownOutcomeError{Action: action, Err: err}
	}
	return failed, &FailedError{Action: action, Status: failed, Err: err}
}

// Status asks where the migration stands. It changes nothing on the target and
// may be called at any time. A status that reports a failure is not an error of
// this call. It returns [ErrNoEndpoint] if the server does not have the endpoint.
func (c *Client) Status(ctx context.Context) (Status, error) {
	raw, err := c.ask(ctx, c.API)
	if errors.Is(err, openidm.ErrUnauthorized) || errors.Is(err, openidm.ErrForbidden) {
		// Before the accounts were migrated the administrator may not be
		// known; who may configure may also ask (assumed).
		raw, err = c.ask(ctx, c.configurer())
	}
	if errors.Is(err, openidm.ErrNotFound) && !c.isService() {
		if service, _ := c.find(ctx); service {
			raw, err = c.ask(ctx, c.API)
		}
	}
	var answer *openidm.Error
	switch {
	case err == nil && c.isService():
		return idle(c.parse(raw)), nil
	case err == nil:
		c.found.Lock()
		c.script = true
		c.found.Unlock()
		return c.parse(raw), nil
	case errors.As(err, &answer) && isBadCertificate(answer.Message):
		s := nothing()
		s.Phase, s.Message = PhaseFailed, answer.Message
		return s, nil
	case errors.Is(err, openidm.ErrNotFound):
		return Status{}, fmt.Errorf("%w: %w", ErrNoEndpoint, err)
	}
	return Status{}, err
}

func (c *Client) ask(ctx context.Context, api *openidm.Client) (raw json.RawMessage, err error) {
	err = api.Action(ctx, c.endpoint(), "status", openidm.ActionRequest{Repeatable: true}, &raw)
	var answer *openidm.Error
	if errors.As(err, &answer) {
		hide(answer, c.redactor(Source{}))
	}
	return c.redactor(Source{}).JSON(raw), err
}

// redactor hides the password of a source, and what the client was told to: a
// target may repeat them.
func (c *Client) redactor(s Source) redact.Redactor {
	return redact.New(s.Username, append([]openidm.Secret{s.Password}, c.Hide...)...)
}

// hide takes secrets out of what a server said of an error. A detail that
// holds one is left out.
func hide(e *openidm.Error, r redact.Redactor) {
	e.Message, e.Reason, e.Body = r.Text(e.Message), r.Text(e.Reason), r.Cut(e.Body)
	for _, raw := range []*json.RawMessage{&e.Detail, &e.Cause} {
		if r.Holds(*raw) {
			*raw = nil
		}
	}
}
