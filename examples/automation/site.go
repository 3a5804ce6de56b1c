package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"github.com/idconnect-go/upgrade/idconnect/verify"
	"log/slog"
	"slices"
	"strings"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/idconnect/report"
	"github.com/idconnect-go/upgrade/keystore"
)

// site is one installation. Its passwords are in files, so that the list itself
// is no secret.
type site struct {
	Name               string
	SourceDir          string // salesforceIdConnect of 2.1
	TargetDir          string // and of 7.1.6
	Package            string // the zip of 7.1.6
	SourceURL          string
	TargetURL          string
	InstanceURL        string // of the source, as the target reaches it; "" is SourceURL
	SourcePasswordFile string
	TargetPasswordFile string
	Steps              []string // all if empty
	Accept             []string // codes of what need not be compared
}

// automation performs upgrades and decides about their findings.
type automation struct {
	log       *slog.Logger
	progress  *display
	tolerated []string // codes of warnings
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
func (a *automation) carryOut(ctx context.Context, s site) (outcome, todo string) {
	source, err := keystore.ReadPasswordFile(s.SourcePasswordFile)
	target, targetErr := keystore.ReadPasswordFile(s.TargetPasswordFile)
	if err = errors.Join(err, targetErr); err != nil {
		return "failed: " + err.Error(), ""
	}
	rep, err := a.upgrade(ctx, s, source, target)
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
	a.progress.end(s.Name, outcome)
	if err != nil {
		a.log.Error("not upgraded", "site", s.Name, "error", err, "remedy", todo)
	}
	return outcome, todo
}

// upgrade is what the README shows: describe the installation, run the preflight
// checks, then run the upgrade and follow its events.
func (a *automation) upgrade(
	ctx context.Context, site site, sourcePassword, targetPassword keystore.Password,
) (*report.Report, error) {
	var administrator idconnect.Server // with the default user
	source, target := administrator.Credentials, administrator.Credentials
	source.Password, target.Password = sourcePassword, targetPassword

	u := &idconnect.Upgrade{
		SourceDir:   site.SourceDir, // salesforceIdConnect of 2.1, only read
		TargetDir:   site.TargetDir, // salesforceIdConnect of 7.1.6
		Package:     site.Package,
		Source:      idconnect.Server{URL: site.SourceURL, Credentials: source},
		Target:      idconnect.Server{URL: site.TargetURL, Credentials: target},
		InstanceURL: site.InstanceURL, Steps: site.Steps, Logger: a.log,
		Verify: verify.Options{Accept: site.Accept}, // what need not be compared
	}
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

func (a *automation) show(site site, e idconnect.Event) {
	a.progress.event(site.Name, e)
	a.log.Info("event", "site", site.Name, "event", e)
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
