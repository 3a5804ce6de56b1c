package verify

import (
	"context"
	"errors"

	"github.com/idconnect-go/upgrade/idconnect/internal/digest"
	"github.com/idconnect-go/upgrade/idconnect/internal/firstread"
	"github.com/idconnect-go/upgrade/idconnect/internal/ranges"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// first reads both servers once and returns what differs. It goes on with what
// was read before, unless a server does not know its cookie any more.
func (v *verifier) first(ctx context.Context, saved savedCollection) ([]firstread.Mismatch, error) {
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
	v.report.SourceCount, v.report.TargetCount = f.Counts[0], f.Counts[1]
	v.report.Unreadable = f.Unreadable[0] + f.Unreadable[1]
	v.report.SourceLinks, v.report.TargetLinks, v.witnesses = f.LinkTypes[0], f.LinkTypes[1], f.Witnesses
	v.explained(f.Tallies)
	v.report.Plans = nil
	for side, p := range v.plans {
		if !v.absent[side] {
			v.report.Plans = append(v.report.Plans, sides[side]+": "+p.Why)
		}
	}
	differing := f.Differing()
	for side := range v.again {
		v.again[side] = f.Again(side, differing)
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

func (v *verifier) setReading(f *firstread.Memory, rest [2]savedSide) {
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
	var f *firstread.Memory
	begin := func() (rest [2]savedSide) {
		f = firstread.New()
		if saved.Stage == stageReading {
			if err := saved.restore(f); err == nil {
				rest = saved.Sides
			} else { // it has a part of what was read
				f = firstread.New()
			}
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
		types := firstread.LinkTypes(v.servers[side], v.report.Resource, b)
		v.state[side].Lock()
		f.AddLinks(side, types)
		ranged := v.plans[side].Way == byRanges
		f.Add(side, p, ranged)
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

// readAgain says what is left to the second reading of a server.
func (v *verifier) readAgain(side int) savedSide {
	again := v.again[side]
	if !again.Known || v.plans[side].Way != byRanges {
		return savedSide{}
	}
	rest := savedSide{Begun: true}
	for _, r := range again.Ranges {
		rest.Left = append(rest.Left, r.Range)
		rest.Expected += r.Count
	}
	return rest
}
