package migration_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/idconnect-go/upgrade/idconnect/idconnecttest"
	"github.com/idconnect-go/upgrade/migration"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

// copyRecords is a program that a test is written for. A migrate whose answer was lost
// is not sent again: Wait finds out what became of it.
func copyRecords(ctx context.Context, m *migration.Client, from migration.Source) error {
	_, err := m.Configure(ctx, from)
	if err == nil {
		_, err = m.Wait(ctx, migration.PhaseConfigured, nil)
	}
	if err == nil {
		_, err = m.Migrate(ctx)
	}
	if lost := new(migration.UnknownOutcomeError); err != nil && !errors.As(err, &lost) {
		return err
	}
	_, err = m.Wait(ctx, migration.PhaseComplete, nil)
	return err
}

// TestCopyRecords tries the program on a target that fails in each way. The fakes are
// in memory and time is not real, so that nothing is waited for.
func TestCopyRecords(t *testing.T) {
	t.Parallel()
	migrate := openidmtest.Fault{Action: "migrate"}
	lost, failed, refused := migrate, migrate, migrate
	lost.Effect, failed.FailRecords, refused.Status = openidmtest.LoseAnswer, 2, 403
	for name, c := range map[string]struct {
		fault    openidmtest.Fault
		copied   int
		complete bool
	}{
		"all is well":        {openidmtest.Fault{Path: "none"}, 20, true},
		"the answer is lost": {lost, 20, true},
		"two records fail":   {failed, 18, false},
		"nobody may migrate": {refused, 0, false},
		"the target hangs":   {openidmtest.Fault{Action: "status", Effect: openidmtest.Hang}, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				source := openidmtest.Options{Users: 20, InMemory: true}
				p := idconnecttest.NewPair(t, idconnecttest.Options{Source: source})
				p.Fail(c.fault)
				err := copyRecords(t.Context(), p.Migration, p.Origin)
				if (err == nil) != c.complete || p.Target().Count("managed/user") != c.copied || p.Migrations() > 1 {
					t.Errorf("%v, %d users, migrate %d times", err, p.Target().Count("managed/user"), p.Migrations())
				}
			})
		})
	}
}
