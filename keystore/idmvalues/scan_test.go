package idmvalues

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestScan(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat(`[`, 999) + `{"$crypto":1}` + strings.Repeat(`]`, 999)
	for name, c := range map[string]struct {
		doc  string
		want []string // pointer and value; nil: an error
	}{
		"none":               {`{"a":[1,"x",null]}`, []string{}},
		"the document":       {` {"$crypto":{}} `, []string{` {"$crypto":{}}`}},
		"escaped name":       {`[{"\u0024\u0063rypto":{"a":1}}]`, []string{`/0 {"\u0024\u0063rypto":{"a":1}}`}},
		"second in an array": {`{"a":[[1],{"$crypto":{}},"s"]}`, []string{`/a/1 {"$crypto":{}}`}},
		"one in another": {`{"a":{"$crypto":{"$crypto":{}}},"b":{"$crypto":2}}`,
			[]string{`/a {"$crypto":{"$crypto":{}}}`, `/b {"$crypto":2}`}},
		"after others":      {`{"a":{"x":{"y":[]},"$crypto":{}}}`, []string{`/a {"x":{"y":[]},"$crypto":{}}`}},
		"name with slashes": {`{"a/~b":{"$crypto":{}}}`, []string{`/a~1~0b {"$crypto":{}}`}},
		"a text only":       {`{"a":"$crypto","$cryptography":1}`, []string{}},
		"kept as a text":    {`{"a":["{\"$crypto\":{\"x\":1}}"]}`, []string{`/a/0 {"$crypto":{"x":1}}`}},
		"a hash as a text":  {`{"a":"{\"$crypto\":{\"type\":\"salted-hash\"}}"}`, []string{}},
		"a text of another": {`{"a":"{\"x\":\"$crypto\"}","b":"{$crypto"}`, []string{}},
		"just deep enough":  {deep, []string{strings.Repeat("/0", 999) + ` {"$crypto":1}`}},
		"too deep":          {`[` + deep + `]`, nil},
		"cut off":           {`{"a":{"$crypto":{`, nil},
		"cut off, no value": {`{"a":`, nil},
		"two documents":     {`{"$crypto":{}} ]`, nil},
		"huge number":       {`{"a":1e9999,"b":{"$crypto":{}}}`, []string{`/b {"$crypto":{}}`}},
	} {
		got := []string{}
		err := Scan([]byte(c.doc), func(pointer string, value []byte) error {
			got = append(got, pointer+" "+string(value))
			return nil
		})
		if (err == nil) != (c.want != nil) || err == nil && !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	stop := errors.New("stop")
	if err := Scan([]byte(`[{"$crypto":1},{"$crypto":2}]`),
		func(string, []byte) error { return stop }); !errors.Is(err, stop) {
		t.Error(err)
	}
}
