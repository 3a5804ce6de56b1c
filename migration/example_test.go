package migration_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"strings"
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
	target, err := openidmtest.Start(openidmtest.Options{Role: openidmtest.Target, StoresOf: source})
	if err != nil {
		log.Fatal(err)
	}
	defer target.Close()

	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	password := keystore.NewPassword("openidm-admin")
	client := &migration.Client{
		API: &openidm.Client{
			BaseURL:     target.URL,
			Credentials: openidm.Credentials{Username: "openidm-admin", Password: password},
			Trust:       target.Trust(),
		},
		PollInterval: 10 * time.Millisecond,
	}
	defer client.API.Close()

	_, err = client.Configure(ctx, migration.Source{InstanceURL: source.URL,
		Username: "openidm-admin", Password: password})
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
			BaseURL:     target.URL,
			Credentials: openidm.Credentials{Username: "openidm-admin", Password: password},
			Trust:       target.Trust(),
		},
		PollInterval: 10 * time.Millisecond,
	}
	defer client.API.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	_, err = client.Configure(ctx, migration.Source{InstanceURL: source.URL,
		Username: "openidm-admin", Password: password})
	if err == nil {
		_, err = client.Wait(ctx, migration.PhaseConfigured, nil)
	}
	var failed *migration.FailedError
	if errors.As(err, &failed) {
		fmt.Println("a bad certificate:", errors.Is(err, migration.ErrBadCertificate))
		fmt.Println(strings.ReplaceAll(failed.Remedy(), ", ", ",\n"))
	}
	// Output:
	// a bad certificate: true
	// the target's truststore must hold the source's certificate before the target starts: stop the target,
	// copy keystore.jceks and truststore of 2.1 into its security folder (step stores),
	// start it,
	// and configure again
}

// A scripted endpoint may answer in a form of its own. A parser reads it, and
// leaves every other answer to [migration.ParseStatus].
func ExampleClient_parse() {
	phases := map[string]migration.Phase{
		"connect": migration.PhaseConfigured, "copy": migration.PhaseRunning, "end": migration.PhaseComplete,
	}
	client := &migration.Client{
		API: &openidm.Client{BaseURL: "https://localhost:8443/openidm/"},
		Parse: func(answer json.RawMessage) migration.Status {
			var own struct {
				Step            string
				Copied, Refused int64
			}
			if json.Unmarshal(answer, &own) != nil || own.Step == "" {
				return migration.ParseStatus(answer)
			}
			// A step that is not among the phases becomes PhaseUnknown.
			return migration.Status{
				Phase: phases[own.Step], Word: own.Step,
				Processed: own.Copied, Total: -1, Failed: own.Refused,
			}
		},
	}
	for _, answer := range []string{
		`{"step":"copy","copied":12}`, `{"step":"end","copied":1003}`, `{"status":"pending"}`,
	} {
		s := client.Parse(json.RawMessage(answer))
		fmt.Println(s.Phase, s.Processed, s.Failed)
	}
	// Output:
	// running 12 0
	// complete 1003 0
	// pending -1 -1
}
