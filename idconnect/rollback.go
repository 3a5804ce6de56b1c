package idconnect

import (
	"context"
	"errors"
	"fmt"
)

// Rollback puts back what Run replaced, the last step first: the stores byte
// for byte, and the folder that was unpacked, provided that nothing was added
// to it since. What is in the target's database is not undone: the source was
// never changed, and stays the system to use. A target that still runs must be
// stopped first. The result has one line for each step that had something to
// undo.
func (u *Upgrade) Rollback(ctx context.Context) ([]StepResult, error) {
	if err := u.Validate(); err != nil {
		return nil, err
	}
	if u.TargetDir == "" {
		return nil, &MissingError{Field: "TargetDir", Step: "rollback"}
	}
	r, err := u.open()
	if err != nil {
		return nil, err
	}
	defer r.close()
	if err := r.lock(true); err != nil {
		return nil, err
	}
	if len(r.journal.Stores) > 0 || r.journal.Unpacked != nil {
		if c, err := r.targetClient(); err == nil {
			if _, err := c.Ping(ctx); err == nil {
				return nil, &StepError{StepSetup, fmt.Errorf("the target answers at %s: stop it first", u.targetURL())}
			}
		}
	}
	var results []StepResult
	for i := len(steps) - 1; i >= 0; i-- {
		s := steps[i]
		if s.undo == nil || !u.chosen(s.name) {
			continue
		}
		if err := ctx.Err(); err != nil {
			return results, err
		}
		detail, err := s.undo(ctx, r)
		if err != nil {
			results = append(results, StepResult{Name: s.name, State: Failed, Detail: err.Error()})
			return results, &StepError{s.name, err}
		}
		results = append(results, StepResult{Name: s.name, State: Done, Detail: detail})
	}
	// A target that is put back was never configured nor migrated to.
	if r.journal.Configured != "" || r.journal.Migrate != nil {
		r.journal.Configured, r.journal.Migrate = "", nil
		if err := r.journal.save(); err != nil {
			return results, errors.Join(err)
		}
	}
	return results, nil
}
