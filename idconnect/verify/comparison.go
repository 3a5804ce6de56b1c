package verify

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/idconnect-go/upgrade/idconnect/internal/digest"
	"github.com/idconnect-go/upgrade/idconnect/internal/ranges"
)

// comparison is that of all collections.
type comparison struct {
	opts        Options
	store       *stateStore
	collections []*verifier
	planned     func() // waits for that
	stop        func() // and wait
	wrong       error  // with the two servers
}

// begin plans all collections at once: how each is read, and the whole of a small one.
// It needs its options complete; store may be nil. The caller stops the comparison.
func begin(ctx context.Context, servers [2]Server, opts Options, store *stateStore) *comparison {
	c := &comparison{opts: opts, store: store}
	key, limits := store.key(), [2]ranges.Limits{}
	for side := range limits {
		limits[side] = ranges.NewLimits(opts.Concurrency, opts.Rate)
	}
	planning, cancel := context.WithCancel(ctx)
	var all, said = &sync.WaitGroup{}, &sync.Mutex{}
	for i, collection := range opts.Collections {
		v := newVerifier(servers, opts, collection, key, said)
		v.store, v.number, v.limits = store, i, limits
		c.collections = append(c.collections, v)
	}
	if store.resumes() && c.replaced(ctx) {
		store.forget()
		if opts.log != nil {
			opts.log.WarnContext(ctx, "a server holds other records than before: the comparison starts over")
		}
	}
	for i, v := range c.collections {
		if store.saved(i).Stage != stageNotBegun {
			continue
		}
		v.planned = make(chan struct{})
		all.Go(func() {
			defer close(v.planned)
			v.shown, v.planErr = v.choose(planning)
		})
	}
	c.planned, c.stop = all.Wait, func() {
		cancel()
		all.Wait()
	}
	return c
}

// identify checks the two servers when all is planned, beside the first requests for
// records: nothing is said of these before. It returns a function that waits for that,
// and reports whether the check found nothing wrong. If it did, it cancels what runs.
func (c *comparison) identify(check func() error, cancel context.CancelCauseFunc) (known func() bool) {
	checked := make(chan struct{})
	go func() {
		defer close(checked)
		c.planned()
		if c.wrong = check(); c.wrong != nil {
			cancel(c.wrong)
		}
	}()
	known = func() bool {
		<-checked
		return c.wrong == nil
	}
	for _, v := range c.collections {
		v.known = known
	}
	return known
}

// run compares one collection after the other, and adds them to the report in the end.
func (c *comparison) run(ctx context.Context, report *Report) (err error) {
	defer c.stop()
	report.Started, report.Resumed = time.Now(), c.store.resumes()
	for i, v := range c.collections {
		if err = context.Cause(ctx); err != nil {
			break
		}
		began, anew := time.Now(), c.store.saved(i).Stage == stageNotBegun
		if err = v.run(ctx); err != nil {
			break
		}
		if v.report.Checked && anew {
			v.report.Seconds = time.Since(began).Seconds()
		}
		report.Collections = append(report.Collections, v.report)
		if c.opts.log != nil {
			c.opts.log.LogAttrs(ctx, slog.LevelInfo, "collection compared", v.report.attrs()...)
		}
	}
	return err
}

// replaced reports whether a server is not any more what an earlier comparison began
// to read: another database behind the same address, say. It reads one range again of
// each collection that was read by ranges. A server that does not answer is found out
// by who reads it next.
func (c *comparison) replaced(ctx context.Context) bool {
	var all sync.WaitGroup
	var other atomic.Bool
	for i, v := range c.collections {
		saved := c.store.saved(i)
		reading := newVerifier(v.servers, v.opts, v.collection, v.key, v.said)
		reading.limits, reading.changes = v.limits, v.opts.changesOf(saved.Report.Resource, v.collection.Ignore)
		for side, w := range saved.Witnesses {
			if len(w.Records) == 0 {
				continue
			}
			all.Go(func() {
				a, whole, err := reading.reader(side, saved.Report.Resource).Ask(ctx, w.Range, w.Size())
				if err != nil {
					return
				}
				var page digest.Page
				err = reading.hasher(side).Read(reading.servers[side], saved.Report.Resource, a.Body, &page)
				if !whole || err == nil && !w.Same(page.Digests) {
					other.Store(true)
				}
			})
		}
	}
	all.Wait()
	return other.Load()
}
