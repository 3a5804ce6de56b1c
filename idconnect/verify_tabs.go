package idconnect

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"sync"

	"github.com/idconnect-go/upgrade/migration/openidm"
)

// The tabs of the vendor's procedure whose names are known.
const (
	tabOrganizations = "Manage Salesforce Organizations"
	tabSync          = "Sync"
)

// tabServer is what the checks use of an [openidm.Client].
type tabServer interface {
	verifyServer
	Configs(ctx context.Context) ([]string, error)
	Config(ctx context.Context, id string, into any) error
	Action(ctx context.Context, resource, action string, a openidm.ActionRequest, into any) error
	Recons(ctx context.Context) ([]openidm.Recon, error)
}

// tabs makes the checks of one comparison.
type tabs struct {
	servers [2]tabServer
	opts    VerifyOptions // complete
	key     []byte
	report  *VerifyReport // with the collections
	secrets []string      // that the servers must not be quoted with

	salesforce, directory *regexp.Regexp
	config                [2]*tabConfig
	links                 *tabLinks
}

// newTabs needs its options complete, and valid.
func newTabs(servers [2]tabServer, opts VerifyOptions, key []byte, report *VerifyReport) *tabs {
	t := &tabs{servers: servers, opts: opts, key: key, report: report}
	t.opts.Tabs = opts.Tabs.withDefaults()
	t.salesforce, t.directory = regexp.MustCompile(t.opts.Tabs.Salesforce), regexp.MustCompile(t.opts.Tabs.ActiveDirectory)
	return t
}

// look makes the checks one after the other. What goes wrong in one of them is
// a reason not to have checked; only the end of the context is an error.
func (t *tabs) look(ctx context.Context) error {
	checks := []struct {
		code, name, tab string
		check           func(context.Context, *Check)
	}{
		{CheckPermissionSets, "permission sets", "", t.permissionSets},
		{CheckGroups, "groups", "", t.groups},
		{CheckDirectory, "Active Directory information", "", t.populated},
		{CheckOrganizations, "Salesforce organizations", tabOrganizations, t.organizations},
		{CheckMappings, "mappings", tabSync, t.mappings},
		{CheckConnectors, "connectors", tabSync, t.connectors},
		{CheckConnectorTest, "connectors of the target work", tabSync, t.testConnectors},
		{CheckLinksSalesforce, "links of users to Salesforce", tabSync, t.linksTo(kindSalesforce)},
		{CheckLinksDirectory, "links of users to Active Directory", tabSync, t.linksTo(kindDirectory)},
	}
	for _, c := range checks {
		if !t.opts.Tabs.makes(c.code) {
			continue
		}
		check := Check{Code: c.code, Name: c.name, Tab: c.tab, Source: -1, Target: -1}
		c.check(ctx, &check)
		if ctx.Err() != nil {
			return fmt.Errorf("checking %s: %w", c.name, context.Cause(ctx))
		}
		t.report.Checks = append(t.report.Checks, check)
	}
	if t.opts.Tabs.makes(CheckFailedRecords) {
		failed := t.failedRecords(ctx)
		if ctx.Err() != nil {
			return fmt.Errorf("looking for failed records: %w", context.Cause(ctx))
		}
		t.report.Failed = failed
	}
	return nil
}

// pass, fail and open set the result: of open nothing is known, which is never
// a pass.
func (c *Check) pass(format string, args ...any) {
	c.Result, c.Detail = CheckPassed, fmt.Sprintf(format, args...)
}

func (c *Check) fail(remedy, format string, args ...any) {
	c.Result, c.Detail, c.Remedy = CheckFailed, fmt.Sprintf(format, args...), remedy
}

func (c *Check) open(format string, args ...any) {
	c.Result, c.Detail = CheckNotChecked, fmt.Sprintf(format, args...)
}

// tabWhy says in a few words why a server did not show something.
func tabWhy(err error) string {
	var answer *openidm.Error
	if errors.As(err, &answer) {
		return fmt.Sprintf("%d %s", answer.Code, http.StatusText(answer.Code))
	}
	return err.Error()
}

// both does the same with both servers at once.
func both(do func(side int)) {
	var wait sync.WaitGroup
	for side := range 2 {
		wait.Go(func() { do(side) })
	}
	wait.Wait()
}

// tabIDs are servers of which only the ids of records are asked for: what a
// connector reads from outside is the same for both, but how it shows it is
// not.
type tabIDs struct{ verifyServer }

func (s tabIDs) QueryPage(ctx context.Context, resource string, q openidm.Query, cookie string) (openidm.Page, error) {
	q.Fields = []string{"_id"}
	return s.verifyServer.QueryPage(ctx, resource, q, cookie)
}

func (s tabIDs) QueryBody(ctx context.Context, resource string, q openidm.Query, cookie string, buf []byte) ([]byte, error) {
	q.Fields = []string{"_id"}
	return s.verifyServer.QueryBody(ctx, resource, q, cookie, buf)
}

func (s tabIDs) Read(ctx context.Context, resource string, into any, _ ...string) error {
	return s.verifyServer.Read(ctx, resource, into, "_id")
}
