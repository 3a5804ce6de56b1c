package idconnect_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/migration"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

// goneInTheMiddle plays, on the clock of a bubble, a migration whose target a fault hits after it was seen to run.
// Notices are counted.
func goneInTheMiddle(t *testing.T, fault openidmtest.Fault, play func(t *testing.T, w *matrixWorld, notices *int)) {
	stores := matrixStores(t)
	synctest.Test(t, func(t *testing.T) {
		w := newMatrixWorld(t, stores)
		w.u.Steps = w.u.Steps[:3] // not verify
		hit, notices := false, 0
		w.u.Events = func(e idconnect.Event) {
			switch {
			case e.Kind == idconnect.EventNotice && strings.Contains(e.Detail, "has not answered for"):
				notices++
			case e.Kind == idconnect.EventProgress && e.Detail == "running" && !hit:
				hit = true
				w.target.Fail(fault)
			}
		}
		play(t, w, &notices)
		sent := map[string]int{}
		for _, r := range w.target.Requests() {
			sent[r.Action]++
		}
		if sent["migrate"] != 1 || sent["configure"] != 1 || !hit {
			t.Errorf("sent: %v", sent)
		}
	})
}

func saidToBeGone(t *testing.T) {
	gone := openidmtest.Fault{Effect: openidmtest.Refuse}
	goneInTheMiddle(t, gone, func(t *testing.T, w *matrixWorld, notices *int) {
		began := time.Now()
		_, err := w.u.Run(t.Context())
		took := time.Since(began)
		var gone *migration.GoneError
		if !errors.As(err, &gone) || took > 3*time.Minute || *notices < 8 || *notices > 12 {
			t.Errorf("%v after %v, said %d times", err, took, *notices)
		}
		remedy := idconnect.RemedyOf(err)
		if !strings.Contains(remedy, "(1) start") || !strings.Contains(remedy, "(3) ") {
			t.Error(remedy)
		}
	})
}

func watchedGone(t *testing.T) {
	gone := openidmtest.Fault{Effect: openidmtest.Refuse, After: 2}
	goneInTheMiddle(t, gone, func(t *testing.T, w *matrixWorld, _ *int) {
		other := *w.u
		other.Events = nil
		ended := w.start(t)
		defer ended()
		other.MaxDown = time.Minute
		downs := 0
		var last error
		began := time.Now()
		for look, err := range other.Watch(t.Context(), time.Second) {
			if last = err; look.Down > 0 {
				downs++
			}
		}
		var gone *migration.GoneError
		if !errors.As(last, &gone) || time.Since(began) > 2*time.Minute || downs < 4 ||
			!strings.Contains(idconnect.RemedyOf(last), "(3) ") {
			t.Errorf("%v after %v, said %d times", last, time.Since(began), downs)
		}
	})
}

func restartedInTheMiddle(t *testing.T) {
	restart := openidmtest.Fault{Action: "status", Effect: openidmtest.Restart, Times: 1, After: 2}
	goneInTheMiddle(t, restart, func(t *testing.T, w *matrixWorld, _ *int) {
		for range 2 {
			_, err := w.u.Run(t.Context())
			var unknown *migration.UnknownOutcomeError
			remedy := idconnect.RemedyOf(err)
			if !errors.As(err, &unknown) || !strings.Contains(err.Error(), " of 8 records") ||
				!strings.Contains(err.Error(), "received migrate") || !strings.Contains(remedy, "Upgrade.Again") {
				t.Errorf("%v; %s", err, remedy)
			}
		}
	})
}
