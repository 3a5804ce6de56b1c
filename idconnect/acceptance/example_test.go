package acceptance_test

import (
	"context"
	"fmt"

	"github.com/idconnect-go/upgrade/idconnect/acceptance"
	"github.com/idconnect-go/upgrade/idconnect/verify"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration/openidm"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

func ExampleRun() {
	var clients [2]*openidm.Client
	for i := range clients {
		server, err := openidmtest.Start(openidmtest.Options{Users: 10, Managed: []string{"group"}})
		if err != nil {
			fmt.Println(err)
			return
		}
		defer server.Close()
		server.Put("repo/managed/group", "admins", map[string]any{"name": "Administrators"})
		clients[i] = &openidm.Client{
			BaseURL: server.URL,
			Trust:   server.Trust(),
			Credentials: openidm.Credentials{
				Username: "openidm-admin", Password: keystore.NewPassword("openidm-admin"),
			},
		}
	}

	ctx, compare := context.Background(), verify.Options{}
	report, err := verify.Run(ctx, clients[0], clients[1], compare)
	if err != nil {
		fmt.Println(err)
		return
	}
	err = acceptance.Run(ctx, clients[0], clients[1], acceptance.Options{}, compare, report)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range report.Checks {
		if c.Code == acceptance.Groups || c.Code == acceptance.Mappings {
			fmt.Printf("%s: %s\n", c.Name, c.Result)
		}
	}
	// Output:
	// groups: passed
	// mappings: not checked
}
