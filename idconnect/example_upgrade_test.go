package idconnect_test

import (
	"context"
	"fmt"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/report"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// Describe the site, look before anything changes, then run and follow the events.
func ExampleUpgrade() {
	admin := openidm.Credentials{Password: keystore.NewPassword("…")} // read it from a file
	rep, err := upgrade(context.Background(), admin, admin)
	if err != nil {
		fmt.Println(err, idconnect.RemedyOf(err))
		return
	}
	fmt.Println(rep.Outcome)
}

func upgrade(ctx context.Context, source, target openidm.Credentials) (*report.Report, error) {
	u := &idconnect.Upgrade{
		SourceDir: "/opt/idc21/salesforceIdConnect", // 2.1, only read
		TargetDir: "/opt/idc716/salesforceIdConnect",
		Package:   "IdentityConnect-7.1.6.zip",
		Source:    idconnect.Server{URL: "https://idc21.example.com:8443/openidm/", Credentials: source},
		Target:    idconnect.Server{URL: "https://localhost:9443/openidm/", Credentials: target},
	}
	plan, err := u.Plan(ctx) // runs the preflight checks, changes nothing
	if err != nil {
		return nil, err
	}
	fmt.Println(plan.Findings) // which a program may refuse
	run := u.Stream(ctx)       // or u.Run(ctx), with u.Events
	for event := range run.Events() {
		fmt.Println(event.Kind, event.Step, event.State)
	}
	return run.Result() // interrupted, the same again goes on
}
