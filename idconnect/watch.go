package idconnect

import (
	"context"
	"iter"
	"log/slog"
	"time"

	"github.com/idconnect-go/upgrade/idconnect/internal/ending"
	"github.com/idconnect-go/upgrade/idconnect/internal/once"
	"github.com/idconnect-go/upgrade/internal/redact"
	"github.com/idconnect-go/upgrade/internal/text"
	"github.com/idconnect-go/upgrade/migration"
)

// ErrNothingRuns: no migration is under way, and none is known to be complete.
var ErrNothingRuns = ending.NothingRuns

// Watched is one look at the migration of a target.
type Watched struct {
	Time time.Time `json:"time"`
	// Status is what the target said; its Phase is "" while it does not answer.
	migration.Status
	// Rate is in records a second, 0 while unknown.
	Rate float64 `json:"rate"`
	// Left is how long the rest takes at that rate, -1 while unknown; in JSON
	// it is in nanoseconds.
	Left time.Duration `json:"left"`
	// Waiting: nothing runs yet, and another run of the upgrade is under way
	// that may start it.
	Waiting bool `json:"waiting,omitempty"`
}

// String returns the look on one line, without its time.
func (w Watched) String() string {
	s, left, waiting := w.Status, "", ""
	s.Rate = w.Rate
	if w.Left > 0 {
		left = text.Duration(w.Left) + " left"
	}
	if w.Waiting {
		waiting = "a run is under way"
	}
	return text.List(s.String(), left, waiting)
}

// LogValue gives what is known to a [slog.Logger], but for the time.
func (w Watched) LogValue() slog.Value {
	s := w.Status
	s.Rate = w.Rate
	attrs := s.LogValue().Group()
	if w.Left >= 0 {
		attrs = append(attrs, slog.Duration("left", w.Left))
	}
	if w.Waiting {
		attrs = append(attrs, slog.Bool("waiting", true))
	}
	return slog.GroupValue(attrs...)
}

// Watch looks at the migration of u.Target every so often, whoever started it,
// until it ends; interval 0 is 2 s, the least is 10 ms. It needs the target's address and
// credentials, and changes nothing.
//
// The last look has the end. Unless that is success it comes with the error:
// those of [migration.Client.Wait], [ErrNothingRuns] where there is nothing to
// wait for, or that of the context. Once the migration has been seen to run, a
// target that does not answer is waited for as long as u.MaxDown says, with a
// look every 10 s whose Down is set.
//
//	for look, err := range u.Watch(ctx, 0) {
//		fmt.Println(look.Phase, look.Processed, look.Total, look.Left, err)
//	}
func (u *Upgrade) Watch(ctx context.Context, interval time.Duration) iter.Seq2[Watched, error] {
	if interval <= 0 {
		interval = 2 * time.Second
	}
	interval = max(interval, 10*time.Millisecond)
	return func(yield func(Watched, error) bool) {
		if err := u.Validate(); err != nil {
			yield(Watched{}, err)
			return
		}
		if u.Target.Credentials.Password.IsZero() {
			yield(Watched{}, &MissingError{Field: "Target.Credentials.Password", Step: StepMigrate})
			return
		}
		w := &watcher{u: u, interval: interval}
		show := func(look Watched, err error) bool { return yield(redact.Value(w.hide, look), w.hide.Error(err)) }
		for w.next(ctx, show) {
		}
	}
}

// watcher is the memory of one Watch.
type watcher struct {
	u        *Upgrade
	interval time.Duration
	pace     text.Pace
	hide     redact.Redactor
}

func (w *watcher) look(s migration.Status) Watched {
	out := Watched{Time: time.Now(), Status: s, Left: -1}
	switch s.Phase {
	case migration.PhaseRunning, migration.PhaseComplete, migration.PhaseCompleteWithFailures:
		if s.Down == 0 && s.Processed >= 0 {
			out.Rate, out.Left = w.pace.Observe(out.Time, "", s.Processed, s.Total)
		}
		if s.Phase != migration.PhaseRunning {
			out.Left = 0
		}
	}
	return out
}

// next is one look, or all of them once the migration runs, and says whether
// another one has to follow. What a run changes meanwhile, the journal and the
// target's certificate, is read anew each time.
func (w *watcher) next(ctx context.Context, yield func(Watched, error) bool) bool {
	end := func(look Watched, err error) bool {
		yield(look, err)
		return false
	}
	r, err := w.u.newRunner(ctx)
	if err != nil {
		return end(Watched{}, err)
	}
	defer r.close()
	w.hide = r.Hide()
	m, err := r.Migration()
	var s migration.Status
	if err == nil {
		m.PollInterval, m.MaxPollInterval = w.interval, w.interval
		s, err = m.Status(ctx)
	}
	look := w.look(s)
	switch {
	case ctx.Err() != nil:
		return end(look, ctx.Err())
	case err != nil:
		look.Status = migration.Status{Processed: -1, Total: -1, Failed: -1}
	case s.Phase == migration.PhaseRunning:
		w.running(ctx, m, r.requests(), yield)
		return false
	case s.Phase == migration.PhaseComplete:
		return end(look, nil)
	case s.Phase == migration.PhaseFailed, s.Phase == migration.PhaseCompleteWithFailures:
		return end(look, &migration.FailedError{Action: "migrate", Status: s})
	case s.Phase == migration.PhaseCompleteUnclear:
		return end(look, &migration.UnknownStateError{Status: s})
	}
	// Nothing runs. A run that has the lock may be about to start it, and a
	// target that was restarted may have forgotten what the journal knows.
	if look.Waiting = r.locked(); look.Waiting {
		if !yield(look, nil) {
			return false
		}
		text.Sleep(ctx, w.interval)
		return true
	}
	if err != nil {
		return end(look, r.requests().Explain(StepMigrate, err))
	}
	if _, done := r.requests().Completed(ctx); done {
		look.Phase = migration.PhaseComplete
		return end(look, nil)
	}
	return end(look, ErrNothingRuns)
}

// running is from the first look that sees it run to its end.
func (w *watcher) running(
	ctx context.Context, m *migration.Client, requests once.Requests, yield func(Watched, error) bool,
) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	left := false // the loop
	complete, stop := requests.Total(ctx)
	defer stop()
	s, err := m.Wait(ctx, migration.PhaseComplete, func(s migration.Status) {
		complete(&s)
		if (s.Phase == migration.PhaseRunning || s.Down > 0) && !left && !yield(w.look(s), nil) {
			left = true
			cancel()
		}
	})
	if left {
		return
	}
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	complete(&s)
	yield(w.look(s), requests.Explain(StepMigrate, err))
}
