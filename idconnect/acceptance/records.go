package acceptance

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

	"github.com/idconnect-go/upgrade/idconnect/verify"
	"github.com/idconnect-go/upgrade/internal/text"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// Object types of connectors that hold what the checker show (assumed).
var (
	typePermissionSets = regexp.MustCompile(`(?i)^permission_?sets?$`)
	typeGroups         = regexp.MustCompile(`(?i)^(__)?groups?(__)?$`)
)

func (t *checker) permissionSets(ctx context.Context, c *verify.Check) {
	t.records(ctx, c, t.opts.PermissionSets, typePermissionSets, salesforce)
}

func (t *checker) groups(ctx context.Context, c *verify.Check) {
	t.records(ctx, c, t.opts.Groups, typeGroups, salesforce|directory)
}

// records compares the first of the resources in which a server has a record,
// and else what a connector shows under such an object type. All that the
// source has must be in the target; what that has besides is named.
func (t *checker) records(ctx context.Context, c *verify.Check, resources []string, types *regexp.Regexp, kind kinds) {
	var tried attempts
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
	skip(c, "%s", &tried)
}

// attempts is what was looked at in vain.
type attempts struct{ empty, other []string }

func (t *attempts) String() string {
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
func (t *checker) systemResources(types *regexp.Regexp, kind kinds) (out []string) {
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
func (t *checker) compare(ctx context.Context, c *verify.Check, resource string, ids bool, tried *attempts) bool {
	servers := [2]verify.Server{t.servers[0], t.servers[1]}
	if ids {
		servers = [2]verify.Server{idsOnly{t.servers[0]}, idsOnly{t.servers[1]}}
	}
	r, err := verify.Compare(ctx, servers[0], servers[1], verify.Collection{Name: c.Name, Resource: resource}, t.compared)
	if err != nil {
		tried.other = append(tried.other, fmt.Sprintf("%s was not read: %v", resource, err))
		return false
	}
	switch {
	case r.Blocked:
		skip(c, "%s", r.Reason)
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
		skip(c, "%s: the source holds none to compare those of the target with", r.Resource)
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
			wrong[len(wrong)-1] += " (" + list(n.names) + ")"
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
		fail(c, "look for them in the target, migrate again or bring them over by hand", "%s: %s%s", r.Resource, strings.Join(wrong, ", "), also)
		return true
	}
	how := "with the same content"
	if ids {
		how = "by their ids"
	}
	pass(c, "%s: all are in the target, %s%s", r.Resource, how, also)
	return true
}

func changedIDs(changed []verify.Change) []string {
	out := make([]string, len(changed))
	for i, c := range changed {
		out[i] = c.ID
	}
	return out
}

// organizations compares the records of the organizations, or else the
// connectors to Salesforce: one for each (assumed).
func (t *checker) organizations(ctx context.Context, c *verify.Check) {
	t.records(ctx, c, t.opts.Organizations, nil, 0)
	if c.Result != verify.CheckNotChecked || c.Source >= 0 || c.Target >= 0 {
		return
	}
	t.read(ctx)
	if why := cmp.Or(t.config[0].connectorsBy, t.config[1].connectorsBy); why != "" {
		skip(c, "%s; %s", c.Detail, why)
		return
	}
	here, there := t.config[0].ofKind(salesforce), t.config[1].ofKind(salesforce)
	if len(here) == 0 {
		skip(c, "%s; the source has no connector that is recognised as one to Salesforce", c.Detail)
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
		fail(c, "add them on the tab Manage Salesforce Organizations", "not in the target: %s", list(missing))
		return
	}
	pass(c, "the target has a connector for each")
}

// populated looks whether the target's connectors to Active Directory show
// something: a record at least of every object type of which the source's show
// one. Source and Target count those types.
func (t *checker) populated(ctx context.Context, c *verify.Check) {
	t.read(ctx)
	if why := t.config[1].connectorsBy; why != "" {
		skip(c, "%s", why)
		return
	}
	here, there := t.config[0].ofKind(directory), t.config[1].ofKind(directory)
	remedy := "look at the connector on the target: its address, its account and its certificate"
	if len(there) == 0 {
		if len(here) > 0 {
			c.Source, c.Target = int64(len(here)), 0
			fail(c, remedy, "the source has %s to Active Directory, the target none", text.Plural(len(here), "connector"))
			return
		}
		skip(c, "neither server has a connector that is recognised as one to Active Directory")
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
				broken = append(broken, fmt.Sprintf("%s (%s)", resource, statusOf(err)))
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
		fail(c, remedy, "the source shows records and the target none: %s", list(lost))
	case len(broken) > 0:
		fail(c, remedy, "the target cannot read: %s", list(broken))
	case len(filled) == 0:
		skip(c, "the target's connectors to Active Directory show no record, and neither do the source's")
	default:
		pass(c, "the target shows records: %s", list(filled))
	}
}

// testConnectors lets the target test its connectors, as its page of them does:
// it connects, and changes nothing.
func (t *checker) testConnectors(ctx context.Context, c *verify.Check) {
	var states []struct {
		Name    string `json:"name"`
		Enabled *bool  `json:"enabled"`
		OK      bool   `json:"ok"`
		Error   string `json:"error"`
	}
	err := t.servers[1].Action(ctx, "system", "test", openidm.ActionRequest{Repeatable: true}, &states)
	if err != nil {
		skip(c, "the target does not test its connectors (%s)", statusOf(err))
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
		skip(c, "the target has no connector that is enabled")
		return
	}
	c.Target = working
	if len(broken) > 0 {
		fail(c, "look at the connector on the target: its address, its account and its certificate", "%d of %d fail: %s", len(broken), n, list(broken))
		return
	}
	pass(c, "%s", text.Plural(int(n), "connector"))
}

// linkCounts are the links of both servers, counted by their types.
type linkCounts struct {
	why   string // they could not be, "" they were
	again bool   // they changed while they were counted
	count [2]map[string]int64
}

// maxLinkTypes limits the types of links that are told apart.
const maxLinkTypes = 10_000

// countLinks counts the links of both servers once, and once more where the
// counts differ although the comparison found the same links: then they changed
// meanwhile.
func (t *checker) countLinks(ctx context.Context) *linkCounts {
	if t.links != nil {
		return t.links
	}
	t.links = &linkCounts{}
	i := slices.IndexFunc(t.report.Collections, func(c verify.CollectionReport) bool { return strings.TrimPrefix(c.Resource, "repo/") == "link" })
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
				t.links.why = fmt.Sprintf("the links of the %s were not counted: %s", sides[side], statusOf(err))
				return t.links
			}
		}
		if links.Differences() > 0 || t.links.again || maps.Equal(t.links.count[0], t.links.count[1]) {
			return t.links
		}
		t.links.again = true
	}
}

func (t *checker) countSide(ctx context.Context, side int, resource string) (map[string]int64, error) {
	counts, cookies, seed := map[string]int64{}, map[uint64]bool{}, maphash.MakeSeed()
	query := openidm.Query{Fields: []string{"_id", "linkType"}, PageSize: t.compared.PageSize, SortKeys: []string{"_id"}}
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
			if counts[link.Type]++; len(counts) > maxLinkTypes {
				return nil, fmt.Errorf("more than %d types", maxLinkTypes)
			}
		}
		if cookie = page.Cookie; cookie == "" {
			break
		}
		if h := maphash.String(seed, cookie); cookies[h] || len(cookies) >= maxPages {
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
func (t *checker) linksTo(kind kinds) func(context.Context, *verify.Check) {
	return func(ctx context.Context, c *verify.Check) {
		t.read(ctx)
		links := t.countLinks(ctx)
		if links.why != "" {
			skip(c, "%s", links.why)
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
			skip(c, "no link is recognised as one to %s among %s", kind, text.Plural(len(types), "type"))
			return
		}
		c.Source, c.Target = n[0], n[1]
		var also string
		if links.again {
			also = " (counted again: they changed meanwhile)"
		}
		switch {
		case len(lost) > 0:
			fail(c, "run the preview analysis on the tab Sync, and reconcile the mapping where users are not linked", "the target has %s%s", list(lost), also)
		case n[0] == 0:
			skip(c, "the source has none to compare those of the target with")
		default:
			pass(c, "the target has %s%s", list(all), also)
		}
	}
}
