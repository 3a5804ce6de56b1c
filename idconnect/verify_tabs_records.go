package idconnect

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/idconnect-go/upgrade/internal/text"

	"github.com/idconnect-go/upgrade/migration/openidm"
)

// Object types of connectors that hold what the tabs show (assumed).
var (
	typePermissionSets = regexp.MustCompile(`(?i)^permission_?sets?$`)
	typeGroups         = regexp.MustCompile(`(?i)^(__)?groups?(__)?$`)
)

func (t *tabs) permissionSets(ctx context.Context, c *Check) {
	t.records(ctx, c, t.opts.Tabs.PermissionSets, typePermissionSets, kindSalesforce)
}

func (t *tabs) groups(ctx context.Context, c *Check) {
	t.records(ctx, c, t.opts.Tabs.Groups, typeGroups, kindSalesforce|kindDirectory)
}

// records compares the first of the resources in which a server has a record,
// and else what a connector shows under such an object type. All that the
// source has must be in the target; what that has besides is named.
func (t *tabs) records(ctx context.Context, c *Check, resources []string, types *regexp.Regexp, kind tabKind) {
	var tried tabTried
	for _, resource := range resources {
		if t.compare(ctx, c, resource, false, &tried) {
			return
		}
	}
	if types != nil {
		t.read(ctx)
		for _, resource := range t.systemResources(types, kind) {
			if t.compare(ctx, c, resource, true, &tried) {
				return
			}
		}
	}
	c.open("%s", &tried)
}

// tabTried is what was looked at in vain.
type tabTried struct{ empty, other []string }

func (t *tabTried) String() string {
	out := t.other
	if len(t.empty) > 0 {
		out = append(out, "neither server holds a record in "+strings.Join(t.empty, ", "))
	}
	if len(out) == 0 {
		return "it is not known where to look"
	}
	return strings.Join(out, "; ")
}

// systemResources are the object types of the connectors of both servers.
func (t *tabs) systemResources(types *regexp.Regexp, kind tabKind) (out []string) {
	for _, config := range t.config {
		for _, connector := range config.ofKind(kind) {
			for _, name := range connector.types() {
				if resource := "system/" + url.PathEscape(connector.Name) + "/" + url.PathEscape(name); types.MatchString(name) && !slices.Contains(out, resource) {
					out = append(out, resource)
				}
			}
		}
	}
	return out
}

// compare compares one resource and says whether that gave a result; if not,
// it says why in tried.
func (t *tabs) compare(ctx context.Context, c *Check, resource string, ids bool, tried *tabTried) bool {
	v := &verifier{
		servers: [2]verifyServer{t.servers[0], t.servers[1]}, opts: t.opts, collection: Collection{Name: c.Name, Resource: resource},
		key: t.key, seed: maphash.MakeSeed(), said: &sync.Mutex{}, report: CollectionReport{Name: c.Name, Resource: resource},
	}
	if ids {
		v.servers = [2]verifyServer{tabIDs{t.servers[0]}, tabIDs{t.servers[1]}}
	}
	if err := v.run(ctx); err != nil {
		tried.other = append(tried.other, fmt.Sprintf("%s was not read: %v", resource, err))
		return false
	}
	r := &v.report
	switch {
	case r.Blocked:
		c.open("%s", r.Reason)
		return true
	case !r.Checked:
		tried.other = append(tried.other, r.Reason)
		return false
	case r.SourceCount == 0 && r.TargetCount == 0:
		tried.empty = append(tried.empty, r.Resource)
		return false
	}
	c.Source, c.Target = r.SourceCount, r.TargetCount
	if r.SourceCount == 0 {
		c.open("%s: the source holds none to compare those of the target with", r.Resource)
		return true
	}
	var wrong []string
	for _, n := range []struct {
		count int64
		what  string
		names []string
	}{
		{r.MissingCount, "missing", r.Missing}, {r.ChangedCount, "changed", changedIDs(r.Changed)},
		{r.DuplicateCount, "more than once", r.Duplicates}, {r.Unreadable, "unreadable", nil},
	} {
		if n.count == 0 {
			continue
		}
		wrong = append(wrong, fmt.Sprintf("%d %s", n.count, n.what))
		if len(n.names) > 0 {
			wrong[len(wrong)-1] += " (" + tabList(n.names) + ")"
		}
	}
	var also string
	for _, n := range []struct {
		count int64
		what  string
	}{{r.ExtraCount, "only in the target"}, {r.NotCheckedValues, "encrypted values not checked"}, {r.Shifted, "changed while they were read"}} {
		if n.count > 0 {
			also += fmt.Sprintf("; %d %s", n.count, n.what)
		}
	}
	if len(wrong) > 0 {
		c.fail("look for them in the target, migrate again or bring them over by hand", "%s: %s%s", r.Resource, strings.Join(wrong, ", "), also)
		return true
	}
	how := "with the same content"
	if ids {
		how = "by their ids"
	}
	c.pass("%s: all are in the target, %s%s", r.Resource, how, also)
	return true
}

func changedIDs(changed []Change) []string {
	out := make([]string, len(changed))
	for i, c := range changed {
		out[i] = c.ID
	}
	return out
}

// organizations compares the records of the organizations, or else the
// connectors to Salesforce: one for each (assumed).
func (t *tabs) organizations(ctx context.Context, c *Check) {
	t.records(ctx, c, t.opts.Tabs.Organizations, nil, 0)
	if c.Result != CheckNotChecked || c.Source >= 0 || c.Target >= 0 {
		return
	}
	t.read(ctx)
	if why := cmp.Or(t.config[0].connectorsBy, t.config[1].connectorsBy); why != "" {
		c.open("%s; %s", c.Detail, why)
		return
	}
	here, there := t.config[0].ofKind(kindSalesforce), t.config[1].ofKind(kindSalesforce)
	if len(here) == 0 {
		c.open("%s; the source has no connector that is recognised as one to Salesforce", c.Detail)
		return
	}
	c.Source, c.Target = int64(len(here)), int64(len(there))
	var missing []string
	for _, a := range here {
		if _, ok := t.config[1].connector(a.Name); !ok {
			missing = append(missing, a.Name)
		}
	}
	if len(missing) > 0 {
		c.fail("add them on the tab Manage Salesforce Organizations", "not in the target: %s", tabList(missing))
		return
	}
	c.pass("the target has a connector for each")
}

// populated looks whether the target's connectors to Active Directory show
// something: a record at least of every object type of which the source's show
// one. Source and Target count those types.
func (t *tabs) populated(ctx context.Context, c *Check) {
	t.read(ctx)
	if why := t.config[1].connectorsBy; why != "" {
		c.open("%s", why)
		return
	}
	here, there := t.config[0].ofKind(kindDirectory), t.config[1].ofKind(kindDirectory)
	remedy := "look at the connector on the target: its address, its account and its certificate"
	if len(there) == 0 {
		if len(here) > 0 {
			c.Source, c.Target = int64(len(here)), 0
			c.fail(remedy, "the source has %s to Active Directory, the target none", text.Plural(len(here), "connector"))
			return
		}
		c.open("neither server has a connector that is recognised as one to Active Directory")
		return
	}
	var filled, broken []string
	empty := map[string]bool{}
	for _, x := range there {
		for _, name := range x.types() {
			resource := "system/" + url.PathEscape(x.Name) + "/" + url.PathEscape(name)
			page, err := t.servers[1].QueryPage(ctx, resource, openidm.Query{Fields: []string{"_id"}, PageSize: 1}, "")
			switch {
			case errors.Is(err, openidm.ErrNotFound):
			case err != nil:
				broken = append(broken, fmt.Sprintf("%s (%s)", resource, tabWhy(err)))
			case len(page.Result) > 0:
				filled = append(filled, resource)
			default:
				empty[resource] = true
			}
		}
	}
	// What is empty in the target may be so in the source.
	var lost []string
	seen := int64(len(filled))
	for resource := range empty {
		page, err := t.servers[0].QueryPage(ctx, resource, openidm.Query{Fields: []string{"_id"}, PageSize: 1}, "")
		if err == nil && len(page.Result) > 0 {
			lost = append(lost, resource)
			seen++
		}
	}
	slices.Sort(lost)
	c.Target = int64(len(filled))
	if len(here) > 0 {
		c.Source = seen
	}
	switch {
	case len(lost) > 0:
		c.fail(remedy, "the source shows records and the target none: %s", tabList(lost))
	case len(broken) > 0:
		c.fail(remedy, "the target cannot read: %s", tabList(broken))
	case len(filled) == 0:
		c.open("the target's connectors to Active Directory show no record, and neither do the source's")
	default:
		c.pass("the target shows records: %s", tabList(filled))
	}
}

// testConnectors lets the target test its connectors, as its page of them does:
// it connects, and changes nothing.
func (t *tabs) testConnectors(ctx context.Context, c *Check) {
	var states []struct {
		Name    string `json:"name"`
		Enabled *bool  `json:"enabled"`
		OK      bool   `json:"ok"`
		Error   string `json:"error"`
	}
	err := t.servers[1].Action(ctx, "system", "test", openidm.ActionRequest{Repeatable: true}, &states)
	if err != nil {
		c.open("the target does not test its connectors (%s)", tabWhy(err))
		return
	}
	var broken []string
	n, working := int64(0), int64(0)
	for _, s := range states {
		if s.Enabled != nil && !*s.Enabled {
			continue
		}
		if n++; s.OK {
			working++
			continue
		}
		broken = append(broken, s.Name)
		if why := t.reason(s.Error); why != "" {
			broken[len(broken)-1] += ": " + why
		}
	}
	if n == 0 {
		c.open("the target has no connector that is enabled")
		return
	}
	c.Target = working
	if len(broken) > 0 {
		c.fail("look at the connector on the target: its address, its account and its certificate", "%d of %d fail: %s", len(broken), n, tabList(broken))
		return
	}
	c.pass("%s", text.Plural(int(n), "connector"))
}

// tabLinks are the links of both servers, counted by their types.
type tabLinks struct {
	why   string // they could not be, "" they were
	again bool   // they changed while they were counted
	count [2]map[string]int64
}

// tabMaxTypes limits the types of links that are told apart.
const tabMaxTypes = 10_000

// countLinks counts the links of both servers once, and once more where the
// counts differ although the comparison found the same links: then they changed
// meanwhile.
func (t *tabs) countLinks(ctx context.Context) *tabLinks {
	if t.links != nil {
		return t.links
	}
	t.links = &tabLinks{}
	i := slices.IndexFunc(t.report.Collections, func(c CollectionReport) bool { return strings.TrimPrefix(c.Resource, "repo/") == "link" })
	if i < 0 {
		t.links.why = "the links are not among the collections that are compared"
		return t.links
	}
	links := &t.report.Collections[i]
	if !links.Checked || links.SourceCount > 0 && links.TargetCount == 0 && links.Reason != "" {
		t.links.why = cmp.Or(links.Reason, "the links were not compared")
		return t.links
	}
	for {
		var errs [2]error
		both(func(side int) { t.links.count[side], errs[side] = t.countSide(ctx, side, links.Resource) })
		for side, err := range errs {
			if err != nil {
				t.links.why = fmt.Sprintf("the links of the %s were not counted: %s", verifySides[side], tabWhy(err))
				return t.links
			}
		}
		if links.Differences() > 0 || t.links.again || maps.Equal(t.links.count[0], t.links.count[1]) {
			return t.links
		}
		t.links.again = true
	}
}

func (t *tabs) countSide(ctx context.Context, side int, resource string) (map[string]int64, error) {
	counts, cookies, seed := map[string]int64{}, map[uint64]bool{}, maphash.MakeSeed()
	query := openidm.Query{Fields: []string{"_id", "linkType"}, PageSize: t.opts.PageSize, SortKeys: verifySort}
	for cookie, first := "", true; first || cookie != ""; first = false {
		page, err := t.servers[side].QueryPage(ctx, resource, query, cookie)
		if err != nil && first {
			query.SortKeys = nil // its own order, then
			page, err = t.servers[side].QueryPage(ctx, resource, query, cookie)
		}
		if err != nil {
			return nil, err
		}
		for _, raw := range page.Result {
			var link struct {
				Type string `json:"linkType"`
			}
			if err := json.Unmarshal(raw, &link); err != nil {
				return nil, err
			}
			if counts[link.Type]++; len(counts) > tabMaxTypes {
				return nil, fmt.Errorf("more than %d types", tabMaxTypes)
			}
		}
		if cookie = page.Cookie; cookie == "" {
			break
		}
		if h := maphash.String(seed, cookie); cookies[h] || len(cookies) >= verifyMaxPages {
			return nil, openidm.ErrPaging
		} else {
			cookies[h] = true
		}
	}
	return counts, nil
}

// linksTo compares how many links of a kind both servers have, by their types:
// what the preview analysis counts as linked. Which user is linked to which
// account is in the comparison of the links themselves.
func (t *tabs) linksTo(kind tabKind) func(context.Context, *Check) {
	return func(ctx context.Context, c *Check) {
		t.read(ctx)
		links := t.countLinks(ctx)
		if links.why != "" {
			c.open("%s", links.why)
			return
		}
		types := mergeNames(links.count[0], links.count[1])
		var n [2]int64
		var lost, all []string
		for _, name := range slices.Sorted(maps.Keys(types)) {
			if t.linkKind(name)&kind == 0 {
				continue
			}
			a, b := links.count[0][name], links.count[1][name]
			n[0], n[1] = n[0]+a, n[1]+b
			all = append(all, fmt.Sprintf("%d of %s", b, name))
			if b < a {
				lost = append(lost, fmt.Sprintf("%d of %d of %s", b, a, name))
			}
		}
		if n[0]+n[1] == 0 {
			c.open("no link is recognised as one to %s among %s", kind, text.Plural(len(types), "type"))
			return
		}
		c.Source, c.Target = n[0], n[1]
		var also string
		if links.again {
			also = " (counted again: they changed meanwhile)"
		}
		switch {
		case len(lost) > 0:
			c.fail("run the preview analysis on the tab Sync, and reconcile the mapping where users are not linked", "the target has %s%s", tabList(lost), also)
		case n[0] == 0:
			c.open("the source has none to compare those of the target with")
		default:
			c.pass("the target has %s%s", tabList(all), also)
		}
	}
}
