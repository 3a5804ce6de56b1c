package verify

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// hostile is a server behind a real client that does what servers should not. Its
// answers take virtual time.
type hostile struct {
	ids     []string // in the order of unsorted pages; one may stand twice
	records map[string]string
	order   func(a, b string) int // nil: of bytes

	most         int  // records of an answer, 0 any number
	ignoresSize  bool // and gives all
	oneMore      bool // than it is asked for
	cookieAlways bool // behind any record
	ignores      bool // filters
	maxFilter    int  // bytes of the query as it is sent, 0 any; else 414
	shuffled     bool // pages that are not sorted
	// exact: an upper bound holds ids that are the bound, not those that are equal to it
	// by order.
	exact   bool
	counts  func(n int) int         // the total that it tells; nil: none
	says    func(n int) int         // resultCount
	refuses func(filter string) int // status
	reads   func(id string) int     // status of a single record
	changes func(h *hostile, n int) // before request n
	// trouble is what answers request n, from 1, instead.
	trouble func(n int, r *http.Request) *http.Response
	request time.Duration
	each    time.Duration // record

	mu             sync.Mutex
	asked          int
	inside, widest int
	given          []grant
}

// grant is records that were given.
type grant struct {
	at time.Time
	n  int
}

func (h *hostile) total() (n int) {
	for _, g := range h.given {
		n += g.n
	}
	return n
}

func (h *hostile) put(id, mail string) {
	if h.records == nil {
		h.records = map[string]string{}
	}
	if _, ok := h.records[id]; !ok {
		h.ids = append(h.ids, id)
	}
	quoted, _ := json.Marshal(id)
	h.records[id] = fmt.Sprintf(`{"_id":%s,"_rev":"1","mail":%q}`, quoted, mail)
}

func (h *hostile) drop(id string) {
	delete(h.records, id)
	h.ids = slices.DeleteFunc(h.ids, func(s string) bool { return s == id })
}

func (h *hostile) clone() *hostile {
	c := &hostile{order: h.order}
	for _, id := range h.ids {
		c.put(id, "m")
	}
	return c
}

func (h *hostile) client() *openidm.Client {
	return &openidm.Client{BaseURL: "https://localhost/openidm/", HTTPClient: &http.Client{Transport: h},
		Credentials: openidm.Credentials{Username: "admin", Password: keystore.NewPassword("secret")}}
}

func answer(status int, body string) *http.Response {
	return &http.Response{Status: http.StatusText(status), StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1,
		ProtoMinor: 1, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body))}
}

func refusal(status int) *http.Response {
	return answer(status, fmt.Sprintf(`{"code":%d,"reason":"r","message":"m"}`, status))
}

// RoundTrip implements [http.RoundTripper].
func (h *hostile) RoundTrip(r *http.Request) (*http.Response, error) {
	h.mu.Lock()
	h.asked++
	n := h.asked
	h.inside++
	h.widest = max(h.widest, h.inside)
	if h.changes != nil {
		h.changes(h, n)
	}
	var response *http.Response
	if h.trouble != nil {
		response = h.trouble(n, r)
	}
	took := h.request
	if response == nil {
		var records int
		response, records = h.answer(r)
		took += time.Duration(records) * h.each
		h.given = append(h.given, grant{time.Now(), records})
	}
	h.mu.Unlock()
	time.Sleep(took)
	h.mu.Lock()
	h.inside--
	h.mu.Unlock()
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	response.Request = r
	return response, nil
}

func (h *hostile) answer(r *http.Request) (*http.Response, int) {
	q := r.URL.Query()
	const collection = "/openidm/repo/managed/user"
	if id, ok := strings.CutPrefix(r.URL.Path, collection+"/"); ok {
		if h.reads != nil && h.reads(id) != 0 {
			return refusal(h.reads(id)), 0
		}
		if h.records[id] == "" {
			return refusal(http.StatusNotFound), 0
		}
		return answer(http.StatusOK, h.records[id]), 1
	}
	filter := q.Get("_queryFilter")
	switch {
	case r.URL.Path != collection:
		return refusal(http.StatusNotFound), 0
	case h.maxFilter > 0 && len(r.URL.RawQuery) > h.maxFilter:
		return refusal(http.StatusRequestURITooLong), 0
	case h.refuses != nil && h.refuses(filter) != 0:
		return refusal(h.refuses(filter)), 0
	}
	return h.page(q, h.within(filter, len(q["_sortKeys"]) > 0))
}

func (h *hostile) page(q url.Values, within []string) (*http.Response, int) {
	offset, _ := strconv.Atoi(q.Get("_pagedResultsCookie"))
	size, _ := strconv.Atoi(q.Get("_pageSize"))
	if h.most > 0 {
		size = min(size, h.most)
	}
	if h.oneMore {
		size++
	}
	if h.ignoresSize {
		size = len(within)
	}
	from, to := min(offset, len(within)), min(offset+size, len(within))
	var result []json.RawMessage
	for _, id := range within[from:to] {
		result = append(result, json.RawMessage(h.records[id]))
	}
	next := ""
	if to < len(within) || h.cookieAlways && to > from {
		next = strconv.Itoa(to)
	}
	body := pageText(nil, result, next)
	if h.says != nil {
		body = bytes.Replace(body, fmt.Appendf(nil, `],"resultCount":%d`, len(result)),
			fmt.Appendf(nil, `],"resultCount":%d`, h.says(len(result))), 1)
	}
	if h.counts != nil && q.Get("_totalPagedResultsPolicy") == "EXACT" {
		body = bytes.Replace(body, []byte(`"totalPagedResults":-1`),
			fmt.Appendf(nil, `"totalPagedResults":%d`, h.counts(len(within))), 1)
	}
	return answer(http.StatusOK, string(body)), len(result)
}

var term = regexp.MustCompile(`^_id (gt|le|eq) ("(?:[^"\\]|\\.)*")(?: and | or |$)`)

// within is the records of a filter.
func (h *hostile) within(filter string, sorted bool) (within []string) {
	compare := h.order
	if compare == nil {
		compare = strings.Compare
	}
	type bound struct{ operator, id string }
	var bounds []bound
	either := strings.Contains(filter, "_id eq ")
	for rest := filter; filter != "true" && filter != "" && !h.ignores && rest != ""; {
		m := term.FindStringSubmatch(rest)
		if m == nil {
			panic("filter " + filter)
		}
		rest = rest[len(m[0]):]
		bounds = append(bounds, bound{m[1], unquote(m[2])})
	}
	for _, id := range h.ids {
		all, some := true, false
		for _, b := range bounds {
			c := compare(id, b.id)
			ok := b.operator == "gt" && c > 0 || b.operator == "eq" && c == 0 ||
				b.operator == "le" && (c < 0 || c == 0 && (!h.exact || id == b.id))
			all, some = all && ok, some || ok
		}
		if len(bounds) == 0 || all && !either || some && either {
			within = append(within, id)
		}
	}
	if sorted || len(bounds) > 0 {
		slices.SortStableFunc(within, compare)
	} else if h.shuffled {
		slices.SortStableFunc(within, func(a, b string) int {
			return (len(a)*31+h.asked*int(a[len(a)-1])*7)%101 - (len(b)*31+h.asked*int(b[len(b)-1])*7)%101
		})
	}
	return within
}

// cutOff is a body that ends in its middle.
type cutOff struct{ io.Reader }

func (c cutOff) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

func (cutOff) Close() error { return nil }

// compareHostile compares the users of two servers in virtual time.
func compareHostile(t *testing.T, servers [2]*hostile, opts Options) (report CollectionReport, took time.Duration,
	err error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		report, err = Compare(t.Context(), servers[0].client(), servers[1].client(), usersOnly[0], opts)
		took = time.Since(began)
	})
	return report, took, err
}

// tried reports whether one side of a pair is hostile, too: with -short only one of the two is.
func tried(name string, side int) bool { return !testing.Short() || side == len(name)%2 }

// readHostile compares two servers, of which one is read by a plan that begins so.
func readHostile(t *testing.T, servers [2]*hostile, side int, plan string, opts Options) CollectionReport {
	t.Helper()
	c, took, err := compareHostile(t, servers, opts)
	if err != nil {
		t.Fatal(err)
	}
	h := servers[side]
	t.Logf("%s, %d requests, %d records, %q, %s", took, h.asked, h.total(), c.Plans, c.Result())
	if !strings.HasPrefix(c.Plans[side], sides[side]+": "+plan) {
		t.Errorf("%q, not %s", c.Plans, plan)
	}
	return c
}

// checkHostile holds a report to what was planted, and to nothing else.
func checkHostile(t *testing.T, c CollectionReport, missing, extra, changed []string) {
	t.Helper()
	var names []string
	for _, change := range c.Changed {
		names = append(names, change.ID)
	}
	if !slices.Equal(c.Missing, missing) || !slices.Equal(c.Extra, extra) || !slices.Equal(names, changed) ||
		c.Differences() != int64(len(missing)+len(extra)+len(changed)) {
		t.Errorf("%s: missing %.20q, extra %.20q, changed %.20q", c.Result(), c.Missing, c.Extra, names)
	}
}

// now is when a bubble of testing/synctest begins.
func (h *hostile) now() time.Time { return time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) }
