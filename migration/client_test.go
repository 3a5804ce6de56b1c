package migration_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration"
	"github.com/idconnect-go/upgrade/migration/openidm"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

var password = keystore.NewPassword("openidm-admin")

func client(s *openidmtest.Server) *migration.Client {
	return &migration.Client{
		API: &openidm.Client{
			BaseURL: s.URL(), HTTPClient: s.HTTPClient(), Credentials: openidm.Credentials{Username: "openidm-admin", Password: password},
		},
		PollInterval: 5 * time.Millisecond, SettleTime: 200 * time.Millisecond,
	}
}

// pair is a source, and a target that has the source's stores.
func pair(t *testing.T, o openidmtest.Options) (source, target *openidmtest.Server) {
	t.Helper()
	source = openidmtest.NewSource(t, openidmtest.Options{Users: 50})
	dir := t.TempDir()
	if err := source.WriteStores(dir); err != nil {
		t.Fatal(err)
	}
	o.Keystore, o.Truststore = dir+"/keystore.jceks", dir+"/truststore"
	return source, openidmtest.NewTarget(t, o)
}

func from(s *openidmtest.Server) migration.Source {
	return migration.Source{InstanceURL: s.URL(), Username: "openidm-admin", Password: password}
}

func count(s *openidmtest.Server, action string) (n int) {
	for _, r := range s.Requests() {
		if r.Action == action {
			n++
		}
	}
	return n
}

func TestMigration(t *testing.T) {
	t.Parallel()
	source, target := pair(t, openidmtest.Options{})
	c := client(target)
	ctx := t.Context()
	if s, err := c.Status(ctx); err != nil || s.Phase != migration.PhaseNotConfigured {
		t.Fatalf("%+v, %v", s, err)
	}
	if _, err := c.Configure(ctx, from(source)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Wait(ctx, migration.PhaseConfigured, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	s, err := c.Wait(ctx, migration.PhaseComplete, func(migration.Status) {})
	if err != nil || s.Processed != 50 || target.Count("managed/user") != 50 {
		t.Errorf("%+v, %v", s, err)
	}
	for _, r := range target.Requests() {
		if r.Action == "configure" && r.Username != "anonymous" {
			t.Errorf("configured as %s", r.Username)
		}
	}
}

func TestBadCertificateForReal(t *testing.T) {
	t.Parallel()
	source := openidmtest.NewSource(t, openidmtest.Options{})
	target := openidmtest.NewTarget(t, openidmtest.Options{})
	c := client(target)
	if _, err := c.Configure(t.Context(), from(source)); err != nil {
		t.Fatal(err)
	}
	_, err := c.Wait(t.Context(), migration.PhaseConfigured, nil)
	var failed *migration.FailedError
	if !errors.Is(err, migration.ErrBadCertificate) || !errors.As(err, &failed) || !strings.Contains(failed.Remedy(), "truststore") {
		t.Errorf("%v", err)
	}
}

// TestNeverTwice: whatever becomes of the answer, configure and migrate are
// sent once.
func TestNeverTwice(t *testing.T) {
	t.Parallel()
	for _, action := range []string{"configure", "migrate"} {
		for name, fault := range map[string]openidmtest.Fault{
			"reset":        {Effect: openidmtest.Reset},
			"lost answer":  {Effect: openidmtest.LoseAnswer},
			"truncated":    {Effect: openidmtest.Truncate},
			"503":          {Status: http.StatusServiceUnavailable, Body: "<html>"},
			"500":          {Status: http.StatusInternalServerError, Body: `{"code":500,"reason":"Internal Server Error","message":"x"}`},
			"200 not JSON": {Status: http.StatusOK, Body: "<html>"},
		} {
			t.Run(action+" "+name, func(t *testing.T) {
				t.Parallel()
				source, target := pair(t, openidmtest.Options{})
				fault.Action = action
				target.Fail(fault)
				c := client(target)
				var err error
				if action == "configure" {
					_, err = c.Configure(t.Context(), from(source))
				} else {
					_, err = c.Migrate(t.Context())
				}
				var unknown *migration.UnknownOutcomeError
				if !errors.As(err, &unknown) || unknown.Action != action {
					t.Errorf("%v", err)
				}
				if n := count(target, action); n != 1 {
					t.Errorf("sent %d times", n)
				}
				if strings.Contains(fmt.Sprint(err), password.Reveal()) {
					t.Error("a password is in the error")
				}
			})
		}
	}
}

func TestAlreadyRunning(t *testing.T) {
	t.Parallel()
	source, target := pair(t, openidmtest.Options{Pace: 20 * time.Millisecond, PageSize: 1})
	c := client(target)
	if _, err := c.Configure(t.Context(), from(source)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Wait(t.Context(), migration.PhaseConfigured, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Migrate(t.Context()); !errors.Is(err, migration.ErrAlreadyRunning) {
		t.Errorf("%v", err)
	}
	if n := count(target, "migrate"); n != 1 {
		t.Errorf("sent %d times", n)
	}
	// The wait ends with its context, and says what is known.
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := c.Wait(ctx, migration.PhaseComplete, nil); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "running") {
		t.Errorf("%v", err)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	source, target := pair(t, openidmtest.Options{})
	var failed *migration.FailedError
	if _, err := client(target).Migrate(t.Context()); !errors.As(err, &failed) || !strings.Contains(err.Error(), "not configured") {
		t.Errorf("%v", err)
	}
	if _, err := client(source).Status(t.Context()); !errors.Is(err, migration.ErrNoEndpoint) {
		t.Errorf("%v", err)
	}
	if _, err := client(target).Configure(t.Context(), migration.Source{}); err == nil || count(target, "configure") != 0 {
		t.Errorf("%v", err)
	}
	// A word that nobody knows never becomes success.
	target.Fail(openidmtest.Fault{Action: "status", Status: 200, Body: `{"status":"fine"}`})
	var odd *migration.UnknownStateError
	if _, err := client(target).Wait(t.Context(), migration.PhaseComplete, nil); !errors.As(err, &odd) {
		t.Errorf("%v", err)
	}
	target.ClearFaults()
	// Nor does the success of configure.
	target.Fail(openidmtest.Fault{Action: "status", Status: 200, Body: `{"status":"success"}`})
	var unknown *migration.UnknownOutcomeError
	if _, err := client(target).Wait(t.Context(), migration.PhaseComplete, nil); !errors.As(err, &unknown) {
		t.Errorf("%v", err)
	}
}

func ExampleClient() {
	source, err := openidmtest.Start(openidmtest.Options{Users: 20})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer source.Close()
	target, err := openidmtest.Start(openidmtest.Options{Role: openidmtest.Target})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer target.Close()
	c := &migration.Client{API: &openidm.Client{
		BaseURL: target.URL(), Trust: target.Trust(),
		Credentials: openidm.Credentials{Username: "openidm-admin", Password: keystore.NewPassword("openidm-admin")},
	}}
	// The target does not have the source's stores.
	_, err = c.Configure(context.Background(), migration.Source{
		InstanceURL: source.URL(), Username: "openidm-admin", Password: keystore.NewPassword("openidm-admin"),
	})
	if err == nil {
		_, err = c.Wait(context.Background(), migration.PhaseConfigured, nil)
	}
	fmt.Println(errors.Is(err, migration.ErrBadCertificate))
	// Output: true
}
