package ranges

import (
	"context"
	"errors"
	"sync"

	"github.com/idconnect-go/upgrade/migration/openidm"
)

// Limits bound what is asked of one server, by all readers of it together. The zero
// value bounds the records a second not at all, and the requests by the reader's
// Concurrency.
type Limits struct {
	Rate *Rate
	Gate *Gate
}

// NewLimits returns those of so many requests at once, and of so many records a
// second, 0 for any number.
func NewLimits(requests, records int) Limits { return Limits{NewRate(records), NewGate(requests)} }

// Do asks for up to so many records, as soon as it may. Ask returns how many were
// given; where no answer came, that may have been all.
func (l Limits) Do(ctx context.Context, records int, ask func() (given int, err error)) error {
	if err := l.Gate.Enter(ctx); err != nil {
		return err
	}
	defer l.Gate.Leave()
	if err := l.Rate.Wait(ctx, records); err != nil {
		return err
	}
	given, err := ask()
	if err == nil || errors.As(err, new(*openidm.Error)) {
		l.Rate.refund(records - given)
	}
	return err
}

// Gate bounds the requests in flight on one server, whichever of its collections
// they are about: a server that is busy gets fewer for a while.
type Gate struct {
	mu                  sync.Mutex
	changed             *sync.Cond
	most, limit, inside int
}

// NewGate returns a gate for so many requests at once.
func NewGate(most int) *Gate {
	g := &Gate{most: most, limit: most}
	g.changed = sync.NewCond(&g.mu)
	return g
}

// Enter waits for a place; every call that returns nil is followed by one of Leave.
func (g *Gate) Enter(ctx context.Context) error {
	if g == nil {
		return ctx.Err()
	}
	stop := context.AfterFunc(ctx, func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.changed.Broadcast()
	})
	defer stop()
	g.mu.Lock()
	defer g.mu.Unlock()
	for g.inside >= g.limit && ctx.Err() == nil {
		g.changed.Wait()
	}
	if ctx.Err() == nil {
		g.inside++
	}
	return ctx.Err()
}

// Leave gives the place back.
func (g *Gate) Leave() { g.set(-1, 0) }

// narrow halves the places, and widen adds one, up to all of them.
func (g *Gate) narrow() { g.set(0, -1) }
func (g *Gate) widen()  { g.set(0, 1) }

func (g *Gate) set(inside, limit int) {
	if g == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inside += inside
	switch {
	case limit < 0:
		g.limit = max(g.limit/2, 1)
	case limit > 0:
		g.limit = min(g.limit+1, g.most)
	}
	g.changed.Broadcast()
}
