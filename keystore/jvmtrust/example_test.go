package jvmtrust_test

import (
	"errors"
	"fmt"
	"log"

	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/keystore/jvmtrust"
)

// Would the target's JVM, with the truststore that it was given, accept the
// source under the name in instanceUrl?
func ExampleTrust_Verify() {
	store, err := keystore.Open("../testdata/fixtures/openidm-7.0.2.jceks", keystore.NewPassword("changeit"))
	if err != nil {
		log.Fatal(err)
	}
	source, _ := store.Entry("openidm-localhost")
	chain, err := source.Certificates()
	if err != nil {
		log.Fatal(err)
	}
	trust := jvmtrust.New(store)
	for _, host := range []string{"localhost", "idc21.example.com"} {
		err := trust.Verify(host, chain)
		var refused *jvmtrust.Error
		if errors.As(err, &refused) {
			fmt.Println(host, "is refused:", refused.Message)
			continue
		}
		fmt.Println(host, "is accepted")
	}
	// Output:
	// localhost is accepted
	// idc21.example.com is refused: No name matching idc21.example.com found
}
