package acceptance

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/idconnect-go/upgrade/idconnect/verify"
	"github.com/idconnect-go/upgrade/internal/text"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// linkCounts are the links of both servers, counted by their types.
type linkCounts struct {
	why   string // they could not be, "" they were
	again bool   // they changed while they were counted
	count [2]map[string]int64
}

// maxLinkTypes limits the types of links that are told apart.
const maxLinkTypes = 10_000

// countLinks counts the links of both servers once: as the comparison did, else by
// reading them. It reads them where the counts differ although the comparison found
// the same links: then they changed meanwhile.
func (t *checker) countLinks(ctx context.Context) *linkCounts {
	t.counting.do(func() { t.readLinks(ctx) })
	return &t.links
}

func (t *checker) readLinks(ctx context.Context) {
	i := slices.IndexFunc(t.report.Collections,
		func(c verify.CollectionReport) bool { return strings.TrimPrefix(c.Resource, "repo/") == "link" })
	if i < 0 {
		t.links.why = "the links are not among the collections that are compared"
		return
	}
	links := &t.report.Collections[i]
	if !links.Checked || links.SourceCount > 0 && links.TargetCount == 0 && links.Reason != "" {
		t.links.why = cmp.Or(links.Reason, "the links were not compared")
		return
	}
	t.links.count = [2]map[string]int64{links.SourceLinks, links.TargetLinks}
	known := total(t.links.count[0]) == links.SourceCount && total(t.links.count[1]) == links.TargetCount
	for {
		if !known {
			var errs [2]error
			both(func(side int) { t.links.count[side], errs[side] = t.countSide(ctx, side, links.Resource) })
			for side, err := range errs {
				if err != nil {
					t.links.why = fmt.Sprintf("the links of the %s were not counted: %s", sides[side], statusOf(err))
					return
				}
			}
		}
		if links.Differences() > 0 || t.links.again || maps.Equal(t.links.count[0], t.links.count[1]) {
			return
		}
		t.links.again, known = true, false
	}
}

func total(counts map[string]int64) (n int64) {
	for _, c := range counts {
		n += c
	}
	return n
}

func (t *checker) countSide(ctx context.Context, side int, resource string) (map[string]int64, error) {
	query := openidm.Query{Fields: []string{"_id", "linkType"}, PageSize: t.compared.PageSize,
		SortKeys: []string{"_id"}, Seen: &openidm.Seen{}}
	counts, err := t.countTypes(ctx, side, resource, query)
	if err != nil && query.Seen.Pages == 0 {
		query.SortKeys = nil // its own order, then
		counts, err = t.countTypes(ctx, side, resource, query)
	}
	return counts, err
}

func (t *checker) countTypes(ctx context.Context, side int, resource string, query openidm.Query) (
	map[string]int64, error) {
	counts := map[string]int64{}
	for raw, err := range t.servers[side].Query(ctx, resource, query) {
		var link struct {
			Type string `json:"linkType"`
		}
		if err == nil {
			err = json.Unmarshal(raw, &link)
		}
		if err != nil {
			return nil, err
		}
		if counts[link.Type]++; len(counts) > maxLinkTypes {
			return nil, fmt.Errorf("more than %d types", maxLinkTypes)
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
		types := namesOf(links.count[0], links.count[1])
		var n [2]int64
		var lost, all []string
		for _, name := range types {
			if t.linkKind(name)&kind == 0 {
				continue
			}
			a, b := links.count[0][name], links.count[1][name]
			n[0], n[1] = n[0]+a, n[1]+b
			all = append(all, text.Grouped(b)+" of "+name)
			if b < a {
				lost = append(lost, fmt.Sprintf("%s of %s of %s", text.Grouped(b), text.Grouped(a), name))
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
			fail(c, "run the preview analysis on the tab Sync, "+
				"and reconcile the mapping where users are not linked",
				"the target has %s%s", list(lost), also)
		case n[0] == 0:
			skip(c, "the source has none to compare those of the target with")
		default:
			pass(c, "the target has %s%s", list(all), also)
		}
	}
}
