package idconnect

import (
	"errors"
	"slices"

	"github.com/idconnect-go/upgrade/idconnect/internal/ending"
	"github.com/idconnect-go/upgrade/idconnect/internal/journal"
	"github.com/idconnect-go/upgrade/idconnect/internal/verdict"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/idconnect/report"
	"github.com/idconnect-go/upgrade/idconnect/verify"
)

// reportPlan begins a report of a run with its plan.
func reportPlan(rep *report.Report, p report.Plan) {
	rep.Source, rep.Target, rep.Findings = p.Source, p.Target, p.Findings
	for _, s := range p.Steps {
		state := s.State
		if state == report.ToDo {
			state = report.NotRun
		}
		rep.Steps = append(rep.Steps, &report.StepResult{Name: s.Name, State: state, Detail: s.Detail})
	}
}

// reportEarlier adds when earlier runs performed the steps. The journal has no
// note of a step that failed.
func (r *runner) reportEarlier(rep *report.Report) {
	for _, s := range rep.Steps {
		var first journal.Note
		for _, n := range r.journal.Notes(s.Name) {
			if !n.Began.Before(rep.Started) {
				continue
			}
			if first.Began.IsZero() || n.Began.Before(first.Began) {
				first.Began = n.Began
			}
			first.Ended = n.Ended
		}
		if first.Began.IsZero() {
			continue
		}
		s.EarlierStarted, s.EarlierEnded = &first.Began, first.Ended
		if rep.FirstStarted.IsZero() || first.Began.Before(rep.FirstStarted) {
			rep.FirstStarted = first.Began
		}
	}
}

// resultOf is the result of a step in a report, which has all that were chosen.
func resultOf(rep *report.Report, name string) *report.StepResult {
	return rep.Steps[slices.IndexFunc(rep.Steps, func(s *report.StepResult) bool { return s.Name == name })]
}

// RemedyOf returns what to do about an error, "" where nothing better is known
// than its text.
func RemedyOf(err error) string {
	return ending.Remedy(err)
}

// ExitCode returns the exit code of a program that ends with an error of this
// package: 0 for nil, 1 for [ErrDifferences] and whatever failed, 3 for
// [preflight.ErrBlocked], 4 for [ErrPartlyCompared], 5 for [ErrNothingCompared] and
// 130 for an interruption.
func ExitCode(err error) int {
	var compared verdict.Error
	switch {
	case err == nil:
		return 0
	case ending.IsInterrupt(err):
		return 130
	case errors.Is(err, preflight.ErrBlocked):
		return 3
	case errors.As(err, &compared):
		return compared.Outcome.ExitCode()
	}
	return 1
}

// ReportOf returns a report of a comparison alone. err is what [Verify] or
// [Upgrade.Compare] returned beside it. The report is nil where r is.
func ReportOf(r *verify.Report, err error) *report.Report {
	if r == nil {
		return nil
	}
	rep := &report.Report{
		Version: report.Version, Started: r.Started, Verify: r,
		Source: report.ServerSeen{URL: r.Source, Version: r.SourceVersion},
		Target: report.ServerSeen{URL: r.Target, Version: r.TargetVersion},
	}
	if err == nil {
		err = r.Verdict().Outcome.Err()
	}
	ending.Report(rep, err)
	if !r.Ended.IsZero() {
		rep.Ended = r.Ended
	}
	return rep
}
