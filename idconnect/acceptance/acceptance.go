// Package acceptance makes the checks with which the vendor's procedure ends, as
// far as a program can make them: that permission sets, groups, organizations,
// mappings, connectors and links of the source are in the target, and which
// records the migration could not copy. It adds them to the report of a
// comparison by package verify and never changes a server.
//
// It is for programs that call package verify themselves; idconnect.Verify does both.
// Begin with [Run], [Options] and [Codes], which are the checks.
package acceptance

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/idconnect-go/upgrade/idconnect/internal/identity"
	"github.com/idconnect-go/upgrade/idconnect/verify"
	"github.com/idconnect-go/upgrade/internal/redact"
	"github.com/idconnect-go/upgrade/internal/text"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// The tabs of the vendor's procedure whose names are known.
const (
	tabOrganizations = "Manage Salesforce Organizations"
	tabSync          = "Sync"
)

// sides name the servers in errors and reasons.
var sides = [2]string{"source", "target"}

// parallelReads is the number of requests by id in flight.
const parallelReads = 4

// checker makes the checks of one comparison.
type checker struct {
	servers  [2]*openidm.Client
	opts     Options         // with defaults
	compared verify.Options  // with defaults
	report   *verify.Report  // with the collections
	hide     redact.Redactor // what the servers must not be quoted with

	salesforce, directory *regexp.Regexp
	// known: what a connector is tells its kind, before what it is called.
	known    bool
	reading  *once
	config   [2]*configuration
	listing  *once
	managed  []string // see managedKinds
	counting *once
	links    linkCounts
}

// Run adds the checks and the failed records to the report of a comparison of
// the same servers: compare are the options of that comparison, whose keys,
// limits and progress hold for the checks too. What goes wrong in a check is
// the reason why it is not checked; Run returns an error only if opts are
// invalid, the servers are one or swapped, or the context ends, and then report holds the checks made so far.
//
// Where the comparison is still under way, compared is the channel that closes at its
// end. Until then Run leaves the report alone, and reads configuration only.
func Run(ctx context.Context, source, target *openidm.Client, opts Options, compare verify.Options,
	report *verify.Report, compared ...<-chan struct{}) error {
	if err := opts.Validate(); err != nil {
		return err
	}
	if report == nil {
		return errors.New("making the acceptance checks: the report is nil")
	}
	pair := identity.Pair{Source: source, Target: target}
	if _, err := pair.Check(ctx); err != nil {
		return err
	}
	known := opts.Salesforce == "" && opts.ActiveDirectory == ""
	opts = opts.withDefaults()
	t := &checker{
		known: known, reading: newOnce(), listing: newOnce(), counting: newOnce(),
		servers: [2]*openidm.Client{source, target}, opts: opts, compared: compare.WithDefaults(), report: report,
		hide:       pair.Hide(),
		salesforce: regexp.MustCompile(opts.Salesforce), directory: regexp.MustCompile(opts.ActiveDirectory),
	}
	if said := t.compared.Progress; said != nil {
		var one sync.Mutex
		t.compared.Progress = func(p verify.Progress) {
			one.Lock()
			defer one.Unlock()
			said(p)
		}
	}
	for _, c := range compared {
		if err := t.ahead(ctx, c); err != nil {
			return fmt.Errorf("making the acceptance checks: %w", err)
		}
	}
	err := t.run(ctx)
	*report = redact.Value(t.hide, *report)
	return t.hide.Error(err)
}

// run makes the checks, several at once.
func (t *checker) run(ctx context.Context) error {
	checks := []struct {
		code, name, tab string
		check           func(context.Context, *verify.Check)
	}{
		{PermissionSets, "permission sets", "", t.permissionSets},
		{Groups, "groups", "", t.groups},
		{Directory, "Active Directory information", "", t.populated},
		{Organizations, "Salesforce organizations", tabOrganizations, t.organizations},
		{Mappings, "mappings", tabSync, t.mappings},
		{Connectors, "connectors", tabSync, t.connectors},
		{ConnectorTest, "connectors of the target work", tabSync, t.testConnectors},
		{LinksSalesforce, "links of users to Salesforce", tabSync, t.linksTo(salesforce)},
		{LinksDirectory, "links of users to Active Directory", tabSync, t.linksTo(directory)},
	}
	var all sync.WaitGroup
	places := make(chan struct{}, 2*t.compared.Concurrency) // they wait for one another, too
	made := make([]bool, len(checks)+1)
	start := func(i int, code string, do func()) {
		if !t.opts.makes(code) {
			t.report.Off = append(t.report.Off, code)
			return
		}
		all.Go(func() {
			places <- struct{}{}
			do()
			made[i] = ctx.Err() == nil
			<-places
		})
	}
	results, failed := make([]verify.Check, len(checks)), (*verify.FailedRecords)(nil)
	for i, c := range checks {
		results[i] = verify.Check{Code: c.code, Name: c.name, Tab: c.tab, Source: -1, Target: -1}
		start(i, c.code, func() {
			began := time.Now()
			c.check(ctx, &results[i])
			results[i].Seconds = time.Since(began).Seconds()
		})
	}
	start(len(checks), FailedRecords, func() { failed = t.failedRecords(ctx) })
	all.Wait()
	for i, c := range checks {
		switch {
		case made[i]:
			t.report.Checks = append(t.report.Checks, results[i])
		case t.opts.makes(c.code):
			return fmt.Errorf("checking %s: %w", c.name, context.Cause(ctx))
		}
	}
	if t.opts.makes(FailedRecords) && !made[len(checks)] {
		return fmt.Errorf("looking for failed records: %w", context.Cause(ctx))
	}
	t.report.Failed = failed
	return nil
}

// ahead reads what the checks need of the configuration, one request after the other at
// each server: whoever reads the records is not kept from it. It returns when they are
// compared, and the error is that of the context where they are not.
func (t *checker) ahead(ctx context.Context, compared <-chan struct{}) error {
	var all sync.WaitGroup
	defer all.Wait()
	all.Go(func() {
		t.read(ctx)
		t.managedKinds(ctx)
	})
	select {
	case <-compared:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// once is something that several checks need. Unlike those of package sync it lets
// time go on in a bubble of testing/synctest.
type once struct {
	begun atomic.Bool
	done  chan struct{}
}

func newOnce() *once { return &once{done: make(chan struct{})} }

// do returns when it was done, by whichever call.
func (o *once) do(what func()) {
	if o.begun.CompareAndSwap(false, true) {
		what()
		close(o.done)
	}
	<-o.done
}

// pass, fail and skip set the result. A skipped check is never a pass.
func pass(c *verify.Check, format string, args ...any) {
	c.Result, c.Detail = verify.CheckPassed, fmt.Sprintf(format, args...)
}

func fail(c *verify.Check, remedy, format string, args ...any) {
	c.Result, c.Detail, c.Remedy = verify.CheckFailed, fmt.Sprintf(format, args...), remedy
}

func skip(c *verify.Check, format string, args ...any) {
	c.Result, c.Detail = verify.CheckNotChecked, fmt.Sprintf(format, args...)
}

// statusOf says in a few words why a server did not show something.
func statusOf(err error) string {
	var answer *openidm.Error
	if errors.As(err, &answer) {
		return fmt.Sprintf("%d %s", answer.Code, http.StatusText(answer.Code))
	}
	return err.Error()
}

// shows reports whether a server shows a record of a resource.
func (t *checker) shows(ctx context.Context, side int, resource string) (bool, error) {
	page, err := t.one(ctx, side, resource)
	return len(page.Result) > 0, err
}

// one asks for a record of a resource.
func (t *checker) one(ctx context.Context, side int, resource string) (openidm.Page, error) {
	return t.servers[side].QueryPage(ctx, resource, openidm.Query{Fields: []string{"_id"}, PageSize: 1}, "")
}

// list names some of what was found; the text is the servers'.
func list(names []string) string {
	const most = 10
	out := make([]string, 0, most)
	for _, name := range names[:min(len(names), most)] {
		out = append(out, text.Cut(text.Printable(name), 200))
	}
	s := strings.Join(out, ", ")
	if more := len(names) - most; more > 0 {
		s += fmt.Sprintf(" and %d more", more)
	}
	return s
}

// both does the same with both servers at once.
func both(do func(side int)) {
	var wait sync.WaitGroup
	for side := range 2 {
		wait.Go(func() { do(side) })
	}
	wait.Wait()
}
