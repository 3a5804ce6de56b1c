package sums

import (
	"encoding/binary"
	"io"

	"github.com/idconnect-go/upgrade/idconnect/internal/digest"
)

// Groups is how many groups of records [Marks] tells apart.
const Groups = 64

// Group is a set of groups.
type Group [Groups / 64]uint64

// Add adds a group, which is taken modulo [Groups].
func (g *Group) Add(n int) { g[n/64%len(g)] |= 1 << (n % 64) }

// Has reports whether a group is in the set.
func (g *Group) Has(n int) bool { return g[n/64%len(g)]&(1<<(n%64)) != 0 }

// Join adds all groups of another set.
func (g *Group) Join(o Group) {
	for i := range g {
		g[i] |= o[i]
	}
}

// Marks keep of each bucket in which groups its records were. The zero value is
// ready.
type Marks struct {
	pages [BucketCount / bucketsPerPage]*[bucketsPerPage]Group
}

// Add notes that a record of that id was in a group.
func (m *Marks) Add(id uint64, group int) {
	i := BucketOf(id)
	page := &m.pages[i/bucketsPerPage]
	if *page == nil {
		*page = new([bucketsPerPage]Group)
	}
	(*page)[i%bucketsPerPage].Add(group)
}

// Of returns the groups of a bucket.
func (m *Marks) Of(bucket uint32) Group {
	if page := m.pages[bucket/bucketsPerPage]; page != nil {
		return page[bucket%bucketsPerPage]
	}
	return Group{}
}

// Size is the number of bytes that Write writes.
func (m *Marks) Size() int { return digest.PagesSize(m.pages[:]) }

// Write writes its form in a file.
func (m *Marks) Write(w io.Writer) error {
	return digest.WritePages(w, m.pages[:], func(out []byte, page *[bucketsPerPage]Group) []byte {
		for i := range page {
			for _, word := range page[i] {
				out = binary.LittleEndian.AppendUint64(out, word)
			}
		}
		return out
	})
}

// Restore reads what Write wrote.
func (m *Marks) Restore(in []byte) error { return digest.RestorePages(in, m.pages[:]) }
