package idconnect_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

// start begins a run, until it waits for the copying. The function that it
// returns waits for its end.
func (w *matrixWorld) start(t *testing.T) (ended func()) {
	ran := make(chan struct{})
	go func() {
		defer close(ran)
		w.u.Run(t.Context())
	}()
	synctest.Wait()
	return func() { <-ran }
}

// TestWatch: who looks on sees a migration from before its beginning to its
// end, with its rate and the time that is left.
func TestWatch(t *testing.T) {
	t.Parallel()
	stores := matrixStores(t)
	for name, c := range map[string]struct {
		fault  *openidmtest.Fault // of the target
		watch  func(*idconnect.Upgrade)
		idle   bool          // nobody migrates
		cancel time.Duration // after so long
		want   migration.Phase
		is     func(error) bool
	}{
		"to its end": {want: migration.PhaseComplete},
		"records fail": {
			fault: &openidmtest.Fault{Action: "migrate", FailRecords: 2}, want: migration.PhaseFailed,
			is: func(err error) bool { return errors.As(err, new(*migration.FailedError)) },
		},
		"restarted": {
			fault: &openidmtest.Fault{Action: "status", After: 6, Times: 3, Effect: openidmtest.Reset},
			want:  migration.PhaseComplete,
		},
		"nothing runs": {
			idle: true, want: migration.PhaseNotConfigured,
			is: func(err error) bool { return errors.Is(err, idconnect.ErrNothingRuns) },
		},
		"no account": {
			idle:  true,
			watch: func(u *idconnect.Upgrade) { u.Target.Credentials.Password = keystore.Password{} },
			is:    func(err error) bool { return errors.As(err, new(*idconnect.MissingError)) },
		},
		"interrupted": {
			cancel: 4500 * time.Millisecond, want: migration.PhaseRunning,
			is: func(err error) bool { return errors.Is(err, context.DeadlineExceeded) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newMatrixWorld(t, stores)
				if c.fault != nil {
					w.target.Fail(*c.fault)
				}
				other := *w.u // of another program
				if c.watch != nil {
					c.watch(&other)
				}
				ended := func() {}
				if !c.idle {
					ended = w.start(t)
				}
				ctx := t.Context()
				if c.cancel > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, c.cancel)
					defer cancel()
				}
				var last idconnect.Watched
				var err error
				running, timed := 0, 0
				for last, err = range other.Watch(ctx, time.Second) {
					if last.Phase == migration.PhaseRunning {
						running++
						if last.Rate > 0.5 && last.Rate < 20 {
							timed++
						}
					}
				}
				if last.Phase != c.want || c.is == nil && err != nil || c.is != nil && !c.is(err) {
					t.Errorf("%+v, %v", last, err)
				}
				if !c.idle && (running < 2 || timed == 0) {
					t.Errorf("it was seen %d times while it ran, %d times with a rate", running, timed)
				}
				ended()
			})
		})
	}
}

// TestWatchTotal: where the target says how many there are, the time that is
// left is known.
func TestWatchTotal(t *testing.T) {
	t.Parallel()
	stores := matrixStores(t)
	synctest.Test(t, func(t *testing.T) {
		w := newMatrixWorld(t, stores)
		for _, body := range []string{
			`{"status":"running","processed":100,"total":1000}`, // before it waits
			`{"status":"running","processed":100,"total":1000}`,
			`{"status":"running","processed":200,"total":1000}`,
			`{"status":"complete","processed":1000,"total":1000}`,
		} {
			f := answer(200, body)
			f.Action, f.Times = "status", 1
			w.target.Fail(f)
		}
		var lefts []time.Duration
		for look, err := range w.u.Watch(t.Context(), 10*time.Second) {
			lefts = append(lefts, look.Left)
			if err != nil || look.Total != 1000 || look.Processed == 200 && look.Rate != 10 {
				t.Errorf("%+v, %v", look, err)
			}
		}
		if want := []time.Duration{-1, 80 * time.Second, 0}; !slices.Equal(lefts, want) {
			t.Errorf("left %v, want %v", lefts, want)
		}
	})
}

// TestWatchLeft: a loop that is left leaves nothing behind, which the bubble
// would see.
func TestWatchLeft(t *testing.T) {
	t.Parallel()
	stores := matrixStores(t)
	synctest.Test(t, func(t *testing.T) {
		w := newMatrixWorld(t, stores)
		ended := w.start(t)
		other := *w.u
		looks := 0
		for range other.Watch(t.Context(), 0) {
			if looks++; looks == 2 {
				break
			}
		}
		ended()
		if looks != 2 {
			t.Errorf("%d looks", looks)
		}
		// Afterwards the journal knows, whatever the target has forgotten.
		must(t, w.target.Restart())
		for look, err := range other.Watch(t.Context(), 0) {
			if look.Phase != migration.PhaseComplete || err != nil {
				t.Errorf("%+v, %v", look, err)
			}
		}
	})
}
