// Package inspect performs the checks of preflight: it looks at the source, the
// target, the package and this machine for everything that would make the
// chosen steps fail. It changes nothing, and knows no report: what it sees are
// findings of package preflight. Begin with [Inspection.Run] and the table of
// checks in table.go; each check is a small value.
package inspect

import (
	"context"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/idconnect-go/upgrade/idconnect/internal/jobs"
	"github.com/idconnect-go/upgrade/idconnect/internal/journal"
	"github.com/idconnect-go/upgrade/idconnect/internal/site"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
)

// Inspection is one preflight.
type Inspection struct {
	Site    *site.Site
	Journal *journal.Journal
	// Place of the journal and its lock.
	Place *journal.Place
	// Locked: this run holds the lock of the target.
	Locked bool
	// Configured says whether the target is connected to its source already.
	Configured func(context.Context) bool
}

// Result is what an inspection saw of both servers, and its findings in the
// order of the steps and of the checks.
type Result struct {
	Source, Target Server
	Findings       preflight.Findings
}

// Run performs the checks of the chosen steps side by side, each within its
// time. When it returns none of them goes on, but for a system call that does
// not return.
func (i *Inspection) Run(ctx context.Context) Result {
	limit := i.Site.Checks.Timeout
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w := newWorld(ctx, i.Site)
	checks := i.checks(w)
	found := make([]preflight.Findings, len(checks))
	var wait sync.WaitGroup
	for n, c := range checks {
		if !i.Site.Chooses(c.steps...) {
			continue
		}
		wait.Go(func() {
			budget := limit
			if c.slow {
				budget *= slowCheck
			}
			found[n] = w.paths.perform(ctx, c, budget, i.Site.First(c.steps...))
		})
	}
	wait.Wait()
	result := Result{
		Source: w.source.known(Server{URL: i.Site.Source.URL, State: "did not answer in time"}),
		Target: w.target.known(Server{URL: i.Site.Target.URL, State: "did not answer in time"}),
	}
	all := slices.Concat(found...)
	for _, step := range i.Site.Chosen {
		result.Findings = append(result.Findings, all.Of(step)...)
	}
	return result
}

// world is what several checks build on. Each part of it is looked at once, by
// whichever check asks first.
type world struct {
	source, target *fact[Server]
	config         *configuration
	// jobs are the source's.
	jobs  *fact[jobs.List]
	paths *paths
}

func newWorld(ctx context.Context, s *site.Site) *world {
	w := &world{
		source: newFact(func() Server { return askSource(ctx, s) }),
		target: newFact(func() Server { return askTarget(ctx, s) }),
		config: new(configuration),
		// What stat says is for the checks.
		paths: &paths{touch: func(path string) { _, _ = os.Stat(path) }},
	}
	w.jobs = newFact(func() jobs.List { return w.sourceJobs(ctx, s) })
	return w
}

// Again performs the checks of which a run changes the result, for what earlier
// ones did not see.
func (i *Inspection) Again(ctx context.Context, earlier preflight.Findings) (found preflight.Findings) {
	s, j := i.Site, i.Journal
	ctx, cancel := context.WithTimeout(ctx, s.Checks.Timeout)
	defer cancel()
	ended := func(step string) bool { return j.Note(step).IsEnded() }
	step := s.First(site.StepConfigure)
	if step != "" && ended(site.StepConfigure) && !earlier.Has(codes.SourceAuditPassword.Code) {
		found = auditCheck{s, j}.check(ctx, step)
	}
	step = s.First(site.StepMigrate, site.StepVerify)
	if step != "" && ended(site.StepMigrate) && !earlier.Has(codes.TargetJobsOn.Code) {
		found = append(found, targetJobsCheck{newWorld(ctx, s), s}.check(ctx, step)...)
	}
	return found
}

const (
	// slowCheck is how many times the usual a check may take that reads a whole
	// package or many records.
	slowCheck = 10
	// grace is how long a check whose time is over may take to notice.
	grace = time.Second
)
