package migration_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration"
	"github.com/idconnect-go/upgrade/migration/openidm"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

// A target with the product's own service is found out by asking, and its
// reconciliations are waited for.
func TestService(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		fault openidmtest.Fault
		phase migration.Phase
	}{
		{"good", openidmtest.Fault{Path: "none"}, migration.PhaseComplete},
		{"failed records", openidmtest.Fault{Action: "migrate", FailRecords: 2},
			migration.PhaseCompleteWithFailures},
		{"the source goes away", openidmtest.Fault{Action: "migrate", StopAfter: 5}, migration.PhaseFailed},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			source := openidmtest.NewSource(t, openidmtest.Options{Users: 20})
			target := openidmtest.NewTarget(t, openidmtest.Options{ServiceOf: source,
				Faults: []openidmtest.Fault{tc.fault}, PageSize: 4, Pace: 5 * time.Millisecond,
				StoresOf: source})
			password := keystore.NewPassword("openidm-admin")
			client := &migration.Client{PollInterval: 5 * time.Millisecond, API: &openidm.Client{
				BaseURL: target.URL, Credentials: openidm.Credentials{Username: "openidm-admin",
					Password: password}, Trust: target.Trust()}}
			defer client.API.Close()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			s, err := client.Status(ctx)
			if err != nil || s.Phase != migration.PhaseConfigured {
				t.Fatalf("before: %+v, %v", s, err)
			}
			if _, err := client.Configure(ctx, migration.Source{InstanceURL: source.URL,
				Username: "openidm-admin", Password: password}); !errors.Is(err,
				migration.ErrNoConfigure) {
				t.Errorf("configure: %v", err)
			}
			if s, err = client.Migrate(ctx); err != nil ||
				s.Phase != migration.PhaseRunning || len(s.Runs) != 9 {
				t.Fatalf("migrate: %+v, %v", s, err)
			}
			if _, err := client.Migrate(ctx); !errors.Is(err, migration.ErrAlreadyRunning) {
				t.Errorf("migrate, while one runs: %v", err)
			}
			s, err = client.Wait(ctx, migration.PhaseComplete, nil)
			if s.Phase != tc.phase || (err == nil) != (tc.phase == migration.PhaseComplete) {
				t.Errorf("%+v, %v", s, err)
			}
			if tc.phase == migration.PhaseComplete && (s.Processed != 20 ||
				target.Count("managed/user") != 20) {
				t.Errorf("%+v, %d users", s, target.Count("managed/user"))
			}
		})
	}
	t.Run("neither", func(t *testing.T) {
		t.Parallel()
		source := openidmtest.NewSource(t, openidmtest.Options{})
		client := &migration.Client{API: &openidm.Client{BaseURL: source.URL, Trust: source.Trust(),
			Credentials: openidm.Credentials{Username: "openidm-admin",
				Password: keystore.NewPassword("openidm-admin")}}}
		defer client.API.Close()
		if _, err := client.Status(t.Context()); !errors.Is(err, migration.ErrNoEndpoint) {
			t.Error(err)
		}
	})
}
