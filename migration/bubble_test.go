package migration_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration"
	"github.com/idconnect-go/upgrade/migration/openidm"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

// A test of a migration that takes two hours, to be copied: in a bubble of
// testing/synctest the clock jumps whenever all wait, and servers in memory
// wait there like everybody else.
func TestTwoHours(t *testing.T) {
	stores := t.TempDir() + "/"
	if err := openidmtest.NewSource(t, openidmtest.Options{InMemory: true}).WriteStores(stores); err != nil {
		t.Fatal(err)
	}
	real := time.Now()
	synctest.Test(t, func(t *testing.T) {
		o := openidmtest.Options{InMemory: true, Keystore: stores + "keystore.jceks", Truststore: stores +
			"truststore", Users: 720}
		source := openidmtest.NewSource(t, o)
		o.Users, o.Peers = 0, []*openidmtest.Server{source}
		o.PageSize, o.Pace = 60, 10*time.Minute // 12 pages
		target := openidmtest.NewTarget(t, o)

		password := keystore.NewPassword("openidm-admin")
		client := &migration.Client{API: &openidm.Client{
			BaseURL:     target.URL,
			Credentials: openidm.Credentials{Username: "openidm-admin", Password: password},
			HTTPClient:  &http.Client{Transport: target.Transport()},
		}}
		began := time.Now()
		_, err := client.Configure(t.Context(), migration.Source{InstanceURL: source.URL,
			Username: "openidm-admin", Password: password})
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
			target.Count("managed/user") != 720 {
			t.Errorf("%+v, %v, %d users", status, err, target.Count("managed/user"))
		}
		if took < 2*time.Hour || took > 3*time.Hour || asked < 100 || rate == 0 || status.Rate == 0 {
			t.Errorf("it took %v, asked %d times, at most %.2f records a second", took, asked, rate)
		}
	})
	t.Logf("two hours in %v", time.Since(real).Round(time.Millisecond))
}
