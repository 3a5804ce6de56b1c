package ranges

import (
	"context"
	"sync"
	"time"

	"github.com/idconnect-go/upgrade/internal/text"
)

// Rate bounds how many records a second are asked of one server. Nil is no bound;
// one Rate may be used by several readers.
type Rate struct {
	perRecord time.Duration
	mu        sync.Mutex
	next      time.Time
}

// credit is for how long a rate makes up for a server that was slower.
const credit = 2 * time.Second

// NewRate returns a rate of so many records a second, nil for 0.
func NewRate(records int) *Rate {
	if records <= 0 {
		return nil
	}
	return &Rate{perRecord: time.Second / time.Duration(records), next: time.Now()}
}

// most is the size of a range that takes about a second.
func (r *Rate) most() int {
	if r == nil {
		return maxSize
	}
	return min(max(int(time.Second/max(r.perRecord, 1)), 10), maxSize)
}

// Wait waits until so many records are due, all of them: no second has more than the
// rate, nor has the first.
func (r *Rate) Wait(ctx context.Context, records int) error {
	if r == nil {
		return ctx.Err()
	}
	r.mu.Lock()
	if early := time.Now().Add(-credit); r.next.Before(early) {
		r.next = early
	}
	r.next = r.next.Add(time.Duration(records) * r.perRecord)
	pause := time.Until(r.next)
	r.mu.Unlock()
	if pause > 0 {
		text.Sleep(ctx, pause)
	}
	return ctx.Err()
}

// refund takes back records that were not given.
func (r *Rate) refund(records int) {
	if r != nil {
		r.mu.Lock()
		r.next = r.next.Add(-time.Duration(records) * r.perRecord)
		r.mu.Unlock()
	}
}
