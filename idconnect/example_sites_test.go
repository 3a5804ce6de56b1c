package idconnect_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/idconnecttest"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

// Several sites, one after the other. A warning that is not tolerated ends a site
// before anything is changed; a finding that blocks does so in any case.
func ExampleUpgrade_Plan() {
	tolerated := map[string]bool{"USER-IS-ROOT": true}
	upgrade := func(ctx context.Context, u *idconnect.Upgrade) error {
		plan, err := u.Plan(ctx)
		var refused []string
		for _, f := range plan.Findings {
			if f.Severity == preflight.Blocks || f.Severity == preflight.Warns && !tolerated[f.Code] {
				refused = append(refused, f.Code)
			}
		}
		if err != nil || len(refused) > 0 {
			return errors.Join(err, fmt.Errorf("refused for %v", refused))
		}
		_, err = u.Run(ctx)
		return err
	}
	for _, s := range [][2]string{{"hamburg", "openidm-admin"}, {"lyon", "not this one"}} {
		site, err := idconnecttest.StartSite("", idconnecttest.Options{Source: openidmtest.Options{Users: 10}})
		if err != nil {
			log.Fatal(err)
		}
		defer site.Close()
		site.Upgrade.Source.Credentials.Password = keystore.NewPassword(s[1])
		fmt.Println(s[0], upgrade(context.Background(), site.Upgrade))
	}
	// Output:
	// hamburg <nil>
	// lyon refused for [SOURCE-PASSWORD VALUES-NOT-CHECKED]
}
