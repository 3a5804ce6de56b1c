package idmvalues_test

import (
	"encoding/json"
	"fmt"
	"log"
	"os"

	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/keystore/idmvalues"
)

// Proof that a store opens the encrypted values of a document, without seeing
// what they hold.
func Example() {
	store, err := keystore.Open("../testdata/fixtures/openidm-7.0.2.jceks", keystore.NewPassword("changeit"))
	if err != nil {
		log.Fatal(err)
	}
	document, err := os.ReadFile("testdata/encrypted-values.json")
	if err != nil || !json.Valid(document) {
		log.Fatal("no document")
	}
	opened := 0
	err = idmvalues.Scan(document, func(pointer string, value []byte) error {
		if err := idmvalues.Opens(store, value); err != nil {
			return fmt.Errorf("%s: %w", pointer, err)
		}
		opened++
		return nil
	})
	fmt.Println(opened, "values opened,", err)
	// Output: 6 values opened, <nil>
}
