package idconnect_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/repair"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

// A comparison that found a difference, and the repair of it.
func ExampleUpgrade_Repair() {
	ctx := context.Background()
	site, remove := exampleSite(20)
	defer remove()
	site.Fail(openidmtest.Fault{Action: "migrate", LoseRecords: 1})
	report, err := site.Upgrade.Run(ctx)
	fmt.Println("differences:", errors.Is(err, idconnect.ErrDifferences))

	paths, _ := report.Verify.RepairList()
	dry, err := site.Upgrade.Repair(ctx, repair.Options{Paths: paths})
	if err != nil {
		log.Fatal(err)
	}
	for _, r := range dry.Records {
		fmt.Println(r.Action, r.Path)
	}
	// With a backup of the target's database.
	if _, err = site.Upgrade.Repair(ctx, repair.Options{Paths: paths, Apply: true}); err != nil {
		log.Fatal(err)
	}
	fmt.Println(site.Target().Count("managed/user"), "users")
	// Output:
	// differences: true
	// create repo/managed/user/u00000
	// 20 users
}
