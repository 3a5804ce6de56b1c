package idconnect_test

import (
	"context"
	"fmt"
	"log"
	"path/filepath"
	"time"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/idconnecttest"
	"github.com/idconnect-go/upgrade/idconnect/report"
	"github.com/idconnect-go/upgrade/migration"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

// A program that watches a migration, whoever started it, shows rate and time left,
// and writes a report of the comparison at its end.
func ExampleUpgrade_Watch() {
	o := idconnecttest.Options{Source: openidmtest.Options{Users: 200}, IsSetUp: true}
	o.Target.PageSize, o.Target.Pace = 20, 100*time.Millisecond
	site, err := idconnecttest.StartSite("", o)
	if err != nil {
		log.Fatal(err)
	}
	defer site.Close()
	ctx, u := context.Background(), site.Upgrade
	// Somebody else has started it, perhaps on another machine.
	if _, err := site.Migration.Configure(ctx, site.Origin); err != nil {
		log.Fatal(err)
	}
	if _, err := site.Migration.Wait(ctx, migration.PhaseConfigured, nil); err != nil {
		log.Fatal(err)
	}
	if _, err := site.Migration.Migrate(ctx); err != nil {
		log.Fatal(err)
	}

	shown := map[bool]bool{}
	for look, err := range u.Watch(ctx, 10*time.Millisecond) {
		if err != nil {
			log.Fatal(err, "; ", idconnect.RemedyOf(err))
		}
		line := fmt.Sprintf("%d records, %.0f a second, %v left", look.Processed, look.Rate, look.Left)
		shown[look.Rate > 0 && line != ""] = true
	}
	fmt.Println("a rate was shown:", shown[true])

	compared, err := idconnect.Verify(ctx, site.SourceClient, site.TargetClient,
		idconnect.VerifyOptions{Options: u.Verify})
	page := filepath.Join(site.Dir, "report")
	if err := idconnect.ReportOf(compared, err).Save(page, report.HTML, report.JSON); err != nil {
		log.Fatal(err)
	}
	fmt.Println("the same records:", compared.Same(), err)
	// Output:
	// a rate was shown: true
	// the same records: true <nil>
}
