package idconnect

import (
	"errors"
	"time"

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

// resultOf is the result of a step in a report.
func resultOf(rep *report.Report, name string) *report.StepResult {
	for _, s := range rep.Steps {
		if s.Name == name {
			return s
		}
	}
	s := &report.StepResult{Name: name}
	rep.Steps = append(rep.Steps, s)
	return s
}

// remedier is an error that knows what to do about it.
type remedier interface{ Remedy() string }

// RemedyOf returns what to do about an error, "" where nothing better is known
// than its text.
func RemedyOf(err error) string {
	var r remedier
	if errors.As(err, &r) {
		return r.Remedy()
	}
	return remedyOfKnown(err)
}

// endReport says how a run or a comparison ended.
func endReport(rep *report.Report, err error) {
	rep.Ended = time.Now()
	switch {
	case err == nil:
		rep.Outcome = "done"
		return
	case errors.Is(err, preflight.ErrBlocked):
		rep.Outcome = "blocked"
	case errors.Is(err, ErrDifferences):
		rep.Outcome = "differences"
	case isInterrupt(err):
		rep.Outcome = "interrupted"
	default:
		rep.Outcome = "failed"
	}
	rep.Error, rep.Remedy = err.Error(), RemedyOf(err)
}

// ReportOf returns a report of a comparison alone. err is what [Verify] or
// [Upgrade.Compare] returned beside it. The report is nil where r is.
func ReportOf(r *verify.Report, err error) *report.Report {
	if r == nil {
		return nil
	}
	rep := &report.Report{
		Version: report.Version, Started: r.Started, Verify: r,
		Source: report.ServerSeen{URL: r.Source}, Target: report.ServerSeen{URL: r.Target},
	}
	if err == nil && !r.Same() {
		err = ErrDifferences
	}
	endReport(rep, err)
	if !r.Ended.IsZero() {
		rep.Ended = r.Ended
	}
	return rep
}
