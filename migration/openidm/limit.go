package openidm

import (
	"context"
	"sync"
	"time"

	"github.com/idconnect-go/upgrade/internal/text"
)

// limiter bounds how many requests are under way and how fast they follow
// each other.
type limiter struct {
	slots    chan struct{} // nil: no bound
	interval time.Duration

	mu   sync.Mutex
	next time.Time
}

func newLimiter(concurrency int, interval time.Duration) *limiter {
	l := &limiter{interval: interval}
	if concurrency > 0 {
		l.slots = make(chan struct{}, concurrency)
	}
	return l
}

// enter waits for a slot and its time; leave gives the slot back.
func (l *limiter) enter(ctx context.Context) (leave func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	leave = func() {}
	if l.slots != nil {
		select {
		case l.slots <- struct{}{}:
			leave = func() { <-l.slots }
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if l.interval <= 0 {
		return leave, nil
	}
	l.mu.Lock()
	now := time.Now()
	at := l.next
	if at.Before(now) {
		at = now
	}
	l.next = at.Add(l.interval)
	l.mu.Unlock()
	if text.Sleep(ctx, at.Sub(now)); ctx.Err() != nil {
		leave()
		return nil, ctx.Err()
	}
	return leave, nil
}
