package changes_test

import (
	"encoding/json"
	"fmt"

	"github.com/idconnect-go/upgrade/idconnect/changes"
)

// A site whose 7.1.6 gives every user a member of its own adds a row, for
// verify.Options.Changes, so that this is no difference.
func ExampleDefault() {
	table := append(changes.Default(), changes.Change{
		Code: "SITE-BADGE", Collection: "repo/managed/user", Members: []string{"badge"},
		Source: changes.Added("badge", `"none"`), Says: "gained badge",
		Sure: changes.Read, Origin: "the onCreate script of this site",
	})
	record := json.RawMessage(`{"_id":"u1","_rev":"7","userName":"bjensen"}`)
	migrated, err := changes.Apply(changes.Of(table, "repo/managed/user"), record)
	if err != nil {
		fmt.Println(err)
		return
	}
	text, err := json.Marshal(migrated)
	fmt.Println(string(text), err)
	// Output: {"_id":"u1","badge":"none","userName":"bjensen"} <nil>
}
