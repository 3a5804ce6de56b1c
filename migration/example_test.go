package migration_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration"
	"github.com/idconnect-go/upgrade/migration/openidm"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

func Example() {
	source, err := openidmtest.Start(openidmtest.Options{Users: 1000})
	if err != nil {
		log.Fatal(err)
	}
	defer source.Close()
	// The target starts with the source's stores, as the procedure wants it.
	dir, err := os.MkdirTemp("", "security")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := source.WriteStores(dir); err != nil {
		log.Fatal(err)
	}
	target, err := openidmtest.Start(openidmtest.Options{
		Role: openidmtest.Target, Keystore: filepath.Join(dir, "keystore.jceks"), Truststore: filepath.Join(dir, "truststore"),
	})
	if err != nil {
		log.Fatal(err)
	}
	defer target.Close()

	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	password := keystore.NewPassword("openidm-admin")
	client := &migration.Client{
		API: &openidm.Client{
			BaseURL:     target.URL(),
			Credentials: openidm.Credentials{Username: "openidm-admin", Password: password},
			Trust:       target.Trust(),
		},
		PollInterval: 10 * time.Millisecond,
	}
	defer client.API.Close()

	_, err = client.Configure(ctx, migration.Source{InstanceURL: source.URL(), Username: "openidm-admin", Password: password})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := client.Wait(ctx, migration.PhaseConfigured, nil); err != nil {
		log.Fatal(err)
	}
	if _, err := client.Migrate(ctx); err != nil {
		log.Fatal(err)
	}
	status, err := client.Wait(ctx, migration.PhaseComplete, func(s migration.Status) {
		// Show s.Processed and s.Rate here.
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(status.Phase, status.Processed)
	// Output: complete 1000
}

func ExampleFailedError() {
	source, err := openidmtest.Start(openidmtest.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer source.Close()
	// This target was started with stores of its own: it does not trust the
	// source.
	target, err := openidmtest.Start(openidmtest.Options{Role: openidmtest.Target})
	if err != nil {
		log.Fatal(err)
	}
	defer target.Close()

	password := keystore.NewPassword("openidm-admin")
	client := &migration.Client{
		API: &openidm.Client{
			BaseURL:     target.URL(),
			Credentials: openidm.Credentials{Username: "openidm-admin", Password: password},
			Trust:       target.Trust(),
		},
		PollInterval: 10 * time.Millisecond,
	}
	defer client.API.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	_, err = client.Configure(ctx, migration.Source{InstanceURL: source.URL(), Username: "openidm-admin", Password: password})
	if err == nil {
		_, err = client.Wait(ctx, migration.PhaseConfigured, nil)
	}
	var failed *migration.FailedError
	if errors.As(err, &failed) {
		fmt.Println("a bad certificate:", errors.Is(err, migration.ErrBadCertificate))
		fmt.Println(failed.Remedy())
	}
	// Output:
	// a bad certificate: true
	// the target's truststore must hold the source's certificate before the target starts: stop the target, copy keystore.jceks and truststore of 2.1 into its security folder (step stores), start it, and configure again
}
