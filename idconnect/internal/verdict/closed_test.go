package verdict_test

import (
	"fmt"
	"testing"

	"github.com/idconnect-go/upgrade/idconnect/internal/verdict"
)

// TestItems: every value is counted by one item, also those for which there was no
// room, or that no row counts.
func TestItems(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kinds, more int64
		items       int
	}{{0, 0, 0}, {0, 3, 1}, {7, 0, 7}, {7, 2, 8}, {50, 0, 50}, {60, 0, 51}, {60, 5, 51}} {
		var values verdict.ClosedValues
		for kind := range c.kinds {
			values.Add(verdict.Closed{Member: fmt.Sprint("m", kind), Form: "f", Count: 2})
		}
		all := 2*c.kinds + c.more
		var counted int64
		items := values.Items("users", all)
		for _, i := range items {
			counted += i.Count
		}
		if len(items) != c.items || counted != all {
			t.Errorf("%d kinds and %d more: %d items of %d values, want %d of %d", c.kinds, c.more, len(items), counted,
				c.items, all)
		}
	}
}
