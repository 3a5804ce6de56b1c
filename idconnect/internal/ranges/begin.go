package ranges

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/idconnect-go/upgrade/migration/openidm"
)

// patience is how long a server may count its records before it is read without.
const patience = 5 * time.Second

// sample is what is guessed of a collection before it is read. Where it is wrong,
// ranges are split or extended; none is lost.
type sample struct {
	least, most float64 // where the ids of a page lie
	top         float64 // behind most of the others
	density     float64 // records per unit of the shape, 0 unknown
}

// begin asks for a page of everything, which is all of a small collection, and
// from which the bounds of the first ranges are guessed.
func (r *Reader) begin(ctx context.Context) bool {
	var whole *segment
	if r.Rest == nil {
		for whole = range r.open {
		}
	}
	began := time.Now()
	a, err := r.ask(ctx, Range{}, r.size)
	took := time.Since(began)
	if err != nil {
		r.fail(err)
		return false
	}
	if !a.over && r.Rest == nil {
		r.Plan = "one page"
		return r.send(ctx, whole, a, true)
	}
	ids := r.ids(a)
	r.free <- a.Body
	if !r.Careful {
		r.shape = shapeOf(ids)
	}
	total := make(chan int64, 1)
	go func() { total <- r.count(ctx) }()
	err = r.probe(ctx, ids, took)
	guess := r.sample(ctx, ids, err == nil)
	if records := <-total; records > 0 && guess.top > guess.least {
		guess.density = float64(records) / (guess.top - guess.least)
	}
	if err != nil {
		r.fail(err)
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.Rest == nil {
		delete(r.open, whole)
		r.enqueue(r.chain(guess))
	}
	for _, s := range r.queue {
		if low, high := r.shape.at(s.From), r.shape.at(s.To); high > low {
			s.density, s.top = guess.density, min(high, max(guess.top, low))
		}
	}
	return true
}

// chain divides what is guessed to hold the records among the workers.
func (r *Reader) chain(guess sample) []Range {
	low, high, ok := r.shape.bounds()
	if !ok {
		return []Range{{}}
	}
	var chain []Range
	if low != "" {
		chain = append(chain, Range{To: low})
	}
	width := guess.top - guess.least
	parts := min(r.Concurrency, max(int(guess.density*width/float64(r.size)), 1))
	from := low
	for i := 1; i < parts; i++ {
		at := guess.least + width*float64(i)/float64(parts)
		if to := r.shape.between(from, high, at); to != "" {
			chain = append(chain, Range{from, to})
			from = to
		}
	}
	return append(chain, Range{from, high}, Range{From: high})
}

// sample finds out where the records of a shape end, roughly: beside numbers that
// are counted up there is much room, and who is sent there reads nothing.
func (r *Reader) sample(ctx context.Context, ids []string, ask bool) sample {
	s := sample{least: 1}
	n := 0
	for _, id := range ids {
		if r.shape.has(id) {
			s.least, s.most = min(s.least, r.shape.at(id)), max(s.most, r.shape.at(id))
			n++
		}
	}
	low, high, ok := r.shape.bounds()
	if !ok || !ask || s.most <= s.least {
		return sample{top: 1}
	}
	s.density = float64(n) / (s.most - s.least)
	// Those behind may have anything: wider steps, then a closer look.
	filled, empty := s.most, 1.0
	for round, width := 0, s.most-s.least; round < 4 && empty-filled > (filled-s.least)/4; round++ {
		points := make([]float64, max(r.Concurrency, 2))
		for i := range points {
			if empty < 1 || s.least+4*width >= 1 {
				points[i] = filled + (empty-filled)*float64(i+1)/float64(len(points)+1)
			} else {
				points[i] = s.least + width*math.Pow(4, float64(i+1))
			}
		}
		for i, void := range r.voids(ctx, low, high, points) {
			switch p := points[i]; {
			case void:
				empty = min(empty, p)
			case p < 1:
				filled = max(filled, p)
			}
		}
		width = filled - s.least
		if empty < filled { // records came meanwhile, or the order is another one
			break
		}
	}
	s.top = max(empty, filled)
	below := r.shape.between(low, high, s.least-(s.most-s.least)/float64(2*n))
	if s.least < (s.top-s.least)/8 || below == "" || r.any(ctx, Range{low, below}) {
		s.least = 0
	}
	return s
}

// voids reports of places within a shape whether nothing is behind them.
func (r *Reader) voids(ctx context.Context, low, high string, places []float64) []bool {
	out := make([]bool, len(places))
	var all sync.WaitGroup
	for i, p := range places {
		all.Go(func() {
			bound := r.shape.between(low, high, p)
			out[i] = p < 1 && bound != "" && !r.any(ctx, Range{bound, high})
		})
	}
	all.Wait()
	return out
}

// any reports whether there is a record in a range, or may be.
func (r *Reader) any(ctx context.Context, link Range) bool {
	a, err := r.ask(ctx, link, 0)
	if err != nil {
		return true
	}
	r.free <- a.Body
	return a.Count > 0
}

// count asks for the number of records, -1 where the server does not say. That of
// 7.0.2 counts for a query by name alone; OrientDB counts all at once.
func (r *Reader) count(ctx context.Context) int64 {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for _, q := range []openidm.Query{{}, {ID: "query-all"}} {
		q.PageSize, q.Count = 1, true
		body, err := r.Server.QueryBody(ctx, r.Resource, q, "", nil)
		if err != nil {
			continue
		}
		if page, err := r.Server.ParsePage(r.Resource, body); err == nil && page.Total > 0 {
			if r.Total != nil {
				r.Total(int64(page.Total))
			}
			return int64(page.Total)
		}
	}
	return -1
}

// probe finds out whether ranges are of use, from the ids of a page that took so
// long.
func (r *Reader) probe(ctx context.Context, ids []string, page time.Duration) error {
	var id string
	for _, s := range ids {
		if Askable(s) {
			id = s
			break
		}
	}
	if id == "" {
		return fmt.Errorf("%w: no id of a page can stand in a filter", ErrNoRanges)
	}
	var least time.Duration
	for n := range 2 {
		began := time.Now()
		a, err := r.ask(ctx, Range{id, id}, 1)
		took := time.Since(began)
		var answer *openidm.Error
		switch {
		case err == nil:
		case ctx.Err() == nil && errors.As(err, &answer) && !errors.Is(err, openidm.ErrUnavailable) &&
			!errors.Is(err, openidm.ErrUnauthorized):
			return fmt.Errorf("%w: the server refuses a filter by _id (%d)", ErrNoRanges, answer.Code)
		default:
			return err
		}
		count := a.Count
		r.free <- a.Body
		if count > 0 {
			return fmt.Errorf("%w: the server does not filter by _id", ErrNoRanges)
		}
		if least = min(least, took); n == 0 {
			least = took
		}
	}
	if least > 2*page+100*time.Millisecond {
		return fmt.Errorf("%w: an empty range took %s, a page %s", ErrNoRanges, short(least), short(page))
	}
	r.Plan = fmt.Sprintf("ranges of _id (an empty one took %s, a page %s)", short(least), short(page))
	return nil
}
