// Package firstread keeps what the first reading of a collection leaves of two servers, in a few megabytes at most
// however large the collection is: sums of its records, from which follow the buckets that differ, and the ranges that
// hold records of those. How servers are read, and what becomes of a bucket that differs, is for package verify. Begin
// with [Memory], [Memory.Differing] and [Memory.Again].
package firstread

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/idconnect-go/upgrade/idconnect/internal/digest"
	"github.com/idconnect-go/upgrade/idconnect/internal/ranges"
	"github.com/idconnect-go/upgrade/idconnect/internal/sealed"
	"github.com/idconnect-go/upgrade/idconnect/internal/sums"
)

// Mismatch is a bucket that must be looked at.
type Mismatch struct {
	Bucket uint32
	Counts [2]uint32
	Alike  bool // the sums are equal: an id may stand twice on both servers
}

// Total is the number of its records on both servers.
func (m Mismatch) Total() int64 { return int64(m.Counts[0]) + int64(m.Counts[1]) }

// Range is a range that was read, with the number of its records.
type Range struct {
	Range ranges.Range
	Count int64
}

// Again is what a second reading of a server is about: all, unless known.
type Again struct {
	Known  bool
	Ranges []Range
}

// Memory is what is kept; index 0 is the source. Two goroutines may add to it, each
// for one side.
type Memory struct {
	Counts     [2]int64
	Unreadable [2]int64
	Tallies    [2]digest.Tally // of the changes
	LinkTypes  [2]map[string]int64
	Witnesses  [2]Witness // where they are read by ranges

	Sums   [2]sums.Buckets
	Ranges [2][]Range    // where they are read by ranges
	Marks  [2]sums.Marks // which of those hold records of a bucket
	Twice  map[uint32]bool
	Filter sums.Filter // of a source that is read by pages

	fresh [2]bool  // the witness is the page that was added last
	spare []uint64 // of the source, as both are read at once
}

// New returns an empty one.
func New() *Memory { return &Memory{Twice: map[uint32]bool{}} }

// Add takes a page. One of a range has each id as often as the server has it.
func (m *Memory) Add(side int, p *digest.Page, ranged bool) {
	m.Counts[side] += int64(p.Records())
	m.Tallies[side].Join(&p.Tally)
	m.Unreadable[side] += int64(p.Unreadable)
	for _, d := range p.Digests {
		m.Sums[side].Add(d)
	}
	if ranged {
		m.witness(side, p)
		group := len(m.Ranges[side])
		for _, d := range p.Digests {
			m.Marks[side].Add(d.ID, group)
		}
	}
	if side != 0 { // what stands twice on the target only differs anyway
		return
	}
	m.spare = m.spare[:0]
	for _, d := range p.Digests {
		if ranged {
			m.spare = append(m.spare, d.ID)
		} else if m.Filter.Add(d.ID) {
			m.Twice[sums.BucketOf(d.ID)] = true
		}
	}
	slices.Sort(m.spare)
	for i, id := range m.spare {
		if i > 0 && id == m.spare[i-1] {
			m.Twice[sums.BucketOf(id)] = true
		}
	}
}

// Took notes the range of the page that was added last.
func (m *Memory) Took(side int, r ranges.Range, count int) {
	m.Ranges[side] = append(m.Ranges[side], Range{r, int64(count)})
	if m.fresh[side] {
		m.Witnesses[side].Range, m.fresh[side] = r, false
	}
}

// LinkTypes are the types of the links of a page, as far as they can be read; none of
// other records.
func LinkTypes(server digest.Parser, resource string, b *digest.Body) (types []string) {
	if strings.TrimPrefix(resource, "repo/") != "link" {
		return nil
	}
	page, err := server.ParsePage(resource, b.Text())
	if err != nil {
		return nil // what is wrong is said by who reads the records
	}
	for _, raw := range page.Result {
		var link struct {
			Type string `json:"linkType"`
		}
		if json.Unmarshal(raw, &link) == nil {
			types = append(types, link.Type)
		}
	}
	return types
}

// maxLinkTypes limits the types of links that are told apart.
const maxLinkTypes = 1000

// AddLinks counts links of the page that was added last by their types.
func (m *Memory) AddLinks(side int, types []string) {
	for _, name := range types {
		if m.LinkTypes[side] == nil {
			m.LinkTypes[side] = map[string]int64{}
		}
		if _, ok := m.LinkTypes[side][name]; ok || len(m.LinkTypes[side]) < maxLinkTypes {
			m.LinkTypes[side][name]++
		}
	}
}

// Differing returns the buckets in which the servers may differ, in their order.
func (m *Memory) Differing() (differing []Mismatch) {
	numbers := slices.AppendSeq(sums.Differing(&m.Sums[0], &m.Sums[1]), maps.Keys(m.Twice))
	slices.Sort(numbers)
	for _, i := range slices.Compact(numbers) {
		a, b := m.Sums[0].Bucket(i), m.Sums[1].Bucket(i)
		differing = append(differing, Mismatch{Bucket: i, Counts: [2]uint32{a.Count, b.Count}, Alike: a == b})
	}
	return differing
}

// Again returns the ranges of a server that hold records of some buckets. They are not known where it was not read by
// ranges alone, or where they are nearly all.
func (m *Memory) Again(side int, differing []Mismatch) (again Again) {
	var groups sums.Group
	for _, d := range differing {
		groups.Join(m.Marks[side].Of(d.Bucket))
	}
	var known, found int64
	for i, r := range m.Ranges[side] {
		known += r.Count
		if groups.Has(i) {
			found += r.Count
			again.Ranges = append(again.Ranges, r)
		}
	}
	records := m.Counts[side]
	again.Known = known == records && found < records*3/4
	return again
}

// Pieces are its large parts for a file, in the order of [Memory.Restore].
func (m *Memory) Pieces() []sealed.Piece {
	return []sealed.Piece{&m.Sums[0], &m.Sums[1], &m.Marks[0], &m.Marks[1], &m.Filter}
}

// Restore reads the pieces as they stood in the file.
func (m *Memory) Restore(pieces [][]byte) error {
	for i, part := range []interface{ Restore(in []byte) error }{
		&m.Sums[0], &m.Sums[1], &m.Marks[0], &m.Marks[1], &m.Filter,
	} {
		if err := part.Restore(pieces[i]); err != nil {
			return err
		}
	}
	return nil
}
