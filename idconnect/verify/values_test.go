package verify

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/idconnect/internal/digest"
)

// TestValues: values are shown where they are asked for, and never what
// is, or may be, a secret.
func TestValues(t *testing.T) {
	t.Parallel()
	store, seal := keyStore(t)
	long := strings.Repeat("x", 2*digest.MaxValue)
	source, target := newTable(100), newTable(100)
	source.put("a",
		`{"_id":"a","mail":"a@example.com","age":41,"old":null,"tags":["x",{"_rev":"1","b":1.50}],`+
			`"pw":`+seal(`"hunter22"`, seededIV)+`,"plain":"hunter22","password":"hunter22",`+
			`"nested":{"deep":[{"clientSecret":"hunter22"}]},"hash":{"$hash":{"data":"hunter22"}},`+
			`"note":"`+long+`","esc":"\u001b\u0041"}`)
	target.put("a",
		`{"_id":"a","mail":"b@example.com","age":"41","new":true,"tags":["x",{"_rev":"2","b":2}],`+
			`"pw":"hunter22","plain":`+seal(`"hunter23"`, seededIV)+`,"password":"hunter23",`+
			`"nested":{"deep":[{"clientSecret":"hunter23"}]},"hash":{"$hash":{"data":"hunter23"}},`+
			`"note":"x","esc":"B"}`)
	opts := Options{Keys: store, PageSize: 30}
	if got := compareTables(t, source, target, opts); got.Values != nil || got.ChangedCount != 1 {
		t.Fatalf("not asked for: %+v", got)
	}
	opts.Values = true
	got := compareTables(t, source, target, opts)
	var lines []string
	for _, v := range got.Values {
		lines = append(lines, fmt.Sprintf("%s %s %s|%s|%s", v.ID, v.Member, v.Source, v.Target, v.Withheld))
	}
	want := []string{
		`a age 41|"41"|`, `a esc "\u001bA"|"B"|`, `a hash ||encrypted`,
		`a mail "a@example.com"|"b@example.com"|`,
		`a nested ||its name is one of secrets`,
		`a new |true|`, `a note ||too long`, `a old null||`, `a password ||its name is one of secrets`,
		`a plain ||encrypted`,
		`a pw ||encrypted`, `a tags ["x",{"b":1.5}]|["x",{"b":2}]|`,
	}
	if !slices.Equal(lines, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
	report := &Report{Collections: []CollectionReport{got}}
	encoded, err := json.Marshal(report)
	if err != nil {
		t.Fatal(err)
	}
	out := string(encoded)
	if strings.Contains(out, "hunter") || strings.Contains(out, "\x1b") || strings.Contains(out, "$crypto") ||
		!strings.Contains(out, "b@example.com") {
		t.Errorf("wrong:\n%s", out)
	}
}
