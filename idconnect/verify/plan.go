package verify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/idconnect-go/upgrade/idconnect/internal/digest"
	"github.com/idconnect-go/upgrade/idconnect/internal/ranges"
	"github.com/idconnect-go/upgrade/internal/text"
)

// plan is how a collection of one server is read.
type plan struct {
	Way     way
	Careful bool     // see [ranges.Reader]
	Sort    []string // of pages
	Read    int64    // records by other ranges, where the server counts others
	Why     string
}

// way is one of reading a collection, the quickest first.
type way int

const (
	byRanges way = iota // and by pages where that is not possible
	byPages
)

// savedSide is how far a collection of one server was read.
type savedSide struct {
	Begun  bool // by ranges
	Left   []ranges.Range
	Cookie string // of the next page
	Count  int64
	Skip   bool // not to be read
	// Expected is how many records those of a second reading are.
	Expected int64
}

// passSide reads the collection of one server.
func (v *verifier) passSide(ctx context.Context, side int, rest savedSide, use usePage) error {
	if v.absent[side] || rest.Skip {
		return nil
	}
	if v.opts.SortKeys != nil {
		v.setPlan(side, plan{Way: byPages, Sort: v.opts.SortKeys,
			Why: "pages in the order that was asked for"})
	}
	if v.plans[side].Way == byRanges {
		err := v.refused[side]
		if err == nil {
			err = v.passRanges(ctx, side, rest, use)
		}
		if !errors.Is(err, ranges.ErrNoRanges) {
			return err
		}
		why := strings.TrimPrefix(err.Error(), ranges.ErrNoRanges.Error()+": ")
		if err := v.choosePages(ctx, side, why); err != nil {
			return err
		}
		if v.counts[side] > 0 { // of this goroutine alone
			return errAgain
		}
	}
	return v.passPages(ctx, side, rest.Cookie, use)
}

func (v *verifier) setPlan(side int, p plan) {
	v.state[side].Lock()
	defer v.state[side].Unlock()
	v.plans[side] = p
}

// setCookie is called with the lock of the side.
func (v *verifier) setCookie(side int, next string) {
	if v.cookies[side] = next; next == "" {
		v.cookies[side] = afterLastPage
	}
}

// reader reads a server by ranges, with the bounds of all collections.
func (v *verifier) reader(side int, resource string) *ranges.Reader {
	r := &ranges.Reader{Server: v.servers[side], Resource: resource, Size: v.opts.PageSize,
		Concurrency: v.opts.Concurrency, Limits: v.limits[side]}
	if v.plans[side].Read > 0 {
		r.Size -= r.Size / 3 // other bounds
	}
	return r
}

// passRanges is [ranges.ErrNoRanges] where that is not possible.
func (v *verifier) passRanges(ctx context.Context, side int, rest savedSide, use usePage) error {
	p := v.plans[side]
	r := v.reader(side, v.report.Resource)
	r.Careful, r.Begun = p.Careful, v.begun[side]
	if rest.Begun {
		r.Rest = rest.Left
		if r.Rest == nil { // as gob leaves an empty one
			r.Rest = []ranges.Range{}
		}
	}
	if side == 0 && v.reading != nil {
		r.Total = v.expect
	}
	v.state[side].Lock()
	v.readers[side] = r
	v.state[side].Unlock()
	var n int64
	var taking error // that has its words already
	count := 0
	err := r.Run(ctx, func(a *ranges.Answer) error {
		used, err := use(side, a.Body, func() {
			r.Took(a)
			if f := v.reading; f != nil {
				f.Took(side, a.Range, a.Count)
			}
		})
		if err == nil {
			count++
			err = v.counted(side, used, &n)
		}
		if err == nil && used != a.Count {
			err = fmt.Errorf("%w: the server counts %d in a page of %s", ranges.ErrNoRanges, a.Count,
				text.Plural(used, "record"))
		}
		taking = err
		return err
	})
	if n := v.counts[side]; err == nil && v.reading != nil && r.Begun != nil && n != p.Read {
		if err = r.Complete(ctx, n); err != nil {
			p.Read = n
		}
	}
	v.begun[side] = r.Begun.Again()
	p.Why = cmp.Or(r.Plan, p.Why, "ranges of _id")
	v.state[0].Lock()
	v.report.Ranges += count
	v.state[0].Unlock()
	switch {
	case err == nil:
		v.setPlan(side, p)
		return nil
	case errors.Is(err, ranges.ErrOrder) && !p.Careful:
		p.Careful = true
		v.setPlan(side, p)
		return errAgain
	case errors.Is(err, ranges.ErrOrder):
		return fmt.Errorf("%w: %w", ranges.ErrNoRanges, err)
	case taking != nil, errors.Is(err, ranges.ErrNoRanges):
		return err
	}
	return v.failed(side, err)
}

// choosePages says in which order pages are read: that of the server, if it is the
// same when it is asked twice, else that of _id, if the server takes it.
func (v *verifier) choosePages(ctx context.Context, side int, why string) error {
	pages := v.pages(side)
	if err := pages.Order(ctx); err != nil {
		return v.failed(side, err)
	}
	p := plan{Way: byPages, Sort: pages.Sort, Why: "pages: " + why}
	if p.Sort != nil {
		p.Why = "sorted pages: " + why + ", and gives no two pages in one order"
	}
	v.setPlan(side, p)
	return nil
}

// byIDs reads single records and says which servers must be read whole instead:
// where they are many, where an id cannot stand in a filter, or where the server
// does not take it.
func (v *verifier) byIDs(ctx context.Context, ids []string, read func(side int, b *digest.Body,
	ids []string) (int, error)) (whole [2]bool, err error) {
	if int64(len(ids)) > (v.report.SourceCount+v.report.TargetCount)/fewIDs {
		return [2]bool{true, true}, nil
	}
	for side := range whole {
		if whole[side] = v.plans[side].Way != byRanges; whole[side] || v.absent[side] {
			continue
		}
		r := v.reader(side, v.report.Resource)
		err := r.ByIDs(ctx, ids, func(b *digest.Body, ids []string) (int, error) { return read(side, b, ids) })
		switch {
		case errors.Is(err, ranges.ErrNoRanges):
			whole[side] = true
		case err != nil:
			return whole, v.failed(side, err)
		}
	}
	return whole, nil
}

// fewIDs: a fraction of the records that is read by ids.
const fewIDs = 8
