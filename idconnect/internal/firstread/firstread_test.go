package firstread_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/idconnect-go/upgrade/idconnect/internal/digest"
	"github.com/idconnect-go/upgrade/idconnect/internal/firstread"
	"github.com/idconnect-go/upgrade/idconnect/internal/ranges"
)

// TestMemory: buckets that differ, or hold an id twice, and the ranges with them; and the same of what was written to a
// file.
func TestMemory(t *testing.T) {
	t.Parallel()
	page := func(ids ...uint64) *digest.Page {
		p := &digest.Page{}
		for _, id := range ids {
			p.Digests = append(p.Digests, digest.Digest{ID: id, Sum: digest.Sum{X: id, Y: 1}})
		}
		return p
	}
	m := firstread.New()
	for i, ids := range [][]uint64{{1, 2, 3}, {4, 4, 5, 6}, {7, 8, 9}, {10, 11, 12, 13}} {
		for side := range 2 {
			p := page(ids...)
			if i == 2 && side == 1 {
				p.Digests[0].Sum.X++
			}
			m.Add(side, p, true)
			m.Took(side, ranges.Range{From: string(rune('a' + i))}, p.Records())
		}
	}
	want := []firstread.Mismatch{
		{Bucket: 4, Counts: [2]uint32{2, 2}, Alike: true}, {Bucket: 7, Counts: [2]uint32{1, 1}},
	}
	check := func(m *firstread.Memory) {
		t.Helper()
		differing := m.Differing()
		if !slices.Equal(differing, want) {
			t.Errorf("%+v", differing)
		}
		again := m.Again(1, differing)
		if !again.Known || len(again.Ranges) != 2 || again.Ranges[0].Range.From != "b" ||
			again.Ranges[0].Count != 4 || again.Ranges[1].Range.From != "c" {
			t.Errorf("%+v", again)
		}
	}
	check(m)

	var pieces [][]byte
	for _, p := range m.Pieces() {
		var b bytes.Buffer
		if err := p.Write(&b); err != nil || b.Len() != p.Size() {
			t.Fatalf("%d of %d bytes, %v", b.Len(), p.Size(), err)
		}
		pieces = append(pieces, b.Bytes())
	}
	back := firstread.New()
	back.Counts, back.Ranges, back.Twice = m.Counts, m.Ranges, m.Twice
	if err := back.Restore(pieces); err != nil {
		t.Fatal(err)
	}
	check(back)

	m.Add(1, page(20), false) // by a page: it is in no range
	if m.Again(1, want).Known {
		t.Error("what is in no range is known")
	}
}
