package verify

import (
	"context"
	"errors"

	"github.com/idconnect-go/upgrade/idconnect/internal/digest"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

const (
	// bucketCount is how many sums are kept for each server: at a million
	// records there are eight in each.
	bucketCount    = 1 << 17
	bucketsPerPage = 128
	// filterBlocks of 512 bits make a filter that takes two of a million
	// ids for one in a few of a hundred runs (which costs a pass), and
	// filterMax is where it would do so all the time.
	filterBlocks = 1 << 17
	filterPage   = 512
	filterTests  = 7
	filterMax    = 8 << 20
)

// bucket sums the hashes of the records whose ids fall into it. Added,
// not XORed: a record that stands twice does not cancel itself.
type bucket struct {
	A, B  uint64
	Count uint32
}

func (b *bucket) add(h digest.Sum) { b.join(bucket{h.X, h.Y, 1}) }

func (b *bucket) join(o bucket) {
	b.A, b.B, b.Count = b.A+o.A, b.B+o.B, b.Count+o.Count
}

// bucketSums are the buckets of one server. Those that nothing falls into cost
// nothing: most collections are small.
type bucketSums struct {
	pages [bucketCount / bucketsPerPage]*[bucketsPerPage]bucket
}

func bucketOf(id uint64) uint32 { return uint32(id % bucketCount) }

func (s *bucketSums) add(d digest.Digest) {
	i := bucketOf(d.ID)
	page := &s.pages[i/bucketsPerPage]
	if *page == nil {
		*page = new([bucketsPerPage]bucket)
	}
	(*page)[i%bucketsPerPage].add(d.Sum)
}

func (s *bucketSums) bucket(i uint32) bucket {
	if page := s.pages[i/bucketsPerPage]; page != nil {
		return page[i%bucketsPerPage]
	}
	return bucket{}
}

// idFilter remembers ids, roughly: a Bloom filter, in blocks of a cache
// line each. The zero value is ready.
type idFilter struct {
	pages [filterBlocks / filterPage]*[filterPage][8]uint64
	count int64
}

// add reports whether the id may have been there already.
func (f *idFilter) add(h uint64) bool {
	if f.count++; f.count > filterMax {
		return false
	}
	// The buckets have the low bits; what is tested is independent of both.
	i := h >> 47
	page := &f.pages[i/filterPage]
	if *page == nil {
		*page = new([filterPage][8]uint64)
	}
	block := &(*page)[i%filterPage]
	h = digest.Fold(h, 0xd6e8feb86659fd93)
	// Without a branch, so that the processor can go ahead to the next id while
	// this block comes from the memory.
	var missing uint64
	for range filterTests {
		word, mask := h>>6&7, uint64(1)<<(h&63)
		missing |= ^block[word] & mask
		block[word] |= mask
		h >>= 9
	}
	return missing == 0
}

// mismatch is what must be looked at: a bucket, or a range of ids.
type mismatch struct {
	Bucket int64 // -1: it is a range
	Part   idRange
	Counts [2]uint32
	Alike  bool // the sums are equal: an id may stand twice on both servers
	sums   [2]bucket
}

func (d mismatch) total() int64 { return int64(d.Counts[0]) + int64(d.Counts[1]) }

// firstPass is what the first reading keeps: sums of parts, where the servers
// give their records in the order of the ids, else sums of buckets.
type firstPass struct {
	counts     [2]int64
	unreadable [2]int64
	tallies    [2]digest.Tally // of the changes
	cookies    [2]string       // of the pages that follow

	ordered bool
	chunks  [2]chunkList

	sums   [2]bucketSums
	twice  map[uint32]bool
	filter idFilter
}

// errOrder: the records do not come in the order of their ids.
var errOrder = errors.New("in another order")

func (f *firstPass) add(side int, p *digest.Page) error {
	f.counts[side] += int64(p.Records())
	f.tallies[side].Join(&p.Tally)
	f.unreadable[side] += int64(p.Unreadable)
	for _, d := range p.Digests {
		if f.ordered {
			if !f.chunks[side].add(d) {
				return errOrder
			}
			continue
		}
		f.sums[side].add(d)
		// What stands twice on the target only differs anyway.
		if side == 0 && f.filter.add(d.ID) {
			f.twice[bucketOf(d.ID)] = true
		}
	}
	return nil
}

// first reads both servers once and returns what differs. It goes on with what
// was read before, unless a server does not know its cookie any more.
func (v *verifier) first(ctx context.Context, saved savedCollection) ([]mismatch, error) {
	f := &firstPass{ordered: true}
	resumed := saved.Stage == stageReading
	if resumed {
		f.cookies, f.counts, f.unreadable = saved.Cookies, saved.Counts, saved.Unreadable
		f.chunks, f.tallies = saved.Chunks, saved.Tallies
		v.addPasses(-1)
	}
	err := v.readFirst(ctx, f, saved)
	var answer *openidm.Error
	if resumed && ctx.Err() == nil && errors.As(err, &answer) && !errors.Is(err, openidm.ErrUnavailable) &&
		!errors.Is(err, openidm.ErrUnauthorized) {
		v.addPasses(-1)
		err = v.readFirst(ctx, &firstPass{ordered: true}, savedCollection{})
	}
	if errors.Is(err, errOrder) {
		// Seen in the first pages, unless a server orders by rules of its own.
		v.addPasses(-1)
		err = v.readFirst(ctx, &firstPass{twice: map[uint32]bool{}}, savedCollection{})
	}
	if err != nil {
		return nil, err
	}
	f = v.reading
	v.setReading(nil)
	v.report.SourceCount, v.report.TargetCount = f.counts[0], f.counts[1]
	v.report.Unreadable = f.unreadable[0] + f.unreadable[1]
	v.explained(f.tallies)
	if !f.ordered {
		return f.differingBuckets(), nil
	}
	differing, known := compareChunks(&f.chunks[0], &f.chunks[1], int64(v.opts.PageSize), int64(v.opts.round/4))
	var again int64
	for _, d := range differing {
		again += d.total()
	}
	if again > 0 && again <= (f.counts[0]+f.counts[1])/maxReread {
		v.ranged, err = v.canRange(ctx, known)
	}
	return differing, err
}

// addPasses counts passes, and setReading says which is under way, while the
// state may be written.
func (v *verifier) addPasses(n int) {
	v.state[0].Lock()
	defer v.state[0].Unlock()
	v.report.Passes += n
}

func (v *verifier) setReading(f *firstPass) {
	v.state[0].Lock()
	defer v.state[0].Unlock()
	v.reading = f
}

func (v *verifier) readFirst(ctx context.Context, f *firstPass, saved savedCollection) error {
	v.addPasses(1)
	v.setReading(f)
	v.store.put(v.number, saved, v)
	var trees [2]*digest.Hasher
	var pages [2]digest.Page
	for side := range trees {
		trees[side] = v.hasher(side)
	}
	return v.parts(ctx, []idRange{{cookies: f.cookies}}, f.counts, func(side int, b *digest.Body) (int, error) {
		p := &pages[side]
		if err := trees[side].Read(v.servers[side], v.report.Resource, b, p); err != nil {
			return 0, v.failed(side, err)
		}
		v.state[side].Lock()
		err := f.add(side, p)
		if f.cookies[side] = b.Next; b.Next == "" {
			f.cookies[side] = afterLastPage
		}
		v.state[side].Unlock()
		v.expect(side, p.Total, b.Next == "")
		v.store.read()
		return p.Records(), err
	})
}

// expect notes how many records the source will have: what it says itself, or,
// as they should be the same, what the target turned out to have.
func (v *verifier) expect(side int, total int64, last bool) {
	if last && side == 1 {
		v.state[1].Lock()
		total = v.reading.counts[1]
		v.state[1].Unlock()
	} else if side == 1 {
		return
	}
	if total < 0 {
		return
	}
	v.said.Lock()
	defer v.said.Unlock()
	if v.total < 0 {
		v.total = total
	}
}

func (f *firstPass) differingBuckets() (differing []mismatch) {
	for i := range uint32(bucketCount) {
		a, b := f.sums[0].bucket(i), f.sums[1].bucket(i)
		if alike := a == b; !alike || f.twice[i] {
			differing = append(differing, mismatch{Bucket: int64(i), Counts: [2]uint32{a.Count, b.Count},
				Alike: alike})
		}
	}
	return differing
}
