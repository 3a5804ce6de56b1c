package ranges

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"
)

const (
	fill       = 0.9 // of a range, when its bound is guessed
	maxTries   = 12
	maxVoids   = 8
	maxRefused = 3
	quick      = time.Second // an answer that could be larger
	goal       = 3 * quick / 2
	slow       = 4 * time.Second // and one that should be smaller
)

func (r *Reader) work(ctx context.Context) {
	var all sync.WaitGroup
	for range r.Concurrency {
		all.Go(func() {
			for s := r.next(); s != nil; s = r.next() {
				if err := r.walk(ctx, s); err != nil {
					r.fail(err)
				}
				r.mu.Lock()
				r.busy--
				r.cond.Broadcast()
				r.mu.Unlock()
			}
		})
	}
	all.Wait()
}

// next waits for a segment; nil when there will be none.
func (r *Reader) next() *segment {
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.queue) == 0 && r.busy > 0 && r.failure == nil {
		r.cond.Wait()
	}
	if len(r.queue) == 0 || r.failure != nil {
		return nil
	}
	s := r.queue[0]
	r.queue = r.queue[1:]
	r.busy++
	return s
}

// share gives the upper half of a segment to each worker that has none.
func (r *Reader) share(s *segment) {
	if s.pivot != "" { // the next range ends there
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.busy+len(r.queue) < r.Concurrency {
		if s.left() < float64(r.Size) && (s.density > 0 || !s.large) {
			return
		}
		bound := s.shape.between(s.From, s.To, (s.begin()+s.end())/2)
		if bound == "" {
			return
		}
		upper := &segment{Range: Range{bound, s.To}, shape: s.shape, density: s.density, least: s.least, top: s.top,
			reach: s.reach, size: s.size}
		rest := r.open[s]
		rest.To, s.To, s.top = bound, bound, 0
		r.open[s], r.open[upper] = rest, upper.Range
		r.queue = append(r.queue, upper)
		r.cond.Broadcast()
	}
}

// left is how many records a segment still has, as it is guessed; 0 unknown.
func (s *segment) left() float64 { return s.density * max(s.end()-s.begin(), 0) }

// begin and end are where the records of a segment are, as it is guessed.
func (s *segment) begin() float64 { return max(s.shape.at(s.From), s.least) }

func (s *segment) end() float64 {
	if s.top > s.begin() {
		return s.top
	}
	return s.shape.upTo(s.To)
}

// upTo is where an upper bound lies.
func (s shape) upTo(bound string) float64 {
	if bound == "" {
		return 1
	}
	return s.at(bound)
}

// walk reads a segment from its beginning to its end.
func (r *Reader) walk(ctx context.Context, s *segment) error {
	for {
		r.share(s)
		r.mu.Lock()
		size := max(min(r.size, max(s.size, r.Size)), s.wide)
		r.mu.Unlock()
		link := Range{s.From, s.bound(size)}
		last := link.To == s.To
		a, err := r.ask(ctx, link, size)
		if refused := refusal(ctx, err); refused != nil {
			if s.refused++; s.refused > maxRefused {
				return refused
			}
			s.density, s.pivot = 0, "" // another bound
			continue
		}
		if err != nil {
			return err
		}
		r.adapt(a, size)
		switch {
		case a.over:
			ids, _ := idsOf(r.Server, r.Resource, a.Body.Text())
			r.give(a.Body)
			if a.short {
				size = max(a.Count-1, 2)
			}
			if err := r.split(s, link, ids, size, a.short); err != nil {
				return err
			}
			continue
		case a.Count == 0 && !last:
			// Nothing there, or the bound is not behind the beginning: no link.
			r.give(a.Body)
			s.density, s.pivot = s.density/4, ""
			if s.voids++; s.voids > maxVoids {
				s.density = 0
			}
			continue
		case a.Count == 0:
			if err := r.prove(ctx, link); err != nil {
				r.give(a.Body)
				return err
			}
		}
		if a.Count >= size/2 { // what was guessed is so
			s.size = max(s.size, 2*size)
		}
		if d := s.shape.upTo(link.To) - s.begin(); a.Count > 0 && d > 0 {
			s.density = float64(a.Count) / d
		}
		if !r.send(ctx, s, a, last) || last {
			return nil
		}
		s.From, s.pivot, s.tries, s.voids, s.refused, s.wide = link.To, "", 0, 0, 0, 0
	}
}

// bound is where the next range of a segment ends.
func (s *segment) bound(size int) string {
	if s.pivot != "" {
		return s.pivot
	}
	if s.density <= 0 {
		return s.To
	}
	parts := math.Ceil(s.left() / (fill * float64(size)))
	if parts > 1 { // of one size: no small rest
		from := s.begin()
		if b := s.shape.between(s.From, s.To, from+(s.end()-from)/parts); b != "" {
			return b
		}
	}
	return s.To
}

// split makes the next range of a segment smaller than one that had too many
// records, with ids out of its answer, which lie within it.
func (r *Reader) split(s *segment, link Range, ids []string, size int, short bool) error {
	s.large, s.pivot, s.size = true, "", 0
	switch s.tries++; {
	case s.tries > maxTries && short:
		return fmt.Errorf("%w: however small a range is, the server says that it has more", ErrNoRanges)
	case s.tries > maxTries:
		return fmt.Errorf("%w: more than %d records cannot be told apart by the order of their ids", ErrNoRanges,
			size)
	}
	if s.tries > maxTries/2 {
		s.wide = min(2*size, maxSize) // ids that the server takes for the same
	}
	low, high := s.begin(), s.shape.upTo(link.To)
	if link.To == s.To && s.density > 0 && s.end() < high { // there is more behind than was guessed
		s.reach++
		s.top = min(low+float64(size)/s.density*math.Exp2(float64(s.reach)), high)
		if s.bound(size) != link.To {
			return nil
		}
	}
	if s.thin(link, ids, size) || !r.Careful && s.learn(ids) && s.thin(link, ids, size) {
		return nil
	}
	// In most servers an answer is in the order of its index.
	at := []int{90, 50, 10, 75, 25, 5, 60, 40}[(s.tries-1)%8] * len(ids) / 100
	for _, fit := range []func(string) bool{plain, Askable} { // of which every server takes one
		for i := range ids {
			if id := ids[(at+i)%len(ids)]; fit(id) && Askable(id) && id != link.To && id != s.To {
				s.pivot = id
				return nil
			}
		}
	}
	if s.tries < maxTries/2 {
		s.tries = maxTries / 2
	}
	return nil
}

// thin guesses anew how dense a segment is, of whose next range some ids are known, and
// reports whether a smaller range follows.
func (s *segment) thin(link Range, ids []string, size int) bool {
	low, high := s.begin(), s.shape.upTo(link.To)
	if high <= low || s.tries > 3 || s.voids > maxVoids {
		return false
	}
	most := low
	for _, id := range ids {
		if at := s.shape.at(id); s.shape.has(id) && at > most && at < high {
			most = at
		}
	}
	s.density = 1.5 * float64(size) / (high - low)
	if most > low {
		s.density = max(s.density, float64(len(ids))/(most-low))
	}
	return s.bound(size) != link.To
}

// learn gives a segment the shape of some of its ids, and reports whether that is
// another one.
func (s *segment) learn(ids []string) bool {
	now := shapeOf(ids)
	switch {
	case s.shape.folds:
		now = now.folded()
	case now.mixed && !s.shape.mixed: // in which order is not known
		return false
	}
	if len(now.places) == 0 || now.prefix == s.shape.prefix && slices.Equal(now.places, s.shape.places) {
		return false
	}
	s.shape, s.least, s.top = now, 0, 0
	return true
}

// prove finds out of an empty range whether its bounds are in order.
func (r *Reader) prove(ctx context.Context, link Range) error {
	if link.From == "" || link.To == "" || link.From == link.To {
		return nil
	}
	a, err := r.ask(ctx, Range{link.To, link.From}, 1)
	if err != nil {
		return err
	}
	count := a.Count
	r.give(a.Body)
	if count > 0 {
		return ErrOrder
	}
	return nil
}

func (r *Reader) send(ctx context.Context, s *segment, a *Answer, last bool) bool {
	a.from, a.last = s, last
	select {
	case r.answers <- a:
		return true
	case <-ctx.Done():
		r.give(a.Body)
		return false
	}
}
