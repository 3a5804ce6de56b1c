package idmvalues_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/keystore/idmvalues"
)

// A copy of a key store, and the proof that it opens each value of a configuration.
func Example_copy() {
	dir, _ := os.MkdirTemp("", "copy")
	defer os.RemoveAll(dir)
	to, o := filepath.Join(dir, "keystore.jceks"), keystore.CopyOptions{Password: keystore.NewPassword("changeit")}
	_, err := keystore.Copy("../testdata/fixtures/openidm-7.0.2.jceks", to, o)
	store, openErr := keystore.Open(to, o.Password)
	document, readErr := os.ReadFile("testdata/encrypted-values.json")
	if err != nil || openErr != nil || readErr != nil {
		fmt.Println(err, openErr, readErr)
		return
	}
	for e := range store.Entries() {
		fmt.Println(e.Alias, "is a", e.Kind)
	}
	err = idmvalues.Scan(document, func(_ string, value []byte) error { return idmvalues.Opens(store, value) })
	fmt.Println("all values open:", err == nil)
	// Output:
	// openidm-sym-default is a secret key
	// openidm-jwtsessionhmac-key is a secret key
	// selfservice is a private key
	// openidm-localhost is a private key
	// openidm-selfservice-key is a secret key
	// all values open: true
}
