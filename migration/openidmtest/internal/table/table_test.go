package table

import (
	"slices"
	"testing"

	"github.com/idconnect-go/upgrade/internal/crest"
)

func testTable(n int) *Table {
	return New("u", n, func(i int) crest.Record { return crest.Record{"n": i} })
}

// TestTableOffset compares every jump into a table with counting.
func TestTableOffset(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name           string
		added, removed []string
	}{
		{"synthetic only", nil, nil},
		{"added before, between and behind", []string{"z", "a", "u00003x", "b", "u00000"}, nil},
		{"some removed", []string{"m", "v", "u00001"}, []string{"u00000", "m", "u00006"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tab := testTable(7)
			for _, id := range c.added {
				tab.Put(id, crest.Record{"x": 1})
			}
			for _, id := range c.removed {
				if !tab.Remove(id) || tab.Has(id) {
					t.Fatalf("%s is still there", id)
				}
			}
			for _, byID := range []bool{false, true} {
				all := slices.Collect(tab.IDs(byID, 0))
				if len(all) != tab.Len() {
					t.Fatalf("%d ids, want %d", len(all), tab.Len())
				}
				if byID && !slices.IsSorted(all) {
					t.Errorf("not sorted: %v", all)
				}
				for offset := range len(all) + 2 {
					want := all[min(offset, len(all)):]
					if got := slices.Collect(tab.IDs(byID, offset)); !slices.Equal(got, want) {
						t.Errorf("by id %v, from %d: %v, want %v", byID, offset, got, want)
					}
				}
			}
		})
	}
}

func TestTableRevision(t *testing.T) {
	t.Parallel()
	tab := testTable(2)
	for _, c := range []struct {
		id, rev string
	}{{"u00000", "2"}, {"u00000", "3"}, {"new", "1"}, {"new", "2"}} {
		tab.Put(c.id, crest.Record{})
		if r, _ := tab.Get(c.id); r["_rev"] != c.rev {
			t.Errorf("%s: revision %v, want %s", c.id, r["_rev"], c.rev)
		}
	}
	if n := tab.Len(); n != 3 {
		t.Errorf("%d records, want 3", n)
	}
}
