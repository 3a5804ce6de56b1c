package verify

import (
	"context"
	"errors"
	"slices"

	"github.com/idconnect-go/upgrade/idconnect/internal/digest"
	"github.com/idconnect-go/upgrade/idconnect/internal/ranges"
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

// mismatch is a bucket that must be looked at.
type mismatch struct {
	Bucket uint32
	Counts [2]uint32
	Alike  bool // the sums are equal: an id may stand twice on both servers
}

func (d mismatch) total() int64 { return int64(d.Counts[0]) + int64(d.Counts[1]) }

// firstPass is what the first reading keeps.
type firstPass struct {
	counts     [2]int64
	unreadable [2]int64
	tallies    [2]digest.Tally // of the changes

	sums   [2]bucketSums
	twice  map[uint32]bool
	filter idFilter // of a source that is read by pages
	spare  []uint64
}

// add takes a page. One of a range has each id as often as the server has it.
func (f *firstPass) add(side int, p *digest.Page, ranged bool) {
	f.counts[side] += int64(p.Records())
	f.tallies[side].Join(&p.Tally)
	f.unreadable[side] += int64(p.Unreadable)
	f.spare = f.spare[:0]
	for _, d := range p.Digests {
		f.sums[side].add(d)
		// What stands twice on the target only differs anyway.
		switch {
		case side != 0:
		case ranged:
			f.spare = append(f.spare, d.ID)
		case f.filter.add(d.ID):
			f.twice[bucketOf(d.ID)] = true
		}
	}
	if side != 0 {
		return
	}
	slices.Sort(f.spare)
	for i, id := range f.spare {
		if i > 0 && id == f.spare[i-1] {
			f.twice[bucketOf(id)] = true
		}
	}
}

// first reads both servers once and returns what differs. It goes on with what
// was read before, unless a server does not know its cookie any more.
func (v *verifier) first(ctx context.Context, saved savedCollection) ([]mismatch, error) {
	resumed := saved.Stage == stageReading
	if resumed {
		v.addPasses(-1)
	}
	err := v.readFirst(ctx, saved)
	var answer *openidm.Error
	if resumed && ctx.Err() == nil && errors.As(err, &answer) && !errors.Is(err, openidm.ErrUnavailable) &&
		!errors.Is(err, openidm.ErrUnauthorized) {
		v.addPasses(-1)
		err = v.readFirst(ctx, savedCollection{})
	}
	if err != nil {
		return nil, err
	}
	f := v.reading
	v.setReading(nil, [2]savedSide{})
	v.report.SourceCount, v.report.TargetCount = f.counts[0], f.counts[1]
	v.report.Unreadable = f.unreadable[0] + f.unreadable[1]
	v.explained(f.tallies)
	v.report.Plans = nil
	for side, p := range v.plans {
		if !v.absent[side] {
			v.report.Plans = append(v.report.Plans, sides[side]+": "+p.Why)
		}
	}
	return f.differingBuckets(), nil
}

// addPasses counts passes, and setReading says which is under way, while the
// state may be written.
func (v *verifier) addPasses(n int) {
	v.state[0].Lock()
	defer v.state[0].Unlock()
	v.report.Passes += n
}

func (v *verifier) setReading(f *firstPass, rest [2]savedSide) {
	v.state[0].Lock()
	defer v.state[0].Unlock()
	v.state[1].Lock()
	defer v.state[1].Unlock()
	v.reading, v.readers, v.rest = f, [2]*ranges.Reader{}, rest
	v.cookies = [2]string{rest[0].Cookie, rest[1].Cookie}
}

func (v *verifier) readFirst(ctx context.Context, saved savedCollection) error {
	var trees [2]*digest.Hasher
	var pages [2]digest.Page
	for side := range trees {
		trees[side] = v.hasher(side)
	}
	var f *firstPass
	begin := func() (rest [2]savedSide) {
		f = &firstPass{twice: map[uint32]bool{}}
		if saved.Stage == stageReading && f.restore(saved) == nil {
			rest = saved.Sides
		}
		saved = savedCollection{} // once
		v.setReading(f, rest)
		v.store.put(v.number, saved, v)
		return rest
	}
	return v.pass(ctx, begin, func(side int, b *digest.Body, took func()) (int, error) {
		p := &pages[side]
		if err := trees[side].Read(v.servers[side], v.report.Resource, b, p); err != nil {
			return 0, v.failed(side, err)
		}
		v.state[side].Lock()
		ranged := v.plans[side].Way == byRanges
		f.add(side, p, ranged)
		took()
		v.state[side].Unlock()
		if !ranged {
			v.expect(side, p.Total, b.Next == "")
		}
		v.store.read()
		return p.Records(), nil
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
			differing = append(differing, mismatch{Bucket: i, Counts: [2]uint32{a.Count, b.Count},
				Alike: alike})
		}
	}
	return differing
}
