package migration

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/idconnect-go/upgrade/migration/openidm"
)

// repeat gives an answer n times.
func repeat(n int, a any) (list []any) {
	for range n {
		list = append(list, a)
	}
	return list
}

func join(lists ...[]any) (all []any) {
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

type waitCase struct {
	name    string
	until   Phase
	answers []any
	within  time.Duration // of the context, 0: 3 h
	want    string
	phase   Phase
	least   time.Duration
	most    time.Duration
}

func waitCases() []waitCase {
	const (
		pending    = `{"status":"pending"}`
		success    = `{"status":"success"}`
		running    = `{"status":"running","progress":{"processed":10}}`
		complete   = `{"status":"complete","progress":{"processed":1003}}`
		failures   = `{"status":"complete","progress":{"processed":1003,"failed":2}}`
		failed     = `{"status":"failed","message":"m"}`
		odd        = `{"status":"copying tables"}`
		configured = `{"status":"configured"}`
		forgotten  = `{"status":"not configured"}`
	)
	one := func(a ...any) []any { return a }
	return []waitCase{
		{"configured", PhaseConfigured, one(pending, pending, success), 0, "ok", PhaseConfigured,
			time.Second, 3 * time.Second},
		{"configured: at once", PhaseConfigured, one(success), 0, "ok", PhaseConfigured, 0, 0},
		{"configured: the migration runs already", PhaseConfigured, one(running), 0, "ok", PhaseRunning, 0, 0},
		{"configured: bad certificate", PhaseConfigured,
			one(pending, `{"status":"failed","message":"bad certificate"}`), 0, "bad certificate",
			PhaseFailed, 0, time.Second},
		{"configured: never told", PhaseConfigured, one(forgotten), 0, "unknown outcome", PhaseNotConfigured,
			time.Minute, 75 * time.Second},
		{"complete", PhaseComplete, one(running, running, complete), 0, "ok", PhaseComplete,
			time.Second, 2 * time.Second},
		{"complete: at once", PhaseComplete, one(complete), 0, "ok", PhaseComplete, 0, 0},
		{"complete: said as success after it ran", PhaseComplete, one(running, success), 0, "ok",
			PhaseConfigured, 0, time.Second},
		{"complete: success, never seen running", PhaseComplete, one(success), 0, "unknown outcome",
			PhaseConfigured, time.Minute, 75 * time.Second},
		{"complete: success first, then it runs", PhaseComplete,
			join(repeat(5, success), one(running, complete)), 0, "ok", PhaseComplete, 0, time.Minute},
		{"complete: configured is no end", PhaseComplete, one(running, configured), 0, "unknown outcome",
			PhaseConfigured, time.Minute, 75 * time.Second},
		{"complete: records failed", PhaseComplete, one(running, failures), 0, "failed",
			PhaseCompleteWithFailures, 0, time.Second},
		{"complete: failed", PhaseComplete, one(running, failed), 0, "failed", PhaseFailed, 0, time.Second},
		{"complete: the target forgot after a restart", PhaseComplete,
			join(one(running), repeat(9, errDown), one(forgotten)), 0, "unknown outcome",
			PhaseNotConfigured, time.Minute, 2 * time.Minute},
		{"an unknown word for a while", PhaseComplete, one(running, odd, odd, running, odd, complete), 0, "ok",
			PhaseComplete, 0, time.Minute},
		{"an unknown word for ever", PhaseComplete, one(running, odd), 0, "unknown state", PhaseUnknown,
			time.Minute, 75 * time.Second},
		{"null for ever", PhaseComplete, one(`null`), 0, "unknown state", PhaseUnknown,
			time.Minute, 75 * time.Second},
		{"down for an hour", PhaseComplete, join(one(running), repeat(360, errDown), one(complete)), 0, "ok",
			PhaseComplete, 50 * time.Minute, 70 * time.Minute},
		{"down from the start", PhaseComplete, join(repeat(20, errDown), one(running, complete)), 0, "ok",
			PhaseComplete, time.Minute, 5 * time.Minute},
		{"a restart in all its stages", PhaseComplete,
			join(one(running), repeat(3, errLost), repeat(3, errDown), repeat(2, response{404, startPage}),
				one(restError(404, "Resource 'endpoint/migration' not found")),
				one(restError(500, "m"), running, complete)),
			0, "ok", PhaseComplete, 0, 3 * time.Minute},
		{"errors that do not end", PhaseComplete, join(one(running),
			one(restError(404, "Resource 'endpoint/migration' not found"))), 0, "no endpoint",
			PhaseRunning, time.Minute, 75 * time.Second},
		{"no endpoint", PhaseComplete, one(restError(404, "m")), 0, "no endpoint", "", 0, 0},
		{"the deadline", PhaseComplete, one(running), 2 * time.Hour, "ended", PhaseRunning,
			2 * time.Hour, 2 * time.Hour},
		{"the deadline while it is down", PhaseComplete, one(running, errDown), time.Hour, "ended",
			PhaseRunning, time.Hour, time.Hour},
		{"the deadline, never up", PhaseComplete, one(errDown), time.Minute, "ended", "",
			time.Minute, time.Minute},
		{"the deadline, without an answer", PhaseConfigured,
			one(func() any { time.Sleep(10 * time.Minute); return pending }), time.Minute, "ended",
			"", time.Minute, time.Hour},
		{"pending for ever", PhaseConfigured, one(pending), time.Hour, "ended",
			PhasePending, time.Hour, time.Hour},
		{"what cannot be waited for", PhaseRunning, nil, 0,
			`waiting for "running": only "configured" and "complete" can be waited for`, "", 0, 0},
	}
}

func TestWait(t *testing.T) {
	t.Parallel()
	for _, tc := range waitCases() {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c, f := newTarget(t, map[string][]any{"status": tc.answers})
				c.MaxDown = -1
				within := tc.within
				if within == 0 {
					within = 3 * time.Hour
				}
				began, calls := time.Now(), 0
				s, err := c.Wait(ctxFor(t, within), tc.until, func(s Status) {
					if calls++; s.Phase == "" && s.Down == 0 {
						t.Error("progress without a phase")
					}
				})
				took := time.Since(began)
				if outcome(err) != tc.want || s.Phase != tc.phase || took < tc.least || took > tc.most {
					t.Errorf("%s, %q after %v: %v", outcome(err), s.Phase, took, err)
				}
				if f.count("configure")+f.count("migrate") > 0 {
					t.Error("waiting did more than ask")
				}
				// Ever more slowly: 10 s apart, and up to five attempts each.
				if most := 12 + 5*int(took/(10*time.Second)+1); f.count("status") > most {
					t.Errorf("asked %d times in %v", f.count("status"), took)
				}
				var w *WaitError
				if errors.As(err, &w) && (!errors.Is(err, context.DeadlineExceeded) ||
					w.Status.Phase != tc.phase || w.Until != tc.until) {
					t.Errorf("%+v", w)
				}
			})
		})
	}
}

func TestWaitError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, _ := newTarget(t, map[string][]any{"status": {`{"status":"running","progress":{"processed":12}}`,
			errDown}})
		_, err := c.Wait(ctxFor(t, time.Minute), PhaseComplete, nil)
		if !errors.Is(err, openidm.ErrUnavailable) ||
			!strings.HasPrefix(err.Error(), `waiting for complete, the target said "running", 12 records: `+
				`context deadline exceeded: POST https://idc7`) {
			t.Error(err)
		}
		c, _ = newTarget(t, map[string][]any{"status": {`{"status":"running"}`}})
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(90*time.Second, cancel)
		began := time.Now()
		if _, err := c.Wait(ctx, PhaseComplete, nil); !errors.Is(err, context.Canceled) ||
			time.Since(began) != 90*time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

// TestWaitGone: a target that is gone is waited for two minutes, which is said every ten seconds, and as long again
// after each answer.
func TestWaitGone(t *testing.T) {
	t.Parallel()
	const running = `{"status":"running","progress":{"processed":94,"total":1000}}`
	hangs := func() any { time.Sleep(7 * time.Second); return errLost } // which does not know its context
	for name, c := range map[string]struct {
		answers []any
		maxDown time.Duration
		last    Phase
		takes   time.Duration
	}{
		"refused":            {[]any{running, errDown}, 0, PhaseRunning, 2 * time.Minute},
		"hangs":              {[]any{running, hangs}, 0, PhaseRunning, 0},
		"never there":        {[]any{errDown}, 0, "", 2 * time.Minute},
		"a proxy without it": {[]any{running, response{502, startPage}}, 0, PhaseRunning, 2 * time.Minute},
		"it was back for a look": {join([]any{running}, repeat(9, errDown), []any{running, errDown}), 0,
			PhaseRunning, 0},
		"a longer wait": {[]any{running, errDown}, time.Hour, PhaseRunning, time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client, _ := newTarget(t, map[string][]any{"status": c.answers})
				client.MaxDown = c.maxDown
				var downs []time.Duration
				began := time.Now()
				s, err := client.Wait(t.Context(), PhaseComplete, func(s Status) {
					if s.Down > 0 {
						downs = append(downs, s.Down.Round(time.Second))
					}
				})
				took := time.Since(began)
				var gone *GoneError
				if !errors.As(err, &gone) || gone.Down < 2*time.Minute || s.Phase != c.last || gone.Remedy() == "" ||
					c.takes > 0 && took.Round(time.Second) != c.takes || took < 2*time.Minute {
					t.Fatalf("%v after %v", err, took)
				}
				if n := len(downs); n < int(took/(20*time.Second)) || n > int(took/(10*time.Second)) ||
					downs[0] > 20*time.Second {
					t.Errorf("said %v", downs)
				}
			})
		})
	}
}

func TestWaitRate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		running := func() any {
			n := int(time.Since(began) / (10 * time.Millisecond)) // 100 a second
			if n >= 3000 {
				return `{"status":"complete"}`
			}
			return run("ACTIVE", n, `"?"`, 0)
		}
		c, _ := newTarget(t, map[string][]any{"status": {running}})
		var rates []float64
		if _, err := c.Wait(t.Context(), PhaseComplete, func(s Status) {
			if s.Phase == PhaseRunning {
				rates = append(rates, s.Rate)
			}
		}); err != nil {
			t.Fatal(err)
		}
		if len(rates) < 3 || rates[0] != 0 {
			t.Fatal(rates)
		}
		for _, r := range rates[1:] {
			if r < 98 || r > 102 {
				t.Error(rates)
			}
		}
	})
}

func TestWaitObeysTheServer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, f := newTarget(t, map[string][]any{"status": {`{"status":"running"}`}})
		c.PollInterval, c.MaxPollInterval = time.Minute, time.Second // the longer one counts
		began := time.Now()
		_, err := c.Wait(ctxFor(t, 10*time.Minute+time.Second), PhaseComplete, nil)
		if f.count("status") != 11 || outcome(err) != "ended" {
			t.Errorf("%d times in %v, %v", f.count("status"), time.Since(began), err)
		}
	})
}
