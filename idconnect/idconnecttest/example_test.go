package idconnecttest_test

import (
	"context"
	"fmt"
	"log"
	"testing"

	"github.com/idconnect-go/upgrade/idconnect/idconnecttest"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

// A unit test of a whole upgrade, all eight steps of it.
func TestUpgrade(t *testing.T) {
	site := idconnecttest.NewSite(t, idconnecttest.Options{Source: openidmtest.Options{Users: 20}})
	report, err := site.Upgrade.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if report.Outcome != "done" || site.Target().Count("managed/user") != 20 {
		t.Errorf("%s, %d users", report.Outcome, site.Target().Count("managed/user"))
	}
}

// A whole upgrade without a test, whose target loses a record.
func ExampleStartSite() {
	site, err := idconnecttest.StartSite("", idconnecttest.Options{Source: openidmtest.Options{Users: 20}})
	if err != nil {
		log.Fatal(err)
	}
	defer site.Close()
	site.Fail(openidmtest.Fault{Action: "migrate", LoseRecords: 1})
	report, err := site.Upgrade.Run(context.Background())
	fmt.Println(report.Outcome, err)
	fmt.Println(report.Verify.Collections[0].Missing)
	// Output:
	// differences verify: the servers differ
	// [u00000]
}
