package openidm

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

const (
	minRetryWait = 200 * time.Millisecond
	maxRetryWait = 10 * time.Second
)

// request is one call before it is sent.
type request struct {
	method, resource string
	query            url.Values
	body             any
	repeatable       bool
	into             []byte // room for the answer
	transaction      string // its id, "" for none
	condition        condition
	// stream, unless nil, reads the body of a good answer as it comes.
	stream io.ReaderFrom
	// holds, unless nil, says whether what was decoded is what was asked for.
	holds func() bool
	// date, unless nil, is set to what the answer's header Date says.
	date *time.Time
}

// call is one call while it is sent.
type call struct {
	c         *Client
	state     *state
	request   request
	url       *url.URL
	where     place
	attempt   int
	began     time.Time
	logged    bool
	connected atomic.Bool // whether an attempt had a connection to send on

	// The last answer; isRead says that body is there, of one that is not streamed.
	status int
	header http.Header
	body   []byte
	isRead bool
}

// do sends a request and decodes the answer into into, unless that is nil.
func (c *Client) do(ctx context.Context, r request, into any) error {
	r.stream, _ = into.(io.ReaderFrom)
	answer, where, err := c.fetch(ctx, r)
	if err != nil || into == nil || r.stream != nil {
		return err
	}
	if err := json.Unmarshal(answer, into); err != nil || r.holds != nil && !r.holds() {
		return c.notOpenIDM(where, answer, err)
	}
	return nil
}

// fetch sends a request and returns the body of a good answer.
func (c *Client) fetch(ctx context.Context, r request) ([]byte, place, error) {
	s, err := c.start()
	if err != nil {
		return nil, place{}, err
	}
	k := &call{c: c, state: s, request: r}
	if k.url, err = address(s.base, r); err != nil {
		return nil, place{}, err
	}
	k.where = place{r.method, c.urlOf(r.resource)}
	var body []byte
	if r.body != nil {
		if body, err = json.Marshal(r.body); err != nil {
			return nil, k.where, fmt.Errorf("%s: %w", k.where, err)
		}
	}
	leave, err := s.limit.enter(ctx)
	if err != nil {
		return nil, k.where, c.networkError(ctx, k.where, err, false)
	}
	defer leave()
	err = k.send(ctx, body)
	var foreign *formError
	if errors.As(err, &foreign) {
		return nil, k.where, c.notOpenIDM(k.where, foreign.head, foreign.err)
	}
	if err != nil {
		return nil, k.where, c.networkError(ctx, k.where, err, k.connected.Load() || !s.direct)
	}
	if r.date != nil {
		*r.date, _ = http.ParseTime(k.header.Get("Date")) // zero where it says none
	}
	if e := checkAnswer(k.where, k.status, k.header, k.body); e != nil {
		return nil, k.where, e.hide(c.redactor())
	}
	return k.body, k.where, nil
}

// address joins the resource, which is escaped, to the base.
func address(base *url.URL, r request) (*url.URL, error) {
	resource := strings.TrimPrefix(r.resource, "/")
	path, err := url.PathUnescape(resource)
	if err != nil {
		return nil, fmt.Errorf("%s %q: %w", r.method, resource, err)
	}
	u := *base
	u.RawPath = base.EscapedPath() + resource
	u.Path += path
	u.RawQuery = r.query.Encode()
	return &u, nil
}

// send fetches the answer with its body, read whole within the limit.
func (k *call) send(ctx context.Context, body []byte) error {
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { k.connected.Store(true) },
	})
	var raw any
	if body != nil {
		raw = body
	}
	req, err := retryablehttp.NewRequestWithContext(ctx, k.request.method, k.url.String(), raw)
	if err != nil {
		return err
	}
	if err := k.c.setHeaders(req.Header, body != nil); err != nil {
		return err
	}
	if k.request.transaction != "" {
		setExact(req.Header, headerTransaction, k.request.transaction)
	}
	if k.request.condition.header != "" {
		req.Header.Set(k.request.condition.header, k.request.condition.value)
	}
	// Beyond a proxy no connection is a quietConn: none is kept.
	if proxy, _ := http.ProxyFromEnvironment(req.Request); proxy != nil && k.c.HTTPClient == nil {
		req.Close = true
	}
	req.SetResponseHandler(k.read)
	resp, err := k.retrying().Do(req)
	if resp == nil {
		return err
	}
	defer resp.Body.Close()
	if err == nil && !k.isRead { // the last answer of several that asked for a retry
		return k.read(resp)
	}
	return err
}

// read takes an answer over.
func (k *call) read(resp *http.Response) (err error) {
	k.status, k.header, k.isRead = resp.StatusCode, resp.Header, true
	b, limit := bytes.NewBuffer(k.request.into[:0]), k.c.BodyLimit()
	switch good := resp.StatusCode >= 200 && resp.StatusCode < 300; {
	case !good:
		err = readInto(b, io.LimitReader(resp.Body, maxErrorBody), maxErrorBody)
	case k.request.stream != nil:
		err = readInto(k.request.stream, resp.Body, limit)
	default:
		err = readInto(b, resp.Body, limit)
	}
	k.body = b.Bytes()
	return err
}

// retrying is how go-retryablehttp is used: nothing is sent twice that is not
// marked, a server's Retry-After is obeyed up to a limit, and what came last
// is returned as it is.
func (k *call) retrying() *retryablehttp.Client {
	return &retryablehttp.Client{
		HTTPClient: k.state.http, RetryMax: max(cmp.Or(k.c.Retries, defaultRetries), 0),
		RetryWaitMin: minRetryWait, RetryWaitMax: maxRetryWait,
		RequestLogHook: func(_ retryablehttp.Logger, _ *http.Request, attempt int) {
			k.attempt, k.began, k.logged = attempt+1, time.Now(), false
		},
		CheckRetry: k.mayRetry,
		Backoff: func(least, _ time.Duration, attempt int, resp *http.Response) time.Duration {
			return pause(attempt, resp) + rand.N(least)
		},
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
}

// mayRetry is called after each attempt, and again after its body was read.
func (k *call) mayRetry(ctx context.Context, resp *http.Response, err error) (bool, error) {
	k.log(ctx, resp, err)
	switch {
	case ctx.Err() != nil:
		return false, ctx.Err()
	case !k.request.repeatable:
		return false, nil
	case err != nil:
		return mayPass(err), nil
	}
	switch resp.StatusCode {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable,
		http.StatusGatewayTimeout:
		// An answer now says more than a deadline that passes in a pause.
		end, ok := ctx.Deadline()
		return !ok || time.Until(end) > pause(k.attempt-1, resp)+minRetryWait, nil
	}
	return false, nil
}

// pause is that before the next attempt, but for what chance adds.
func pause(attempt int, resp *http.Response) time.Duration {
	return min(retryablehttp.DefaultBackoff(minRetryWait, maxRetryWait, attempt, resp), maxRetryWait)
}

// mayPass reports whether a failure may pass by itself: a certificate that is not
// trusted or a limit does not. A refused connection is not tried again here:
// callers that wait for a server to start do so with their own patience.
func mayPass(err error) bool {
	return !isTLS(err) && !isRefused(err) && !errors.Is(err, ErrTooLarge) && !errors.As(err, new(*formError))
}

// log writes one line for an attempt: after its headers came or it failed, and
// another one where only its body failed.
func (k *call) log(ctx context.Context, resp *http.Response, err error) {
	if k.c.Logger == nil || k.logged && err == nil {
		return
	}
	k.logged = true
	attrs := []slog.Attr{slog.String("method", k.request.method), slog.String("host", k.url.Host),
		slog.String("path", k.url.Path)}
	if action := k.request.query.Get("_action"); action != "" {
		attrs = append(attrs, slog.String("action", action))
	}
	attrs = append(attrs, slog.Int("attempt", k.attempt), slog.Duration("duration", time.Since(k.began)))
	if err != nil {
		attrs = append(attrs, slog.String("error", withoutAddress(err).Error()))
	} else {
		attrs = append(attrs, slog.Int("status", resp.StatusCode))
	}
	k.c.redactor().Logger(k.c.Logger).LogAttrs(ctx, slog.LevelDebug, "openidm request", attrs...)
}
