package verify

import (
	"fmt"
	"testing"
)

// TestReadsAgainWhatDiffers: the second reading asks for the ranges in which
// something may differ, and for no others.
func TestReadsAgainWhatDiffers(t *testing.T) {
	t.Parallel()
	const records = 30_000
	source := newTable(records)
	source.ordered = true
	target := source.clone()
	for _, i := range []int{7, 12_345, 29_999} {
		target.put(fmt.Sprintf("u%05d", i), userRecord(i, 1, "changed"))
	}
	target.drop("u20000")
	source.drop("u20002")
	c := compareTables(t, source, target, Options{PageSize: 100})
	if c.Differences() != 5 || c.Shifted != 0 || c.Passes != 2 {
		t.Errorf("%+v", c)
	}
	if most := records * 14 / 10; source.given > most || target.given > most {
		t.Errorf("%d and %d records were given of %d", source.given, target.given, records)
	}
}
