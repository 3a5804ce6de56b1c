package idconnecttest_test

import (
	"errors"
	"testing"
	"testing/synctest"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/acceptance"
	"github.com/idconnect-go/upgrade/idconnect/idconnecttest"
	"github.com/idconnect-go/upgrade/idconnect/verify"
	"github.com/idconnect-go/upgrade/migration"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

// migrate configures the target of a pair and migrates, to the end.
func migrate(t *testing.T, p *idconnecttest.Pair) (migration.Status, error) {
	t.Helper()
	_, err := p.Migration.Configure(t.Context(), p.Origin)
	if err == nil {
		_, err = p.Migration.Wait(t.Context(), migration.PhaseConfigured, nil)
	}
	if err == nil {
		_, err = p.Migration.Migrate(t.Context())
	}
	if err != nil {
		return migration.Status{}, err
	}
	return p.Migration.Wait(t.Context(), migration.PhaseComplete, nil)
}

// TestPair: the target trusts its source, and the clients both servers.
func TestPair(t *testing.T) {
	t.Parallel()
	p := idconnecttest.NewPair(t, idconnecttest.Options{
		Source: openidmtest.Options{Users: 30, AdminPassword: "another"},
	})
	if s, err := migrate(t, p); err != nil || s.Processed != 30 || p.Migrations() != 1 {
		t.Fatalf("%+v, %v", s, err)
	}
	options := idconnect.VerifyOptions{Options: verify.Options{Accept: acceptance.Codes()}}
	options.Keys = p.Source().Keystore()
	r, err := idconnect.Verify(t.Context(), p.SourceClient, p.TargetClient, options)
	if err != nil || !r.Same() {
		t.Errorf("%v, %+v", err, r)
	}
	p.Fail(openidmtest.Fault{Path: "info/ping", Status: 401})
	if _, err := p.TargetClient.Ping(t.Context()); err == nil {
		t.Error("the fault did not reach a target that runs")
	}
}

// TestPairInMemory: a pair in a bubble, where time costs nothing.
func TestPairInMemory(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := idconnecttest.NewPair(t, idconnecttest.Options{Source: openidmtest.Options{Users: 3, InMemory: true}})
		p.Fail(openidmtest.Fault{Action: "migrate", FailRecords: 1})
		_, err := migrate(t, p)
		var failed *migration.FailedError
		if !errors.As(err, &failed) || failed.Status.Failed != 1 {
			t.Errorf("%v", err)
		}
	})
}

// fatal is a test that is over.
type fatal struct{ *testing.T }

func (fatal) Fatalf(string, ...any) { panic("over") }

// TestRefused: what cannot be started ends the test.
func TestRefused(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("a target without its stores was started")
		}
	}()
	none := openidmtest.Options{Keystore: "none", Truststore: "none"}
	idconnecttest.NewPair(fatal{t}, idconnecttest.Options{Target: none})
}
