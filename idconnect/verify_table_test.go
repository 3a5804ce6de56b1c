package idconnect

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
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

func (t *verifyTable) QueryPage(ctx context.Context, resource string, q openidm.Query, cookie string) (openidm.Page, error) {
	if code := t.code(resource); code != 0 {
		return openidm.Page{}, &openidm.Error{Code: code}
	}
	if q.PageSize > 1 && cookie == "" {
		t.mu.Lock()
		t.pass++
		t.mu.Unlock()
	}
	offset, _ := strconv.Atoi(cookie)
	page := openidm.Page{Result: t.page(offset, q.PageSize)}
	if len(page.Result) == q.PageSize {
		page.Cookie = strconv.Itoa(offset + q.PageSize)
	}
	return page, ctx.Err()
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
