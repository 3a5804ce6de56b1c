package report

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/idconnect/verify"
)

func TestComparisonText(t *testing.T) {
	t.Parallel()
	report := &verify.Report{Collections: []verify.CollectionReport{
		{
			Name: "users", Checked: true, SourceCount: 12408, TargetCount: 12400,
			Missing: []string{"a", "b\x1b[2J"}, MissingCount: 9,
			Changed: []verify.Change{{ID: "c", Members: []string{"mail", "sn"}}}, ChangedCount: 1,
		},
		{Name: "roles", Checked: true, SourceCount: 3, TargetCount: 3, NotCheckedValues: 2},
		{Name: "links", Reason: "nobody shows it"},
	}}
	text := comparisonText(t, report)
	const want = `collection  source  target  result
users       12,408  12,400  9 missing, 1 changed
roles       3       3       same, 2 encrypted values not checked
links       -       -       not checked: nobody shows it

users, missing from the target:
  a
  b` + "\uFFFD" + `[2J
  and 7 more

users, changed:
  c (mail, sn)

Not compared
  2 encrypted values of roles could not be opened (VALUES-ROLES)
  links not checked: nobody shows it (COLLECTION-LINKS)

verdict: differences
`
	if text != want {
		t.Fatalf("got\n%s\nwant\n%s", text, want)
	}
}

// comparisonText is what follows the head of a comparison.
func comparisonText(t *testing.T, r *verify.Report) string {
	t.Helper()
	var b bytes.Buffer
	rep := sampleOf(r, "differences")
	rep.Error = rep.Outcome // which is not said twice
	if err := rep.Write(&b, Text); err != nil {
		t.Fatal(err)
	}
	_, text, ok := strings.Cut(b.String(), "\nat 0001-01-01T00:00:00Z\n\n")
	if !ok {
		t.Fatalf("another head:\n%s", &b)
	}
	return text
}

// TestComparisonTextDetails has what acceptance checks, failed records and
// values look like.
func TestComparisonTextDetails(t *testing.T) {
	t.Parallel()
	report := &verify.Report{
		Collections: []verify.CollectionReport{{
			Name: "users", Checked: true, SourceCount: 3, TargetCount: 3,
			Changed: []verify.Change{{ID: "a"}}, ChangedCount: 1,
			Values: []verify.ChangedValue{
				{ID: "a", Member: "mail", Source: json.RawMessage(`"a@example.com"`),
					Target: json.RawMessage("\"b@example.com\x1b\"")},
				{ID: "a", Member: "old", Source: json.RawMessage("null")},
				{ID: "a", Member: "password", Withheld: "encrypted"},
			},
		}},
		Checks: []verify.Check{
			{Code: "GROUPS", Name: "groups", Result: verify.CheckNotChecked,
				Detail: "nobody\x1b shows them", Source: -1, Target: -1},
			{Code: "SYNC-MAPPINGS", Name: "mappings", Result: verify.CheckFailed,
				Detail: "not in the target: x", Remedy: "bring it over", Source: 2, Target: -1},
		},
		Failed: &verify.FailedRecords{
			Checked: true, Count: 3, Repair: "migrate again",
			Records: []verify.FailedRecord{
				{Mapping: "m", ID: "u00002", Reason: "Value … is bad \x1b", Missing: true},
				{Mapping: "m", ID: "u00003"},
			},
		},
	}
	text := comparisonText(t, report)
	for _, want := range []string{
		`  a (mail): source "a@example.com", target "b@example.com` + "\uFFFD\"\n",
		"  a (old): source null, target (not there)\n",
		"  a (password): not shown, encrypted\n",
		"nobody\uFFFD shows them\n",
		"source 2, target not counted; not in the target: x\n", "remedy: bring it over\n",
		"1 check skipped: verify these manually in the 7.1.6 UI",
		"The migration could not copy 3 records:\n" +
			"  m: u00002: Value … is bad \uFFFD (missing from the target)\n  m: u00003\n  and 1 more\n",
		"\nrepair: migrate again\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	if strings.Contains(text, "\x1b") {
		t.Errorf("a control character is in\n%q", text)
	}
}
