package migration

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/idconnect-go/upgrade/internal/text"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

const (
	defaultPoll       = 500 * time.Millisecond
	defaultMaxPoll    = 10 * time.Second
	defaultSettleTime = time.Minute
	defaultMaxDown    = 2 * time.Minute
	sayDown           = 10 * time.Second // how often it is said that the target is down
)

// Wait asks for the status, ever more slowly, until it is [PhaseConfigured] or
// [PhaseComplete], and calls progress, unless nil, with each one. A bare
// "success" is the end of a migration only after this call has seen it run.
//
// Wait outlasts a target that is down for MaxDown, and calls progress every 10 s
// meanwhile, with Status.Down; and for SettleTime one that answers with errors
// after it had answered well, as a server does while it starts. It ends with
//
//   - a [*FailedError] when the target says that it failed, or that records
//     did,
//   - an [*UnknownStateError] or [*UnknownOutcomeError] when for SettleTime
//     the target's answers do not tell the outcome: unknown words, or that
//     nothing was configured or started,
//   - a [*GoneError] when the target has not answered for MaxDown,
//   - a [*WaitError], which wraps the context's error and has the last status,
//     at the end of ctx,
//   - the error of the request otherwise.
//
// The last status is returned in each case.
func (c *Client) Wait(ctx context.Context, until Phase, progress func(Status)) (Status, error) {
	if err := c.check("waiting for " + string(until)); err != nil {
		return Status{}, err
	}
	if until != PhaseConfigured && until != PhaseComplete {
		return Status{}, fmt.Errorf("waiting for %q: only %q and %q can be waited for", until,
			PhaseConfigured, PhaseComplete)
	}
	w := waiter{c: c, until: until, progress: progress, last: Status{Processed: -1, Total: -1, Failed: -1},
		pause: cmp.Or(max(c.PollInterval, 0), defaultPoll), heard: time.Now(),
		patience: cmp.Or(c.MaxDown, defaultMaxDown)}
	longest := max(cmp.Or(max(c.MaxPollInterval, 0), defaultMaxPoll), w.pause)
	for {
		s, err := w.ask(ctx)
		if ctx.Err() != nil {
			return w.last, w.ended(ctx, err)
		}
		over := false
		if err != nil {
			over, err = w.missed(ctx, err)
		} else {
			w.heard = time.Now()
			w.measure(&s)
			if said := string(s.Phase) + s.Word; said != w.logged {
				w.logged = said
				w.log(ctx, s)
			}
			if progress != nil {
				progress(s)
			}
			over, err = w.look(s)
		}
		if over {
			return w.last, err
		}
		if text.Sleep(ctx, w.nextPause(err, longest)); ctx.Err() != nil {
			return w.last, w.ended(ctx, err)
		}
	}
}

// waiter is the memory of one Wait.
type waiter struct {
	c          *Client
	until      Phase
	progress   func(Status)
	pause      time.Duration
	patience   time.Duration // with a target that is down; negative: no end
	heard      time.Time     // the last answer, at first the beginning
	said       time.Time     // that it is down
	logged     string        // the phase and word
	last       Status
	met        bool // an answer, or a server that was down
	sawRunning bool
	odd        time.Time // since when the answers do not tell; zero: they do
	firstAt    time.Time // of the first count, for the rate
	first      int64
}

func (w *waiter) action() string {
	if w.until == PhaseConfigured {
		return "configure"
	}
	return "migrate"
}

func (w *waiter) ended(ctx context.Context, err error) error {
	if err == nil || errors.Is(err, ctx.Err()) {
		err = ctx.Err()
	} else {
		err = fmt.Errorf("%w: %w", ctx.Err(), err)
	}
	return &WaitError{Until: w.until, Status: w.last, Err: err}
}

// nextPause grows, and obeys a server that asks for more time.
func (w *waiter) nextPause(err error, longest time.Duration) time.Duration {
	pause := w.pause
	var answer *openidm.Error
	if errors.As(err, &answer) {
		pause = max(pause, min(answer.RetryAfter, longest))
	}
	w.pause = min(w.pause*3/2, longest)
	if w.patience > 0 {
		pause = min(pause, max(time.Until(w.heard.Add(w.patience)), 0))
	}
	return pause
}

// ask asks for the status, until the patience with a target that is down is over, and says meanwhile that it is.
func (w *waiter) ask(ctx context.Context) (s Status, err error) {
	cancel := context.CancelFunc(func() {})
	if w.patience > 0 {
		ctx, cancel = context.WithDeadline(ctx, w.heard.Add(w.patience))
	}
	defer cancel()
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		s, err = w.c.Status(ctx)
	}()
	tick := time.NewTicker(sayDown)
	defer tick.Stop()
	for {
		select {
		case <-answered:
			return s, err
		case <-tick.C:
			w.sayIsDown(ctx)
		}
	}
}

func (w *waiter) log(ctx context.Context, s Status) {
	w.c.log(ctx, "migration status", append([]slog.Attr{slog.String("action", w.action())}, s.attrs()...)...)
}

func (w *waiter) sayIsDown(ctx context.Context) {
	now := time.Now()
	if now.Sub(w.heard) < sayDown || now.Sub(w.said) < sayDown {
		return
	}
	w.said = now
	s := w.last
	s.Down, s.Rate = now.Sub(w.heard), 0
	w.log(ctx, s)
	if w.progress != nil {
		w.progress(s)
	}
}

// missed reports whether a request that failed ends the wait.
func (w *waiter) missed(ctx context.Context, err error) (over bool, _ error) {
	down := time.Since(w.heard)
	over = w.patience > 0 && down >= w.patience
	switch {
	case over:
		return true, &GoneError{Action: w.action(), Status: w.last, Down: down, Err: err}
	case errors.Is(err, openidm.ErrUnavailable), errors.Is(err, openidm.ErrBusy):
		w.met, w.odd = true, time.Time{}
		w.sayIsDown(ctx)
		return false, err
	}
	w.heard = time.Now()
	return !w.met || w.unsettled(), err
}

// measure keeps the status and adds its rate.
func (w *waiter) measure(s *Status) {
	if s.Processed >= 0 && (s.Phase == PhaseRunning || !w.firstAt.IsZero()) {
		now := time.Now()
		if w.firstAt.IsZero() || s.Processed < w.first {
			w.firstAt, w.first = now, s.Processed
		} else if passed := now.Sub(w.firstAt); passed > 0 {
			s.Rate = float64(s.Processed-w.first) / passed.Seconds()
		}
	}
	w.last, w.met = *s, true
}

// look reports whether a status ends the wait.
func (w *waiter) look(s Status) (over bool, _ error) {
	switch s.Phase {
	case PhaseFailed:
		return true, &FailedError{Action: w.action(), Status: s}
	case PhaseComplete:
		return true, nil
	case PhaseCompleteWithFailures:
		if w.until == PhaseConfigured {
			return true, nil
		}
		return true, &FailedError{Action: w.action(), Status: s}
	case PhaseRunning:
		w.sawRunning, w.odd = true, time.Time{}
		return w.until == PhaseConfigured, nil
	case PhasePending:
		w.odd = time.Time{}
		return false, nil
	case PhaseConfigured:
		if w.until == PhaseConfigured || w.sawRunning && endsRun(s.Word) {
			return true, nil
		}
	}
	switch {
	case !w.unsettled():
		return false, nil
	case s.Phase == PhaseUnknown, s.Phase == PhaseCompleteUnclear:
		return true, &UnknownStateError{Status: s}
	}
	return true, &UnknownOutcomeError{Action: w.action(), Status: &s}
}

// unsettled reports whether it was so for SettleTime that nothing can be told.
func (w *waiter) unsettled() bool {
	if w.odd.IsZero() {
		w.odd = time.Now()
	}
	return time.Since(w.odd) >= cmp.Or(max(w.c.SettleTime, 0), defaultSettleTime)
}

// endsRun reports whether a word of configure can also be the migration's end:
// "configured" cannot.
func endsRun(word string) bool {
	return strings.EqualFold(word, "success") || strings.EqualFold(word, "succeeded")
}
