package ranges_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/idconnect-go/upgrade/idconnect/internal/ranges"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// fake is a server with ids and an order of its own.
type fake struct {
	openidm.Client
	order func(a, b string) int
	// shuffled answers come in no order, as from a table without an index.
	shuffled bool
	ignores  bool // filters
	counts   bool // all records, for a query by name
	cap      int  // of a page, 0 none
	blanks   int  // bytes in each record beside its id
	refuse   error
	busy     error // the twentieth answer

	mu    sync.Mutex
	ids   []string // in order
	asked int
	given int
	most  int           // bytes of an answer
	each  func(f *fake) // called for each request, under mu
}

func newFake(ids []string, order func(a, b string) int) *fake {
	f := &fake{order: order, ids: slices.Clone(ids)}
	slices.SortStableFunc(f.ids, order)
	f.BaseURL = "https://localhost/openidm/"
	return f
}

var rangeFilter = regexp.MustCompile(`^(?:_id gt ("(?:[^"\\]|\\.)*"))?(?: and )?(?:_id le ("(?:[^"\\]|\\.)*"))?$`)

func (f *fake) QueryBody(ctx context.Context, _ string, q openidm.Query, _ string, _ []byte) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.asked++; f.each != nil {
		f.each(f)
	}
	if f.asked == 20 && f.busy != nil {
		return nil, f.busy
	}
	if f.refuse != nil && q.Filter != "" {
		return nil, f.refuse
	}
	m := rangeFilter.FindStringSubmatch(q.Filter)
	if m == nil {
		return nil, &openidm.Error{Code: http.StatusBadRequest}
	}
	from, to := 0, len(f.ids)
	for i, n := range []*int{&from, &to} {
		if m[i+1] == "" || f.ignores {
			continue
		}
		var bound string
		if err := json.Unmarshal([]byte(m[i+1]), &bound); err != nil {
			return nil, err
		}
		*n, _ = slices.BinarySearchFunc(f.ids, bound, func(id, bound string) int {
			if f.order(id, bound) <= 0 {
				return -1
			}
			return 1
		})
	}
	var within []string
	if from < to {
		within = slices.Clone(f.ids[from:to])
	}
	if f.shuffled {
		rand.Shuffle(len(within), func(i, j int) { within[i], within[j] = within[j], within[i] })
	}
	size := q.PageSize
	if f.cap > 0 {
		size = min(size, f.cap)
	}
	cookie := "null"
	if len(within) > size {
		within, cookie = within[:size], `"more"`
	}
	f.given += len(within)
	var b strings.Builder
	b.WriteString(`{"result":[`)
	for i, id := range within {
		if i > 0 {
			b.WriteByte(',')
		}
		quoted, _ := json.Marshal(id)
		fmt.Fprintf(&b, `{"_id":%s%*s}`, quoted, f.blanks, "")
	}
	total := -1
	if f.counts && q.Count && q.ID != "" {
		total = len(f.ids)
	}
	fmt.Fprintf(&b, `],"resultCount":%d,"pagedResultsCookie":%s,"totalPagedResults":%d}`, len(within), cookie, total)
	f.most = max(f.most, b.Len())
	return []byte(b.String()), ctx.Err()
}

func fold(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) }

// people is like en_US: punctuation does not count, letters before their case.
func people(a, b string) int {
	key := func(s string) string {
		return strings.ToLower(strings.Map(func(c rune) rune {
			if strings.ContainsRune(`-_."'\ %/`, c) {
				return -1
			}
			return c
		}, s))
	}
	return cmp.Or(strings.Compare(key(a), key(b)), strings.Compare(b, a))
}

var orders = map[string]func(a, b string) int{"binary": strings.Compare, "fold": fold, "en_US": people}

var hostile = []string{`a"b`, `a\b`, `a\"`, `ü/ö?&#=+;`, `sp ace`, `%2F`, `😀`, `'`, `" or true or "`, `..`,
	strings.Repeat("long", 250), `u00050\`, `u00050"`, `~`, "\u2028", "\uffff", "tab\t", "nul\x00", "U00050", "Zoë",
	"zoë", "ZOË", "u-1", "u_1", "-", "u", "U"}

func tables(n int) map[string][]string {
	random := rand.New(rand.NewPCG(1, 2))
	all := map[string][]string{"nothing": nil, "hostile alone": hostile}
	for i := range n {
		u := fmt.Sprintf("u%06d", i)
		all["numbers"] = append(all["numbers"], u)
		h := fmt.Sprintf("%016x%016x", random.Uint64(), random.Uint64())
		all["uuids"] = append(all["uuids"], h[:8]+"-"+h[8:12]+"-"+h[12:16]+"-"+h[16:20]+"-"+h[20:])
		all["mixed case"] = append(all["mixed case"], strings.Map(func(c rune) rune {
			return c - 32*rune(random.IntN(2))*rune((c&64)>>6)
		}, h))
		name := []string{"anna", "bob", "carl", "zoe"}[i%4]
		all["names"] = append(all["names"], name+fmt.Sprintf(".%s%d@example.com", h[:i%4], i))
	}
	all["numbers and hostile"] = append(slices.Clone(hostile), all["numbers"]...)
	all["uuids and hostile"] = append(slices.Clone(hostile), all["uuids"]...)
	all["mixed case and hostile"] = append(slices.Clone(hostile), all["mixed case"]...)
	return all
}

// read reads a fake, carefully where it must, and counts ids.
func read(t *testing.T, f *fake, r *ranges.Reader) (map[string]int, error) {
	t.Helper()
	r.Server, r.Resource = f, "managed/user"
	seen := map[string]int{}
	err := r.Run(t.Context(), func(a *ranges.Answer) error {
		page, err := f.ParsePage(r.Resource, a.Body.Text())
		if err != nil || len(page.Result) != a.Count {
			t.Fatalf("%d records, not %d, %v", len(page.Result), a.Count, err)
		}
		for _, raw := range page.Result {
			var record struct {
				ID string `json:"_id"`
			}
			if err := json.Unmarshal(raw, &record); err != nil {
				t.Fatal(err)
			}
			seen[record.ID]++
		}
		return nil
	})
	if errors.Is(err, ranges.ErrOrder) && !r.Careful {
		r.Careful = true
		return read(t, f, r)
	}
	return seen, err
}

// TestComplete: each record once, whatever the order of the server.
func TestComplete(t *testing.T) {
	t.Parallel()
	for name, ids := range tables(3000) {
		for order, compare := range orders {
			for _, shuffled := range []bool{false, true} {
				t.Run(fmt.Sprint(name, "/", order, "/shuffled ", shuffled), func(t *testing.T) {
					t.Parallel()
					f := newFake(ids, compare)
					f.shuffled = shuffled
					r := &ranges.Reader{Size: 40, Concurrency: 4}
					seen, err := read(t, f, r)
					if err != nil {
						t.Fatal(err)
					}
					if len(seen) != len(ids) {
						t.Errorf("%d of %d ids", len(seen), len(ids))
					}
					for id, n := range seen {
						if n != 1 {
							t.Errorf("%q %d times", id, n)
						}
					}
					t.Logf("%d records for %d, %d requests, careful %v", f.given, len(ids), f.asked, r.Careful)
				})
			}
		}
	}
}
