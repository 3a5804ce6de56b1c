package openidmtest_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

// TestAuditAccess: the audit has every action that was carried out, with whatever answer, and survives a restart.
func TestAuditAccess(t *testing.T) {
	t.Parallel()
	s := openidmtest.NewTarget(t, openidmtest.Options{TrustTransactions: true})
	s.Fail(openidmtest.Fault{Action: "migrate", Effect: openidmtest.LoseAnswer, Times: 1})
	s.Fail(openidmtest.Fault{Action: "migrate", Effect: openidmtest.Reset, Times: 1})
	migrate := func(s *openidmtest.Server, id string) error {
		headers := append(as("openidm-admin", "openidm-admin"), "X-ForgeRock-TransactionId", id)
		_, err := send(s.Client(), "POST", s.URL+"endpoint/migration?_action=migrate", "", headers...)
		return err
	}
	if migrate(s, "first") == nil || migrate(s, "second") == nil {
		t.Error("an answer came")
	}
	do(t, s, "POST", "endpoint/migration?_action=status", "")
	if err := s.Restart(); err != nil {
		t.Fatal(err)
	}
	asked := "audit/access?_queryFilter=" + url.QueryEscape(`/request/detail/action eq "migrate"`)
	body := get(t, s, asked).body
	if !strings.Contains(body, `"resultCount":1`) || !strings.Contains(body, `"transactionId":"first"`) ||
		!strings.Contains(body, `"path":"https://localhost:`) || !strings.Contains(body, `"timestamp":"20`) {
		t.Error(body)
	}
	quiet := openidmtest.NewTarget(t, openidmtest.Options{NoAudit: true})
	if err := migrate(quiet, "third"); err != nil {
		t.Error(err)
	}
	if body := get(t, quiet, asked).body; !strings.Contains(body, `"resultCount":0`) {
		t.Error(body)
	}
}
