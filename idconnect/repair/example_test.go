package repair_test

import (
	"context"
	"fmt"
	"log"

	"github.com/idconnect-go/upgrade/idconnect/idconnecttest"
	"github.com/idconnect-go/upgrade/idconnect/repair"
	"github.com/idconnect-go/upgrade/migration"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

// What would be written to bring a record back; with Apply it is.
func ExampleRun() {
	pair, err := idconnecttest.StartPair(idconnecttest.Options{Source: openidmtest.Options{Users: 5, InMemory: true}})
	if err != nil {
		log.Fatal(err)
	}
	defer pair.Close()
	ctx := context.Background()
	if _, err = pair.Migration.Configure(ctx, pair.Origin); err == nil {
		_, err = pair.Migration.Wait(ctx, migration.PhaseConfigured, nil)
	}
	if err == nil {
		_, err = pair.Migration.Migrate(ctx)
	}
	if err == nil {
		_, err = pair.Migration.Wait(ctx, migration.PhaseComplete, nil)
	}
	if err != nil {
		log.Fatal(err)
	}
	pair.Target().Delete("repo/managed/user", "u00003")

	report, err := repair.Run(ctx, pair.SourceClient, pair.TargetClient, repair.Options{
		Paths:      []string{"repo/managed/user/u00003"}, // of verify.Report.RepairList
		SourceKeys: pair.Source().Keystore(), TargetKeys: pair.Target().Keystore(),
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, r := range report.Records {
		fmt.Println(r.Action, r.Path)
	}
	fmt.Println(pair.Target().Count("managed/user"), "users still")
	// Output:
	// create repo/managed/user/u00003
	// 4 users still
}
