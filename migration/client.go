package migration

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"path"
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
	// API is a client of the target, as an administrator. Its Logger gets, at info
	// level, each request that is sent once, with its action, and while Wait polls
	// each change of the status: phase, word, processed, total, failed, rate, down.
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
	// [PhaseUnknown], and does not let an answer with failed records, or with
	// something in NotUnderstood, be [PhaseComplete]. It is not given an answer
	// larger than 256 KiB, which is [PhaseUnknown] then.
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

// check says which field is missing for what is to be done.
func (c *Client) check(doing string) error {
	switch {
	case c == nil:
		return fmt.Errorf("%s: the migration client is nil", doing)
	case c.API == nil:
		return fmt.Errorf("%s: the migration client's field API is nil", doing)
	}
	return nil
}

// LogValue gives the fields that are set to a [slog.Logger], without secrets.
func (c *Client) LogValue() slog.Value { return redact.Fields(c) }

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

// LogValue gives the fields that are set to a [slog.Logger], without the password.
func (s Source) LogValue() slog.Value { return redact.Fields(s) }

// check says which field cannot be sent. What an address holds might be secret
// and is not repeated.
func (s Source) check() error {
	u, err := url.Parse(s.InstanceURL)
	wrong := func(format string, args ...any) error {
		return fmt.Errorf("the instance URL must be https://HOST[:PORT]/openidm/: "+format, args...)
	}
	switch {
	case err != nil:
		return wrong("it is not an address")
	case u.User != nil:
		return wrong("it holds a user name or password")
	case u.Scheme != "https":
		return wrong("it does not begin with https://")
	case u.Hostname() == "":
		return wrong("it names no host")
	case u.RawQuery != "" || u.ForceQuery:
		return wrong("it has a query")
	case u.Fragment != "":
		return wrong("it has a fragment")
	case path.Base(u.Path) != "openidm":
		return wrong("its path is %q", u.Path)
	case s.Username == "":
		return errors.New("the source's user name (Username) is missing")
	case s.Password.IsZero():
		return errors.New("the source's password (Password) is missing")
	}
	return nil
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
	if err := c.check("configure"); err != nil {
		return Status{}, err
	}
	if err := s.check(); err != nil {
		return Status{}, fmt.Errorf("configure: %w", err)
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
	if err := c.check("migrate"); err != nil {
		return Status{}, err
	}
	s, err := c.Status(ctx)
	switch {
	case err != nil:
		return s, err
	case s.Phase == PhaseRunning:
		return s, ErrAlreadyRunning
	case s.Phase == PhasePending:
		return s, fmt.Errorf("%w: it says %q", ErrPending, text.Cut(s.Word, maxWord))
	case s.Phase == PhaseUnknown, s.Phase == PhaseCompleteUnclear:
		return s, &UnknownStateError{Status: s}
	}
	return c.once(ctx, c.API, "migrate", nil, Source{})
}

// once sends what must not be sent twice.
func (c *Client) once(ctx context.Context, api *openidm.Client, action string, body any, source Source) (Status,
	error) {
	a := &answer{words: c.Words, redact: c.redactor(source)}
	c.log(ctx, "migration request", slog.String("action", action))
	err := api.Action(ctx, c.endpoint(), action, openidm.ActionRequest{Body: body, TransactionID: c.TransactionID}, a)
	if err != nil {
		return c.failure(action, err, source)
	}
	s := c.parse(a)
	if s.Phase == PhaseFailed {
		return s, &FailedError{Action: action, Status: s}
	}
	return s, nil
}

// parse is what an answer says. It does not rely on a caller's parser for what
// must not be taken for success, and gives it no answer that is cut.
func (c *Client) parse(a *answer) Status {
	if c.Parse == nil {
		return a.status
	}
	s := nothing()
	if a.status.Size == 0 {
		s = c.Parse(a.status.Raw)
	} else {
		s.NotUnderstood = "an answer of " + text.Bytes(a.status.Size)
	}
	s.Raw, s.Size = a.status.Raw, a.status.Size
	s.checkTotal()
	switch {
	case severity[s.Phase] == 0:
		s.Phase = PhaseUnknown
	case s.Phase == PhaseComplete && s.NotUnderstood != "":
		s.Phase = PhaseCompleteUnclear
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
	if err := c.check("asking for the status"); err != nil {
		return Status{}, err
	}
	s, err := c.ask(ctx, c.API)
	if errors.Is(err, openidm.ErrUnauthorized) || errors.Is(err, openidm.ErrForbidden) {
		// Before the accounts were migrated the administrator may not be
		// known; who may configure may also ask (assumed).
		s, err = c.ask(ctx, c.configurer())
	}
	if errors.Is(err, openidm.ErrNotFound) && !c.isService() && c.find(ctx) {
		s, err = c.ask(ctx, c.API)
	}
	var answer *openidm.Error
	switch {
	case err == nil && c.isService():
		return idle(s), nil
	case err == nil:
		c.found.Lock()
		c.script = true
		c.found.Unlock()
		return s, nil
	case errors.Is(err, openidm.ErrTooLarge):
		s.NotUnderstood = "an answer of more than " + text.Bytes(c.API.BodyLimit())
		return s, nil
	case errors.As(err, &answer) && isBadCertificate(answer.Message):
		s := nothing()
		s.Phase, s.Message = PhaseFailed, answer.Message
		return s, nil
	case errors.Is(err, openidm.ErrNotFound):
		return Status{}, fmt.Errorf("%w: %w", ErrNoEndpoint, err)
	}
	return Status{}, err
}

func (c *Client) ask(ctx context.Context, api *openidm.Client) (Status, error) {
	a := &answer{words: c.Words, redact: c.redactor(Source{}), status: nothing()}
	err := api.Action(ctx, c.endpoint(), "status", openidm.ActionRequest{Repeatable: true}, a)
	var said *openidm.Error
	if errors.As(err, &said) {
		hide(said, a.redact)
	}
	if err != nil {
		return nothing(), err
	}
	return c.parse(a), nil
}

// redactor hides the password of a source, those of the target, and what the
// clients were told to: a target may repeat them.
func (c *Client) redactor(s Source) redact.Redactor {
	all := []redact.Redactor{redact.New(s.Username, append([]openidm.Secret{s.Password}, c.Hide...)...)}
	if api := c.API; api != nil {
		own := api.Credentials
		all = append(all, redact.New(own.Username, append([]openidm.Secret{own.Password}, api.Hide...)...))
	}
	if as := c.ConfigureAs; as != nil {
		all = append(all, redact.New(as.Username, as.Password))
	}
	return redact.Join(all...)
}

// log writes for people to the logger of API, whose requests are at debug level.
func (c *Client) log(ctx context.Context, message string, attrs ...slog.Attr) {
	if c.API.Logger != nil {
		c.redactor(Source{}).Logger(c.API.Logger).LogAttrs(ctx, slog.LevelInfo, message, attrs...)
	}
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
