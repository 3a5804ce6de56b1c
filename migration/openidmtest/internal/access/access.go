// Package access keeps what a server's audit says of who asked for which action: the topic audit/access. Begin with
// [Log].
package access

import (
	"cmp"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/idconnect-go/upgrade/internal/crest"
)

// header names a request. A server takes the name only if it is set up to trust its callers (assumed, as in ForgeRock's
// sources).
const header = "X-ForgeRock-TransactionId"

const (
	maxEntries = 1_000_000
	dateFormat = "2006-01-02T15:04:05.000Z"
)

// Log is audit/access, of actions alone. A restart does not forget it.
type Log struct {
	// Off: nothing is written.
	Off bool
	// Trusts its callers with the ids of their requests.
	Trusts bool

	mu      sync.Mutex
	entries crest.List
}

// Add adds an action that has ended, with the status of whatever answer was sent of it. Which members an entry has
// besides request/detail/action is assumed.
func (l *Log) Add(r *http.Request, username string, now time.Time, status int) {
	action := r.URL.Query().Get("_action")
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.Off || action == "" || len(l.entries) >= maxEntries {
		return
	}
	outcome := "SUCCESSFUL"
	if status >= http.StatusBadRequest {
		outcome = "FAILED"
	}
	id := "fake-" + strconv.Itoa(len(l.entries))
	transaction := id
	if l.Trusts {
		transaction = cmp.Or(r.Header.Get(header), id)
	}
	l.entries = append(l.entries, crest.Record{
		"_id": id, "_rev": "1", "transactionId": transaction, "timestamp": now.UTC().Format(dateFormat),
		"eventName": "access", "userId": username,
		"request": crest.Record{"protocol": "CREST", "operation": "ACTION", "detail": crest.Record{"action": action}},
		"http": crest.Record{"request": crest.Record{"method": r.Method, "secure": true,
			"path": "https://" + r.Host + r.URL.Path}},
		"response": crest.Record{"status": outcome, "statusCode": strconv.Itoa(status)},
	})
}

// Entries are those so far, in their order.
func (l *Log) Entries() crest.List {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append(crest.List(nil), l.entries...)
}
