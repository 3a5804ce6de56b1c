package verdict

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/idconnect-go/upgrade/internal/text"
)

// maxClosed is how many rows there are at most.
const maxClosed = 50

// Closed are encrypted values that differ and could not be opened, alike in what
// they say of themselves.
type Closed struct {
	// Member is the top-level member that they are in, Form their type and cipher,
	// Alias that of their key, "" where they name none. All are "" in the row of
	// those for which there was no room.
	Member string `json:"member"`
	Form   string `json:"form"`
	Alias  string `json:"alias,omitempty"`
	Count  int64  `json:"count"`
}

func (c Closed) compare(o Closed) int {
	return cmp.Or(cmp.Compare(c.Member, o.Member), cmp.Compare(c.Form, o.Form), cmp.Compare(c.Alias, o.Alias))
}

// ClosedValues are those of a collection: sorted, at most 51 rows.
type ClosedValues []Closed

// Add counts values that are alike.
func (l *ClosedValues) Add(c Closed) {
	i, has := slices.BinarySearchFunc(*l, c, Closed.compare)
	if !has && len(*l) > maxClosed-1 {
		c = Closed{Count: c.Count}
		i, has = slices.BinarySearchFunc(*l, c, Closed.compare)
	}
	if !has {
		*l = slices.Insert(*l, i, c)
		return
	}
	(*l)[i].Count += c.Count
}

// Items are the values as items; all is their number, with those that no row
// counts.
func (l ClosedValues) Items(collection string, all int64) (items []Item) {
	add := func(count int64, detail string) {
		item := Item{Code: "VALUES-" + strings.ToUpper(collection), Kind: "encrypted value", Count: count}
		item.Says = text.Plural(count, item.Kind) + " of " + collection + " could not be opened" + detail
		items = append(items, item)
	}
	for _, c := range l {
		if c.Member != "" || c.Form != "" {
			add(c.Count, fmt.Sprintf(": member %s, %s, key %q", c.Member, c.Form, c.Alias))
			all -= c.Count
		}
	}
	if all > 0 {
		add(all, "")
	}
	return items
}
