// Package cost plays a server with any number of records in virtual time: answers
// take as long as on a real one by order, offset, filter and size, so that a plan
// whose time is quadratic fails a test within seconds. It keeps no records: their
// ids are numbers, and all of them are the same otherwise.
package cost

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/idconnect-go/upgrade/migration/openidm"
)

// Model is what requests cost.
type Model struct {
	Request time.Duration // each
	Record  time.Duration // each record of an answer
	Skip    time.Duration // each record before it, where there is no order
	Sort    time.Duration // each record of the collection, where there is one
	Scan    time.Duration // each record of the collection, where there is a filter
}

// OrientDB is OpenIDM 7.0.2 on its repository, with an index of ids. Measured with
// 100,000 users in pages of 500 on two processors: sorted by _id 3.7, 2.1 and 1.2 s
// at offsets 0, 50,000 and 99,000; without an order 0.16, 0.81 and 0.97 s; a range
// of ids 0.05 s, wherever it lies.
func OrientDB() Model {
	return Model{Request: 10 * time.Millisecond, Record: 80 * time.Microsecond, Skip: 9 * time.Microsecond,
		Sort: 20 * time.Microsecond}
}

// Scanning is a repository without an index of ids: each filter looks at every
// record. Assumed.
func Scanning() Model {
	m := OrientDB()
	m.Scan = 9 * time.Microsecond
	return m
}

// Server has records with the ids u0000000 and so on, in this order. Every answer
// sleeps as long as it costs: use it within a bubble of testing/synctest.
type Server struct {
	openidm.Client
	Model
	Records int
	// Requests and Given count what was asked for; read them when nothing runs.
	Requests, Given int

	mu    sync.Mutex // of the counts
	slots chan struct{}
}

// NewServer returns a server that works on so many requests at once: the others
// wait.
func NewServer(records, processors int, m Model) *Server {
	s := &Server{Model: m, Records: records, slots: make(chan struct{}, processors)}
	s.BaseURL = "https://localhost/openidm/"
	return s
}

var rangeFilter = regexp.MustCompile(`^(?:_id gt "([^"\\]*)")?(?: and )?(?:_id le "([^"\\]*)")?$`)

// Within returns which of so many records with the ids u0000000 and so on are in a
// range of ids: those from one number up to, and without, another. The empty filter
// is everything. It is false for any other filter.
func Within(filter string, records int) (from, to int, ok bool) {
	m := rangeFilter.FindStringSubmatch(filter)
	if m == nil {
		return 0, 0, false
	}
	to = records
	if m[1] != "" {
		from = after(m[1], records)
	}
	if m[2] != "" {
		to = after(m[2], records)
	}
	return from, to, true
}

// QueryBody answers a query without a filter, or by a range of ids.
func (s *Server) QueryBody(ctx context.Context, _ string, q openidm.Query, cookie string, buf []byte) ([]byte, error) {
	from, to, ok := Within(q.Filter, s.Records)
	if !ok || q.ID != "" && q.ID != "query-all" {
		return nil, &openidm.Error{Code: http.StatusBadRequest, Message: "filter " + q.Filter}
	}
	offset, _ := strconv.Atoi(cookie)
	from += offset
	n := max(min(q.PageSize, to-from), 0)
	took := s.Request + time.Duration(n)*s.Record
	switch {
	case len(q.SortKeys) > 0:
		took += time.Duration(s.Records) * s.Sort
	case q.Filter == "":
		took += time.Duration(offset) * s.Skip
	}
	if q.Filter != "" {
		took += time.Duration(s.Records) * s.Scan
	}
	s.mu.Lock()
	s.Given += n
	s.mu.Unlock()
	if err := s.work(ctx, took); err != nil {
		return nil, err
	}
	buf = append(buf[:0], `{"result":[`...)
	for i := range n {
		if i > 0 {
			buf = append(buf, ',')
		}
		buf = append(buf, `{"_id":"`...)
		buf = append(buf, id(from+i)...)
		buf = append(buf, `"}`...)
	}
	next := "null"
	if from+n < to {
		next = strconv.Quote(strconv.Itoa(offset + n))
	}
	total := -1 // OrientDB counts for a query by name alone
	if q.Count && q.ID != "" {
		total = s.Records
	}
	return fmt.Appendf(buf, `],"resultCount":%d,"pagedResultsCookie":%s,"totalPagedResults":%d}`, n, next, total), nil
}

// work takes a processor for so long.
func (s *Server) work(ctx context.Context, took time.Duration) error {
	s.slots <- struct{}{}
	defer func() { <-s.slots }()
	s.mu.Lock()
	s.Requests++
	s.mu.Unlock()
	time.Sleep(took)
	return ctx.Err()
}

// QueryPage is QueryBody, parsed.
func (s *Server) QueryPage(ctx context.Context, resource string, q openidm.Query, cookie string) (openidm.Page, error) {
	body, err := s.QueryBody(ctx, resource, q, cookie, nil)
	if err != nil {
		return openidm.Page{}, err
	}
	return s.ParsePage(resource, body)
}

// Read reads one record.
func (s *Server) Read(ctx context.Context, resource string, into any, _ ...string) error {
	time.Sleep(s.Request)
	name := resource[strings.LastIndexByte(resource, '/')+1:]
	if n := after(name, s.Records); n < 1 || id(n-1) != name {
		return &openidm.Error{Code: http.StatusNotFound}
	}
	return json.Unmarshal(fmt.Appendf(nil, `{"_id":%q}`, name), into)
}

const digits = 7

func id(n int) string {
	out := []byte("u0000000")
	for i := digits; n > 0 && i > 0; i-- {
		out[i] = byte('0' + n%10)
		n /= 10
	}
	return string(out)
}

// after is how many ids of so many are not behind a bound.
func after(bound string, records int) int {
	low, high := 0, records
	for low < high {
		if middle := (low + high) / 2; id(middle) <= bound {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low
}
