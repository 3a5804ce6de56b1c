package idconnect_test

import (
	"context"
	"fmt"
	"log"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/idconnecttest"
	"github.com/idconnect-go/upgrade/migration/openidm"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

// The whole upgrade as a script, with steps of its own between ours. After an
// interruption it is run again: what is done is skipped.
func ExampleUpgrade_Run() {
	site, err := idconnecttest.StartSite("", idconnecttest.Options{Source: openidmtest.Options{Users: 10}})
	if err != nil {
		log.Fatal(err)
	}
	defer site.Close()
	ctx, u := context.Background(), site.Upgrade
	run := func(steps ...string) {
		u.Steps = steps
		report, err := u.Run(ctx)
		if err != nil {
			log.Fatal(err, "; ", idconnect.RemedyOf(err))
		}
		fmt.Println(steps, report.Outcome)
	}
	users := func(name string, c *openidm.Client) {
		page, err := c.QueryPage(ctx, "managed/user", openidm.Query{Filter: "true", Fields: []string{"_id"}}, "")
		fmt.Println(len(page.Result), "users in the", name, err)
	}

	steps := idconnect.StepNames()
	run(steps[:5]...) // prepare to setup
	users("target", site.TargetClient)
	run(steps[5:7]...) // configure, migrate
	users("target", site.TargetClient)
	run(steps[7:]...) // verify
	// Output:
	// [prepare unpack stores java setup] done
	// 0 users in the target <nil>
	// [configure migrate] done
	// 10 users in the target <nil>
	// [verify] done
}
