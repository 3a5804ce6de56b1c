package ranges

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/idconnect-go/upgrade/idconnect/internal/digest"
	"github.com/idconnect-go/upgrade/internal/text"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

const (
	retries = 5 // of a server that is busy
	passing = 2 // of one that fails, which may pass
)

// Ask asks for one range of up to so many records, and reports whether it had no more.
// It is for readers that do not Run.
func (r *Reader) Ask(ctx context.Context, link Range, size int) (a *Answer, all bool, err error) {
	r.prepare()
	if a, err = r.ask(ctx, link, size); err != nil {
		return nil, false, err
	}
	return a, !a.over, nil
}

// ask asks for a range, again where the server is busy, and for less of it.
func (r *Reader) ask(ctx context.Context, link Range, size int) (a *Answer, err error) {
	body := &digest.Body{}
	if r.free != nil {
		select {
		case body = <-r.free:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	r.room(body, size)
	err = r.again(ctx, retries, func() (err error) {
		a, err = r.once(ctx, link, size, body)
		if err != nil && busy(err) {
			r.mu.Lock()
			size = min(size, max(r.size/2, 2))
			r.mu.Unlock()
		}
		return err
	})
	if err != nil {
		r.give(body)
		return nil, err
	}
	if a.took < slow {
		r.Gate.widen()
	}
	return a, nil
}

// room makes a body large enough for so many records and an eighth more. Left to grow, it is
// copied often, and ends up twice as large as what it holds.
func (r *Reader) room(body *digest.Body, size int) {
	r.mu.Lock()
	n := r.weight * (size + 1)
	r.mu.Unlock()
	if n = min(n, maxBytes)*9/8 + bytes.MinRead; n > cap(body.Buf) {
		body.Buf = make([]byte, 0, n)
	}
}

// again asks again where the server is busy, so many times, and twice where it fails.
func (r *Reader) again(ctx context.Context, retries int, ask func() error) error {
	for try := 0; ; try++ {
		err := ask()
		switch {
		case err == nil || ctx.Err() != nil:
			return err
		case busy(err) && try < retries:
			r.Gate.narrow()
			r.mu.Lock()
			r.size = max(r.size/2, 2)
			r.mu.Unlock()
			text.Sleep(ctx, time.Second<<try/4)
		case fails(err) && try < passing:
			text.Sleep(ctx, time.Second<<try/10)
		default:
			return err
		}
	}
}

// busy reports whether a server should be asked less.
func busy(err error) bool {
	var answer *openidm.Error
	if errors.As(err, &answer) && answer.Code == http.StatusTooManyRequests {
		return true
	}
	var timeout net.Error
	return errors.Is(err, openidm.ErrUnavailable) || errors.Is(err, openidm.ErrBusy) ||
		errors.Is(err, openidm.ErrTooLarge) || errors.As(err, &timeout) && timeout.Timeout()
}

// fails reports whether a server answered with an error of its own, or with no page.
func fails(err error) bool {
	var answer *openidm.Error
	return errors.As(err, &answer) &&
		(answer.Code == http.StatusInternalServerError || answer.Code == http.StatusOK)
}

// refusal is [ErrNoRanges] where a server answered that it does not take a filter;
// else nil.
func refusal(ctx context.Context, err error) error {
	var answer *openidm.Error
	switch {
	case ctx.Err() != nil || !errors.As(err, &answer) || busy(err) || errors.Is(err, openidm.ErrUnauthorized):
		return nil
	case answer.Code == http.StatusOK:
		return fmt.Errorf("%w: the server answers a filter by _id with no page", ErrNoRanges)
	}
	return fmt.Errorf("%w: the server refuses a filter by _id (%d)", ErrNoRanges, answer.Code)
}

func (r *Reader) once(ctx context.Context, link Range, size int, body *digest.Body) (a *Answer, err error) {
	query := openidm.Query{Filter: link.Filter(), PageSize: size + 1}
	err = r.Do(ctx, query.PageSize, func() (int, error) {
		began := time.Now()
		answer, err := r.Server.QueryBody(ctx, r.Resource, query, "", body.Buf)
		if err != nil {
			return 0, err
		}
		a = &Answer{Body: body, Range: link, took: time.Since(began)}
		body.Set(answer)
		cookie := ""
		a.Count, cookie, err = digest.Foot(r.Server, r.Resource, answer)
		// Where sizes are ignored, it is everything.
		a.over = cookie != "" || a.Count > size && a.Count < 2*query.PageSize
		a.short = cookie != "" && a.Count <= size
		return a.Count, err
	})
	return a, err
}

// adapt changes the size of ranges to the time and the bytes of an answer, and to how
// many records the server gives at most: as many as it gave twice though there are more.
func (r *Reader) adapt(a *Answer, size int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if a.short {
		if a.Count == r.short && a.Count > 2 {
			r.most = a.Count - 1
			r.size = min(r.size, r.most)
		}
		r.short = a.Count
	}
	if a.Count == 0 || a.Count < size/2 {
		return
	}
	most := min(growth*max(r.Size, 2), r.Rate.most())
	if r.most > 0 {
		most = min(most, r.most)
	}
	if n := len(a.Body.Text()); n > 0 {
		r.weight = n/a.Count + 1
		most = min(most, max(min(maxBytes, flightBytes/r.Concurrency)/r.weight, 2))
	}
	full := a.took * time.Duration(r.size) / time.Duration(max(a.Count, 1)) // of a whole range
	switch {
	case a.took > slow && size == r.size:
		r.size = max(size/2, min(r.Size, 100), 2)
	case full < quick && !a.over:
		r.size = int(float64(r.size) * min(float64(goal)/float64(max(full, 1)), 2))
	}
	r.size = max(min(r.size, most), 2)
}
