package flow

import (
	"cmp"
	"regexp"
	"slices"
	"time"

	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/idconnect/report"
	"github.com/idconnect-go/upgrade/idconnect/verify"
)

// Result is what became of an installation.
type Result struct {
	ID      string `json:"id"`
	Site    string `json:"site,omitempty"`
	Outcome string `json:"outcome"`
	// Step at which it ended, and the Code and Text of why, unless it is done.
	Step string `json:"step,omitempty"`
	Code string `json:"code,omitempty"`
	Text string `json:"text,omitempty"`
	// Remedy says what to do.
	Remedy string `json:"remedy,omitempty"`
	// Report holds states, times, codes and counts: what names records, or
	// quotes a server, is in the files that Files names.
	Report *report.Report `json:"report,omitempty"`
	// Files are folders with whole reports, by worker.
	Files map[string]string `json:"files,omitempty"`
	// Decisions are what persons decided, in order.
	Decisions []string `json:"decisions,omitempty"`
}

// Looked is the result of an activity.
type Looked struct {
	// Worker and Folder say where the whole report is; Unsaved says that it
	// could not be written.
	Worker  string         `json:"worker"`
	Folder  string         `json:"folder,omitempty"`
	Unsaved bool           `json:"unsaved,omitempty"`
	Report  *report.Report `json:"report,omitempty"`
}

// add takes over what an activity saw.
func (r *Result) add(l Looked) {
	if l.Folder != "" {
		if r.Files == nil {
			r.Files = map[string]string{}
		}
		r.Files[l.Worker] = l.Folder
	}
	from := l.Report
	if from == nil {
		return
	}
	if r.Report == nil {
		r.Report = from
		return
	}
	into := r.Report
	for _, s := range from.Steps {
		i := slices.IndexFunc(into.Steps, func(o *report.StepResult) bool { return o.Name == s.Name })
		if i < 0 {
			into.Steps = append(into.Steps, s)
		} else {
			into.Steps[i] = s
		}
	}
	for _, f := range from.Findings {
		same := func(o preflight.Finding) bool { return o.Code == f.Code && o.Step == f.Step }
		if !slices.ContainsFunc(into.Findings, same) {
			into.Findings = append(into.Findings, f)
		}
	}
	if from.Verify != nil {
		into.Verify = from.Verify
	}
	if from.Source.Version != "" {
		into.Source = from.Source
	}
	if from.Target.Version != "" {
		into.Target = from.Target
	}
	// A step is a run of its own: what an earlier one of this workflow began is no
	// earlier run.
	if first := from.FirstStarted; !first.IsZero() && first.Before(into.Started) &&
		(into.FirstStarted.IsZero() || first.Before(into.FirstStarted)) {
		into.FirstStarted = first
	}
	into.Tool = cmp.Or(from.Tool, into.Tool)
	into.Ended = from.Ended
}

// version is the only thing of what a server says of itself that is passed on.
var version = regexp.MustCompile(`^[0-9]{1,4}(\.[0-9]{1,6}){1,4}$`)

// tool is a version of this module, code a code of a check or of an item.
var (
	tool = regexp.MustCompile(`^v[0-9][0-9A-Za-z.+-]{0,80}$`)
	code = regexp.MustCompile(`^(MEMBER-[A-Z]+\.[A-Za-z0-9_./-]{1,200}|[A-Z][A-Z0-9/-]{1,80})$`)
)

// public is what of a report may lie in a history: names of steps and
// collections, states, codes, counts and times. It is chosen field by field, so
// that a new one stays out until somebody thinks of it.
func public(rep *report.Report) *report.Report {
	if rep == nil {
		return nil
	}
	server := func(s report.ServerSeen) report.ServerSeen {
		return report.ServerSeen{URL: s.URL, Version: version.FindString(s.Version)}
	}
	out := &report.Report{
		Version: rep.Version, Tool: tool.FindString(rep.Tool), Outcome: rep.Outcome,
		Started: rep.Started.UTC(), Ended: rep.Ended.UTC(), FirstStarted: rep.FirstStarted.UTC(),
		Source: server(rep.Source), Target: server(rep.Target),
	}
	for _, s := range rep.Steps {
		out.Steps = append(out.Steps, &report.StepResult{
			Name: s.Name, State: s.State, Started: utc(s.Started), Ended: utc(s.Ended),
			EarlierStarted: utc(s.EarlierStarted), EarlierEnded: utc(s.EarlierEnded), Records: s.Records,
		})
	}
	out.Findings = publicFindings(rep.Findings)
	out.Verify = publicVerify(rep.Verify)
	return out
}

// publicVerify keeps what the verdict follows from, so that it stays the same: of
// notes and of lost records only how many.
func publicVerify(v *verify.Report) *verify.Report {
	if v == nil {
		return nil
	}
	out := &verify.Report{Source: v.Source, Target: v.Target, Started: v.Started.UTC(), Ended: v.Ended.UTC(),
		SourceVersion: version.FindString(v.SourceVersion), TargetVersion: version.FindString(v.TargetVersion),
		Resumed: v.Resumed, Incomplete: v.Incomplete, Accept: codes(v.Accept), Off: codes(v.Off)}
	for range v.Notes {
		out.Notes = append(out.Notes, "see the worker's report")
	}
	for _, c := range v.Checks {
		c.Code = cmp.Or(code.FindString(c.Code), "CHECK")
		out.Checks = append(out.Checks, verify.Check{Code: c.Code, Name: c.Code, Result: c.Result,
			Source: c.Source, Target: c.Target, Seconds: c.Seconds})
	}
	if v.Failed != nil {
		out.Failed = &verify.FailedRecords{Checked: v.Failed.Checked}
		for _, i := range v.Verdict().Failures {
			if i.Kind == "failed record" {
				out.Failed.Count += i.Count
			}
		}
	}
	for _, c := range v.Collections {
		out.Collections = append(out.Collections, verify.CollectionReport{
			Name: c.Name, Resource: c.Resource, Checked: c.Checked, Blocked: c.Blocked, Absent: c.Absent,
			SourceCount: c.SourceCount, TargetCount: c.TargetCount,
			MissingCount: c.MissingCount, ExtraCount: c.ExtraCount,
			ChangedCount: c.ChangedCount, DuplicateCount: c.DuplicateCount, Unreadable: c.Unreadable,
			NotCheckedValues: c.NotCheckedValues, Shifted: c.Shifted,
			Passes: c.Passes, Ranges: c.Ranges, Seconds: c.Seconds,
		})
	}
	return out
}

// codes are those of a list that look like codes: capitals, and after MEMBER- a
// name of the fleet file.
func codes(all []string) (out []string) {
	for _, c := range all {
		if code.MatchString(c) {
			out = append(out, c)
		}
	}
	return out
}

func publicFindings(all preflight.Findings) (out preflight.Findings) {
	for _, f := range all {
		if f.Severity != preflight.Informs {
			out = append(out, preflight.Finding{Code: f.Code, Severity: f.Severity, Step: f.Step})
		}
	}
	return out
}

func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC()
	return &u
}
