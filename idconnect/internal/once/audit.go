package once

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/idconnect-go/upgrade/idconnect/internal/journal"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

const (
	auditTime = 30 * time.Second
	auditMost = 10_000 // entries that are read
)

// begin is a request to the target that is sent next.
func (r Requests) begin(ctx context.Context) journal.Request {
	q := journal.Request{Note: journal.Begin(), Transaction: rand.Text()}
	if health, err := r.Site.PingTarget(ctx); err == nil {
		q.ServerTime = health.Date.UTC()
	}
	return q
}

// receipt looks into the target's audit for a request. What it finds proves that the target received it, or another
// one of its kind since, and seen says when. That it finds nothing proves nothing: audit is written when a request has
// ended, is buffered, rotates, and can be off.
func (r Requests) receipt(ctx context.Context, action string, q journal.Request) (seen string, ok bool) {
	c, err := r.Site.TargetClient()
	if err != nil {
		return "", false
	}
	ctx, cancel := context.WithTimeout(ctx, auditTime)
	defer cancel()
	read := 0
	for raw, err := range c.Query(ctx, "audit/access", openidm.Query{
		Filter: fmt.Sprintf(`/request/detail/action eq %q`, action),
	}) {
		if read++; err != nil || read > auditMost {
			return "", false
		}
		if when, ok := isReceipt(raw, action, q); ok {
			return fmt.Sprintf("the target's audit says that it received %s on %s", action, when), true
		}
	}
	return "", false
}

// isReceipt reports whether an entry of audit/access is that of a request: by its id where the target keeps it, else by
// the target's clock.
func isReceipt(raw json.RawMessage, action string, q journal.Request) (when string, ok bool) {
	var e struct {
		Timestamp     string `json:"timestamp"`
		TransactionID string `json:"transactionId"`
		Request       struct {
			Detail struct {
				Action string `json:"action"`
			} `json:"detail"`
		} `json:"request"`
		Response struct {
			StatusCode any `json:"statusCode"` // a string or a number
		} `json:"response"`
		HTTP struct {
			Request struct {
				Path string `json:"path"`
			} `json:"request"`
		} `json:"http"`
	}
	if json.Unmarshal(raw, &e) != nil || e.Request.Detail.Action != action {
		return "", false
	}
	if path := strings.TrimRight(e.HTTP.Request.Path, "/"); path != "" && !strings.HasSuffix(path, "migration") {
		return "", false
	}
	if code := fmt.Sprint(e.Response.StatusCode); strings.HasPrefix(code, "4") && code != "408" {
		return "", false // refused: nothing was started
	}
	at, err := time.Parse(time.RFC3339, e.Timestamp)
	if err == nil {
		when = at.UTC().Format(time.RFC3339)
	}
	// What the target does for a request has its id with more behind it.
	own, _, _ := strings.Cut(e.TransactionID, "/")
	if q.Transaction != "" && own == q.Transaction {
		return when, true
	}
	return when, err == nil && !q.ServerTime.IsZero() && !at.Before(q.ServerTime)
}
