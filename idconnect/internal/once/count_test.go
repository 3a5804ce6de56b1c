package once

import (
	"testing"

	"github.com/idconnect-go/upgrade/migration"
)

// TestTotal: the source's count comes first, and no total is less than what was processed.
func TestTotal(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ processed, target, source, want int64 }{
		"nobody says":          {100, -1, -1, -1},
		"the target says":      {100, 1000, -1, 1000},
		"a page of the target": {100, 500, 3000, 3000},
		"a page was passed":    {501, 500, -1, -1},
		"the source":           {100, -1, 3000, 3000},
		"all of it":            {3000, -1, 3000, 3000},
		"something else":       {3001, -1, 3000, -1},
		"of what it says":      {3001, 4000, 3000, 4000},
		"not begun":            {-1, -1, 3000, 3000},
	} {
		if got := totalOf(migration.Status{Processed: c.processed, Total: c.target}, c.source); got != c.want {
			t.Errorf("%s: %d of %d, want %d", name, c.processed, got, c.want)
		}
	}
}
