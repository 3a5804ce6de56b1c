package acceptance_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/idconnect/acceptance"
	"github.com/idconnect-go/upgrade/idconnect/verify"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

// TestRequests: the checks ask little, of records and configurations nothing twice, and
// not for managed objects that the source does not list.
func TestRequests(t *testing.T) {
	t.Parallel()
	three := []string{"permissionset", "group", "organization"}
	for _, generation := range []openidmtest.Generation{openidmtest.OpenIDM31, openidmtest.OpenIDM702} {
		for name, tc := range map[string]struct {
			kinds          []string
			records        int  // in each
			gone           bool // and are deleted
			source, target int  // requests for records and configurations, at most
		}{
			"nothing there": {nil, 0, false, 8, 2},
			"not listed":    {nil, 2, false, 11, 5},
			"nor filled":    {nil, 2, true, 8, 5},
			"listed":        {three, 2, false, 6, 5},
			"empty":         {three, 0, false, 12, 8},
		} {
			t.Run(fmt.Sprint(generation, " ", name), func(t *testing.T) {
				t.Parallel()
				source := openidmtest.NewSource(t, openidmtest.Options{Generation: generation, Managed: tc.kinds})
				target := openidmtest.NewTarget(t, openidmtest.Options{Managed: tc.kinds})
				for i := range tc.records {
					for _, kind := range three {
						for _, s := range []*openidmtest.Server{source, target} {
							s.Put("repo/managed/"+kind, fmt.Sprint(i), members{"name": "x"})
							if tc.gone {
								s.Delete("repo/managed/"+kind, fmt.Sprint(i))
							}
						}
					}
				}
				err := acceptance.Run(t.Context(), client(source), client(target), acceptance.Options{},
					verify.Options{}, &verify.Report{})
				if err != nil {
					t.Fatal(err)
				}
				if n := requestsOnce(t, source); n > tc.source {
					t.Errorf("%d requests to the source, at most %d", n, tc.source)
				}
				if n := requestsOnce(t, target); n > tc.target {
					t.Errorf("%d requests to the target, at most %d", n, tc.target)
				}
				for _, r := range source.Requests() {
					if tc.kinds == nil && strings.HasPrefix(r.Path, "managed/") {
						t.Errorf("asked for %s", r.Path)
					}
				}
			})
		}
	}
}

// requestsOnce counts the requests for records and configurations: each is sent once.
func requestsOnce(t *testing.T, s *openidmtest.Server) (n int) {
	t.Helper()
	seen := map[string]bool{}
	for _, r := range s.Requests() {
		first, _, _ := strings.Cut(r.Path, "/")
		if first != "repo" && first != "managed" && first != "config" {
			continue
		}
		n++
		what := r.Path + "?" + r.Query
		if seen[what] {
			t.Errorf("asked twice: %s", what)
		}
		seen[what] = true
	}
	return n
}

// TestManagedKinds: what a source lists as managed objects, and whether it does, changes
// the requests and no result.
func TestManagedKinds(t *testing.T) {
	t.Parallel()
	const set, lacks = "permissionset", "the source has no repo/managed/permissionset; "
	const passes = "repo/managed/permissionset: all are in the target, with the same content"
	const empty = "the source has no repo/managed/permissionSet; " +
		"neither server holds a record in managed/permissionset"
	const unfilled = "the source has no repo/managed/permissionSet; " +
		"neither server holds a record in repo/managed/permissionset"
	const nothing = lacks + "the source has no repo/managed/permissionSet"
	lists := map[string]openidmtest.Fault{
		"its own":         {Path: "none"},
		"refused":         {Status: 403, Body: `{"code":403,"reason":"Forbidden","message":"Access denied"}`},
		"not there":       {Status: 404, Body: `{"code":404,"reason":"Not Found","message":"x"}`},
		"no objects":      {Status: 200, Body: `{"_id":"managed"}`},
		"an empty list":   {Status: 200, Body: `{"_id":"managed","objects":[]}`},
		"another form":    {Status: 200, Body: `{"_id":"managed","objects":"user"}`},
		"without names":   {Status: 200, Body: `{"_id":"managed","objects":[{"name":"user"},{"id":"x"}]}`},
		"another case":    {Status: 200, Body: `{"_id":"managed","objects":[{"name":"permissionSet"}]}`},
		"all upper case":  {Status: 200, Body: `{"_id":"managed","objects":[{"name":"PERMISSIONSET"}]}`},
		"that and others": {Status: 200, Body: `{"_id":"managed","objects":[{"name":"u"},{"name":"permissionset"}]}`},
	}
	for _, tc := range []struct {
		name    string
		managed bool // the servers have the managed object
		records int  // -1 for one that is deleted
		refused int  // the status of the source's answers for the records
		want    verify.CheckResult
		says    string
	}{
		{"with records", true, 2, 0, verify.CheckPassed, passes},
		{"without records", true, 0, 0, open, empty},
		{"in the repository alone", false, 2, 0, verify.CheckPassed, passes},
		{"emptied", false, -1, 0, open, unfilled},
		{"not there", false, 0, 0, open, nothing},
		{"not shown", true, 2, 400, open, nothing},
		{"forbidden", true, 2, 403, open, "the source does not show repo/managed/permissionset (403 Forbidden)"},
	} {
		for list, fault := range lists {
			if testing.Short() && list != "its own" && tc.name != "not there" {
				continue
			}
			t.Run(tc.name+", "+list, func(t *testing.T) {
				t.Parallel()
				if fault.Path == "" {
					fault.Path = "config/managed"
				}
				side := openidmtest.Options{}
				if tc.managed {
					side.Managed = []string{set}
				}
				target := openidmtest.NewTarget(t, side)
				side.Generation, side.Faults = openidmtest.OpenIDM31, []openidmtest.Fault{fault}
				for _, path := range []string{"repo/managed/permission", "managed/permission"} {
					if tc.refused != 0 {
						side.Faults = append(side.Faults, openidmtest.Fault{Path: path, Status: tc.refused,
							Body: fmt.Sprintf(`{"code":%d,"reason":"x","message":"x"}`, tc.refused)})
					}
				}
				source := openidmtest.NewSource(t, side)
				for _, s := range []*openidmtest.Server{source, target} {
					for i := range max(tc.records, -tc.records) {
						s.Put("repo/managed/"+set, fmt.Sprint(i), members{"name": "x"})
					}
					if tc.records < 0 {
						s.Delete("repo/managed/"+set, "0")
					}
				}
				report := &verify.Report{}
				off := acceptance.Options{Off: acceptance.Codes()[1:]}
				err := acceptance.Run(t.Context(), client(source), client(target), off, verify.Options{}, report)
				if err != nil {
					t.Fatal(err)
				}
				if c := checkOf(t, report, acceptance.PermissionSets); c.Result != tc.want || c.Detail != tc.says {
					t.Errorf("%+v", c)
				}
			})
		}
	}
}

// TestEmptyFirstPage: a page without a record is not the last one if it has a cookie.
func TestEmptyFirstPage(t *testing.T) {
	t.Parallel()
	source := openidmtest.NewSource(t, openidmtest.Options{Faults: []openidmtest.Fault{{
		Path: "repo/managed/group", Times: 1, Status: 200, Body: `{"result":[],"pagedResultsCookie":"1"}`}}})
	target := openidmtest.NewTarget(t, openidmtest.Options{})
	for _, s := range []*openidmtest.Server{source, target} {
		s.Put("repo/managed/group", "g", members{"name": "x"})
	}
	report := &verify.Report{}
	if err := acceptance.Run(t.Context(), client(source), client(target), acceptance.Options{}, verify.Options{},
		report); err != nil {
		t.Fatal(err)
	}
	if c := checkOf(t, report, acceptance.Groups); c.Result != verify.CheckPassed || c.Source != 1 {
		t.Errorf("%+v", c)
	}
}
