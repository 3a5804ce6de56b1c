package crest

import (
	"iter"
	"maps"
	"regexp"
	"slices"
	"strconv"
)

// Source is what a query runs over.
type Source interface {
	// All yields the records from offset on, and may skip those before it
	// cheaply.
	All(sortedByID bool, offset int) iter.Seq[Record]
	// Shown is a record as the answer has it, with the fields that are asked
	// for. Filters see the whole of it.
	Shown(r Record, fields []string) Record
	// Can reports whether the filter and the keys are understood.
	Can(q *Query) *Error
	// Len is the number of the records, where it is known.
	Len() int
}

// List is a Source in memory.
type List []Record

func (l List) All(sortedByID bool, offset int) iter.Seq[Record] {
	if sortedByID {
		l = slices.Clone(l)
		sortRecords(l, []sortKey{{pointer: []string{"_id"}}})
	}
	return slices.Values(l[min(offset, len(l)):])
}

func (l List) Shown(r Record, fields []string) Record { return Pick(r, fields) }

func (l List) Can(*Query) *Error { return nil }

func (l List) Len() int { return len(l) }

// ErrCommand is the error of a query that the repository cannot carry out.
var ErrCommand = BadRequest("Error executing DB command.")

var columnName = regexp.MustCompile(`^[A-Za-z_]\w*$`)

// Columns refuses what the measured repository cannot put into its language:
// other names than those of columns, and keys of more than one.
func (q *Query) Columns() *Error {
	if q.extended {
		return InternalError("Extended match filter not supported on this endpoint")
	}
	for _, pointer := range q.Pointers {
		for _, name := range pointer {
			if !columnName.MatchString(name) {
				return ErrCommand
			}
		}
	}
	for _, k := range q.sortKeys {
		if len(k.pointer) > 1 || !columnName.MatchString(k.pointer[0]) {
			return ErrCommand
		}
	}
	return nil
}

// queryAnswer has the members in the server's order.
type queryAnswer struct {
	Result                  []Record `json:"result"`
	ResultCount             int      `json:"resultCount"`
	PagedResultsCookie      *string  `json:"pagedResultsCookie"`
	TotalPagedResultsPolicy string   `json:"totalPagedResultsPolicy,omitempty"`
	TotalPagedResults       *int     `json:"totalPagedResults,omitempty"`
	RemainingPagedResults   int      `json:"remainingPagedResults"`
}

// RunQuery answers a query over a source. The cookie is the plain offset of
// the next page, as the measured repository has it, and there is one whenever
// the page is full, even if nothing follows.
func RunQuery(c *Request, from Source) (*Result, *Error) {
	q := &c.Query
	paged := q.PageSize > 0
	offset := 0
	if paged {
		offset = q.offset
	}
	if paged && q.cookie != "" {
		n, err := strconv.Atoi(q.cookie)
		if err != nil {
			return nil, BadRequest("Invalid paged results cookie")
		}
		if n < 0 {
			return nil, ErrCommand
		}
		offset = n
	}
	if q.ID == "query-all-count" || q.ID == "query-all-ids-count" {
		return &Result{Body: newQueryAnswer([]Record{{"total": from.Len()}})}, nil
	}
	keep, fields, e := q.Selection(c.Fields)
	if e != nil {
		return nil, e
	}
	if e := from.Can(q.asked()); e != nil {
		return nil, e
	}
	found := q.page(from, keep, offset)
	for i, r := range found {
		found[i] = from.Shown(r, fields)
		if c.oldest {
			c.withoutID(found[i])
		}
	}
	answer := newQueryAnswer(found)
	if paged && q.total && (q.ID == "query-all" || q.ID == "query-all-ids") {
		// Of the configured queries only these have one that counts beside them.
		answer.TotalPagedResultsPolicy, *answer.TotalPagedResults = "EXACT", from.Len()
	}
	if paged && len(found) == q.PageSize && offset+len(found) != *answer.TotalPagedResults {
		cookie := strconv.Itoa(offset + q.PageSize)
		answer.PagedResultsCookie = &cookie
	}
	return &Result{Body: answer}, nil
}

// page returns the records from offset on that keep wants, a page of them at
// most, or all where no pages are asked for.
func (q *Query) page(from Source, keep Match, offset int) []Record {
	byID := len(q.sortKeys) == 1 && !q.sortKeys[0].descending &&
		slices.Equal(q.sortKeys[0].pointer, []string{"_id"})
	isSorted := len(q.sortKeys) == 0 || byID
	jump := 0
	if isSorted && keep == nil {
		// What comes before need not be looked at.
		jump, offset = offset, 0
	}
	var found []Record
	for r := range from.All(byID, jump) {
		if keep != nil && !keep(r) {
			continue
		}
		if isSorted && offset > 0 {
			offset--
			continue
		}
		if found = append(found, r); isSorted && len(found) == q.PageSize {
			break
		}
	}
	if isSorted {
		return found
	}
	sortRecords(found, q.sortKeys)
	found = found[min(offset, len(found)):]
	if q.PageSize > 0 {
		found = found[:min(q.PageSize, len(found))]
	}
	return found
}

func newQueryAnswer(found []Record) queryAnswer {
	if found == nil {
		found = []Record{}
	}
	unknown := -1
	return queryAnswer{
		Result: found, ResultCount: len(found),
		TotalPagedResultsPolicy: "NONE", TotalPagedResults: &unknown, RemainingPagedResults: -1,
	}
}

// OmitTotals leaves the two members of totals out of the answer to a query, as
// 3.x does.
func (r *Result) OmitTotals() {
	if answer, ok := r.Body.(queryAnswer); ok {
		answer.TotalPagedResultsPolicy, answer.TotalPagedResults = "", nil
		r.Body = answer
	}
}

// asked is the query without what a configured one pays no heed to.
func (q *Query) asked() *Query {
	if q.ByID {
		return &Query{}
	}
	return q
}

// token returns a parameter that a configured query needs.
func (q *Query) token(name string) (string, *Error) {
	if !q.params.Has(name) {
		return "", BadRequest("Missing entry in params passed to query for token %s", name)
	}
	return q.params.Get(name), nil
}

// member keeps the records in which members have the values of parameters.
func (q *Query) member(names ...string) (Match, *Error) {
	want := map[string]string{}
	for i := 0; i < len(names); i += 2 {
		text, e := q.token(names[i+1])
		if e != nil {
			return nil, e
		}
		want[names[i]] = text
	}
	return func(r Record) bool {
		for name, text := range want {
			if r[name] != text {
				return false
			}
		}
		return true
	}, nil
}

// Selection returns the filter of a query, nil where all is wanted, and the
// fields that it shows.
func (q *Query) Selection(fields []string) (Match, []string, *Error) {
	configured := func(names ...string) (Match, []string, *Error) {
		keep, e := q.member(names...)
		return keep, fields, e
	}
	switch {
	case q.Expression:
		// Statements in the language of the repository are not interpreted.
		return nil, nil, ErrCommand
	case !q.ByID && q.FilterText == "true":
		return nil, fields, nil
	case !q.ByID:
		return q.keep, fields, nil
	}
	switch q.ID {
	case "query-all-ids":
		return nil, []string{"_id"}, nil
	case "query-all":
		return nil, fields, nil
	case "for-userName":
		return configured("userName", "uid")
	case "credential-query":
		keep, e := q.member("userName", "username")
		return func(r Record) bool { return keep(r) && r["accountStatus"] != "inactive" }, fields, e
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
	return nil, nil, BadRequest("The passed identifier %s does not match any configured queries "+
		"on the OrientDB repository service.", q.ID)
}

func sortRecords(rows []Record, keys []sortKey) {
	slices.SortStableFunc(rows, func(a, b Record) int {
		for _, k := range keys {
			x, _ := Lookup(a, k.pointer)
			y, _ := Lookup(b, k.pointer)
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

// Pick returns the wanted fields, each under the last name of its path, and
// _id and _rev, which come always.
func Pick(r Record, fields []string) Record {
	if len(fields) == 0 {
		return r
	}
	out := Record{}
	for _, name := range []string{"_id", "_rev"} {
		if v, ok := r[name]; ok {
			out[name] = v
		}
	}
	for _, f := range fields {
		if f == "*" {
			maps.Copy(out, r)
			continue
		}
		pointer := ParsePointer(f)
		if v, ok := Lookup(r, pointer); ok {
			out[pointer[len(pointer)-1]] = v
		}
	}
	return out
}
