package verify

import (
	"strings"
	"testing"
)

func TestParseCollections(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ in, want, err string }{
		{"", "users roles assignments links", ""},
		{"users,roles", "users roles", ""},
		{" Links , managed/user ", "links users", ""},
		{"user,repo/managed/role,assignment,repo/link", "users roles assignments links", ""},
		{"link", "links", ""},
		{"/managed/assignment/", "assignments", ""},
		{"users,groups", "", `"groups" is not known, known are users, roles, assignments, links`},
		{"users,managed/user", "", "users is given twice"},
		{"users,", "", `"" is not known`},
	} {
		got, err := ParseCollections(tc.in)
		var names []string
		for _, c := range got {
			names = append(names, c.Name)
		}
		if strings.Join(names, " ") != tc.want || (err == nil) != (tc.err == "") || err != nil &&
			!strings.Contains(err.Error(), tc.err) {
			t.Errorf("%q: got %v, %v", tc.in, names, err)
		}
	}
}

func TestSame(t *testing.T) {
	t.Parallel()
	report := &Report{Collections: []CollectionReport{
		{Name: "users", Checked: true, SourceCount: 12408, TargetCount: 12400, MissingCount: 9},
		{Name: "roles", Checked: true, SourceCount: 3, TargetCount: 3, NotCheckedValues: 2},
	}}
	if report.Same() || (*Report)(nil).Same() || (&Report{}).Same() {
		t.Fatal("differing or empty reports are the same")
	}
}
