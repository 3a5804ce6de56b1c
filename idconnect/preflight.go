package idconnect

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
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
	look func(*runner, context.Context) Findings
}

// The names of checks that others wait for.
const (
	lookSource = "the source"
	lookTarget = "the target"
	lookStores = "the source's stores"
)

// checks in the order of their findings.
var checks = []check{
	{name: lookSource, steps: StepNames(), must: true, look: (*runner).lookAtSource},
	{name: lookTarget, steps: StepNames(), must: true, look: (*runner).lookAtTarget},
	{name: "the lock of the target", steps: StepNames(), look: (*runner).lookAtLock},
	{name: "whether source and target are two", steps: StepNames(), after: []string{lookSource, lookTarget}, look: (*runner).lookAtPlaces},
	{name: "the source's mappings and schedules", steps: []string{StepPrepare, StepMigrate}, after: []string{lookSource}, look: (*runner).lookAtConfiguration},
	{name: "the callback URLs of the connected app", steps: []string{StepPrepare}, look: (*runner).lookAtCallbacks},
	{name: "the target's folder", steps: []string{StepUnpack, StepStores, StepSetup}, after: []string{lookTarget}, must: true, look: (*runner).lookAtFolder},
	{name: "the package", steps: []string{StepUnpack}, long: true, must: true, look: (*runner).lookAtPackage},
	{name: "the source's stores", steps: []string{StepStores}, must: true, look: (*runner).lookAtStores},
	{name: "the encrypted values of the source", steps: []string{StepStores}, after: []string{lookSource, lookStores}, long: true, look: (*runner).lookAtValues},
	{name: "whether the target was started before", steps: []string{StepStores}, after: []string{lookTarget}, look: (*runner).lookAtOrder},
	{name: "Java", steps: []string{StepJava}, after: []string{lookTarget}, must: true, look: (*runner).lookAtJava},
	{name: "the user", steps: []string{StepSetup}, after: []string{lookTarget}, look: (*runner).lookAtUser},
	{name: "the target's ports", steps: []string{StepSetup}, after: []string{lookTarget}, look: (*runner).lookAtPorts},
	{name: "the target's processes", steps: []string{StepStores, StepSetup}, after: []string{lookTarget}, look: (*runner).lookAtProcesses},
	{name: "the host of the instance URL", steps: []string{StepConfigure}, after: []string{lookSource}, look: (*runner).lookAtInstance},
	{name: "the source's certificate as the target sees it", steps: []string{StepConfigure}, after: []string{lookSource, lookTarget}, look: (*runner).lookAtCertificate},
}

// preflight fills in what was seen of both servers and the findings of the
// chosen steps, in the order of the steps and of the checks. All checks run
// side by side, but for those that wait for another's result.
func (r *runner) preflight(ctx context.Context, p *Plan) {
	found := make([]Findings, len(checks))
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
			if r.Chooses(c.steps...) {
				found[i] = r.inTime(ctx, c)
			}
		})
	}
	wait.Wait()
	for side, seen := range map[*ServerSeen]*seenServer{&p.Source: r.sourceSeen.Load(), &p.Target: r.targetSeen.Load()} {
		if seen != nil {
			*side = seen.ServerSeen
		} else {
			side.State = "did not answer in time"
		}
	}
	all := slices.Concat(found...)
	for _, name := range StepNames() {
		if r.Chooses(name) {
			p.Findings = append(p.Findings, all.Of(name)...)
		}
	}
}

// deafness is how long a check whose time is over may take to notice.
const deafness = time.Second

// inTime makes a check, and says so when its time is over before it ends. One
// that does not hear of that, in a call of the system to a drive that is gone
// for example, is left behind: nothing can end it but its own return.
func (r *runner) inTime(ctx context.Context, c check) Findings {
	limit := r.Checks.timeout()
	if c.long {
		limit *= longCheck
	}
	own, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	result := make(chan Findings, 1)
	go func() { result <- c.look(r, own) }()
	var found Findings
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
	f := finding(CodeTimedOut, r.First(c.steps...), "%s: no end of the check after %v", c.name, limit)
	if c.must {
		f = f.as(Blocks)
	}
	return append(found, f)
}
