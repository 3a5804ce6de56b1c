package ranges

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/idconnect-go/upgrade/idconnect/internal/digest"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

const (
	// firstPage is how many records show what a collection looks like.
	firstPage = 100
	// patience is how long a server may count its records before it is read without.
	patience = 5 * time.Second
)

// Begun is what is known of a collection before its ranges are read.
type Begun struct {
	// Plan says how the collection is read, and why.
	Plan string
	// Total is the number of its records, -1 where the server does not count.
	Total int64

	whole *Answer // all of a small one
	shape shape
	guess guess
	size  int // of the first ranges
}

// Empty reports whether there was no record.
func (b *Begun) Empty() bool { return b.whole != nil && b.whole.Count == 0 }

// Again is what holds for another reading, too: nil where that begins anew.
func (b *Begun) Again() *Begun {
	if b == nil || b.whole != nil {
		return nil
	}
	return b
}

// guess is where the records of a shape are, and how dense. Where it is wrong, ranges
// are split or extended; none is lost.
type guess struct {
	least, top float64 // nothing is before and behind
	density    float64 // records per unit of the shape, 0 unknown
	others     bool    // ids of other shapes were seen
	known      bool    // the density is more than that of a sample
}

// Begin asks for a page of everything, which is all of a small collection. Of a larger
// one it finds out at once whether ranges are of use and how many records there are.
// The error is [ErrNoRanges] where they are not.
func (r *Reader) Begin(ctx context.Context) (*Begun, error) {
	r.prepare()
	size := min(r.size, firstPage)
	var a *Answer
	err := r.again(ctx, 0, func() (err error) {
		a, err = r.once(ctx, Range{}, size, &digest.Body{})
		return err
	})
	if err != nil {
		return nil, err
	}
	if !a.over {
		return &Begun{Plan: "one page", Total: int64(a.Count), whole: a, size: r.size}, nil
	}
	ids, _ := idsOf(r.Server, r.Resource, a.Body.Text())
	b := &Begun{shape: shapeOf(ids)}
	counting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	total := make(chan int64, 1)
	go func() { total <- r.count(counting) }()
	empty := time.Duration(0)
	if empty, err = r.probe(ctx, ids, a.took); err != nil {
		cancel()
	}
	if b.Total = <-total; err != nil {
		return nil, err
	}
	b.Plan = fmt.Sprintf("ranges of _id (an empty one took %s, a page %s)", short(empty), short(a.took))
	a.took, a.over = max(a.took-empty, 0), false // of the records alone, which were to be a few
	r.adapt(a, size)
	b.size = r.size
	if b.shape.mixed {
		if x, y, ok := disagree(ids); ok && !r.any(ctx, Range{x, y}) {
			b.shape = b.shape.folded()
		}
	}
	b.guess = r.look(ctx, b.shape, ids, b.Total)
	return b, nil
}

// start makes segments of what a reading begins with. It is called within mu.
func (r *Reader) start(b *Begun) {
	r.Plan, r.size = b.Plan, b.size
	if r.Careful || b.whole != nil {
		b = &Begun{}
	}
	if r.Rest == nil {
		r.enqueue(r.chain(b))
	} else {
		r.enqueue(r.Rest)
	}
	for _, s := range r.queue {
		s.shape = b.shape
		if low, high := s.shape.at(s.From), s.shape.upTo(s.To); high > low {
			s.density, s.least = b.guess.density, b.guess.least
			s.top = min(high, max(b.guess.top, low))
			if b.guess.known {
				s.size = maxSize
			}
		}
	}
}

// chain divides what is guessed to hold the records among the workers.
func (r *Reader) chain(b *Begun) (chain []Range) {
	low, high, ok := b.shape.bounds()
	if !ok {
		return []Range{{}}
	}
	from := ""
	if g := b.guess; g.others && low != "" {
		chain, from = append(chain, Range{To: low}), low
	}
	parts := r.Concurrency
	if b.Total >= 0 {
		parts = min(parts, max(int(b.Total)/r.size, 1))
	}
	for i := 1; i < parts; i++ {
		at := b.guess.least + (b.guess.top-b.guess.least)*float64(i)/float64(parts)
		if to := b.shape.between(max(from, low), high, at); to != "" {
			chain = append(chain, Range{from, to})
			from = to
		}
	}
	if b.guess.others {
		chain, from = append(chain, Range{from, high}), high
	}
	return append(chain, Range{From: from})
}

// look guesses from the ids of a page where the records of a shape begin and end:
// beside numbers that are counted up there is much room, and who is sent there reads
// nothing. A page in order is the beginning of all, any other a sample of it.
func (r *Reader) look(ctx context.Context, shape shape, ids []string, total int64) guess {
	var at []float64
	for _, id := range ids {
		if shape.has(id) {
			at = append(at, shape.at(id))
		}
	}
	g := guess{top: 1, others: len(at) < len(ids)}
	if len(at) < 2 || slices.Max(at) <= slices.Min(at) {
		return g
	}
	g.least = slices.Min(at)
	most := slices.Max(at)
	g.known = total > 0 || slices.IsSorted(at)
	g.density = float64(len(at)-1) / (most - g.least)
	switch {
	case !slices.IsSorted(at):
		g.top, g.least = min(most+2/g.density, 1), max(g.least-2/g.density, 0)
	case total > 0:
		g.top = min(g.least+float64(total)/g.density, 1)
	case r.Rest == nil: // else its bounds tell where to read
		g.top = r.search(ctx, shape, g.least, most)
	}
	if total > 0 {
		g.density = float64(total) / (g.top - g.least)
	}
	return g
}

// search asks where the records end that begin with those between two places.
func (r *Reader) search(ctx context.Context, shape shape, least, most float64) float64 {
	low, high, _ := shape.bounds()
	// Those behind may have anything: wider steps, then a closer look.
	filled, empty := most, 1.0
	for round, width := 0, most-least; round < 4 && empty-filled > (filled-least)/4; round++ {
		points := make([]float64, max(r.Concurrency, 2))
		for i := range points {
			if empty < 1 || least+4*width >= 1 {
				points[i] = filled + (empty-filled)*float64(i+1)/float64(len(points)+1)
			} else {
				points[i] = least + width*math.Pow(4, float64(i+1))
			}
		}
		void := make([]bool, len(points))
		var all sync.WaitGroup
		for i, p := range points {
			all.Go(func() {
				bound := shape.between(low, high, p)
				void[i] = p < 1 && bound != "" && !r.any(ctx, Range{bound, high})
			})
		}
		all.Wait()
		for i, p := range points {
			switch {
			case void[i]:
				empty = min(empty, p)
			case p < 1:
				filled = max(filled, p)
			}
		}
		width = filled - least
		if empty < filled { // records came meanwhile, or the order is another one
			break
		}
	}
	return max(empty, filled)
}

// any reports whether there is a record in a range, or may be.
func (r *Reader) any(ctx context.Context, link Range) bool {
	a, err := r.ask(ctx, link, 0)
	if err != nil {
		return true
	}
	r.give(a.Body)
	return a.Count > 0
}

// count asks for the number of records, -1 where the server does not say. That of
// 7.0.2 counts for a query by name alone; OrientDB counts all at once.
func (r *Reader) count(ctx context.Context) int64 {
	for _, q := range []openidm.Query{{ID: "query-all"}, {}} {
		q.PageSize, q.Count = 1, true
		var page openidm.Page
		err := r.Do(ctx, 1, func() (int, error) {
			body, err := r.Server.QueryBody(ctx, r.Resource, q, "", nil)
			if err == nil {
				page, err = r.Server.ParsePage(r.Resource, body)
			}
			return len(page.Result), err
		})
		if err == nil && page.Total > 0 {
			return int64(page.Total)
		}
	}
	return -1
}

// probe finds out whether ranges are of use, from the ids of a page that took so
// long, and returns how long an empty one takes. It asks twice where the first answer
// came late.
func (r *Reader) probe(ctx context.Context, ids []string, page time.Duration) (time.Duration, error) {
	i := slices.IndexFunc(ids, Askable)
	if i < 0 {
		return 0, fmt.Errorf("%w: no id of a page can stand in a filter", ErrNoRanges)
	}
	late := 2*page + 100*time.Millisecond
	least := time.Duration(math.MaxInt64)
	for n := 0; n < 2 && least > late; n++ {
		a, err := r.ask(ctx, Range{ids[i], ids[i]}, 1)
		if err != nil {
			return 0, cmp.Or(refusal(ctx, err), err)
		}
		r.give(a.Body)
		switch {
		case a.Count > 0:
			return 0, fmt.Errorf("%w: the server does not filter by _id", ErrNoRanges)
		case a.over:
			return 0, fmt.Errorf("%w: the server says of an empty range that it has more", ErrNoRanges)
		}
		least = min(least, a.took)
	}
	if least > late {
		return 0, fmt.Errorf("%w: an empty range took %s, a page %s", ErrNoRanges, short(least), short(page))
	}
	return least, nil
}
