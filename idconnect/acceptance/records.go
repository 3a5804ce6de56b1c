package acceptance

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/idconnect-go/upgrade/idconnect/verify"
	"github.com/idconnect-go/upgrade/internal/text"
)

// Object types of connectors that hold what the tabs show (assumed).
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

// records compares the first of the resources in which a server has a record.
// All that the source has must be in the target; what that has besides is named.
// Where neither has one, what the target's connectors show under such an object
// type is counted.
func (t *checker) records(ctx context.Context, c *verify.Check, resources []string, types *regexp.Regexp, kind kinds) {
	var tried attempts
	sources := t.sourcesOf(ctx, resources)
	for i, resource := range resources {
		from := sources[i]
		if !from.listed { // else the comparison asks
			t.look(ctx, from)
		}
		if from.lacks() {
			tried.other = append(tried.other, "the source has no "+resource)
		} else if t.compare(ctx, c, from, resource, &tried) {
			return
		}
	}
	if types != nil && t.live(ctx, c, types, kind, &tried) {
		return
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

// compare compares one resource and says whether that gave a result; if not,
// it says why in tried.
func (t *checker) compare(ctx context.Context, c *verify.Check, from *knownSource, resource string,
	tried *attempts) bool {
	r, err := verify.Compare(ctx, from, t.servers[1], verify.Collection{Name: c.Name, Resource: resource}, t.compared)
	if err != nil {
		tried.other = append(tried.other, fmt.Sprintf("%s was not read: %v", resource, err))
		return false
	}
	switch {
	case r.Blocked:
		skip(c, "%s", r.Reason)
		return true
	case !r.Checked:
		why := r.Reason
		if t.look(ctx, from); from.lacks() {
			why = "the source has no " + resource
		}
		tried.other = append(tried.other, why)
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
		wrong = append(wrong, text.Grouped(n.count)+" "+n.what)
		if len(n.names) > 0 {
			wrong[len(wrong)-1] += " (" + list(n.names) + ")"
		}
	}
	var also string
	for _, n := range []struct {
		count int64
		what  string
	}{{r.ExtraCount, "only in the target"}, {r.NotCheckedValues, "encrypted values not checked"},
		{r.Shifted, "changed while they were read"}} {
		if n.count > 0 {
			also += fmt.Sprintf("; %d %s", n.count, n.what)
		}
	}
	if len(wrong) > 0 {
		fail(c, "look for them in the target, migrate again or bring them over by hand", "%s: %s%s",
			r.Resource, strings.Join(wrong, ", "), also)
		return true
	}
	if r.NotCheckedValues > 0 {
		skip(c, "%s: all are in the target, with the same content as far as compared%s", r.Resource, also)
		return true
	}
	pass(c, "%s: all are in the target, with the same content%s", r.Resource, also)
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
	source, target := t.config[0].connectors, t.config[1].connectors
	if why := cmp.Or(source.why, target.why); why != "" {
		skip(c, "%s; %s", c.Detail, why)
		return
	}
	here, there := source.ofKind(salesforce), target.ofKind(salesforce)
	if len(here) == 0 {
		skip(c, "%s; the source has no connector that is recognised as one to Salesforce", c.Detail)
		return
	}
	c.Source, c.Target = int64(len(here)), int64(len(there))
	var missing []string
	for _, a := range here {
		if _, ok := target.named(a.Name); !ok {
			missing = append(missing, a.Name)
		}
	}
	if len(missing) > 0 {
		fail(c, "add them on the tab Manage Salesforce Organizations", "not in the target: %s", list(missing))
		return
	}
	pass(c, "the target has a connector for each")
}
