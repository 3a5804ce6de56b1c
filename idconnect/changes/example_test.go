package changes_test

import (
	"encoding/json"
	"fmt"

	"github.com/idconnect-go/upgrade/idconnect/changes"
)

// A site whose 7.1.6 gives every user a member of its own adds a row, for
// verify.Options.Changes, so that this is no difference.
func ExampleDefault() {
	badge := changes.Change{
		Code: "SITE-BADGE", Collection: "repo/managed/user", Members: []string{"badge"},
		Source: changes.Added("badge", `"none"`), Says: "gained badge",
		Sure: changes.Read, Origin: "the onCreate script of this site",
	}
	table := append(changes.Default(), badge)
	fmt.Println(len(table)-len(changes.Default()), "row of this site")

	// What the row makes of a record of the source.
	record := changes.Record{"userName": json.RawMessage(`"bjensen"`)}
	effect := badge.Source(record)
	text, err := json.Marshal(record)
	fmt.Println(effect == changes.Applied, string(text), err)
	// Output:
	// 1 row of this site
	// true {"badge":"none","userName":"bjensen"} <nil>
}
