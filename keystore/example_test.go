package keystore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/idconnect-go/upgrade/keystore"
)

// What is in a store; no key is opened for it.
func Example() {
	store, err := keystore.Open("testdata/fixtures/openidm-7.0.2.jceks", keystore.NewPassword("changeit"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(store.Format(), store.Len(), "entries, verified:", store.Verified())
	for e := range store.Entries() {
		fmt.Printf("%-11s  %s\n", e.Kind, e.Alias)
		for _, der := range e.RawCertificates() {
			fmt.Println("            ", keystore.CertificateSubject(der))
		}
	}
	// Output:
	// JCEKS 5 entries, verified: true
	// secret key   openidm-sym-default
	// secret key   openidm-jwtsessionhmac-key
	// private key  selfservice
	//              CN=selfservice,O=OpenIDM Self Service Certificate,OU=None,L=None,ST=None,C=None
	// private key  openidm-localhost
	//              CN=localhost,O=OpenIDM Self-Signed Certificate,OU=None,L=None,ST=None,C=None
	// secret key   openidm-selfservice-key
}

// A new store, that Java opens.
func ExampleNew() {
	password := keystore.NewPassword("changeit")
	store := keystore.New(keystore.JCEKS)
	err := store.PutSecretKey("openidm-sym-default", "AES", []byte("0123456789abcdef"),
		keystore.PutOptions{Password: password})
	if err != nil {
		log.Fatal(err)
	}
	var file bytes.Buffer
	if err := store.Encode(&file, password); err != nil {
		log.Fatal(err)
	}
	again, err := keystore.Decode(&file, password)
	if err != nil {
		log.Fatal(err)
	}
	for _, k := range again.OpenKeys(context.Background(), password) {
		fmt.Println(k.Entry.Alias, k.Algorithm, len(k.Key), k.Err)
	}
	// Output: openidm-sym-default AES 16 <nil>
}

// The key store of the old server takes the place of the new one's, which is
// kept beside it; a destination that holds keys of its own is refused.
func ExampleCopy() {
	dir, err := os.MkdirTemp("", "keystore")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	destination := filepath.Join(dir, "keystore.jceks")
	options := keystore.CopyOptions{Password: keystore.NewPassword("changeit")}

	changes, err := keystore.Copy("testdata/fixtures/openidm-7.0.2.jceks", destination, options)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("there was none before:", changes.Backup == "")

	_, err = keystore.Copy("testdata/fixtures/idm-jdk17.jceks", destination, options)
	var conflict *keystore.ConflictError
	if errors.As(err, &conflict) {
		fmt.Println("would be lost:", len(conflict.Aliases), "keys")
	}
	fmt.Println("taken back:", changes.Undo())
	// Output:
	// there was none before: true
	// would be lost: 5 keys
	// taken back: <nil>
}

// Both stores of the old server, as the procedure wants them: both or none.
func ExampleChanges_Undo() {
	dir, err := os.MkdirTemp("", "security")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	options := keystore.CopyOptions{Password: keystore.NewPassword("changeit")}

	keys, err := keystore.Copy("testdata/fixtures/openidm-7.0.2.jceks", filepath.Join(dir, "keystore.jceks"),
		options)
	if err != nil {
		log.Fatal(err)
	}
	_, err = keystore.Copy("testdata/fixtures/none", filepath.Join(dir, "truststore"), options)
	if err != nil {
		err = errors.Join(err, keys.Undo())
	}
	left, _ := os.ReadDir(dir)
	fmt.Println("no such file:", errors.Is(err, os.ErrNotExist), "- files left:", len(left))
	// Output: no such file: true - files left: 0
}

func ExampleMerge() {
	password := keystore.NewPassword("changeit")
	truststore, err := keystore.Open("testdata/fixtures/trust.jks", password)
	if err != nil {
		log.Fatal(err)
	}
	truststore.Delete("leaf")
	source, err := keystore.Open("testdata/fixtures/trust.jceks", password)
	if err != nil {
		log.Fatal(err)
	}
	merged, err := keystore.Merge(truststore, source, keystore.Error)
	fmt.Println("added", merged.Added, "replaced", merged.Replaced, err)
	// Output: added [leaf] replaced [] <nil>
}

func ExampleCompare() {
	password := keystore.NewPassword("changeit")
	a, err := keystore.Open("testdata/fixtures/trust.jks", password)
	if err != nil {
		log.Fatal(err)
	}
	b, err := keystore.Open("testdata/fixtures/trust.jceks", password)
	if err != nil {
		log.Fatal(err)
	}
	b.Delete("inter")
	differences, err := keystore.Compare(context.Background(), a, b)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(differences)
	// Output:
	// same       leaf
	// same       root
	// only in A  inter
	// 2 the same, 0 changed, 1 only in A, 0 only in B
}
