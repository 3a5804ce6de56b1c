package verify_test

import (
	"context"
	"fmt"

	"github.com/idconnect-go/upgrade/idconnect/verify"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration/openidm"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

func ExampleRun() {
	var clients [2]*openidm.Client
	for i := range clients {
		server, err := openidmtest.Start(openidmtest.Options{Users: 100})
		if err != nil {
			fmt.Println(err)
			return
		}
		defer server.Close()
		if i == 1 {
			server.Delete("repo/managed/user", "u00042")
		}
		clients[i] = &openidm.Client{
			BaseURL: server.URL,
			Trust:   server.Trust(),
			Credentials: openidm.Credentials{
				Username: "openidm-admin", Password: keystore.NewPassword("openidm-admin"),
			},
		}
	}

	users, err := verify.ParseCollections("users")
	if err != nil {
		fmt.Println(err)
		return
	}
	report, err := verify.Run(context.Background(), clients[0], clients[1], verify.Options{Collections: users})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range report.Collections {
		fmt.Println(c.Name, c.SourceCount, c.TargetCount, c.Missing, report.Same())
	}
	// The servers have keys of their own, so equal passwords cannot be told from others.
	fmt.Println(report.Collections[0].NotCheckedValues > 0)
	// Output:
	// users 100 99 [u00042] false
	// true
}
