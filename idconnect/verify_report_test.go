package idconnect

import (
	"bytes"
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
		if strings.Join(names, " ") != tc.want || (err == nil) != (tc.err == "") || err != nil && !strings.Contains(err.Error(), tc.err) {
			t.Errorf("%q: got %v, %v", tc.in, names, err)
		}
	}
}

func TestVerifyReportText(t *testing.T) {
	t.Parallel()
	report := &VerifyReport{Collections: []CollectionReport{
		{Name: "users", Checked: true, SourceCount: 12408, TargetCount: 12400, Missing: []string{"a", "b\x1b[2J"}, MissingCount: 9, Changed: []Change{{"c", []string{"mail", "sn"}}}, ChangedCount: 1},
		{Name: "roles", Checked: true, SourceCount: 3, TargetCount: 3, NotCheckedValues: 2},
		{Name: "links", Reason: "nobody shows it"},
	}}
	var b bytes.Buffer
	if err := report.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	const want = `collection  source  target  result
users       12408   12400   9 missing, 1 changed
roles       3       3       same, 2 encrypted values not checked
links       -       -       not checked: nobody shows it

users, missing in the target:
  a
  b` + "\uFFFD" + `[2J
  and 7 more

users, changed:
  c (mail, sn)

not proved to be the same
`
	if b.String() != want {
		t.Fatalf("got\n%s\nwant\n%s", b.String(), want)
	}
	if report.Same() || (*VerifyReport)(nil).Same() || (&VerifyReport{}).Same() {
		t.Fatal("differing or empty reports are the same")
	}
}
