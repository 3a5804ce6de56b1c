package openidmtest

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/idconnect-go/upgrade/internal/crest"
)

// table holds the records of one resource: some are a function of their index
// and are made when somebody looks at them, others were written. Its methods
// need the lock of the server's world.
type table struct {
	prefix string // of synthetic ids
	count  int    // of synthetic records
	make   func(i int) record

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

func newTable() *table {
	return &table{rows: map[string]row{}, removed: map[string]bool{}}
}

// syntheticID returns the id of record i of n: u00007.
func syntheticID(prefix string, i, n int) string {
	digits := strconv.Itoa(i)
	if w := width(n); len(digits) < w {
		digits = strings.Repeat("0", w-len(digits)) + digits
	}
	return prefix + digits
}

// width keeps the order of the ids and that of the indexes the same.
func width(n int) int { return max(5, len(strconv.Itoa(max(n-1, 0)))) }

func (t *table) id(i int) string { return syntheticID(t.prefix, i, t.count) }

func (t *table) index(id string) (int, bool) {
	digits, ok := strings.CutPrefix(id, t.prefix)
	if !ok || len(digits) != width(t.count) {
		return 0, false
	}
	i, err := strconv.Atoi(digits)
	return i, err == nil && i >= 0 && i < t.count && t.id(i) == id
}

func (t *table) has(id string) bool {
	if _, ok := t.rows[id]; ok {
		return true
	}
	_, ok := t.index(id)
	return ok && !t.removed[id]
}

// get returns a copy of a record, with _id and _rev.
func (t *table) get(id string) (record, bool) {
	if w, ok := t.rows[id]; ok {
		r := record{}
		if err := crest.Decode(w.text, &r); err != nil {
			return nil, false
		}
		r["_id"], r["_rev"] = id, strconv.Itoa(w.rev)
		return r, true
	}
	i, ok := t.index(id)
	if !ok || t.removed[id] {
		return nil, false
	}
	r := t.make(i)
	r["_id"], r["_rev"] = id, "1"
	return r, true
}

func (t *table) put(id string, r record) (rev int, err error) {
	r = maps.Clone(r)
	delete(r, "_id")
	delete(r, "_rev")
	text, err := crest.Encode(r)
	if err != nil {
		return 0, fmt.Errorf("keeping record %s: %w", id, err)
	}
	_, synthetic := t.index(id)
	old, ok := t.rows[id]
	switch {
	case ok:
		rev = old.rev + 1
	case synthetic && !t.removed[id]:
		rev = 2
	default:
		rev = 1
		t.newest++
	}
	if !ok && !synthetic {
		t.added, t.sorted = append(t.added, id), nil
	}
	delete(t.removed, id)
	t.rows[id] = row{rev, text}
	return rev, nil
}

func (t *table) remove(id string) bool {
	if !t.has(id) {
		return false
	}
	delete(t.rows, id)
	if _, ok := t.index(id); ok {
		t.removed[id] = true
		return true
	}
	i := slices.Index(t.added, id)
	t.added, t.sorted = slices.Delete(t.added, i, i+1), nil
	return true
}

func (t *table) len() int { return t.count - len(t.removed) + len(t.added) }

// ids yields all ids from offset on: in the order of writing, or sorted.
func (t *table) ids(sortedByID bool, offset int) iter.Seq[string] {
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

// before returns how many synthetic ids come before id.
func (t *table) before(id string) int {
	return sort.Search(t.count, func(i int) bool { return t.id(i) >= id })
}

// tableView is a table as one of the server's two paths shows it.
type tableView struct {
	*table
	show func(r record, fields []string) record
}

func (v tableView) All(sortedByID bool, offset int) iter.Seq[record] {
	return func(yield func(record) bool) {
		for id := range v.ids(sortedByID, offset) {
			if r, ok := v.get(id); ok && !yield(r) {
				return
			}
		}
	}
}

func (v tableView) Shown(r record, fields []string) record { return v.show(r, fields) }

func (v tableView) Can(q *crest.Query) *crest.Error { return q.Columns() }

func (v tableView) Len() int { return v.len() }
