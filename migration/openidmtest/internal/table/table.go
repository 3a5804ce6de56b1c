// Package table holds the records of a fake server: many that are a function of
// their index, so that a million of them cost nothing, and those that were
// written. It knows no resource; [View] answers queries over a [Table] by package
// crest. Its only user is package openidmtest.
package table

import (
	"fmt"
	"iter"
	"maps"
	"net/http"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/idconnect-go/upgrade/internal/crest"
)

// Table holds the records of one resource: some are a function of their index
// and are made when they are read, others were written. Its methods
// must not be called by several goroutines at once.
type Table struct {
	prefix string // of synthetic ids
	count  int    // of synthetic records
	make   func(i int) crest.Record

	rows    map[string]row // written ones; they hide the synthetic ones
	removed map[string]bool
	added   []string // ids of rows that are not synthetic, in the order of writing
	sorted  []string // added, sorted; nil means to be made
	newest  int      // number of the newest row, as databases count them
}

// row is a written record. It is kept as text, which takes a fraction of the
// memory and cannot be changed from outside.
type row struct {
	rev  int
	text []byte
}

// New returns a table of n synthetic records, whose ids have the prefix
// and which make makes by their index.
func New(prefix string, n int, make func(i int) crest.Record) *Table {
	return &Table{prefix: prefix, count: n, make: make, rows: map[string]row{}, removed: map[string]bool{}}
}

// ID returns the id of record i of n: u00007.
func ID(prefix string, i, n int) string {
	digits := strconv.Itoa(i)
	if w := width(n); len(digits) < w {
		digits = strings.Repeat("0", w-len(digits)) + digits
	}
	return prefix + digits
}

// width keeps the order of the ids and that of the indexes the same.
func width(n int) int { return max(5, len(strconv.Itoa(max(n-1, 0)))) }

func (t *Table) id(i int) string { return ID(t.prefix, i, t.count) }

// Index returns the index of a synthetic id.
func (t *Table) Index(id string) (int, bool) {
	digits, ok := strings.CutPrefix(id, t.prefix)
	if !ok || len(digits) != width(t.count) {
		return 0, false
	}
	i, err := strconv.Atoi(digits)
	return i, err == nil && i >= 0 && i < t.count && t.id(i) == id
}

// Has reports whether there is such a record.
func (t *Table) Has(id string) bool {
	if _, ok := t.rows[id]; ok {
		return true
	}
	_, ok := t.Index(id)
	return ok && !t.removed[id]
}

// Get returns a copy of a record, with _id and _rev.
func (t *Table) Get(id string) (crest.Record, bool) {
	if w, ok := t.rows[id]; ok {
		r := crest.Record{}
		if err := crest.Decode(w.text, &r); err != nil {
			return nil, false
		}
		r["_id"], r["_rev"] = id, strconv.Itoa(w.rev)
		return r, true
	}
	i, ok := t.Index(id)
	if !ok || t.removed[id] {
		return nil, false
	}
	r := t.make(i)
	r["_id"], r["_rev"] = id, "1"
	return r, true
}

// Put writes a record. It panics where that cannot be written as JSON.
func (t *Table) Put(id string, r crest.Record) {
	r = maps.Clone(r)
	delete(r, "_id")
	delete(r, "_rev")
	text, err := crest.Encode(r)
	if err != nil {
		panic(fmt.Sprintf("openidmtest: keeping record %s: %v", id, err))
	}
	rev := 1
	_, synthetic := t.Index(id)
	old, ok := t.rows[id]
	switch {
	case ok:
		rev = old.rev + 1
	case synthetic && !t.removed[id]:
		rev = 2
	default:
		t.newest++
	}
	if !ok && !synthetic {
		t.added, t.sorted = append(t.added, id), nil
	}
	delete(t.removed, id)
	t.rows[id] = row{rev, text}
}

// Remove deletes a record and reports whether there was one.
func (t *Table) Remove(id string) bool {
	if !t.Has(id) {
		return false
	}
	delete(t.rows, id)
	if _, ok := t.Index(id); ok {
		t.removed[id] = true
		return true
	}
	i := slices.Index(t.added, id)
	t.added, t.sorted = slices.Delete(t.added, i, i+1), nil
	return true
}

// Len returns the number of records.
func (t *Table) Len() int { return t.count - len(t.removed) + len(t.added) }

// IDs yields all ids from offset on: in the order of writing, or sorted.
func (t *Table) IDs(sortedByID bool, offset int) iter.Seq[string] {
	return func(yield func(string) bool) {
		added := t.added
		if sortedByID {
			if t.sorted == nil {
				t.sorted = slices.Sorted(slices.Values(t.added))
			}
			added = t.sorted
		}
		i, j := 0, 0
		if len(t.removed) == 0 {
			// Nothing is missing, so that the place is known without looking.
			if sortedByID {
				j = sort.Search(len(added), func(k int) bool { return t.before(added[k])+k >= offset })
				i = min(offset-j, t.count)
			} else {
				i = min(offset, t.count)
				j = min(offset-i, len(added))
			}
			offset = 0
		}
		for i < t.count || j < len(added) {
			var id string
			if i < t.count && (!sortedByID || j >= len(added) || t.id(i) < added[j]) {
				id = t.id(i)
				i++
				if t.removed[id] {
					continue
				}
			} else {
				id = added[j]
				j++
			}
			if offset > 0 {
				offset--
				continue
			}
			if !yield(id) {
				return
			}
		}
	}
}

// Written yields the ids of the written records, in no order.
func (t *Table) Written() iter.Seq[string] { return maps.Keys(t.rows) }

// before returns how many synthetic ids come before id.
func (t *Table) before(id string) int {
	return sort.Search(t.count, func(i int) bool { return t.id(i) >= id })
}

// View is a table as one of the server's two paths shows it.
type View struct {
	*Table
	Show func(r crest.Record, fields []string) crest.Record
}

func (v View) All(sortedByID bool, offset int) iter.Seq[crest.Record] {
	return func(yield func(crest.Record) bool) {
		for id := range v.IDs(sortedByID, offset) {
			if r, ok := v.Get(id); ok && !yield(r) {
				return
			}
		}
	}
}

func (v View) Shown(r crest.Record, fields []string) crest.Record { return v.Show(r, fields) }

func (v View) Can(q *crest.Query) *crest.Error { return q.Columns() }

// CheckRevision compares a wanted revision with that of the record; the words
// are those of the measured repository.
func (t *Table) CheckRevision(operation, id, want string, have crest.Record) *crest.Error {
	if want == "" || want == "*" || want == have["_rev"] {
		return nil
	}
	if _, err := strconv.Atoi(want); err != nil {
		return crest.Errorf(http.StatusConflict, "OrientDB repository expects revisions as int, unable to "+
			"parse passed revision: %s", want)
	}
	number, ok := t.Index(id)
	if !ok {
		number = t.count + t.newest - 1
	}
	stop := ": "
	if operation == "Delete" {
		stop = "." // without a space, as in the source
	}
	return crest.Errorf(http.StatusPreconditionFailed,
		"%s rejected as current Object revision is different than expected by caller, the object has changed "+
			"since retrieval%sCannot %s the record #12:%d because the version is not the latest. "+
			"Probably you are %s an old record or it has been modified by another user (db=v%v your=v%s)",
		operation, stop, strings.ToUpper(operation), number,
		map[string]string{"Update": "updating", "Delete": "deleting"}[operation], have["_rev"], want)
}

// Duplicate is the error of a record that exists already.
func (t *Table) Duplicate(id string) *crest.Error {
	return crest.Errorf(http.StatusPreconditionFailed,
		"Create rejected as Object with same ID already exists and was detected. Cannot index record: found "+
			"duplicated key '%s' in index 'id' previously assigned to the record #12:%d", id, t.count)
}
