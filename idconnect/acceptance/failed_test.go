package acceptance_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/idconnect-go/upgrade/idconnect/acceptance"
	"github.com/idconnect-go/upgrade/idconnect/verify"
	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/migration"
	"github.com/idconnect-go/upgrade/migration/openidm"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

// migrated is a source and a target that has migrated from it, with a fault.
func migrated(t *testing.T, service bool, fault openidmtest.Fault) (source, target *openidmtest.Server) {
	t.Helper()
	source = openidmtest.NewSource(t, openidmtest.Options{Users: 50, Roles: 3})
	o := openidmtest.Options{StoresOf: source}
	fault.Path, fault.Action = "endpoint/migration", "migrate"
	if service {
		fault.Path, o.ServiceOf = "migration", source
	}
	target = openidmtest.NewTarget(t, o)
	target.Fail(fault)
	c := &migration.Client{API: client(target), PollInterval: time.Millisecond}
	if !service {
		if _, err := c.Configure(t.Context(), migration.Source{InstanceURL: source.URL,
			Username: "openidm-admin", Password: keystore.NewPassword("openidm-admin")}); err != nil {
			t.Fatal(err)
		}
		target.Wait()
	}
	if _, err := c.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	target.Wait()
	target.ClearFaults()
	return source, target
}

func failedOf(t *testing.T, source, target *openidmtest.Server, opts verify.Options) (*verify.Report,
	*verify.FailedRecords) {
	t.Helper()
	opts.Keys = source.Keystore()
	report := check(t, source, target, opts, acceptance.Options{Off: acceptance.Codes()[:9]})
	if report.Failed == nil {
		t.Fatal("the failed records were not looked for")
	}
	return report, report.Failed
}

// TestFailedRecords: what a migration could not copy is found through its runs
// and their audit entries, and is what the comparison finds missing.
func TestFailedRecords(t *testing.T) {
	t.Parallel()
	for _, service := range []bool{false, true} {
		t.Run(fmt.Sprintf("service %v", service), func(t *testing.T) {
			t.Parallel()
			source, target := migrated(t, service, openidmtest.Fault{
				LoseRecords: 2, FailRecords: 3, CompleteAnyway: true,
				Reason: "Value 'Jane Doe' of sn is bad \x1b for Given3 or jane@example.com, " +
					"password openidm-admin or Hidd3n",
			})
			report, failed := failedOf(t, source, target, verify.Options{})
			if !failed.Checked || failed.Reason != "" || failed.Count != 3 || len(failed.Records) != 3 ||
				report.Same() || report.Collections[0].MissingCount != 5 {
				t.Fatalf("%+v", failed)
			}
			for i, r := range failed.Records {
				name := "Given3"
				if i == 1 {
					name = "…" // which this record holds itself
				}
				// The reports' order is that of the ids; the first two were lost in silence.
				want := verify.FailedRecord{
					Mapping: "repoManagedUser_repoManagedUser", Run: r.Run,
					ID: fmt.Sprintf("u%05d", i+2),
					Reason: "Value … of sn is bad \uFFFD for " + name +
						" or … password …; SynchronizationException",
					Collection: "users", Missing: true,
				}
				if r != want || r.Run == "" {
					t.Errorf("got  %+v\nwant %+v", r, want)
				}
			}
			if again := strings.Contains(failed.Repair, "migrate again"); again != service ||
				service == strings.Contains(failed.Repair, "SaveRepairList") {
				t.Errorf("to repair: %s", failed.Repair)
			}
			for _, secret := range []string{"Jane", "jane@", "openidm-admin", "Hidd3n", "\x1b", `\u001b`} {
				if strings.Contains(text(t, report), secret) {
					t.Errorf("%q is in the report", secret)
				}
			}

			// One of them was brought over by hand; and the list has room for one.
			for id, r := range source.Records("managed/user") {
				if id == "u00003" {
					target.Put("managed/user", id, r)
				}
			}
			_, failed = failedOf(t, source, target, verify.Options{})
			if failed.Count != 3 || !failed.Records[0].Missing || failed.Records[1].Missing ||
				!failed.Records[2].Missing {
				t.Errorf("%+v", failed)
			}
			_, failed = failedOf(t, source, target, verify.Options{MaxDifferences: 1})
			if failed.Count != 3 || len(failed.Records) != 1 || failed.Records[0].ID != "u00002" ||
				!failed.Records[0].Missing {
				t.Errorf("with short lists: %+v", failed)
			}

			// After a restart nobody knows.
			if err := target.Restart(); err != nil {
				t.Fatal(err)
			}
			_, failed = failedOf(t, source, target, verify.Options{})
			if failed.Checked || failed.Count != 0 || !strings.Contains(failed.Reason, "restarted") {
				t.Errorf("after a restart: %+v", failed)
			}
		})
	}
}

// TestFailedRecordsOfSync: a reconciliation of the server itself, whose audit
// entries have the form that was measured.
func TestFailedRecordsOfSync(t *testing.T) {
	t.Parallel()
	source := openidmtest.NewSource(t, openidmtest.Options{Generation: openidmtest.OpenIDM702, Users: 5,
		Connector: true})
	target := openidmtest.NewTarget(t, openidmtest.Options{Generation: openidmtest.OpenIDM702, Users: 5,
		Connector: true, StoresOf: source})
	for _, s := range []*openidmtest.Server{source, target} {
		s.AddConnectorRow("nobody", "No", "Body", "not an address")
		if _, err := client(s).StartRecon(t.Context(), "systemXmlfileAccounts_managedUser"); err != nil {
			t.Fatal(err)
		}
	}
	for _, kind := range []string{"repo/managed/user", "repo/link"} { // with ids of their own
		for id := range target.Records(kind) {
			target.Delete(kind, id)
		}
		for id, r := range source.Records(kind) {
			target.Put(kind, id, r)
		}
	}
	// What failed is missing on neither side.
	report, failed := failedOf(t, source, target, verify.Options{})
	if !report.Same() || !failed.Checked || failed.Count != 1 || len(failed.Records) != 1 {
		t.Fatalf("%+v", failed)
	}
	r := failed.Records[0]
	if r.ID != "nobody" || r.Collection != "users" || r.Missing ||
		r.Reason != "policies not kept: mail VALID_EMAIL_ADDRESS_FORMAT; "+
			"Policy validation failed; SynchronizationException" {
		t.Errorf("%+v", r)
	}
	if !strings.HasPrefix(failed.Repair, "nothing: ") {
		t.Errorf("to repair: %s", failed.Repair)
	}
}

// TestFailedRecordsRefused: what is not shown is not checked, and what answers
// in another way is no reason to fail.
func TestFailedRecordsRefused(t *testing.T) {
	t.Parallel()
	source, target := migrated(t, false, openidmtest.Fault{FailRecords: 3, CompleteAnyway: true})
	refuse := func(path string) {
		target.ClearFaults()
		target.Fail(openidmtest.Fault{Path: path, Status: http.StatusForbidden,
			Body: `{"code":403,"reason":"Forbidden","message":"Access denied"}`})
	}
	refuse("recon")
	if _, failed := failedOf(t, source, target, verify.Options{}); failed.Checked ||
		!strings.Contains(failed.Reason, "403 Forbidden") || failed.Repair == "" {
		t.Errorf("%+v", failed)
	}
	refuse("audit")
	if _, failed := failedOf(t, source, target, verify.Options{}); failed.Checked || failed.Count != 3 ||
		len(failed.Records) != 0 || !strings.Contains(failed.Reason, "403 Forbidden") {
		t.Errorf("%+v", failed)
	}
	// A run that counts more than the audit names, and an audit that does not
	// look at the filter.
	target.ClearFaults()
	runs, err := client(target).Recons(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var run openidm.Recon
	for _, x := range runs {
		if x.Failures() > 0 {
			run = x
		}
	}
	entry := func(id, status, kind, reconID string) string {
		return fmt.Sprintf(`{"_id":"x","status":%q,"entryType":%q,"reconId":%q,`+
			`"sourceObjectId":%q,"message":"no"}`, status, kind, reconID, id)
	}
	target.Fail(openidmtest.Fault{Path: "audit/recon", Status: 200, Body: `{"result":[` + strings.Join([]string{
		entry("managed/user/u00000", "FAILURE", "entry", run.ID), entry("managed/user/u00000", "FAILURE",
			"entry", run.ID),
		entry("managed/user/a/b%2F", "FAILURE", "entry", run.ID)[:1] + `"more":[1],` +
			entry("managed/user/a/b%2F", "FAILURE", "entry", run.ID)[1:],
		entry("managed/user/u00001", "SUCCESS", "entry", run.ID), entry("managed/user/u00002", "FAILURE",
			"summary", run.ID), entry("managed/user/u00003", "FAILURE", "entry", "another"),
	}, ",") + `],"pagedResultsCookie":null}`})
	_, failed := failedOf(t, source, target, verify.Options{})
	var ids []string
	for _, r := range failed.Records {
		ids = append(ids, r.ID)
	}
	if !failed.Checked || strings.Join(ids, " ") != "a/b%2F u00000" || failed.Count != 3 {
		t.Errorf("%+v", failed)
	}
}
