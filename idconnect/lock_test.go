package idconnect_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/idconnect/report"
)

// TestLock: while one run is under way, a second one and a rollback refuse,
// plan says so, and the first one is not disturbed.
func TestLock(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 5)
	w.u.Steps = []string{idconnect.StepPrepare, idconnect.StepUnpack, idconnect.StepStores}
	second := *w.u
	tried := false
	w.u.Events = func(e idconnect.Event) {
		if e.Step != idconnect.StepUnpack || e.State != report.Running || tried {
			return
		}
		tried = true
		report, err := second.Run(context.Background())
		var locked *idconnect.LockedError
		want := filepath.Join(w.u.TargetDir+".upgrade", "lock")
		if !errors.As(err, &locked) || !errors.Is(err, preflight.ErrBlocked) || report.Outcome != "blocked" {
			t.Errorf("the second run: %v, %+v", err, report)
		} else if locked.Path != want || idconnect.RemedyOf(err) == "" {
			t.Errorf("%+v", locked)
		}
		if _, err := second.Rollback(context.Background(), ""); !errors.As(err, &locked) {
			t.Errorf("the rollback: %v", err)
		}
		plan, err := second.Plan(context.Background())
		if err != nil || !plan.Findings.Blocking().Has("RUN-IN-PROGRESS") {
			t.Errorf("the plan: %v, %v", err, plan.Findings)
		}
	}
	_, err := w.u.Run(t.Context())
	must(t, err)
	if !tried {
		t.Error("no second run was tried")
	}
	// The lock is free again; a plan makes no file.
	plan, err := second.Plan(t.Context())
	if err != nil || plan.Findings.Has("RUN-IN-PROGRESS") {
		t.Errorf("%v, %v", err, plan.Findings)
	}
	fresh := newWorld(t, 5)
	_, err = fresh.u.Plan(t.Context())
	must(t, err)
	if _, err := os.Stat(fresh.u.TargetDir + ".upgrade"); err == nil {
		t.Error("the plan made the state folder")
	}
}
