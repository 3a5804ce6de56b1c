package idconnect

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/idconnect-go/upgrade/idconnect/internal/ending"
	"github.com/idconnect-go/upgrade/idconnect/internal/undo"
	"github.com/idconnect-go/upgrade/idconnect/report"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// Rollback puts back what Run changed, the last step first: everything, or
// with to the steps from that one on, so that the world is as it was before
// it. Stores come back byte for byte, with mode, owner and dates; the folder
// that was unpacked is removed, unless something was added to it since, which
// is an [*AddedError]. An action that was killed midway is undone just as
// well, and a rollback that was killed goes on when it is called again.
//
// What is in the target's database is not undone, and what was configured and
// migrated there stays on record until its folder is removed: the source was
// never changed, and stays the system to use. A target that still runs, or any
// process that has its folder, must be stopped first: the error says how. The
// result has one line for each step that can be undone. Upgrade.Steps leaves
// steps out.
func (u *Upgrade) Rollback(ctx context.Context, to string) ([]report.StepResult, error) {
	switch {
	case u == nil:
		return nil, errNoUpgrade
	case u.TargetDir == "":
		return nil, &MissingError{Field: "TargetDir", Step: "rollback"}
	}
	first := 0
	if to != "" {
		if first = slices.Index(StepNames(), to); first < 0 {
			return nil, fmt.Errorf("unknown step %q: known are %s", to, strings.Join(StepNames(), ", "))
		}
	}
	r, err := u.newRunner(ctx)
	if err != nil {
		return nil, err
	}
	defer r.close()
	// Where no run has been there is nothing to undo, and no folder is made.
	if _, err := os.Stat(r.StateDir); err == nil {
		if err := r.lock(true); err != nil {
			return nil, err
		}
		if err := r.recover(); err != nil {
			return nil, r.Hide().Error(err)
		}
	}
	if len(r.journal.Stores) > 0 || r.journal.Unpack != nil {
		whole := r.journal.Unpack != nil && first <= slices.Index(StepNames(), StepUnpack) && r.Chooses(StepUnpack)
		if err := undo.Stopped(r.TargetDir, r.answersAt(ctx), whole); err != nil {
			return nil, &StepError{StepSetup, err}
		}
	}
	var results []report.StepResult
	for _, s := range slices.Backward(r.steps()[first:]) {
		undo, ok := s.action.(undoer)
		if !ok || !r.Chooses(s.name) {
			continue
		}
		if err := ctx.Err(); err != nil {
			return results, err
		}
		state := report.Done
		detail, err := undo.Undo(ctx)
		if err = ending.Of(ctx, err); err != nil {
			state, detail = ending.Step(err)
		}
		results = append(results, report.StepResult{Name: s.name, State: state, Detail: r.Hide().Lines(detail)})
		r.emit(Event{Kind: EventStep, Step: s.name, State: state, Detail: detail})
		if err != nil {
			return results, r.Hide().Error(&StepError{s.name, err})
		}
	}
	return results, nil
}

// answersAt is the address at which a server of OpenIDM answers, ready or not,
// "" if none does. What answers otherwise is another program's.
func (r *runner) answersAt(ctx context.Context) string {
	_, err := r.PingTarget(ctx)
	var answer *openidm.Error
	if err == nil || errors.As(err, &answer) && errors.Is(err, openidm.ErrUnavailable) {
		return r.Target.URL
	}
	return ""
}
