package idconnecttest_test

import (
	"testing"

	"github.com/idconnect-go/upgrade/idconnect/idconnecttest"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

func TestUpgrade(t *testing.T) {
	site := idconnecttest.NewSite(t, idconnecttest.Options{Source: openidmtest.Options{Users: 20}})
	report, err := site.Upgrade.Run(t.Context())
	if err != nil {
		for _, f := range report.Findings {
			t.Log(f.Code, f.Severity, f.Seen)
		}
		t.Fatal(err)
	}
	for _, f := range report.Findings {
		t.Log(f.Code, f.Severity, f.Seen)
	}
	if report.Outcome != "done" || site.Target().Count("managed/user") != 20 {
		t.Error(report.Outcome)
	}
}
