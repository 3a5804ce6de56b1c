package verify

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/idconnect-go/upgrade/idconnect/internal/digest"
	"github.com/idconnect-go/upgrade/idconnect/internal/firstread"
	"github.com/idconnect-go/upgrade/idconnect/internal/sums"
)

// recordsPerRound is how many records, of both servers, one pass compares.
const recordsPerRound = 1 << 17

// pair is what is left of a record on both servers.
type pair struct {
	rest  [2]digest.Hash
	seals [2][]digest.Seal
	times [2]uint8 // how often it was read, up to 2
	of    int      // which of the chosen buckets it is in
}

// differenceKind is how a record differs.
type differenceKind int

const (
	kindEqual differenceKind = iota
	kindMissing
	kindExtra
	kindChanged
)

// suspect is a record that differed in the second pass, with what the
// third one found.
type suspect struct {
	Kind    differenceKind
	Twice   bool
	times   [2]int
	members [2]map[string]digest.Member
}

type suspectSet struct {
	IDs    map[string]*suspect
	Listed [kindChanged + 1]int
	Twice  int
}

// copy is for the file, which may be written while the next reading goes on.
func (s *suspectSet) copy() *suspectSet {
	out := &suspectSet{IDs: make(map[string]*suspect, len(s.IDs)), Listed: s.Listed, Twice: s.Twice}
	for id, x := range s.IDs {
		out.IDs[id] = &suspect{Kind: x.Kind, Twice: x.Twice}
	}
	return out
}

// second compares the records of as many buckets as one reading can hold and returns the others.
func (v *verifier) second(
	ctx context.Context, differing []firstread.Mismatch, suspects *suspectSet,
) ([]firstread.Mismatch, error) {
	var chosen []firstread.Mismatch
	var size int64
	listed := suspects.Listed
	n := 0
	for ; n < len(differing) && (size < int64(v.opts.round) || len(chosen) == 0); n++ {
		d := differing[n]
		// Where one side has nothing and the list is full, the number is all
		// that there is to know.
		full := v.opts.MaxDifferences
		if d.Counts[1] == 0 && listed[kindMissing] >= full {
			v.report.MissingCount += int64(d.Counts[0])
			continue
		}
		if d.Counts[0] == 0 && listed[kindExtra] >= full {
			v.report.ExtraCount += int64(d.Counts[1])
			continue
		}
		if d.Counts[1] == 0 {
			listed[kindMissing] += int(d.Counts[0])
		}
		if d.Counts[0] == 0 {
			listed[kindExtra] += int(d.Counts[1])
		}
		chosen = append(chosen, d)
		size += d.Total()
	}
	rest := differing[n:]
	if len(chosen) == 0 {
		return rest, nil
	}
	pairs, err := v.pairs(ctx, chosen)
	if err != nil {
		return nil, err
	}
	found := make([]bool, len(chosen))
	for _, id := range slices.Sorted(maps.Keys(pairs)) {
		p := pairs[id]
		if v.classify(id, p, suspects) {
			found[p.of] = true
		}
	}
	for i, d := range chosen {
		if !found[i] && !d.Alike {
			v.report.Shifted++
		}
	}
	return rest, nil
}

// pairs reads of both servers what may be in the chosen buckets and keeps what is.
func (v *verifier) pairs(ctx context.Context, chosen []firstread.Mismatch) (map[string]*pair, error) {
	buckets := map[uint32]int{}
	for i, d := range chosen {
		buckets[d.Bucket] = i
	}
	var mu sync.Mutex
	pairs := map[string]*pair{}
	var reducers [2]*digest.Reducer
	for side := range reducers {
		reducers[side] = v.reducer(side)
	}
	begin := func() (rest [2]savedSide) {
		clear(pairs)
		return [2]savedSide{v.readAgain(0), v.readAgain(1)}
	}
	err := v.pass(ctx, begin, func(side int, b *digest.Body, _ func()) (int, error) {
		return v.each(side, b, func(raw json.RawMessage) error {
			_, hash, err := reducers[side].ID(raw)
			if err != nil {
				return nil // counted in the first pass
			}
			i, ok := buckets[sums.BucketOf(hash)]
			if !ok {
				return nil
			}
			r, err := reducers[side].Record(raw)
			if err != nil {
				return nil
			}
			mu.Lock()
			defer mu.Unlock()
			p := pairs[r.ID]
			if p == nil {
				p = &pair{of: i}
				pairs[r.ID] = p
			}
			p.rest[side], p.seals[side] = r.Rest, slices.Clone(r.Seals)
			p.times[side] = min(p.times[side]+1, 2)
			if len(pairs) > 4*v.opts.round {
				return v.failed(side, fmt.Errorf("%s grows while it is read", v.report.Resource))
			}
			return nil
		})
	})
	return pairs, err
}

// classify counts a pair, keeps it as a suspect while the lists have room, and
// reports whether it is a reason for the sums to differ.
func (v *verifier) classify(id string, p *pair, suspects *suspectSet) bool {
	differ, unknown := digest.CompareSeals(p.seals[0], p.seals[1])
	kind := kindEqual
	switch {
	case p.times[1] == 0:
		kind = kindMissing
	case p.times[0] == 0:
		kind = kindExtra
	case p.rest[0] != p.rest[1] || differ:
		kind = kindChanged
	}
	twice := p.times[0] > 1 || p.times[1] > 1
	if kind == kindEqual && !twice {
		v.report.closed(unknown)
		return len(unknown) > 0
	}
	v.count(kind, twice, 1)
	if suspects.Listed[kind] < v.opts.MaxDifferences && kind != kindEqual ||
		twice && suspects.Twice < v.opts.MaxDifferences {
		suspects.IDs[id] = &suspect{Kind: kind, Twice: twice}
		suspects.Listed[kind]++
		if twice {
			suspects.Twice++
		}
	}
	return true
}

func (v *verifier) count(kind differenceKind, twice bool, by int64) {
	switch kind {
	case kindMissing:
		v.report.MissingCount += by
	case kindExtra:
		v.report.ExtraCount += by
	case kindChanged:
		v.report.ChangedCount += by
	}
	if twice {
		v.report.DuplicateCount += by
	}
}

// third reads the suspects once more, now with their members, and makes the
// lists.
func (v *verifier) third(ctx context.Context, suspects *suspectSet) error {
	var reducers [2]*digest.Reducer
	for side := range reducers {
		reducers[side] = v.reducer(side)
	}
	var mu sync.Mutex
	// Of ids, unless nil, alone: a server may take others for the same.
	read := func(side int, b *digest.Body, ids []string) (int, error) {
		return v.each(side, b, func(raw json.RawMessage) error {
			id, _, err := reducers[side].ID(raw)
			if err != nil {
				return nil
			}
			s := suspects.IDs[id]
			if s == nil || ids != nil && !slices.Contains(ids, id) {
				return nil
			}
			_, members, err := reducers[side].Detail(raw)
			if err != nil {
				return nil
			}
			mu.Lock()
			s.members[side] = members
			s.times[side]++
			mu.Unlock()
			return nil
		})
	}
	whole, err := v.byIDs(ctx, slices.Sorted(maps.Keys(suspects.IDs)), read)
	if err != nil {
		return err
	}
	begin := func() (rest [2]savedSide) {
		for _, s := range suspects.IDs {
			for side := range whole {
				if whole[side] {
					s.members[side], s.times[side] = nil, 0
				}
			}
		}
		for side := range rest {
			rest[side].Skip = !whole[side]
		}
		return rest
	}
	if whole != [2]bool{} {
		err := v.pass(ctx, begin, func(side int, b *digest.Body, _ func()) (int, error) {
			return read(side, b, nil)
		})
		if err != nil {
			return err
		}
	}
	if err := v.readMissing(ctx, suspects); err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(suspects.IDs)) {
		v.conclude(id, suspects.IDs[id])
	}
	return nil
}

// readMissing reads by their ids the suspects that the third pass did not find on a
// server: where pages are cut by position, a record slips through when others
// are deleted before it.
func (v *verifier) readMissing(ctx context.Context, suspects *suspectSet) error {
	for side := range v.servers {
		var ids []string
		for id, s := range suspects.IDs {
			if s.members[side] == nil && !v.absent[side] {
				ids = append(ids, id)
			}
		}
		reducer := v.reducer(side)
		err := v.reader(side, v.report.Resource).Singly(ctx, ids, func(id string, raw json.RawMessage) {
			if found, members, err := reducer.Detail(raw); err == nil && found == id {
				suspects.IDs[id].members[side] = members
			}
		})
		if err != nil {
			return fmt.Errorf("comparing %s: %w", v.collection.Name, err)
		}
	}
	return nil
}

// conclude puts a suspect into the list where it belongs after all.
func (v *verifier) conclude(id string, s *suspect) {
	v.count(s.Kind, s.Twice, -1)
	kind, twice := kindEqual, s.Twice && (s.times[0] > 1 || s.times[1] > 1)
	var names []string
	switch {
	case s.members[0] == nil && s.members[1] == nil:
	case s.members[1] == nil:
		kind = kindMissing
		v.report.Missing = appendUpTo(v.report.Missing, id, v.opts)
	case s.members[0] == nil:
		kind = kindExtra
		v.report.Extra = appendUpTo(v.report.Extra, id, v.opts)
	default:
		var unknown []digest.Closed
		names, unknown = digest.CompareMembers(s.members[0], s.members[1])
		v.report.closed(unknown)
		if len(names) > 0 {
			kind = kindChanged
			if len(v.report.Changed) < v.opts.MaxDifferences {
				v.values(id, names, s.members)
			}
			v.report.Changed = appendUpTo(v.report.Changed, Change{id, names}, v.opts)
		}
	}
	if twice {
		v.report.Duplicates = appendUpTo(v.report.Duplicates, id, v.opts)
	}
	if kind == kindEqual && !twice {
		v.report.Shifted++
	}
	v.count(kind, twice, 1)
}

func appendUpTo[T any](list []T, item T, opts Options) []T {
	if len(list) >= opts.MaxDifferences {
		return list
	}
	return append(list, item)
}
