package verify

import (
	"bytes"
	"encoding/gob"
	"errors"
	"maps"
	"slices"

	"github.com/idconnect-go/upgrade/idconnect/internal/digest"
	"github.com/idconnect-go/upgrade/idconnect/internal/sealed"
)

// savedState is what the file holds.
type savedState struct {
	Key         []byte // of the hashes
	Collections []savedCollection
}

// savedCollection is a collection, the zero value one that was not begun.
type savedCollection struct {
	Stage  stage
	Report CollectionReport
	Absent [2]bool
	Plans  [2]plan

	// Of the first reading.
	Sides      [2]savedSide
	Unreadable [2]int64
	Tallies    [2]digest.Tally
	Sums       [2][]byte
	Twice      map[uint32]bool
	Filter     []byte
	Held       [2]held
	Marks      [2][]byte

	// Of what follows.
	Differing []mismatch
	Again     [2]again
	Suspects  *suspectSet
}

type stage int

const (
	stageNotBegun stage = iota
	stageReading
	stageComparing
	stageFinished
)

// blobs are the large members, which stand behind the others in the file: gob would
// hold each several times.
func (s *savedCollection) blobs() []*[]byte {
	return []*[]byte{&s.Sums[0], &s.Sums[1], &s.Marks[0], &s.Marks[1], &s.Filter}
}

// blobs are those of a collection in its first reading, in the same order.
func (f *firstPass) blobs() []sealed.Piece {
	return []sealed.Piece{&f.sums[0], &f.sums[1], &f.held[0].marks, &f.held[1].marks, &f.filter}
}

// pieces are what a file consists of; the state is left without its blobs. Those of
// collections in their first reading are read when they are written.
func (s savedState) pieces(reading map[int]*firstPass) (pieces []sealed.Piece, err error) {
	for i := range s.Collections {
		if f := reading[i]; f != nil {
			pieces = append(pieces, f.blobs()...)
			continue
		}
		for _, b := range s.Collections[i].blobs() {
			pieces = append(pieces, sealed.Raw(*b))
			*b = nil
		}
	}
	var text bytes.Buffer
	err = gob.NewEncoder(&text).Encode(s) // not JSON: it would lose what is no UTF-8 in an id
	return append([]sealed.Piece{sealed.Raw(text.Bytes())}, pieces...), err
}

// decodeState reads what [savedState.pieces] gave. It keeps the pieces.
func decodeState(pieces [][]byte) (s savedState, err error) {
	next := func() (p []byte) {
		if len(pieces) > 0 {
			p, pieces = pieces[0], pieces[1:]
		}
		return p
	}
	if err := gob.NewDecoder(bytes.NewReader(next())).Decode(&s); err != nil {
		return s, err
	}
	for i := range s.Collections {
		for _, b := range s.Collections[i].blobs() {
			*b = next()
		}
	}
	if len(pieces) > 0 {
		return s, errors.New("trailing data after the state")
	}
	return s, nil
}

// saved is a collection in the middle of its first reading, without its blobs; nil
// where it is not. It is called with the locks of both sides.
func (v *verifier) saved() (*firstPass, savedCollection) {
	f := v.reading
	if f == nil {
		return nil, savedCollection{}
	}
	saved := savedCollection{
		Stage: stageReading, Report: v.report, Absent: v.absent, Plans: v.plans, Unreadable: f.unreadable,
		Tallies: f.tallies, Twice: maps.Clone(f.twice),
	}
	for side := range saved.Sides {
		s := &saved.Sides[side]
		*s = v.rest[side]
		s.Count, s.Cookie = f.counts[side], v.cookies[side]
		if r := v.readers[side]; r != nil && v.plans[side].Way == byRanges {
			s.Begun, s.Left = true, r.Left()
		}
		saved.Held[side].Ranges = slices.Clone(f.held[side].Ranges)
	}
	return f, saved
}

func (f *firstPass) restore(saved savedCollection) error {
	f.unreadable, f.tallies = saved.Unreadable, saved.Tallies
	maps.Copy(f.twice, saved.Twice)
	for side := range f.sums {
		f.counts[side] = saved.Sides[side].Count
		f.held[side].Ranges = saved.Held[side].Ranges
		if err := f.held[side].marks.Restore(saved.Marks[side]); err != nil {
			return err
		}
		if err := f.sums[side].Restore(saved.Sums[side]); err != nil {
			return err
		}
	}
	return f.filter.Restore(saved.Filter)
}
