package idconnect

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/idconnect-go/upgrade/migration/openidm"
)

// verifyTable is a server in memory: records of one collection, in an order,
// paged by position as a real one does.
type verifyTable struct {
	mu       sync.Mutex
	resource string // "" is any
	ids      []string
	records  map[string]string
	refuse   map[string]int // resource: status code
	// paged is called before each page is cut, with the number of the pass.
	paged  func(t *verifyTable, pass, offset int)
	pass   int
	noRead bool
}

func (t *verifyTable) code(resource string) int {
	if code := t.refuse[resource]; code != 0 {
		return code
	}
	if t.resource != "" && t.resource != resource {
		return 404
	}
	return 0
}

func (t *verifyTable) page(offset, size int) []json.RawMessage {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.paged != nil {
		t.paged(t, t.pass, offset)
	}
	var out []json.RawMessage
	for i := offset; i < min(offset+size, len(t.ids)); i++ {
		out = append(out, json.RawMessage(t.records[t.ids[i]]))
	}
	return out
}

func (t *verifyTable) Query(ctx context.Context, resource string, q openidm.Query) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		t.mu.Lock()
		t.pass++
		t.mu.Unlock()
		if code := t.code(resource); code != 0 {
			yield(nil, &openidm.Error{Code: code})
			return
		}
		for offset := 0; ; offset += q.PageSize {
			if ctx.Err() != nil {
				yield(nil, ctx.Err())
				return
			}
			page := t.page(offset, q.PageSize)
			for _, r := range page {
				if !yield(r, nil) {
					return
				}
			}
			if len(page) < q.PageSize {
				return
			}
		}
	}
}

func (t *verifyTable) QueryPage(_ context.Context, resource string, q openidm.Query, _ string) (openidm.Page, error) {
	if code := t.code(resource); code != 0 {
		return openidm.Page{}, &openidm.Error{Code: code}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	var page openidm.Page
	if len(t.ids) > 0 {
		page.Result = []json.RawMessage{json.RawMessage(t.records[t.ids[0]])}
	}
	return page, nil
}

func (t *verifyTable) Read(_ context.Context, resource string, into any, _ ...string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	record, ok := t.records[resource[strings.LastIndexByte(resource, '/')+1:]]
	if t.noRead {
		return &openidm.Error{Code: 403}
	}
	if !ok {
		return &openidm.Error{Code: 404}
	}
	return json.Unmarshal([]byte(record), into)
}

func (t *verifyTable) put(id, record string) {
	if _, ok := t.records[id]; !ok {
		t.ids = append(t.ids, id)
	}
	t.records[id] = record
}

func (t *verifyTable) drop(id string) {
	delete(t.records, id)
	t.ids = slices.DeleteFunc(t.ids, func(s string) bool { return s == id })
}

func (t *verifyTable) clone() *verifyTable {
	return &verifyTable{resource: t.resource, ids: slices.Clone(t.ids), records: maps.Clone(t.records), refuse: t.refuse}
}

func verifyUser(i, rev int, mail string) string {
	return fmt.Sprintf(`{"_id":"u%05d","_rev":"%d","userName":"u%05d","mail":"%s","sn":"Stra\u00dfe","roles":[{"_ref":"managed/role/a","_refProperties":{"_id":"r","_rev":"%d"}}],"password":{"$crypto":{"type":"x-simple-encryption","value":{"cipher":"AES/CBC/PKCS5Padding","data":"%d","iv":"AA==","key":"openidm-sym-default"}}}}`,
		i, rev, i, mail, rev, i)
}

func newVerifyTable(n int) *verifyTable {
	t := &verifyTable{records: make(map[string]string, n)}
	for i := range n {
		t.put(fmt.Sprintf("u%05d", i), verifyUser(i, 1, fmt.Sprintf("u%05d@example.com", i)))
	}
	return t
}

// users makes compare one collection only.
var verifyUsers = []Collection{{Name: "users", Resource: "repo/managed/user"}}

func verifyTables(t testing.TB, source, target *verifyTable, opts VerifyOptions) CollectionReport {
	t.Helper()
	if opts.Collections == nil {
		opts.Collections = verifyUsers
	}
	report, err := verifyServers(t.Context(), [2]verifyServer{source, target}, [2]string{"https://source/", "https://target/"}, opts)
	if err != nil {
		t.Fatal(err)
	}
	return report.Collections[0]
}

func TestVerifyEqual(t *testing.T) {
	t.Parallel()
	source, target := newVerifyTable(3000), &verifyTable{records: map[string]string{}}
	// Another order of records and of members, another revision, other space.
	for i := range 3000 {
		var members map[string]any
		if err := json.Unmarshal([]byte(verifyUser(2999-i, 7, fmt.Sprintf("u%05d@example.com", 2999-i))), &members); err != nil {
			t.Fatal(err)
		}
		text, _ := json.MarshalIndent(members, " ", "\t")
		target.put(fmt.Sprintf("u%05d", 2999-i), string(text))
	}
	got := verifyTables(t, source, target, VerifyOptions{PageSize: 100})
	if !got.Checked || got.Differences() != 0 || got.NotCheckedValues != 0 || got.SourceCount != 3000 || got.TargetCount != 3000 || got.Passes != 1 {
		t.Fatalf("got %+v", got)
	}
}

func TestVerifySeededDifferences(t *testing.T) {
	t.Parallel()
	source := newVerifyTable(5000)
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
			target.put(id, verifyUser(i, 1, "other@example.com"))
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
			got := verifyTables(t, source, target, VerifyOptions{MaxDifferences: tc.max, PageSize: 333})
			want := cmp.Or(tc.max, 20)
			if len(got.Missing) != want || len(got.Extra) != want || len(got.Changed) != want {
				t.Fatalf("listed %d, %d, %d, want %d of each", len(got.Missing), len(got.Extra), len(got.Changed), want)
			}
			if got.MissingCount != 20 || got.ExtraCount != 20 || got.ChangedCount != 20 || got.DuplicateCount != 0 || got.Shifted != 0 {
				t.Fatalf("counts: %+v", got)
			}
			if !slices.IsSorted(got.Missing) || want == 20 && (!slices.Equal(got.Missing, missing) || !slices.Equal(got.Extra, extra)) {
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

// Every record differs: more than one pass holds, and no more than needed.
func TestVerifyRounds(t *testing.T) {
	t.Parallel()
	const n = 100_000
	source, target := newVerifyTable(n), newVerifyTable(0)
	for i := range n {
		target.put(fmt.Sprintf("u%05d", i), verifyUser(i, 1, "x"))
	}
	got := verifyTables(t, source, target, VerifyOptions{MaxDifferences: 5})
	if got.ChangedCount != n || len(got.Changed) != 5 || got.Passes != 1+2+1 || got.Shifted != 0 {
		t.Fatalf("got %d changed, %d listed, %d passes, %d shifted", got.ChangedCount, len(got.Changed), got.Passes, got.Shifted)
	}
	got = verifyTables(t, source, newVerifyTable(0), VerifyOptions{MaxDifferences: 5})
	if got.MissingCount != n || len(got.Missing) != 5 || got.Passes != 3 {
		t.Fatalf("got %d missing, %d listed, %d passes", got.MissingCount, len(got.Missing), got.Passes)
	}
}

func TestVerifyMembers(t *testing.T) {
	t.Parallel()
	const sealA = `{"$crypto":{"type":"x-simple-encryption","value":{"data":"a","iv":"1"}}}`
	const sealAAgain = `{ "$crypto" : {"value":{"iv":"1","data":"a"},"type":"x-simple-encryption"}}`
	const sealB = `{"$crypto":{"type":"x-simple-encryption","value":{"data":"b","iv":"2"}}}`
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
		{"other ciphertext deep", `"a":[{"q":` + sealA + `,"p":` + sealB + `}]`, `"a":[{"p":` + sealB + `,"q":` + sealB + `}]`, nil, 1},
		{"swapped ciphertext", `"a":[` + sealA + `,` + sealB + `]`, `"a":[` + sealB + `,` + sealA + `]`, nil, 2},
		{"ciphertext and value", `"p":` + sealA + `,"a":1`, `"p":` + sealB + `,"a":2`, []string{"a"}, 1},
		{"encrypted on one side", `"p":` + sealA, `"p":"plain"`, []string{"p"}, 0},
		{"one encrypted value more", `"a":[` + sealA + `]`, `"a":[` + sealA + `,` + sealA + `]`, []string{"a"}, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			source, target := newVerifyTable(10), newVerifyTable(10)
			source.put("x", `{"_id":"x","_rev":"1",`+tc.source+`}`)
			target.put("x", `{`+tc.target+`,"_rev":"2","_id":"x"}`)
			collections := []Collection{{Name: "users", Resource: "repo/managed/user", Ignore: []string{"lastSync", "_id"}}}
			got := verifyTables(t, source, target, VerifyOptions{Collections: collections})
			var names []string
			for _, c := range got.Changed {
				names = append(names, c.Members...)
			}
			if !slices.Equal(names, tc.want) || got.NotCheckedValues != tc.notChecked || got.Differences() != int64(len(got.Changed)) {
				t.Fatalf("got members %v, %d not checked, want %v, %d: %+v", names, got.NotCheckedValues, tc.want, tc.notChecked, got)
			}
		})
	}
}

func TestVerifyDuplicates(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name           string
		source, target int // how often the record stands in the table
	}{{"source", 2, 1}, {"target", 1, 2}, {"both alike", 2, 2}, {"three times", 3, 3}} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			source, target := newVerifyTable(50), newVerifyTable(50)
			for range tc.source - 1 {
				source.ids = append(source.ids, "u00007")
			}
			for range tc.target - 1 {
				target.ids = append(target.ids, "u00007")
			}
			got := verifyTables(t, source, target, VerifyOptions{})
			if !slices.Equal(got.Duplicates, []string{"u00007"}) || got.Differences() != 1 || got.DuplicateCount != 1 {
				t.Fatalf("got %+v", got)
			}
		})
	}
}

func TestVerifyShifting(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		change func(source, target *verifyTable)
		want   func(CollectionReport) bool
	}{
		{"a record arrives later on the target", func(source, target *verifyTable) {
			source.put("new", `{"_id":"new"}`)
			target.paged = func(t *verifyTable, pass, _ int) {
				if pass == 2 {
					t.put("new", `{"_id":"new"}`)
				}
			}
		}, func(r CollectionReport) bool { return r.Differences() == 0 && r.Shifted == 1 && r.Passes == 2 }},
		{"a record arrives later still", func(source, target *verifyTable) {
			source.put("new", `{"_id":"new"}`)
			target.paged = func(t *verifyTable, pass, _ int) {
				if pass == 3 {
					t.put("new", `{"_id":"new"}`)
				}
			}
		}, func(r CollectionReport) bool { return r.Differences() == 0 && r.Shifted == 1 && r.Passes == 3 }},
		{"a difference goes away", func(source, target *verifyTable) {
			source.put("u00500", verifyUser(500, 1, "new"))
			target.paged = func(t *verifyTable, pass, _ int) {
				if pass == 3 {
					t.put("u00500", verifyUser(500, 1, "new"))
				}
			}
		}, func(r CollectionReport) bool { return r.Differences() == 0 && r.Shifted == 1 }},
		{"the paging skips a record in each pass", func(source, target *verifyTable) {
			target.paged = func(t *verifyTable, pass, offset int) {
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
		{"the paging gives one twice", func(source, target *verifyTable) {
			target.paged = func(t *verifyTable, pass, offset int) {
				if offset == 100 && pass == 1 {
					t.ids = slices.Insert(t.ids, 0, "first")
					t.records["first"] = `{"_id":"first"}`
				}
			}
		}, func(r CollectionReport) bool { return r.Differences() == 0 && r.Shifted == 1 }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			source, target := newVerifyTable(1000), newVerifyTable(1000)
			tc.change(source, target)
			if got := verifyTables(t, source, target, VerifyOptions{PageSize: 100}); !tc.want(got) {
				t.Fatalf("got %+v", got)
			}
		})
	}
}

func TestVerifyUnreadable(t *testing.T) {
	t.Parallel()
	source, target := newVerifyTable(10), newVerifyTable(10)
	source.put("a", `{"userName":"a"}`)
	source.put("b", `{"_id":17}`)
	source.put("c", `[]`)
	target.put("d", `{"_id":"d","deep":`+strings.Repeat("[", 200)+strings.Repeat("]", 200)+`}`)
	got := verifyTables(t, source, target, VerifyOptions{})
	if got.Unreadable != 4 || got.Differences() != 4 || got.SourceCount != 13 {
		t.Fatalf("got %+v", got)
	}
}

func TestVerifyAvailability(t *testing.T) {
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
		{"repo refused by the target", nil, map[string]int{repo: 403}, 5, managed, true, false, true, 0, "managed/user was compared: the target does not show repo/managed/user (403 Forbidden)"},
		{"repo refused by the source", map[string]int{repo: 404}, nil, 5, managed, true, false, true, 0, "managed/user was compared: the source does not show"},
		{"on neither", map[string]int{repo: 404, managed: 404}, map[string]int{repo: 404, managed: 400}, 5, repo, false, false, false, 0, "the source does not show repo/managed/user (404 Not Found), the target"},
		{"not on the source", map[string]int{repo: 404, managed: 404}, nil, 5, repo, false, false, false, 0, "the source does not show"},
		{"not on the target", nil, map[string]int{repo: 404, managed: 404}, 5, repo, true, false, false, 5, "the target does not show"},
		{"not on the target, empty", nil, map[string]int{repo: 404, managed: 404}, 0, repo, false, false, false, 0, "no record in it"},
		{"refused by the target", nil, map[string]int{repo: 403, managed: 403}, 5, repo, false, true, false, 0, "403 Forbidden"},
		{"refused by the source", map[string]int{repo: 403, managed: 500}, nil, 5, repo, false, true, false, 0, "403 Forbidden"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			source, target := newVerifyTable(tc.sourceCount), newVerifyTable(5)
			source.refuse, target.refuse = tc.source, tc.target
			report, err := verifyServers(t.Context(), [2]verifyServer{source, target}, [2]string{}, VerifyOptions{Collections: verifyUsers})
			if err != nil {
				t.Fatal(err)
			}
			got := report.Collections[0]
			if got.Resource != tc.resource || got.Checked != tc.checked || got.Blocked != tc.blocked || got.MissingCount != tc.missing ||
				!strings.Contains(got.Reason, tc.reason) || tc.reason == "" && got.Reason != "" || report.Same() != tc.same {
				t.Fatalf("same %v, got %+v", report.Same(), got)
			}
		})
	}
}

func TestVerifyFails(t *testing.T) {
	t.Parallel()
	both := []Collection{{Name: "users", Resource: "repo/managed/user"}, {Name: "links", Resource: "repo/link"}}
	t.Run("a server refuses the credentials", func(t *testing.T) {
		source, target := newVerifyTable(5), newVerifyTable(5)
		target.refuse = map[string]int{"repo/link": 401}
		report, err := verifyServers(t.Context(), [2]verifyServer{source, target}, [2]string{}, VerifyOptions{Collections: both})
		var answer *openidm.Error
		if !errors.As(err, &answer) || !strings.Contains(err.Error(), "comparing links, reading the target") || len(report.Collections) != 1 {
			t.Fatalf("got %v, %+v", err, report)
		}
	})
	t.Run("a server stops midway", func(t *testing.T) {
		source, target := newVerifyTable(5000), newVerifyTable(5000)
		ctx, cancel := context.WithCancelCause(t.Context())
		stop := errors.New("stopped")
		source.paged = func(_ *verifyTable, _, offset int) {
			if offset == 1000 {
				cancel(stop)
			}
		}
		_, err := verifyServers(ctx, [2]verifyServer{source, target}, [2]string{}, VerifyOptions{Collections: both, Concurrency: 2})
		if !errors.Is(err, stop) && !errors.Is(err, context.Canceled) {
			t.Fatalf("got %v", err)
		}
	})
	t.Run("interrupted before it begins", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		report, err := verifyServers(ctx, [2]verifyServer{newVerifyTable(5), newVerifyTable(5)}, [2]string{}, VerifyOptions{})
		if !errors.Is(err, context.Canceled) || report.Same() {
			t.Fatalf("got %v, %+v", err, report)
		}
	})
}

func TestVerifyProgress(t *testing.T) {
	t.Parallel()
	var last VerifyProgress
	done := 0
	opts := VerifyOptions{Progress: func(p VerifyProgress) {
		last = p
		if p.Done {
			done++
		}
	}}
	verifyTables(t, newVerifyTable(9000), newVerifyTable(9000), opts)
	if want := (VerifyProgress{"users", 1, 9000, 9000, true}); last != want || done != 1 {
		t.Fatalf("got %+v, %d times done", last, done)
	}
}

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

func TestVerifyFilter(t *testing.T) {
	t.Parallel()
	f := verifyFilter{bits: make([]uint64, verifyFilterBits/64)}
	random := rand.New(rand.NewPCG(3, 4))
	wrong := 0
	for range 1_000_000 {
		if f.add(random.Uint64()) {
			wrong++
		}
	}
	if wrong > 1 {
		t.Fatalf("%d of a million ids were taken for others", wrong)
	}
	if f.add(42); !f.add(42) {
		t.Fatal("an id that stands twice was not seen")
	}
}

func BenchmarkVerifyRecord(b *testing.B) {
	raw := json.RawMessage(verifyUser(1, 1, "u@example.com"))
	r := newVerifyReducer(make([]byte, 32), nil, nil)
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.record(raw); err != nil {
			b.Fatal(err)
		}
	}
}

// verifyGenerated is a server whose records are made when they are asked for.
type verifyGenerated struct {
	verifyTable
	count int
}

func (g *verifyGenerated) Query(_ context.Context, _ string, q openidm.Query) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		for i := range g.count {
			if !yield(json.RawMessage(verifyUser(i, 1, "u@example.com")), nil) {
				return
			}
		}
	}
}

func (g *verifyGenerated) QueryPage(context.Context, string, openidm.Query, string) (openidm.Page, error) {
	return openidm.Page{Result: []json.RawMessage{[]byte(verifyUser(0, 1, ""))}}, nil
}

// BenchmarkVerifyEqual reads two equal servers; bare is the same reading with
// nothing done. peak-MiB is the most memory that Go had from the system.
func BenchmarkVerifyEqual(b *testing.B) {
	for _, n := range []int{1000, 100_000, 1_000_000} {
		server := &verifyGenerated{count: n}
		b.Run("verify/"+strconv.Itoa(n), func(b *testing.B) {
			debug.FreeOSMemory()
			var peak uint64
			opts := VerifyOptions{Collections: verifyUsers, Progress: func(VerifyProgress) {
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				peak = max(peak, m.Sys-m.HeapReleased)
			}}
			for b.Loop() {
				report, err := verifyServers(b.Context(), [2]verifyServer{server, server}, [2]string{}, opts)
				if err != nil || !report.Same() {
					b.Fatalf("got %v, %+v", err, report)
				}
			}
			b.ReportMetric(float64(peak)/(1<<20), "peak-MiB")
			b.ReportMetric(float64(2*n*b.N)/b.Elapsed().Seconds(), "records/s")
		})
		b.Run("bare/"+strconv.Itoa(n), func(b *testing.B) {
			for b.Loop() {
				var both sync.WaitGroup
				for range 2 {
					both.Go(func() {
						for range server.Query(b.Context(), "", openidm.Query{}) {
						}
					})
				}
				both.Wait()
			}
			b.ReportMetric(float64(2*n*b.N)/b.Elapsed().Seconds(), "records/s")
		})
	}
}
