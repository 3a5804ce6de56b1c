package firstread

import (
	"github.com/idconnect-go/upgrade/idconnect/internal/digest"
	"github.com/idconnect-go/upgrade/idconnect/internal/ranges"
)

// Witness is a range of a server as it was read: who reads it again finds out whether
// that is still the server that was read.
type Witness struct {
	Range   ranges.Range
	Records map[uint64]uint64 // hashes of the contents by those of the ids
}

// Size is how many records the range may have now.
func (w *Witness) Size() int { return 2*len(w.Records) + few }

// few records may differ, and one of a hundred besides: servers are in use.
const few = 2

// Same reports whether most of the records are still as they were.
func (w *Witness) Same(now []digest.Digest) bool {
	found, others := 0, 0
	for _, d := range now {
		switch sum, ok := w.Records[d.ID]; {
		case !ok:
			others++
		case sum == d.Sum.X:
			found++
		}
	}
	return len(w.Records)-found+others <= few+len(w.Records)/100
}

// witness keeps the first page of a range that has records.
func (m *Memory) witness(side int, p *digest.Page) {
	w := &m.Witnesses[side]
	if w.Records != nil || len(p.Digests) == 0 {
		return
	}
	w.Records = make(map[uint64]uint64, len(p.Digests))
	for _, d := range p.Digests {
		w.Records[d.ID] = d.Sum.X
	}
	m.fresh[side] = true
}
