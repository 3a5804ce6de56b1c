package verify

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/migration/openidm"
)

func TestShifting(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		change func(source, target *table)
		want   func(CollectionReport) bool
	}{
		{"a record arrives later on the target", func(source, target *table) {
			source.put("v-new", `{"_id":"v-new"}`)
			target.paged = func(t *table, pass, _ int) {
				if pass == 2 {
					t.put("v-new", `{"_id":"v-new"}`)
				}
			}
		}, func(r CollectionReport) bool { return r.Differences() == 0 && r.Shifted == 1 && r.Passes == 2 }},
		{"a record arrives later still", func(source, target *table) {
			source.put("v-new", `{"_id":"v-new"}`)
			target.paged = func(t *table, pass, _ int) {
				if pass == 3 {
					t.put("v-new", `{"_id":"v-new"}`)
				}
			}
		}, func(r CollectionReport) bool { return r.Differences() == 0 && r.Shifted == 1 && r.Passes == 3 }},
		{"a difference goes away", func(source, target *table) {
			source.put("u00500", userRecord(500, 1, "new"))
			target.paged = func(t *table, pass, _ int) {
				if pass == 3 {
					t.put("u00500", userRecord(500, 1, "new"))
				}
			}
		}, func(r CollectionReport) bool { return r.Differences() == 0 && r.Shifted == 1 }},
		{"the paging skips a record in each pass", func(source, target *table) {
			target.paged = func(t *table, pass, offset int) {
				if offset == 0 && !slices.Contains(t.ids, "gone") {
					t.ids = slices.Insert(t.ids, 0, "gone")
					t.records["gone"] = `{"_id":"gone"}`
				}
				if offset == 100 {
					t.drop("gone")
				}
			}
		}, func(r CollectionReport) bool {
			return r.MissingCount == 0 && r.ChangedCount == 0 && r.DuplicateCount == 0 && r.Shifted > 0
		}},
		{"the paging gives one twice", func(source, target *table) {
			target.paged = func(t *table, pass, offset int) {
				if offset == 100 && pass == 1 {
					t.ids = slices.Insert(t.ids, 0, "first")
					t.records["first"] = `{"_id":"first"}`
				}
			}
		}, func(r CollectionReport) bool { return r.Differences() == 0 && r.Shifted == 1 }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			source, target := newTable(1000), newTable(1000)
			tc.change(source, target)
			if got := compareTables(t, source, target, Options{PageSize: 100}); !tc.want(got) {
				t.Fatalf("got %+v", got)
			}
		})
	}
}

func TestAvailability(t *testing.T) {
	t.Parallel()
	const repo, managed = "repo/managed/user", "managed/user"
	for _, tc := range []struct {
		name                   string
		source, target         map[string]int
		sourceCount            int
		resource               string
		checked, blocked, same bool
		missing                int64
		reason                 string
	}{
		{"both", nil, nil, 5, repo, true, false, true, 0, ""},
		{"repo refused by the target", nil, map[string]int{repo: 403}, 5, managed, true, false, true, 0,
			"managed/user was compared: the target does not show repo/managed/user (403 Forbidden)"},
		{"repo refused by the source", map[string]int{repo: 404}, nil, 5, managed, true, false, true, 0,
			"managed/user was compared: the source does not show"},
		{"on neither", map[string]int{repo: 404, managed: 404}, map[string]int{repo: 404, managed: 400}, 5,
			repo, false, false, false, 0,
			"the source does not show repo/managed/user (404 Not Found), the target"},
		{"not on the source", map[string]int{repo: 404, managed: 404}, nil, 5, repo, false, false, false, 0,
			"the source does not show"},
		{"not on the target", nil, map[string]int{repo: 404, managed: 404}, 5, repo, true, false, false, 5,
			"the target does not show"},
		{"not on the target, empty", nil, map[string]int{repo: 404, managed: 404}, 0, repo, false, false,
			false, 0, "no record in it"},
		{"refused by the target", nil, map[string]int{repo: 403, managed: 403}, 5, repo, false, true, false, 0,
			"403 Forbidden"},
		{"refused by the source", map[string]int{repo: 403, managed: 500}, nil, 5, repo, false, true, false, 0,
			"403 Forbidden"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			source, target := newTable(tc.sourceCount), newTable(5)
			source.refuse, target.refuse = tc.source, tc.target
			report, err := runTables(t.Context(), [2]Server{source, target},
				Options{Collections: usersOnly})
			if err != nil {
				t.Fatal(err)
			}
			got := report.Collections[0]
			if got.Resource != tc.resource || got.Checked != tc.checked || got.Blocked != tc.blocked ||
				got.MissingCount != tc.missing ||
				!strings.Contains(got.Reason, tc.reason) || tc.reason == "" && got.Reason != "" ||
				report.Same() != tc.same {
				t.Fatalf("same %v, got %+v", report.Same(), got)
			}
		})
	}
}

func TestFails(t *testing.T) {
	t.Parallel()
	both := []Collection{{Name: "users", Resource: "repo/managed/user"}, {Name: "links", Resource: "repo/link"}}
	t.Run("a server refuses the credentials", func(t *testing.T) {
		source, target := newTable(5), newTable(5)
		target.refuse = map[string]int{"repo/link": 401}
		report, err := runTables(t.Context(), [2]Server{source, target}, Options{Collections: both})
		var answer *openidm.Error
		if !errors.As(err, &answer) || !strings.Contains(err.Error(), "comparing links, reading the target") ||
			len(report.Collections) != 1 {
			t.Fatalf("got %v, %+v", err, report)
		}
	})
	t.Run("a server stops midway", func(t *testing.T) {
		source, target := newTable(5000), newTable(5000)
		ctx, cancel := context.WithCancelCause(t.Context())
		stop := errors.New("stopped")
		source.paged = func(_ *table, _, offset int) {
			if offset == 1000 {
				cancel(stop)
			}
		}
		_, err := runTables(ctx, [2]Server{source, target}, Options{Collections: both, Concurrency: 2})
		if !errors.Is(err, stop) && !errors.Is(err, context.Canceled) {
			t.Fatalf("got %v", err)
		}
	})
	t.Run("interrupted before it begins", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		report, err := runTables(ctx, [2]Server{newTable(5), newTable(5)}, Options{})
		if !errors.Is(err, context.Canceled) || report.Same() {
			t.Fatalf("got %v, %+v", err, report)
		}
	})
}
