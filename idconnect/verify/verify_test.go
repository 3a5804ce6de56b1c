package verify

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestEqual(t *testing.T) {
	t.Parallel()
	source, target := newTable(3000), &table{records: map[string]string{}}
	// Another order of records and of members, another revision, other space.
	for i := range 3000 {
		var members map[string]any
		if err := json.Unmarshal([]byte(userRecord(2999-i, 7, fmt.Sprintf("u%05d@example.com", 2999-i))),
			&members); err != nil {
			t.Fatal(err)
		}
		text, _ := json.MarshalIndent(members, " ", "\t")
		target.put(fmt.Sprintf("u%05d", 2999-i), string(text))
	}
	got := compareTables(t, source, target, Options{PageSize: 100})
	if !got.Checked || got.Differences() != 0 || got.NotCheckedValues != 0 || got.SourceCount != 3000 ||
		got.TargetCount != 3000 || got.Passes != 1 {
		t.Fatalf("got %+v", got)
	}
}

func TestDifferences(t *testing.T) {
	t.Parallel()
	source := newTable(5000)
	target := source.clone()
	random := rand.New(rand.NewPCG(1, 2))
	order := random.Perm(5000)
	var missing, extra, changed []string
	for n, i := range order[:60] {
		id := fmt.Sprintf("u%05d", i)
		switch n % 3 {
		case 0:
			target.drop(id)
			missing = append(missing, id)
		case 1:
			source.drop(id)
			extra = append(extra, id)
		case 2:
			target.put(id, userRecord(i, 1, "other@example.com"))
			changed = append(changed, id)
		}
	}
	slices.Sort(missing)
	slices.Sort(extra)
	slices.Sort(changed)
	for _, tc := range []struct {
		name   string
		max    int
		noRead bool
	}{{"all listed", 0, false}, {"short lists", 7, false}, {"cannot read by id", 0, true}} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			source, target := source.clone(), target.clone()
			source.noRead, target.noRead = tc.noRead, tc.noRead
			got := compareTables(t, source, target, Options{MaxDifferences: tc.max, PageSize: 333})
			want := cmp.Or(tc.max, 20)
			if len(got.Missing) != want || len(got.Extra) != want || len(got.Changed) != want {
				t.Fatalf("listed %d, %d, %d, want %d of each", len(got.Missing), len(got.Extra),
					len(got.Changed), want)
			}
			if got.MissingCount != 20 || got.ExtraCount != 20 || got.ChangedCount != 20 ||
				got.DuplicateCount != 0 || got.Shifted != 0 {
				t.Fatalf("counts: %+v", got)
			}
			if !slices.IsSorted(got.Missing) || want == 20 && (!slices.Equal(got.Missing, missing) ||
				!slices.Equal(got.Extra, extra)) {
				t.Fatalf("missing %v, extra %v", got.Missing, got.Extra)
			}
			for i, c := range got.Changed {
				if want == 20 && c.ID != changed[i] || !slices.Equal(c.Members, []string{"mail"}) {
					t.Errorf("changed %+v, want mail of %s", c, changed[i])
				}
			}
		})
	}
}

// Every record differs: more than one pass holds, and no more than needed; where
// the parts begin, and so their number, is left to chance.
func TestRounds(t *testing.T) {
	t.Parallel()
	const n, round = 3000, 1700
	source, target := newTable(n), newTable(0)
	for i := range n {
		target.put(fmt.Sprintf("u%05d", i), userRecord(i, 1, "x"))
	}
	got := compareTables(t, source, target, Options{MaxDifferences: 5, round: round})
	if got.ChangedCount != n || len(got.Changed) != 5 || got.Passes < 1+3+1 || got.Passes > 1+4+1 ||
		got.Shifted != 0 {
		t.Fatalf("got %d changed, %d listed, %d passes, %d shifted", got.ChangedCount, len(got.Changed),
			got.Passes, got.Shifted)
	}
	got = compareTables(t, source, newTable(0), Options{MaxDifferences: 5, round: round})
	if got.MissingCount != n || len(got.Missing) != 5 || got.Passes != 3 {
		t.Fatalf("got %d missing, %d listed, %d passes", got.MissingCount, len(got.Missing), got.Passes)
	}
}

func TestMembers(t *testing.T) {
	t.Parallel()
	const sealA = `{"$crypto":{"type":"x-simple-encryption","value":{"data":"a","iv":"1","key":"k"}}}`
	const sealAAgain = `{ "$crypto" : {"value":{"iv":"1","data":"a","key":"k"},"type":"x-simple-encryption"}}`
	const sealB = `{"$crypto":{"type":"x-simple-encryption","value":{"data":"b","iv":"2","key":"k"}}}`
	for _, tc := range []struct {
		name, source, target string
		want                 []string
		notChecked           int64
	}{
		{"value", `"a":1`, `"a":2`, []string{"a"}, 0},
		{"number spelled otherwise", `"a":1.50,"b":1e2`, `"b":100,"a":1.5`, nil, 0},
		{"member added and dropped", `"a":1,"b":2`, `"b":2,"c":3`, []string{"a", "c"}, 0},
		{"null is not absent", `"a":null`, `"b":1`, []string{"a", "b"}, 0},
		{"ignored", `"lastSync":1`, `"lastSync":2`, nil, 0},
		{"ignored at the top only", `"a":{"lastSync":1}`, `"a":{"lastSync":2}`, []string{"a"}, 0},
		{"revision at depth", `"a":[{"_rev":"1"}]`, `"a":[{"_rev":"2"}]`, nil, 0},
		{"order of a list", `"a":[1,2]`, `"a":[2,1]`, []string{"a"}, 0},
		{"same ciphertext", `"p":` + sealA, `"p":` + sealAAgain, nil, 0},
		{"other ciphertext", `"p":` + sealA, `"p":` + sealB, nil, 1},
		{"other ciphertext deep", `"a":[{"q":` + sealA + `,"p":` + sealB + `}]`,
			`"a":[{"p":` + sealB + `,"q":` + sealB + `}]`, nil, 1},
		{"swapped ciphertext", `"a":[` + sealA + `,` + sealB + `]`, `"a":[` + sealB + `,` + sealA + `]`, nil,
			2},
		{"ciphertext and value", `"p":` + sealA + `,"a":1`, `"p":` + sealB + `,"a":2`, []string{"a"}, 1},
		{"encrypted on one side", `"p":` + sealA, `"p":"plain"`, []string{"p"}, 0},
		{"one encrypted value more", `"a":[` + sealA + `]`, `"a":[` + sealA + `,` + sealA + `]`, []string{"a"},
			0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			source, target := newTable(10), newTable(10)
			source.put("x", `{"_id":"x","_rev":"1",`+tc.source+`}`)
			target.put("x", `{`+tc.target+`,"_rev":"2","_id":"x"}`)
			collections := []Collection{{Name: "users", Resource: "repo/managed/user",
				Ignore: []string{"lastSync", "_id"}}}
			got := compareTables(t, source, target, Options{Collections: collections})
			var names []string
			for _, c := range got.Changed {
				names = append(names, c.Members...)
			}
			if !slices.Equal(names, tc.want) || got.NotCheckedValues != tc.notChecked ||
				got.Differences() != int64(len(got.Changed)) {
				t.Fatalf("got members %v, %d not checked, want %v, %d: %+v", names,
					got.NotCheckedValues, tc.want, tc.notChecked, got)
			}
		})
	}
}

func TestDuplicates(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name           string
		source, target int // how often the record stands in the table
	}{{"source", 2, 1}, {"target", 1, 2}, {"both alike", 2, 2}, {"three times", 3, 3}} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			source, target := newTable(50), newTable(50)
			for range tc.source - 1 {
				source.ids = append(source.ids, "u00007")
			}
			for range tc.target - 1 {
				target.ids = append(target.ids, "u00007")
			}
			got := compareTables(t, source, target, Options{})
			if !slices.Equal(got.Duplicates, []string{"u00007"}) || got.Differences() != 1 ||
				got.DuplicateCount != 1 {
				t.Fatalf("got %+v", got)
			}
		})
	}
}

func TestUnreadable(t *testing.T) {
	t.Parallel()
	source, target := newTable(10), newTable(10)
	source.put("a", `{"userName":"a"}`)
	source.put("b", `{"_id":17}`)
	source.put("c", `[]`)
	target.put("d", `{"_id":"d","deep":`+strings.Repeat("[", 200)+strings.Repeat("]", 200)+`}`)
	got := compareTables(t, source, target, Options{})
	if got.Unreadable != 4 || got.Differences() != 4 || got.SourceCount != 13 {
		t.Fatalf("got %+v", got)
	}
}

func TestProgress(t *testing.T) {
	t.Parallel()
	var last Progress
	done := 0
	opts := Options{Progress: func(p Progress) {
		last = p
		if p.Done {
			done++
		}
	}}
	compareTables(t, newTable(9000), newTable(9000), opts)
	last.Rate = 0
	if want := (Progress{Collection: "users", Pass: 1, Source: 9000, Target: 9000, Done: true,
		Total: 9000}); last != want || done != 1 {
		t.Fatalf("got %+v, %d times done", last, done)
	}
}

// TestProgressTotal: a total is the source's, and none is passed, whatever the target has.
func TestProgressTotal(t *testing.T) {
	t.Parallel()
	for _, sizes := range [][2]int{{900, 897}, {897, 900}, {900, 1}} {
		source, target := newTable(sizes[0]), newTable(sizes[1])
		over := make(chan struct{}) // the target has been read once
		once := sync.OnceFunc(func() { close(over) })
		target.paged = func(_ *table, _, offset int) {
			if offset+25 >= sizes[1] {
				once()
			}
		}
		source.paged = func(_ *table, _, offset int) {
			if offset >= 800 {
				<-over
			}
		}
		var last Progress
		compareTables(t, source, target, Options{PageSize: 25, Progress: func(p Progress) {
			last = p
			if p.Total >= 0 && p.Total != int64(sizes[0]) {
				t.Errorf("%v: %d of %d", sizes, p.Source, p.Total)
			}
		}})
		if last.Total != int64(sizes[0]) || last.Left != 0 || last.Source != last.Total ||
			last.Target != int64(sizes[1]) {
			t.Errorf("%v: at the end %+v", sizes, last)
		}
	}
}

func TestProgressString(t *testing.T) {
	t.Parallel()
	for want, p := range map[string]Progress{
		": 0 records":      {},
		"users: 0 records": {Collection: "users", Pass: 1, Total: -1, Left: -1},
		"users: 1,200 of 3,000 records, 400 records/s, 5.0 s left, pass 2": {Collection: "users", Pass: 2, Source: 1200,
			Target: 7, Total: 3000, Rate: 400, Left: 5 * time.Second},
		"users: 3,000 of 3,000 records, done": {Collection: "users", Pass: 1, Source: 3000, Total: 3000, Done: true},
	} {
		if got := p.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
