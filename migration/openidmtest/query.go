package openidmtest

import (
	"iter"
	"net/http"
	"slices"
	"strconv"
)

// source is what a query runs over.
type source interface {
	// all yields the records from offset on; only makes it skip those
	// records cheaply that come before.
	all(sortedByID bool, offset int) iter.Seq[record]
}

// list is a source in memory.
type list []record

func (l list) all(sortedByID bool, offset int) iter.Seq[record] {
	if sortedByID {
		l = slices.Clone(l)
		sortRecords(l, []sortKey{{pointer: []string{"_id"}}})
	}
	return slices.Values(l[min(offset, len(l)):])
}

// tableView is a table as one of the server's two paths shows it.
type tableView struct {
	*table
	show func(record) record
}

func (v tableView) all(sortedByID bool, offset int) iter.Seq[record] {
	return func(yield func(record) bool) {
		for id := range v.ids(sortedByID, offset) {
			if r, ok := v.get(id); ok && !yield(v.show(r)) {
				return
			}
		}
	}
}

// queryAnswer has the members in the server's order.
type queryAnswer struct {
	Result                  []record `json:"result"`
	ResultCount             int      `json:"resultCount"`
	PagedResultsCookie      *string  `json:"pagedResultsCookie"`
	TotalPagedResultsPolicy string   `json:"totalPagedResultsPolicy"`
	TotalPagedResults       int      `json:"totalPagedResults"`
	RemainingPagedResults   int      `json:"remainingPagedResults"`
}

// runQuery answers a query over a source. The cookie is the plain offset of
// the next page, as the measured repository has it, and there is one whenever
// the page is full, even if nothing follows.
func runQuery(c *call, from source) (*result, *restError) {
	q := c.query
	paged := q.pageSize > 0
	offset := 0
	if paged {
		offset = q.offset
		if q.cookie != "" {
			n, err := strconv.Atoi(q.cookie)
			if err != nil || n < 0 {
				return nil, fail(http.StatusBadRequest, "Invalid paged results cookie")
			}
			offset = n
		}
	}
	keep, fields, e := q.selection(c.fields)
	if e != nil {
		return nil, e
	}
	byID := len(q.sortKeys) == 1 && !q.sortKeys[0].descending && slices.Equal(q.sortKeys[0].pointer, []string{"_id"})

	var found []record
	if len(q.sortKeys) > 0 && !byID {
		var rows []record
		for r := range from.all(false, 0) {
			if keep == nil || keep(r) {
				rows = append(rows, r)
			}
		}
		sortRecords(rows, q.sortKeys)
		found = rows[min(offset, len(rows)):]
		if paged {
			found = found[:min(q.pageSize, len(found))]
		}
	} else {
		// Without a condition, what comes before need not be looked at.
		jump, skip := offset, 0
		if keep != nil {
			jump, skip = 0, offset
		}
		for r := range from.all(byID, jump) {
			if keep != nil && !keep(r) {
				continue
			}
			if skip > 0 {
				skip--
				continue
			}
			found = append(found, r)
			if paged && len(found) == q.pageSize {
				break
			}
		}
	}
	answer := queryAnswer{
		Result:                  make([]record, len(found)),
		ResultCount:             len(found),
		TotalPagedResultsPolicy: "NONE",
		TotalPagedResults:       -1,
		RemainingPagedResults:   -1,
	}
	for i, r := range found {
		answer.Result[i] = pick(r, fields)
	}
	if paged && len(found) == q.pageSize {
		cookie := strconv.Itoa(offset + q.pageSize)
		answer.PagedResultsCookie = &cookie
	}
	return &result{body: answer}, nil
}

// selection returns the filter of a query, nil where all is wanted, and the
// fields that it shows.
func (q *query) selection(fields []string) (filter, []string, *restError) {
	switch {
	case q.expression:
		return nil, nil, fail(http.StatusForbidden, "Access denied")
	case q.id == "query-all-ids":
		return nil, []string{"_id"}, nil
	case q.id == "query-all":
		return nil, fields, nil
	case q.id == "for-userName":
		want := q.params.Get("uid")
		return func(r record) bool { return r["userName"] == want }, fields, nil
	case q.id != "":
		return nil, nil, fail(http.StatusBadRequest, "The passed query identifier %s does not match any configured queries on the OrientDB repository service.", q.id)
	case q.filterText == "true":
		return nil, fields, nil
	}
	return q.filter, fields, nil
}

func sortRecords(rows []record, keys []sortKey) {
	slices.SortStableFunc(rows, func(a, b record) int {
		for _, k := range keys {
			x, _ := lookup(a, k.pointer)
			y, _ := lookup(b, k.pointer)
			n, ok := order(x, y)
			if !ok {
				// A missing value comes first.
				switch {
				case x == nil && y != nil:
					n = -1
				case x != nil && y == nil:
					n = 1
				}
			}
			if k.descending {
				n = -n
			}
			if n != 0 {
				return n
			}
		}
		return 0
	})
}

// pick returns the wanted fields, and _id and _rev, which come always.
func pick(r record, fields []string) record {
	if len(fields) == 0 {
		return r
	}
	out := record{}
	for _, name := range []string{"_id", "_rev"} {
		if v, ok := r[name]; ok {
			out[name] = v
		}
	}
	for _, f := range fields {
		if f == "*" {
			for k, v := range r {
				out[k] = v
			}
			continue
		}
		pointer := parsePointer(f)
		v, ok := lookup(r, pointer)
		if !ok {
			continue
		}
		at := out
		for _, p := range pointer[:len(pointer)-1] {
			next, ok := at[p].(record)
			if !ok {
				next = record{}
				at[p] = next
			}
			at = next
		}
		at[pointer[len(pointer)-1]] = v
	}
	return out
}
