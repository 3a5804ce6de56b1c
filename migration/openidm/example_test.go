package openidm_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"

	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration/openidm"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

func Example() {
	server, err := openidmtest.Start(openidmtest.Options{Users: 1000})
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	ctx := context.Background()

	client := &openidm.Client{
		BaseURL: server.URL,
		Credentials: openidm.Credentials{Username: "openidm-admin",
			Password: keystore.NewPassword("openidm-admin")},
		Trust: server.Trust(), // of a real one: jvmtrust.New(store), the store opened from its truststore
	}
	defer client.Close()

	health, err := client.Ping(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("ready:", health.Ready())

	var first, last string
	seen := openidm.Seen{}
	query := openidm.Query{Fields: []string{"userName"}, SortKeys: []string{"userName"}, Seen: &seen}
	for record, err := range client.Query(ctx, "managed/user", query) {
		if err != nil {
			log.Fatal(err)
		}
		var user struct{ UserName string }
		if err := json.Unmarshal(record, &user); err != nil {
			log.Fatal(err)
		}
		if first == "" {
			first = user.UserName
		}
		last = user.UserName
	}
	fmt.Printf("%d users, %s to %s\n", seen.Records, first, last)

	err = client.Read(ctx, "managed/user/nobody", nil)
	fmt.Println("not found:", errors.Is(err, openidm.ErrNotFound))

	wrong := client.As(openidm.Credentials{Username: "openidm-admin", Password: keystore.NewPassword("wrong")})
	_, err = wrong.Login(ctx)
	fmt.Println("wrong password:", errors.Is(err, openidm.ErrUnauthorized))
	// Output:
	// ready: true
	// 1000 users, u00000 to u00999
	// not found: true
	// wrong password: true
}
