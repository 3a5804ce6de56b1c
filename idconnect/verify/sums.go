package verify

import (
	"context"
	"errors"
	"slices"

	"github.com/idconnect-go/upgrade/idconnect/internal/digest"
	"github.com/idconnect-go/upgrade/idconnect/internal/ranges"
	"github.com/idconnect-go/upgrade/idconnect/internal/sums"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

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

	sums   [2]sums.Buckets
	held   [2]held // where they are read by ranges
	twice  map[uint32]bool
	filter sums.Filter // of a source that is read by pages
	spare  []uint64    // of the source, as both are read at once
}

// add takes a page. One of a range has each id as often as the server has it.
func (f *firstPass) add(side int, p *digest.Page, ranged bool) {
	f.counts[side] += int64(p.Records())
	f.tallies[side].Join(&p.Tally)
	f.unreadable[side] += int64(p.Unreadable)
	for _, d := range p.Digests {
		f.sums[side].Add(d)
	}
	if ranged {
		for _, d := range p.Digests {
			f.held[side].marks.Add(d.ID, f.held[side].next())
		}
	}
	if side != 0 { // what stands twice on the target only differs anyway
		return
	}
	f.spare = f.spare[:0]
	for _, d := range p.Digests {
		if ranged {
			f.spare = append(f.spare, d.ID)
		} else if f.filter.Add(d.ID) {
			f.twice[sums.BucketOf(d.ID)] = true
		}
	}
	slices.Sort(f.spare)
	for i, id := range f.spare {
		if i > 0 && id == f.spare[i-1] {
			f.twice[sums.BucketOf(id)] = true
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
	differing := f.differingBuckets()
	v.again = [2]again{}
	for side := range v.again {
		r, ok := f.held[side].of(differing, f.counts[side])
		v.again[side] = again{Known: ok, Ranges: r}
	}
	return differing, nil
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
		if !ranged && side == 0 {
			v.expect(p.Total)
		}
		v.store.read()
		return p.Records(), nil
	})
}

// expect notes how many records the source says that it has, -1 where it does not.
func (v *verifier) expect(total int64) {
	v.said.Lock()
	defer v.said.Unlock()
	if v.total < 0 {
		v.total = total
	}
}

func (f *firstPass) differingBuckets() (differing []mismatch) {
	for i := range uint32(sums.BucketCount) {
		a, b := f.sums[0].Bucket(i), f.sums[1].Bucket(i)
		if alike := a == b; !alike || f.twice[i] {
			differing = append(differing, mismatch{Bucket: i, Counts: [2]uint32{a.Count, b.Count},
				Alike: alike})
		}
	}
	return differing
}
