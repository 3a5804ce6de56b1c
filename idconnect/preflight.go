package idconnect

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/idconnect/report"
)

// check is one look of preflight. It changes nothing.
type check struct {
	// name says what is looked at, for a finding that it took too long.
	name string
	// steps for which it is made: one of them must be chosen.
	steps []string
	// after are checks whose result it needs.
	after []string
	// long: it may take ten times as long as others.
	long bool
	// must: the upgrade cannot do without what is looked at, so that a check
	// which does not end blocks.
	must bool
	look func(*run, context.Context) preflight.Findings
}

// The names of checks that others wait for.
const (
	lookSource = "the source"
	lookTarget = "the target"
	lookStores = "the source's stores"
)

// checks in the order of their findings.
var checks = []check{
	{name: lookSource, steps: StepNames(), must: true, look: (*run).lookAtSource},
	{name: lookTarget, steps: StepNames(), must: true, look: (*run).lookAtTarget},
	{name: "the lock of the target", steps: StepNames(), look: (*run).lookAtLock},
	{name: "whether source and target are two", steps: StepNames(), after: []string{lookSource, lookTarget}, look: (*run).lookAtPlaces},
	{name: "the source's mappings and schedules", steps: []string{StepPrepare, StepMigrate}, after: []string{lookSource}, look: (*run).lookAtConfiguration},
	{name: "the callback URLs of the connected app", steps: []string{StepPrepare}, look: (*run).lookAtCallbacks},
	{name: "the target's folder", steps: []string{StepUnpack, StepStores, StepSetup}, after: []string{lookTarget}, must: true, look: (*run).lookAtFolder},
	{name: "the package", steps: []string{StepUnpack}, long: true, must: true, look: (*run).lookAtPackage},
	{name: "the source's stores", steps: []string{StepStores}, must: true, look: (*run).lookAtStores},
	{name: "the encrypted values of the source", steps: []string{StepStores}, after: []string{lookSource, lookStores}, long: true, look: (*run).lookAtValues},
	{name: "whether the target was started before", steps: []string{StepStores}, after: []string{lookTarget}, look: (*run).lookAtOrder},
	{name: "Java", steps: []string{StepJava}, after: []string{lookTarget}, must: true, look: (*run).lookAtJava},
	{name: "the user", steps: []string{StepSetup}, after: []string{lookTarget}, look: (*run).lookAtUser},
	{name: "the target's ports", steps: []string{StepSetup}, after: []string{lookTarget}, look: (*run).lookAtPorts},
	{name: "the target's processes", steps: []string{StepStores, StepSetup}, after: []string{lookTarget}, look: (*run).lookAtProcesses},
	{name: "the host of the instance URL", steps: []string{StepConfigure}, after: []string{lookSource}, look: (*run).lookAtInstance},
	{name: "the source's certificate as the target sees it", steps: []string{StepConfigure}, after: []string{lookSource, lookTarget}, look: (*run).lookAtCertificate},
}

// longCheck is how many times longer a long check may take.
const longCheck = 10

// codes is the catalogue of what the checks find.
var codes = &preflight.Codes

// preflight fills in what was seen of both servers and the findings of the
// chosen steps, in the order of the steps and of the checks. All checks run
// side by side, but for those that wait for another's result.
func (r *run) preflight(ctx context.Context, p *report.Plan) {
	found := make([]preflight.Findings, len(checks))
	ended := map[string]chan struct{}{}
	for _, c := range checks {
		ended[c.name] = make(chan struct{})
	}
	var wait sync.WaitGroup
	for i, c := range checks {
		wait.Go(func() {
			defer close(ended[c.name])
			for _, before := range c.after {
				<-ended[before]
			}
			if slices.ContainsFunc(c.steps, r.u.chosen) {
				found[i] = r.inTime(ctx, c)
			}
		})
	}
	wait.Wait()
	for side, seen := range map[*report.ServerSeen]*seenServer{&p.Source: r.sourceSeen.Load(), &p.Target: r.targetSeen.Load()} {
		if seen != nil {
			*side = seen.ServerSeen
		} else {
			side.State = "did not answer in time"
		}
	}
	all := slices.Concat(found...)
	for _, name := range StepNames() {
		if r.u.chosen(name) {
			p.Findings = append(p.Findings, all.Of(name)...)
		}
	}
}

// deafness is how long a check whose time is over may take to notice.
const deafness = time.Second

// inTime makes a check, and says so when its time is over before it ends. One
// that does not hear of that, in a call of the system to a drive that is gone
// for example, is left behind: nothing can end it but its own return.
func (r *run) inTime(ctx context.Context, c check) preflight.Findings {
	limit := r.u.Checks.WithDefaults().Timeout
	if c.long {
		limit *= longCheck
	}
	own, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	result := make(chan preflight.Findings, 1)
	go func() { result <- c.look(r, own) }()
	var found preflight.Findings
	select {
	case found = <-result:
	case <-own.Done():
		patience := time.NewTimer(deafness)
		defer patience.Stop()
		select {
		case found = <-result:
		case <-patience.C:
		}
	}
	if ctx.Err() != nil || !errors.Is(own.Err(), context.DeadlineExceeded) {
		return found
	}
	f := codes.CheckTimedOut.Finding(r.u.firstChosen(c.steps...), "%s: no end of the check after %v", c.name, limit)
	if c.must {
		f = f.As(preflight.Blocks)
	}
	return append(found, f)
}

// firstChosen is the first of the steps that is chosen, "" where none is: a
// finding about a server concerns the first step that needs it.
func (u *Upgrade) firstChosen(names ...string) string {
	for _, n := range names {
		if u.chosen(n) {
			return n
		}
	}
	return ""
}
