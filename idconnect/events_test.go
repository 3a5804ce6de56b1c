package idconnect_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/idconnect/report"
	"github.com/idconnect-go/upgrade/keystore"
)

// TestStream: a loop over the events of a run sees all that the function sees,
// in order, and its result.
func TestStream(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 20)
	var called []idconnect.Event
	w.u.Events = func(e idconnect.Event) { called = append(called, e) }
	s := w.u.Stream(t.Context())
	kinds := map[idconnect.EventKind]int{}
	var seen []idconnect.Event
	for e := range s.Events() {
		seen = append(seen, e)
		kinds[e.Kind]++
		if e.Time.IsZero() || strings.Contains(slog.AnyValue(e).Resolve().String(), "changeit") {
			t.Errorf("%+v", e)
		}
	}
	rep, err := s.Result()
	if err != nil || rep.Outcome != "done" || len(seen) != len(called) {
		t.Fatalf("%v, %+v, %d events of %d", err, rep, len(seen), len(called))
	}
	first, last := seen[0], seen[len(seen)-1]
	if first.Kind != idconnect.EventRun || first.State != report.Running ||
		last.Kind != idconnect.EventRun || last.State != report.Done || last.Detail != "done" {
		t.Errorf("%+v, %+v", first, last)
	}
	// prepare and java are done when they are looked at; the others begin and end.
	if kinds[idconnect.EventStep] != 14 || kinds[idconnect.EventFinding] != len(rep.Findings) ||
		kinds[idconnect.EventOutput] == 0 || kinds[idconnect.EventProgress] == 0 {
		t.Errorf("%v, %d findings", kinds, len(rep.Findings))
	}
	for range s.Events() {
		t.Error("a second loop has events")
	}
}

// TestStreamLeft: leaving the loop ends the run before the loop's statement
// does, and the next run goes on.
func TestStreamLeft(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 20)
	s := w.u.Stream(t.Context())
	for e := range s.Events() {
		if e.Step == idconnect.StepStores && e.State == report.Done {
			break
		}
	}
	if report, err := s.Result(); !errors.Is(err, context.Canceled) || report.Outcome != "interrupted" {
		t.Errorf("%v, %+v", err, report)
	}
	report, err := w.u.Stream(t.Context()).Result()
	if err != nil || report.Outcome != "done" || w.Migrations() != 1 {
		t.Errorf("%v, %+v", err, report)
	}
	w.u.KeystorePassword = keystore.NewPassword("hush-hush")
	blocked := w.u.Stream(t.Context())
	found := false
	for e := range blocked.Events() {
		found = found || e.Finding != nil && e.Finding.Severity == preflight.Blocks
	}
	if _, err := blocked.Result(); !errors.Is(err, preflight.ErrBlocked) || !found {
		t.Errorf("%v", err)
	}
}
