package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/idconnect-go/upgrade/examples/internal/siteconfig"
	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/idconnect/report"
)

// automation performs upgrades and decides about their findings.
type automation struct {
	log       *slog.Logger
	progress  *display
	tolerated []string // codes of warnings
	secrets   siteconfig.Reader
}

// toleranceError ends an upgrade before anything is changed.
type toleranceError struct {
	codes  []string
	remedy string // of the first
}

func (e *toleranceError) Error() string {
	return "not tolerated: " + strings.Join(slices.Compact(e.codes), ", ")
}

// Remedy is for [idconnect.RemedyOf].
func (e *toleranceError) Remedy() string { return e.remedy }

// carryOut upgrades a site. It returns the outcome in words, and what a person
// has to do.
func (a *automation) carryOut(ctx context.Context, s *siteconfig.Config) (outcome, todo string) {
	u, err := s.Upgrade()
	var note string // that another machine does something
	if err == nil {
		note, err = s.Adapt(u)
	}
	if err == nil {
		err = s.Unlock(ctx, a.secrets, u)
	}
	if err != nil {
		return "failed: " + err.Error(), ""
	}
	if note != "" {
		a.progress.end(s.Name(), note)
	}
	rep, err := a.upgrade(ctx, s.Name(), u)
	outcome, todo = "failed", idconnect.RemedyOf(err)
	var refused *toleranceError
	switch {
	case errors.As(err, &refused):
		outcome = refused.Error()
	case errors.Is(err, idconnect.ErrDifferences):
		outcome, todo = differences(rep)
	case rep != nil && rep.Outcome == "blocked":
		b := rep.Findings.Blocking()[0]
		outcome, todo = "blocked: "+b.Code, b.Remedy
	case rep != nil:
		outcome = rep.Outcome
	}
	a.progress.end(s.Name(), outcome)
	if err != nil {
		a.log.Error("not upgraded", "site", s.Name(), "error", err, "remedy", todo)
	}
	return outcome, todo
}

// upgrade runs the preflight checks, then the upgrade, and follows its events.
func (a *automation) upgrade(ctx context.Context, site string, u *idconnect.Upgrade) (*report.Report, error) {
	u.Logger = a.log
	plan, err := u.Plan(ctx) // runs the preflight checks, changes nothing
	if err = errors.Join(err, a.decide(plan)); err != nil {
		return nil, err
	}
	run := u.Stream(ctx) // or u.Run(ctx), with u.Events
	for event := range run.Events() {
		a.show(site, event)
	}
	return run.Result() // interrupted, the same again goes on
}

func (a *automation) show(site string, e idconnect.Event) {
	a.progress.event(site, e)
	a.log.Info("event", "site", site, "event", e)
}

// decide refuses an upgrade with warnings that are not tolerated. It leaves
// blocking findings to the run, which reports them and changes nothing.
func (a *automation) decide(plan report.Plan) error {
	var refused toleranceError
	for _, f := range plan.Findings {
		if f.Code == preflight.Codes.RequestOpen.Code {
			continue // left by a run that was interrupted, which this one resumes
		}
		if f.Severity == "warns" && !slices.Contains(a.tolerated, f.Code) {
			refused.codes = append(refused.codes, f.Code)
			refused.remedy = cmp.Or(refused.remedy, f.Remedy)
		}
	}
	if len(refused.codes) > 0 && !plan.Blocked() {
		return &refused
	}
	return nil
}

// differences describes the first collection that differs.
func differences(r *report.Report) (outcome, todo string) {
	for _, c := range r.Verify.Collections {
		switch {
		case c.MissingCount > 0:
			return fmt.Sprintf("%d %s missing", c.MissingCount, c.Name),
				"look for " + strings.Join(c.Missing[:min(3, len(c.Missing))], ", ") + " in the target's log"
		case c.ChangedCount > 0:
			return fmt.Sprintf("%d %s changed", c.ChangedCount, c.Name),
				"find out whether somebody has already worked on the target"
		}
	}
	return "differences", "read the report"
}
