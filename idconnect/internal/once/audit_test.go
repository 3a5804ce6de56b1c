package once

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/idconnect-go/upgrade/idconnect/internal/journal"
)

// TestReceipt: an entry of the audit is a receipt by the request's id, whatever the clocks say, or by the target's
// clock; one of before, of another action or endpoint, or of a refusal is none.
func TestReceipt(t *testing.T) {
	t.Parallel()
	began := time.Date(2026, 11, 28, 9, 0, 0, 0, time.UTC)
	byClock := journal.Request{ServerTime: began, Transaction: "OURS"}
	byID := journal.Request{Transaction: "OURS"}
	entry := func(at, id, action, path string, status any) string {
		code, err := json.Marshal(status)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf(`{"timestamp":%q,"transactionId":%q,"request":{"detail":{"action":%q}},`+
			`"http":{"request":{"path":%q}},"response":{"statusCode":%s}}`, at, id, action, path, code)
	}
	const (
		later, same, earlier = "2026-11-28T09:00:01.500Z", "2026-11-28T11:00:00+02:00", "2026-11-28T08:59:59.999Z"
		path                 = "https://localhost:9443/openidm/endpoint/migration"
	)
	for name, c := range map[string]struct {
		entry   string
		request journal.Request
		want    bool
	}{
		"later":              {entry(later, "theirs", "migrate", path, "200"), byClock, true},
		"in the same second": {entry(same, "theirs", "migrate", path, 200), byClock, true},
		"without what is assumed": {`{"timestamp":"` + later + `","request":{"detail":{"action":"migrate"}}}`,
			byClock, true},
		"the product's own path": {entry(later, "", "migrate", "https://h/openidm/migration/", 200), byClock, true},
		"answered with a 500":    {entry(later, "", "migrate", path, "500"), byClock, true},
		"by its id, earlier":     {entry(earlier, "OURS", "migrate", path, 200), byClock, true},
		"by its id, no clock":    {entry("yesterday", "OURS/0", "migrate", path, 200), byID, true},
		"earlier":                {entry(earlier, "theirs", "migrate", path, 200), byClock, false},
		"no clock, another id":   {entry(later, "OURS2", "migrate", path, 200), byID, false},
		"no clock, no id":        {entry(later, "", "migrate", path, 200), journal.Request{}, false},
		"a time that is none":    {entry("later", "theirs", "migrate", path, 200), byClock, false},
		"another action":         {entry(later, "OURS", "status", path, 200), byClock, false},
		"another endpoint": {entry(later, "OURS", "migrate", "https://h/openidm/endpoint/x", 200),
			byClock, false},
		"refused":                  {entry(later, "OURS", "migrate", path, "400"), byClock, false},
		"refused, as a number":     {entry(later, "OURS", "migrate", path, 409), byClock, false},
		"another form":             {`[]`, byClock, false},
		"an action that is a list": {`{"request":{"detail":{"action":["migrate"]}}}`, byClock, false},
	} {
		if _, got := isReceipt(json.RawMessage(c.entry), "migrate", c.request); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
