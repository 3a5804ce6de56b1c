package migration_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/idconnect-go/upgrade/idconnect/idconnecttest"
	"github.com/idconnect-go/upgrade/migration"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

// A test of a migration that takes two hours, to be copied: in a bubble of
// testing/synctest the clock jumps whenever all wait, and servers in memory
// wait there like everybody else.
func TestTwoHours(t *testing.T) {
	real := time.Now()
	synctest.Test(t, func(t *testing.T) {
		p := idconnecttest.NewPair(t, idconnecttest.Options{
			Source: openidmtest.Options{InMemory: true, Users: 720},
			Target: openidmtest.Options{PageSize: 60, Pace: 10 * time.Minute}, // 12 pages
		})
		client := &migration.Client{API: p.TargetClient}
		began := time.Now()
		_, err := client.Configure(t.Context(), p.Origin)
		if err == nil {
			_, err = client.Wait(t.Context(), migration.PhaseConfigured, nil)
		}
		if err == nil {
			_, err = client.Migrate(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
		asked, rate := 0, 0.0
		status, err := client.Wait(t.Context(), migration.PhaseComplete,
			func(s migration.Status) { asked, rate = asked+1, max(rate, s.Rate) })
		took := time.Since(began)
		if err != nil || status.Phase != migration.PhaseComplete || status.Processed != 720 ||
			p.Target().Count("managed/user") != 720 {
			t.Errorf("%+v, %v, %d users", status, err, p.Target().Count("managed/user"))
		}
		if took < 2*time.Hour || took > 3*time.Hour || asked < 100 || rate == 0 || status.Rate == 0 {
			t.Errorf("it took %v, asked %d times, at most %.2f records a second", took, asked, rate)
		}
	})
	t.Logf("two hours in %v", time.Since(real).Round(time.Millisecond))
}
