package verify

import (
	"bytes"
	"encoding/binary"
	"encoding/gob"
	"errors"
	"io"
	"maps"
	"slices"

	"github.com/idconnect-go/upgrade/idconnect/internal/digest"
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

// size is about that of the file.
func (s *savedState) size() int {
	n := 1 << 16
	for i := range s.Collections {
		for _, b := range s.Collections[i].blobs() {
			n += len(*b) + len(*b)/1000
		}
	}
	return n
}

// encode writes a state. Not as JSON: it would lose what is no UTF-8 in an id.
func (s *savedState) encode(w io.Writer) error {
	head := savedState{Key: s.Key, Collections: slices.Clone(s.Collections)}
	for i := range head.Collections {
		for _, b := range head.Collections[i].blobs() {
			*b = nil
		}
	}
	var text bytes.Buffer
	if err := gob.NewEncoder(&text).Encode(head); err != nil {
		return err
	}
	pieces := [][]byte{text.Bytes()}
	for i := range s.Collections {
		for _, b := range s.Collections[i].blobs() {
			pieces = append(pieces, *b)
		}
	}
	for _, piece := range pieces {
		if _, err := w.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(piece)))); err != nil {
			return err
		}
		if _, err := w.Write(piece); err != nil {
			return err
		}
	}
	return nil
}

// decodeState reads what encode wrote. It keeps slices of content.
func decodeState(content *bytes.Buffer) (s savedState, err error) {
	next := func() []byte {
		n := content.Next(4)
		if len(n) < 4 {
			return nil
		}
		return content.Next(int(binary.LittleEndian.Uint32(n)))
	}
	if err := gob.NewDecoder(bytes.NewReader(next())).Decode(&s); err != nil {
		return s, err
	}
	for i := range s.Collections {
		for _, b := range s.Collections[i].blobs() {
			*b = next()
		}
	}
	if content.Len() > 0 {
		return s, errors.New("trailing data after the state")
	}
	return s, nil
}

// save is a collection in the middle of its first reading.
func (v *verifier) save() (savedCollection, bool) {
	for side := range v.state {
		v.state[side].Lock()
		defer v.state[side].Unlock()
	}
	f := v.reading
	if f == nil {
		return savedCollection{}, false
	}
	saved := savedCollection{
		Stage: stageReading, Report: v.report, Absent: v.absent, Plans: v.plans, Unreadable: f.unreadable,
		Tallies: f.tallies, Twice: maps.Clone(f.twice), Filter: f.filter.Bytes(),
	}
	for side := range saved.Sides {
		s := &saved.Sides[side]
		*s = v.rest[side]
		s.Count, s.Cookie = f.counts[side], v.cookies[side]
		if r := v.readers[side]; r != nil && v.plans[side].Way == byRanges {
			s.Begun, s.Left = true, r.Left()
		}
		saved.Sums[side] = f.sums[side].Bytes()
		saved.Held[side].Ranges = slices.Clone(f.held[side].Ranges)
		saved.Marks[side] = f.held[side].marks.Bytes()
	}
	return saved, true
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
