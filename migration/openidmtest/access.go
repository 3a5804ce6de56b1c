package openidmtest

import (
	"cmp"
	"net/http"
	"strconv"

	"github.com/idconnect-go/upgrade/internal/crest"
)

// headerTransaction names a request. A server takes the name only if it is set up to trust its callers (assumed, as in
// ForgeRock's sources).
const headerTransaction = "X-ForgeRock-TransactionId"

// audited adds an action to audit/access when it has ended, with whatever answer was sent of it. Which members an entry
// has besides request/detail/action is assumed.
func (s *Server) audited(r *http.Request, status int) {
	action := r.URL.Query().Get("_action")
	if s.options.NoAudit || action == "" {
		return
	}
	username, _, _ := credentials(r)
	outcome := "SUCCESSFUL"
	if status >= http.StatusBadRequest {
		outcome = "FAILED"
	}
	at := timestamp(s.now())
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.access) >= maxRequests {
		return
	}
	id := "fake-" + strconv.Itoa(len(s.access))
	transaction := id
	if s.options.TrustTransactions {
		transaction = cmp.Or(r.Header.Get(headerTransaction), id)
	}
	s.access = append(s.access, record{
		"_id": id, "_rev": "1", "transactionId": transaction, "timestamp": at, "eventName": "access",
		"userId":  username,
		"request": record{"protocol": "CREST", "operation": "ACTION", "detail": record{"action": action}},
		"http": record{"request": record{"method": r.Method, "secure": true,
			"path": "https://" + r.Host + r.URL.Path}},
		"response": record{"status": outcome, "statusCode": strconv.Itoa(status)},
	})
}

func (s *Server) accessEntries() crest.List {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append(crest.List(nil), s.access...)
}
