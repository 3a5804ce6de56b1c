package digest

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/migration/openidm"
)

// testRules has a rule of every kind: a member that is added, one that is dropped,
// one that is rewritten, and a record that is left out.
func testRules() *Rules {
	return &Rules{
		Members: []string{"_id", "added", "dropped", "text", "bad"}, Without: []string{"_id"},
		Apply: func(m map[string]json.RawMessage) (e Effects) {
			if _, has := m["added"]; !has {
				m["added"] = json.RawMessage(` { "b" : 2.0, "a":"\u0061" } `)
				e.Add(0, 1)
			} else {
				e.Add(0, 2)
			}
			if _, has := m["dropped"]; has {
				delete(m, "dropped")
				e.Add(1, 1)
			}
			if v, has := m["text"]; has && v[0] == '"' {
				m["text"] = json.RawMessage(strings.ToLower(string(v)))
				e.Add(2, 1)
			}
			if string(m["bad"]) == "1" {
				m["bad"] = json.RawMessage(`{`)
			}
			if string(m["_id"]) == `"out"` {
				delete(m, "_id")
				e.Add(3, 1)
			}
			return e
		},
	}
}

// TestRulesAgree: a record has the same hash as another if the rules make the same
// of both, on the quick way as on the long one.
func TestRulesAgree(t *testing.T) {
	t.Parallel()
	const sealed = `{"$crypto":{"type":"x","value":%d}}`
	texts := []string{
		`{"_id":"a"}`, `{"_id":"a","added":{"a":"a","b":2}}`, `{"added":{"b":2,"a":"\u0061"},"_id":"a"}`,
		`{"_id":"a","added":null}`, `{"_id":"a","dropped":1}`, `{"_id":"a","dropped":{"x":[1]},"text":"X"}`,
		`{"_id":"a","text":"x"}`, `{"_id":"a","text":["X"]}`, `{"_id":"a","text":["x"]}`,
		`{"_id":"a","text":"y","text":"X"}`, `{"_id":"a","dropped":1,"dropped":2}`,
		`{"_id":"a","text":[{"_id":1}]}`, `{"_id":"a","text":[{}]}`, `{"_id":"a","text":[{"_id":2,"_rev":"3"}]}`,
		`{"_id":"a","other":[{"_id":1}]}`, `{"_id":"a","other":[{"_id":2}]}`, `{"_id":"out"}`, `{"_id":"out","x":1}`,
		`{"_id":"a","bad":1}`, `{"_id":"a","bad":2}`, `{"text":"x"}`, `{"_id":"b","text":"X"}`,
		fmt.Sprintf(`{"_id":"a","text":`+sealed+`}`, 1), fmt.Sprintf(`{"_id":"a","text":`+sealed+`}`, 2),
		fmt.Sprintf(`{"_id":"a","dropped":`+sealed+`,"z":`+sealed+`}`, 1, 2),
		fmt.Sprintf(`{"_id":"a","dropped":`+sealed+`,"z":`+sealed+`}`, 2, 2),
	}
	hasher := NewHasher([]byte("key"), nil, nil, testRules())
	reducer := NewReducer([]byte("key"), nil, nil, testRules())
	digests, want := make([]Digest, len(texts)), make([]string, len(texts))
	for range 3 { // the members and forms that were seen before, too
		for i, text := range texts {
			d, err := digestOf(hasher, text)
			r, wantErr := reducer.Record(json.RawMessage(text))
			if (err == nil) != (wantErr == nil) || errors.Is(err, ErrLeftOut) != errors.Is(wantErr, ErrLeftOut) {
				t.Fatalf("%s: %v, the long way %v", text, err, wantErr)
			}
			if err == nil {
				digests[i], want[i] = d, fmt.Sprint(r.Rest, r.Seals)
			}
		}
	}
	same := 0
	for i := range texts {
		for j := range texts {
			if want[i] == "" || want[j] == "" {
				continue
			}
			if (digests[i].Sum == digests[j].Sum) != (want[i] == want[j]) {
				t.Errorf("%s and %s: the same %v, the long way %v", texts[i], texts[j],
					digests[i].Sum == digests[j].Sum, want[i] == want[j])
			}
			if i < j && want[i] == want[j] {
				same++
			}
		}
	}
	if same < 10 {
		t.Errorf("only %d pairs are the same", same)
	}
}

// TestRulesTally counts what the rules found, also of records that they leave out,
// and of a page that is read the long way.
func TestRulesTally(t *testing.T) {
	t.Parallel()
	const records = `{"_id":"a","text":"X"},{"_id":"b","added":1},{"_id":"out","dropped":1},{"_id":"d","text":"X"}`
	for _, page := range []string{`{"result":[` + records + `]}`,
		`{"result":[` + records + `,17]}`, `{"result":[` + records + `],"result":[` + records + `]}`} {
		var b Body
		var p Page
		b.Set([]byte(page))
		if err := NewHasher([]byte("key"), nil, nil, testRules()).Read(new(openidm.Client), "x", &b, &p); err != nil {
			t.Fatalf("%s: %v", page, err)
		}
		if want := (Tally{{3, 1}, {1, 0}, {2, 0}, {1, 0}}); p.Tally != want || p.LeftOut != 1 || len(p.Digests) != 3 ||
			p.Records() != 4+p.Unreadable {
			t.Errorf("%s: %v, %d left out, %d digests", page, p.Tally[:4], p.LeftOut, len(p.Digests))
		}
		var sum Tally
		sum.Join(&p.Tally)
		if sum.Join(&p.Tally); sum[0] != [2]int64{6, 2} {
			t.Errorf("joined: %v", sum[0])
		}
	}
}
