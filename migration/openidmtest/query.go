package openidmtest

import (
	"iter"
	"net/http"
	"regexp"
	"slices"
	"strconv"
)

// source is what a query runs over.
type source interface {
	// all yields the records from offset on; only makes it skip those
	// records cheaply that come before.
	all(sortedByID bool, offset int) iter.Seq[record]
	// shown is a record as the answer has it, with the fields that are asked for:
	// filters see the whole of it.
	shown(r record, fields []string) record
	// can says whether the filter and the keys are understood.
	can(q *query) *restError
	// len is the number of the records, where it is known.
	len() int
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

func (l list) shown(r record, fields []string) record { return pick(r, fields) }

func (l list) can(*query) *restError { return nil }

func (l list) len() int { return len(l) }

// tableView is a table as one of the server's two paths shows it.
type tableView struct {
	*table
	show func(r record, fields []string) record
}

func (v tableView) all(sortedByID bool, offset int) iter.Seq[record] {
	return func(yield func(record) bool) {
		for id := range v.ids(sortedByID, offset) {
			if r, ok := v.get(id); ok && !yield(r) {
				return
			}
		}
	}
}

func (v tableView) shown(r record, fields []string) record { return v.show(r, fields) }

var (
	columnName = regexp.MustCompile(`^[A-Za-z_]\w*$`)
	errCommand = fail(http.StatusBadRequest, "Error executing DB command.")
)

// can refuses what the measured repository cannot put into its language: other
// names than those of columns, and keys of more than one.
func (v tableView) can(q *query) *restError {
	if q.extended {
		return fail(http.StatusInternalServerError, "Extended match filter not supported on this endpoint")
	}
	for _, pointer := range q.pointers {
		for _, name := range pointer {
			if !columnName.MatchString(name) {
				return errCommand
			}
		}
	}
	for _, k := range q.sortKeys {
		if len(k.pointer) > 1 || !columnName.MatchString(k.pointer[0]) {
			return errCommand
		}
	}
	return nil
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
	q := &c.query
	paged := q.pageSize > 0
	offset := 0
	if paged {
		offset = q.offset
		if q.cookie != "" {
			n, err := strconv.Atoi(q.cookie)
			if err != nil {
				return nil, fail(http.StatusBadRequest, "Invalid paged results cookie")
			}
			if n < 0 {
				return nil, errCommand
			}
			offset = n
		}
	}
	if q.id == "query-all-count" || q.id == "query-all-ids-count" {
		return &result{body: newQueryAnswer([]record{{"total": from.len()}})}, nil
	}
	keep, fields, e := q.selection(c.fields)
	if e != nil {
		return nil, e
	}
	if e := from.can(q.asked()); e != nil {
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
	for i, r := range found {
		found[i] = from.shown(r, fields)
		if c.oldest {
			c.withoutID(found[i])
		}
	}
	answer := newQueryAnswer(found)
	if paged && q.total && (q.id == "query-all" || q.id == "query-all-ids") {
		// Of the configured queries only these have one that counts beside them.
		answer.TotalPagedResultsPolicy, answer.TotalPagedResults = "EXACT", from.len()
	}
	if paged && len(found) == q.pageSize && offset+len(found) != answer.TotalPagedResults {
		cookie := strconv.Itoa(offset + q.pageSize)
		answer.PagedResultsCookie = &cookie
	}
	return &result{body: answer}, nil
}

func newQueryAnswer(found []record) queryAnswer {
	if found == nil {
		found = []record{}
	}
	return queryAnswer{
		Result: found, ResultCount: len(found),
		TotalPagedResultsPolicy: "NONE", TotalPagedResults: -1, RemainingPagedResults: -1,
	}
}

// asked is the query without what a configured one pays no heed to.
func (q *query) asked() *query {
	if q.byID {
		return &query{}
	}
	return q
}

// token returns a parameter that a configured query needs.
func (q *query) token(name string) (string, *restError) {
	if !q.params.Has(name) {
		return "", fail(http.StatusBadRequest, "Missing entry in params passed to query for token %s", name)
	}
	return q.params.Get(name), nil
}

// member keeps the records in which members have the values of parameters.
func (q *query) member(names ...string) (filter, *restError) {
	want := map[string]string{}
	for i := 0; i < len(names); i += 2 {
		text, e := q.token(names[i+1])
		if e != nil {
			return nil, e
		}
		want[names[i]] = text
	}
	return func(r record) bool {
		for name, text := range want {
			if r[name] != text {
				return false
			}
		}
		return true
	}, nil
}

// selection returns the filter of a query, nil where all is wanted, and the
// fields that it shows.
func (q *query) selection(fields []string) (filter, []string, *restError) {
	configured := func(names ...string) (filter, []string, *restError) {
		keep, e := q.member(names...)
		return keep, fields, e
	}
	switch {
	case q.expression:
		// Statements in the language of the repository are not interpreted.
		return nil, nil, errCommand
	case !q.byID && q.filterText == "true":
		return nil, fields, nil
	case !q.byID:
		return q.keep, fields, nil
	}
	switch q.id {
	case "query-all-ids":
		return nil, []string{"_id"}, nil
	case "query-all":
		return nil, fields, nil
	case "for-userName":
		return configured("userName", "uid")
	case "credential-query":
		keep, e := q.member("userName", "username")
		return func(r record) bool { return keep(r) && r["accountStatus"] != "inactive" }, fields, e
	case "credential-internaluser-query":
		return configured("_id", "username")
	case "links-for-linkType":
		return configured("linkType", "linkType")
	case "links-for-firstId":
		return configured("linkType", "linkType", "firstId", "firstId")
	case "get-by-field-value":
		name, e := q.token("field")
		if e != nil {
			return nil, nil, e
		}
		return configured(name, "value")
	}
	return nil, nil, fail(http.StatusBadRequest, "The passed identifier %s does not match any configured queries on the OrientDB repository service.", q.id)
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

// pick returns the wanted fields, each under the last name of its path, and
// _id and _rev, which come always.
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
		out[pointer[len(pointer)-1]] = v
	}
	return out
}
