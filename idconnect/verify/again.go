package verify

import (
	"github.com/idconnect-go/upgrade/idconnect/internal/ranges"
	"github.com/idconnect-go/upgrade/idconnect/internal/sums"
)

// readRange is a range that was read, with its records.
type readRange struct {
	Range ranges.Range
	Count int64
}

// held are the ranges of one server, and which of them hold records of a bucket:
// so the second reading leaves out the others.
type held struct {
	Ranges []readRange
	marks  sums.Marks
}

// next is the group of the range that is read next.
func (h *held) next() int { return len(h.Ranges) }

// of returns the ranges that hold records of some buckets, and false where it is
// not known, or they are nearly all.
func (h *held) of(differing []mismatch, records int64) (again []readRange, ok bool) {
	var groups sums.Group
	for _, d := range differing {
		groups.Join(h.marks.Of(d.Bucket))
	}
	var known, found int64
	for i, r := range h.Ranges {
		known += r.Count
		if groups.Has(i) {
			found += r.Count
			again = append(again, r)
		}
	}
	return again, known == records && found < records*3/4
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

// again is what the second reading of a server is about: all, unless known.
type again struct {
	Known  bool
	Ranges []readRange
}
