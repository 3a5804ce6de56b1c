package verify

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/idconnect-go/upgrade/migration/openidm"
)

// table is a server in memory: records of one collection, in an order,
// paged by position as a real one does.
type table struct {
	mu       sync.Mutex
	resource string // "" is any
	ids      []string
	records  map[string]string
	refuse   map[string]int // resource: status code
	// paged is called before each page is cut, with the number of the pass.
	paged  func(t *table, pass, offset int)
	pass   int
	noRead bool

	size         int                   // of pages whose passes are counted, 0: all
	order        func(a, b string) int // of ids, nil: of their bytes
	ordered      bool                  // it looks at filters and orders
	sorted       []string
	pages, given int         // that were given
	asked        func()      // called for each page, under guard
	guard        *sync.Mutex // nil: mu
	forgets      error       // once, for a cookie
	takes        time.Duration
}

func (t *table) code(resource string) int {
	if code := t.refuse[resource]; code != 0 {
		return code
	}
	if t.resource != "" && t.resource != resource {
		return 404
	}
	return 0
}

func (t *table) page(offset, size int) []json.RawMessage {
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

// query answers with a page of the records, each as it stands in the table. A
// table that is ordered looks at the filter and the order that are asked for;
// any other ignores both.
func (t *table) query(ctx context.Context, resource string, q openidm.Query, cookie string) ([]json.RawMessage, string,
	error) {
	if code := t.code(resource); code != 0 {
		return nil, "", &openidm.Error{Code: code}
	}
	if q.PageSize > 1 && cookie == "" && q.Filter == "" && (t.size == 0 || q.PageSize == t.size) {
		t.mu.Lock()
		t.pass++
		t.mu.Unlock()
	}
	time.Sleep(t.takes)
	if err := t.ask(cookie); err != nil {
		return nil, "", err
	}
	offset, _ := strconv.Atoi(cookie)
	var result []json.RawMessage
	if t.ordered {
		result = t.within(q.Filter, offset, q.PageSize)
	} else {
		result = t.page(offset, q.PageSize)
	}
	t.mu.Lock()
	t.pages++
	t.given += len(result)
	t.mu.Unlock()
	next := ""
	if len(result) == q.PageSize {
		next = strconv.Itoa(offset + q.PageSize)
	}
	return result, next, ctx.Err()
}

func (t *table) ask(cookie string) error {
	guard := t.guard
	if guard == nil {
		guard = &t.mu
	}
	guard.Lock()
	defer guard.Unlock()
	if t.asked != nil {
		t.asked()
	}
	if err := t.forgets; err != nil && cookie != "" {
		t.forgets = nil
		return err
	}
	return nil
}

var (
	rangeFilter = regexp.MustCompile(`^(?:_id gt ("(?:[^"\\]|\\.)*"))?(?: and )?(?:_id le ("(?:[^"\\]|\\.)*"))?$`)
	idFilters   = regexp.MustCompile(`^_id eq ("(?:[^"\\]|\\.)*")(?: or |$)`)
)

// within is a page of the records of a filter.
func (t *table) within(filter string, offset, size int) []json.RawMessage {
	t.mu.Lock()
	defer t.mu.Unlock()
	order := t.order
	if order == nil {
		order = strings.Compare
	}
	if t.sorted == nil {
		t.sorted = slices.Clone(t.ids)
		slices.SortStableFunc(t.sorted, order)
	}
	from, to := 0, len(t.sorted)
	ids := t.sorted
	// first is where the ids begin that compare with a bound as least, or above it.
	first := func(bound string, least int) int {
		n, _ := slices.BinarySearchFunc(t.sorted, bound, func(id, bound string) int {
			if order(id, bound) < least {
				return -1
			}
			return 1
		})
		return n
	}
	if m := rangeFilter.FindStringSubmatch(filter); m != nil {
		for i, n := range []*int{&from, &to} {
			if m[i+1] != "" {
				*n = first(unquote(m[i+1]), 1)
			}
		}
		to = max(from, to)
	} else {
		ids = nil
		given := map[int]bool{}
		for m := idFilters.FindStringSubmatch(filter); m != nil; m = idFilters.FindStringSubmatch(filter) {
			filter = filter[len(m[0]):]
			id := unquote(m[1])
			for i := first(id, 0); i < first(id, 1); i++ {
				if !given[i] {
					given[i] = true
					ids = append(ids, t.sorted[i])
				}
			}
		}
		if filter != "" {
			panic("filter " + filter)
		}
		to = len(ids)
	}
	var out []json.RawMessage
	for i := from + offset; i < min(from+offset+size, to); i++ {
		out = append(out, json.RawMessage(t.records[ids[i]]))
	}
	return out
}

func unquote(s string) (out string) {
	if err := json.Unmarshal([]byte(s), &out); err != nil {
		panic(err)
	}
	return out
}

func (t *table) QueryPage(ctx context.Context, resource string, q openidm.Query, cookie string) (openidm.Page, error) {
	result, next, err := t.query(ctx, resource, q, cookie)
	return openidm.Page{Result: result, Cookie: next}, err
}

func (t *table) QueryBody(ctx context.Context, resource string, q openidm.Query, cookie string, buf []byte) ([]byte,
	error) {
	result, next, err := t.query(ctx, resource, q, cookie)
	return pageText(buf, result, next), err
}

func (t *table) ParsePage(resource string, body []byte) (openidm.Page, error) {
	return anyClient.ParsePage(resource, body)
}

var anyClient = &openidm.Client{BaseURL: "https://localhost/openidm/"}

// pageText is a page as a server writes it.
func pageText(buf []byte, result []json.RawMessage, next string) []byte {
	buf = append(buf[:0], `{"result":[`...)
	for i, raw := range result {
		if i > 0 {
			buf = append(buf, ',')
		}
		buf = append(buf, raw...)
	}
	cookie := "null"
	if next != "" {
		cookie = strconv.Quote(next)
	}
	return fmt.Appendf(buf,
		`],"resultCount":%d,"pagedResultsCookie":%s,"totalPagedResultsPolicy":"NONE",`+
			`"totalPagedResults":-1,"remainingPagedResults":-1}`, len(result), cookie)
}

func (t *table) Read(_ context.Context, resource string, into any, _ ...string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	id, err := url.PathUnescape(resource[strings.LastIndexByte(resource, '/')+1:])
	if err != nil {
		return err
	}
	record, ok := t.records[id]
	if t.noRead {
		return &openidm.Error{Code: 403}
	}
	if !ok {
		return &openidm.Error{Code: 404}
	}
	return json.Unmarshal([]byte(record), into)
}

func (t *table) put(id, record string) {
	if _, ok := t.records[id]; !ok {
		t.ids = append(t.ids, id)
		t.sorted = nil
	}
	t.records[id] = record
}

func (t *table) drop(id string) {
	delete(t.records, id)
	t.ids = slices.DeleteFunc(t.ids, func(s string) bool { return s == id })
}

func (t *table) clone() *table {
	return &table{ordered: t.ordered, order: t.order, resource: t.resource, ids: slices.Clone(t.ids),
		records: maps.Clone(t.records), refuse: t.refuse}
}

func userRecord(i, rev int, mail string) string {
	return fmt.Sprintf(`{"_id":"u%05d","_rev":"%d","userName":"u%05d","mail":"%s","sn":"Stra\u00dfe",`+
		`"roles":[{"_ref":"managed/role/a","_refProperties":{"_id":"r","_rev":"%d"}}],`+
		`"password":{"$crypto":{"type":"x-simple-encryption",`+
		`"value":{"cipher":"AES/CBC/PKCS5Padding","data":"%d","iv":"AA==","key":"openidm-sym-default"}}}}`,
		i, rev, i, mail, rev, i)
}

func newTable(n int) *table {
	t := &table{records: make(map[string]string, n)}
	for i := range n {
		t.put(fmt.Sprintf("u%05d", i), userRecord(i, 1, fmt.Sprintf("u%05d@example.com", i)))
	}
	return t
}

// users makes compare one collection only.
var usersOnly = []Collection{{Name: "users", Resource: "repo/managed/user"}}

func compareTables(t testing.TB, source, target *table, opts Options) CollectionReport {
	t.Helper()
	if opts.Collections == nil {
		opts.Collections = usersOnly
	}
	report, err := runTables(t.Context(), [2]Server{source, target}, opts)
	if err != nil {
		t.Fatal(err)
	}
	return report.Collections[0]
}

func runTables(ctx context.Context, servers [2]Server, opts Options) (*Report, error) {
	opts = opts.WithDefaults()
	for _, s := range servers {
		if t, ok := s.(*table); ok {
			t.size = opts.PageSize
		}
	}
	return compareAll(ctx, servers, [2]string{"https://source/", "https://target/"}, opts, nil)
}

// compareAll compares servers that are no clients; opts must be complete.
func compareAll(ctx context.Context, servers [2]Server, urls [2]string, opts Options, store *stateStore) (*Report,
	error) {
	report := &Report{Source: urls[0], Target: urls[1]}
	return report, begin(ctx, servers, opts, store).run(ctx, report)
}
