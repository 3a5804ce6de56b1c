package idconnect

import (
	"context"
	"errors"

	"github.com/idconnect-go/upgrade/migration/openidm"
)

const (
	// verifyBuckets is how many sums are kept for each server: at a million
	// records there are eight in each.
	verifyBuckets    = 1 << 17
	verifyBucketPage = 128
	// verifyFilterBlocks of 512 bits make a filter that takes two of a million
	// ids for one in a few of a hundred runs (which costs a pass), and
	// verifyFilterMax is where it would do so all the time.
	verifyFilterBlocks = 1 << 17
	verifyFilterPage   = 512
	verifyFilterTests  = 7
	verifyFilterMax    = 8 << 20
)

// verifyBucket sums the hashes of the records whose ids fall into it. Added,
// not XORed: a record that stands twice does not cancel itself.
type verifyBucket struct {
	A, B  uint64
	Count uint32
}

func (b *verifyBucket) add(h verifySum) { b.join(verifyBucket{h.x, h.y, 1}) }

func (b *verifyBucket) join(o verifyBucket) {
	b.A, b.B, b.Count = b.A+o.A, b.B+o.B, b.Count+o.Count
}

// verifySums are the buckets of one server. Those that nothing falls into cost
// nothing: most collections are small.
type verifySums struct {
	pages [verifyBuckets / verifyBucketPage]*[verifyBucketPage]verifyBucket
}

func verifyBucketOf(id uint64) uint32 { return uint32(id % verifyBuckets) }

func (s *verifySums) add(d verifyDigest) {
	i := verifyBucketOf(d.id)
	page := &s.pages[i/verifyBucketPage]
	if *page == nil {
		*page = new([verifyBucketPage]verifyBucket)
	}
	(*page)[i%verifyBucketPage].add(d.sum)
}

func (s *verifySums) bucket(i uint32) verifyBucket {
	if page := s.pages[i/verifyBucketPage]; page != nil {
		return page[i%verifyBucketPage]
	}
	return verifyBucket{}
}

// verifyFilter remembers ids, roughly: a Bloom filter, in blocks of a cache
// line each. The zero value is ready.
type verifyFilter struct {
	pages [verifyFilterBlocks / verifyFilterPage]*[verifyFilterPage][8]uint64
	count int64
}

// add reports whether the id may have been there already.
func (f *verifyFilter) add(h uint64) bool {
	if f.count++; f.count > verifyFilterMax {
		return false
	}
	// The buckets have the low bits; what is tested is independent of both.
	i := h >> 47
	page := &f.pages[i/verifyFilterPage]
	if *page == nil {
		*page = new([verifyFilterPage][8]uint64)
	}
	block := &(*page)[i%verifyFilterPage]
	h = verifyFold(h, 0xd6e8feb86659fd93)
	// Without a branch, so that the processor can go ahead to the next id while
	// this block comes from the memory.
	var missing uint64
	for range verifyFilterTests {
		word, mask := h>>6&7, uint64(1)<<(h&63)
		missing |= ^block[word] & mask
		block[word] |= mask
		h >>= 9
	}
	return missing == 0
}

// verifyDiffering is what must be looked at: a bucket, or a range of ids.
type verifyDiffering struct {
	Bucket int64 // -1: it is a range
	Part   verifyPart
	Counts [2]uint32
	Alike  bool // the sums are equal: an id may stand twice on both servers
	sums   [2]verifyBucket
}

func (d verifyDiffering) total() int64 { return int64(d.Counts[0]) + int64(d.Counts[1]) }

// verifyFirst is what the first reading keeps: sums of parts, where the servers
// give their records in the order of the ids, else sums of buckets.
type verifyFirst struct {
	counts     [2]int64
	unreadable [2]int64
	cookies    [2]string // of the pages that follow

	ordered bool
	chunks  [2]verifyChunks

	sums   [2]verifySums
	twice  map[uint32]bool
	filter verifyFilter
}

// errVerifyOrder: the records do not come in the order of their ids.
var errVerifyOrder = errors.New("in another order")

func (f *verifyFirst) add(side int, p *verifyPage) error {
	f.counts[side] += int64(len(p.digests) + p.unreadable)
	f.unreadable[side] += int64(p.unreadable)
	for _, d := range p.digests {
		if f.ordered {
			if !f.chunks[side].add(d) {
				return errVerifyOrder
			}
			continue
		}
		f.sums[side].add(d)
		// What stands twice on the target only differs anyway.
		if side == 0 && f.filter.add(d.id) {
			f.twice[verifyBucketOf(d.id)] = true
		}
	}
	return nil
}

// first reads both servers once and returns what differs. It goes on with what
// was read before, unless a server does not know its cookie any more.
func (v *verifier) first(ctx context.Context, saved verifySaved) ([]verifyDiffering, error) {
	f := &verifyFirst{ordered: true}
	resumed := saved.Stage == verifyReading
	if resumed {
		f.cookies, f.counts, f.unreadable, f.chunks = saved.Cookies, saved.Counts, saved.Unreadable, saved.Chunks
		v.passed(-1)
	}
	err := v.readFirst(ctx, f, saved)
	var answer *openidm.Error
	if resumed && ctx.Err() == nil && errors.As(err, &answer) && !errors.Is(err, openidm.ErrUnavailable) && !errors.Is(err, openidm.ErrUnauthorized) {
		v.passed(-1)
		err = v.readFirst(ctx, &verifyFirst{ordered: true}, verifySaved{})
	}
	if errors.Is(err, errVerifyOrder) {
		// Seen in the first pages, unless a server orders by rules of its own.
		v.passed(-1)
		err = v.readFirst(ctx, &verifyFirst{twice: map[uint32]bool{}}, verifySaved{})
	}
	if err != nil {
		return nil, err
	}
	f = v.reading
	v.setReading(nil)
	v.report.SourceCount, v.report.TargetCount = f.counts[0], f.counts[1]
	v.report.Unreadable = f.unreadable[0] + f.unreadable[1]
	if !f.ordered {
		return f.differingBuckets(), nil
	}
	differing, known := verifyCompareChunks(&f.chunks[0], &f.chunks[1], int64(v.opts.PageSize), int64(v.opts.round/4))
	var again int64
	for _, d := range differing {
		again += d.total()
	}
	if again > 0 && again <= (f.counts[0]+f.counts[1])/verifyMaxReread {
		v.ranged, err = v.canRange(ctx, known)
	}
	return differing, err
}

// passed counts readings, and setReading says which is under way, while the
// state may be written.
func (v *verifier) passed(n int) {
	v.state[0].Lock()
	defer v.state[0].Unlock()
	v.report.Passes += n
}

func (v *verifier) setReading(f *verifyFirst) {
	v.state[0].Lock()
	defer v.state[0].Unlock()
	v.reading = f
}

func (v *verifier) readFirst(ctx context.Context, f *verifyFirst, saved verifySaved) error {
	v.passed(1)
	v.setReading(f)
	v.store.put(v.number, saved, v)
	var trees [2]*verifyTree
	var pages [2]verifyPage
	for side := range trees {
		trees[side] = newVerifyTree(v.key, v.opts.Keys, v.collection.Ignore)
	}
	return v.parts(ctx, []verifyPart{{cookies: f.cookies}}, f.counts, func(side int, b *verifyBody) (int, error) {
		p := &pages[side]
		if err := trees[side].read(v.servers[side], v.report.Resource, b, p); err != nil {
			return 0, v.failed(side, err)
		}
		v.state[side].Lock()
		err := f.add(side, p)
		if f.cookies[side] = b.next; b.next == "" {
			f.cookies[side] = verifyEnd
		}
		v.state[side].Unlock()
		v.expect(side, p.total, b.next == "")
		v.store.read()
		return len(p.digests) + p.unreadable, err
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

func (f *verifyFirst) differingBuckets() (differing []verifyDiffering) {
	for i := range uint32(verifyBuckets) {
		a, b := f.sums[0].bucket(i), f.sums[1].bucket(i)
		if alike := a == b; !alike || f.twice[i] {
			differing = append(differing, verifyDiffering{Bucket: int64(i), Counts: [2]uint32{a.Count, b.Count}, Alike: alike})
		}
	}
	return differing
}
