package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/idconnect/report"
	"github.com/idconnect-go/upgrade/idconnect/verify"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// site is one installation. Its passwords are in files, so that the list may
// be read by anybody.
type site struct {
	Name               string
	SourceDir          string // salesforceIdConnect of 2.1
	TargetDir          string // and of 7.1.6
	Package            string // the zip of 7.1.6
	SourceURL          string
	TargetURL          string
	InstanceURL        string // of the source as the target calls it; "" is SourceURL
	SourcePasswordFile string
	TargetPasswordFile string
	Steps              []string // none: all
}

// automation carries out upgrades and decides in the place of a person.
type automation struct {
	log       *slog.Logger
	progress  *display
	tolerated []string // codes of warnings
}

// toleranceError ends an upgrade before anything was changed.
type toleranceError struct{ findings preflight.Findings }

func (e *toleranceError) Error() string {
	var codes []string
	for _, f := range e.findings {
		codes = append(codes, f.Code)
	}
	return "not tolerated: " + strings.Join(slices.Compact(codes), ", ")
}

// Remedy is found by [idconnect.RemedyOf].
func (e *toleranceError) Remedy() string { return e.findings[0].Remedy }

// carryOut upgrades a site and says in words what became of it and what a
// person has to do.
func (a *automation) carryOut(ctx context.Context, s site) (outcome, todo string) {
	source, err := administrator(s.SourcePasswordFile)
	target, targetErr := administrator(s.TargetPasswordFile)
	if err = errors.Join(err, targetErr); err != nil {
		return "failed: " + err.Error(), ""
	}
	report, err := a.upgrade(ctx, s, source, target)
	outcome, todo = "failed", idconnect.RemedyOf(err)
	var refused *toleranceError
	switch {
	case errors.As(err, &refused):
		outcome = refused.Error()
	case report != nil:
		outcome = report.Outcome
	}
	switch {
	case errors.Is(err, idconnect.ErrDifferences):
		outcome, todo = differences(report.Verify)
	case errors.Is(err, preflight.ErrBlocked):
		b := report.Findings.Blocking()[0]
		outcome, todo = "blocked: "+b.Code, b.Remedy
	}
	a.progress.end(s.Name, outcome)
	if err != nil {
		a.log.Error("not upgraded", "site", s.Name, "error", err, "remedy", todo)
	}
	return outcome, todo
}

// upgrade is the whole of it: describe the installation, look before anything
// changes, and watch the run. It is what the README shows.
func (a *automation) upgrade(ctx context.Context, site site, source, target openidm.Credentials) (*report.Report,
	error) {
	u := &idconnect.Upgrade{
		SourceDir:   site.SourceDir, // salesforceIdConnect of 2.1, only read
		TargetDir:   site.TargetDir, // salesforceIdConnect of 7.1.6
		Package:     site.Package,
		Source:      idconnect.Server{URL: site.SourceURL, Credentials: source},
		Target:      idconnect.Server{URL: site.TargetURL, Credentials: target},
		InstanceURL: site.InstanceURL, Steps: site.Steps, Logger: a.log,
	}
	findings, err := u.Preflight(ctx) // looks, and changes nothing
	if err = errors.Join(err, a.decide(findings)); err != nil {
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

// decide goes on in spite of warnings that are tolerated, and of nothing else.
// What blocks is left to the run, which changes nothing then and reports it.
func (a *automation) decide(findings preflight.Findings) error {
	var refused preflight.Findings
	for _, f := range findings {
		if f.Severity == preflight.Warns && !slices.Contains(a.tolerated, f.Code) {
			refused = append(refused, f)
		}
	}
	if len(refused) > 0 && len(findings.Blocking()) == 0 {
		return &toleranceError{refused}
	}
	return nil
}

// differences names the first of the records that did not arrive.
func differences(r *verify.Report) (outcome, todo string) {
	for _, c := range r.Collections {
		switch {
		case c.MissingCount > 0:
			return fmt.Sprintf("%d %s missing", c.MissingCount, c.Name),
				"look for " + strings.Join(c.Missing[:min(3, len(c.Missing))], ", ") + " in the target's log"
		case c.ChangedCount > 0:
			return fmt.Sprintf("%d %s changed", c.ChangedCount, c.Name), "has somebody worked on the target already?"
		}
	}
	return "differences", "read the report"
}

func administrator(file string) (openidm.Credentials, error) {
	password, err := keystore.ReadPasswordFile(file)
	return openidm.Credentials{Username: idconnect.DefaultUser, Password: password}, err
}
