package openidmtest

import (
	"slices"
	"testing"
)

func testTable(n int) *table {
	t := newTable()
	t.prefix, t.count = "u", n
	t.make = func(i int) record { return record{"n": i} }
	return t
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
				if _, err := tab.put(id, record{"x": 1}); err != nil {
					t.Fatal(err)
				}
			}
			for _, id := range c.removed {
				if !tab.remove(id) || tab.has(id) {
					t.Fatalf("%s is still there", id)
				}
			}
			for _, byID := range []bool{false, true} {
				all := slices.Collect(tab.ids(byID, 0))
				if len(all) != tab.len() {
					t.Fatalf("%d ids, want %d", len(all), tab.len())
				}
				if byID && !slices.IsSorted(all) {
					t.Errorf("not sorted: %v", all)
				}
				for offset := range len(all) + 2 {
					want := all[min(offset, len(all)):]
					if got := slices.Collect(tab.ids(byID, offset)); !slices.Equal(got, want) {
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
		id  string
		rev int
	}{{"u00000", 2}, {"u00000", 3}, {"new", 1}, {"new", 2}} {
		if rev, err := tab.put(c.id, record{}); err != nil || rev != c.rev {
			t.Errorf("%s: revision %d, %v, want %d", c.id, rev, err, c.rev)
		}
	}
	if n := tab.len(); n != 3 {
		t.Errorf("%d records, want 3", n)
	}
}
