package verify

import (
	"bytes"
	"encoding/gob"
	"errors"
	"maps"
	"slices"

	"github.com/idconnect-go/upgrade/idconnect/internal/digest"
	"github.com/idconnect-go/upgrade/idconnect/internal/firstread"
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

	Witnesses [2]firstread.Witness

	// Of the first reading.
	Sides      [2]savedSide
	Unreadable [2]int64
	Tallies    [2]digest.Tally
	LinkTypes  [2]map[string]int64
	Sums       [2][]byte
	Twice      map[uint32]bool
	Filter     []byte
	Held       [2]struct{ Ranges []firstread.Range }
	Marks      [2][]byte

	// Of what follows.
	Differing []firstread.Mismatch
	Again     [2]firstread.Again
	Suspects  *suspectSet
}

type stage int

const (
	stageNotBegun stage = iota
	stageReading
	stageComparing
	stageFinished
)

// blobs are the large members, in the order of [firstread.Memory.Pieces]. They stand
// behind the others in the file: gob would hold each several times.
func (s *savedCollection) blobs() []*[]byte {
	return []*[]byte{&s.Sums[0], &s.Sums[1], &s.Marks[0], &s.Marks[1], &s.Filter}
}

// pieces are what a file consists of; the state is left without its blobs. Those of
// collections in their first reading are read when they are written.
func (s savedState) pieces(reading map[int]*firstread.Memory) (pieces []sealed.Piece, err error) {
	for i := range s.Collections {
		if f := reading[i]; f != nil {
			pieces = append(pieces, f.Pieces()...)
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
func (v *verifier) saved() (*firstread.Memory, savedCollection) {
	f := v.reading
	if f == nil {
		return nil, savedCollection{}
	}
	saved := savedCollection{
		Stage: stageReading, Report: v.report, Absent: v.absent, Plans: v.plans, Unreadable: f.Unreadable,
		Tallies: f.Tallies, Twice: maps.Clone(f.Twice), Witnesses: f.Witnesses,
	}
	for side := range saved.Sides {
		saved.LinkTypes[side] = maps.Clone(f.LinkTypes[side])
		s := &saved.Sides[side]
		*s = v.rest[side]
		s.Count, s.Cookie = f.Counts[side], v.cookies[side]
		if r := v.readers[side]; r != nil && v.plans[side].Way == byRanges {
			s.Begun, s.Left = true, r.Left()
		}
		saved.Held[side].Ranges = slices.Clone(f.Ranges[side])
	}
	return f, saved
}

func (s *savedCollection) restore(f *firstread.Memory) error {
	f.Unreadable, f.Tallies, f.LinkTypes, f.Witnesses = s.Unreadable, s.Tallies, s.LinkTypes, s.Witnesses
	maps.Copy(f.Twice, s.Twice)
	for side := range s.Sides {
		f.Counts[side], f.Ranges[side] = s.Sides[side].Count, s.Held[side].Ranges
	}
	var pieces [][]byte
	for _, b := range s.blobs() {
		pieces = append(pieces, *b)
	}
	return f.Restore(pieces)
}
