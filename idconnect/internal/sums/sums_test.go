package sums

import (
	"bytes"
	"io"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/idconnect-go/upgrade/idconnect/internal/digest"
)

func TestFilter(t *testing.T) {
	t.Parallel()
	var f Filter
	random := rand.New(rand.NewPCG(3, 4))
	wrong := 0
	for range 1_000_000 {
		if f.Add(random.Uint64()) {
			wrong++
		}
	}
	if wrong > 1 {
		t.Fatalf("%d of a million ids were taken for others", wrong)
	}
	if f.Add(42); !f.Add(42) {
		t.Fatal("an id that stands twice was not seen")
	}
}

// TestWrite: what is written is read, of a few records and of many, and of few in the pages of an earlier version.
func TestWrite(t *testing.T) {
	t.Parallel()
	type file interface {
		Size() int
		Write(w io.Writer) error
		Restore(in []byte) error
	}
	for _, n := range []int{0, 1, fewCells / 2, 3 * fewCells} {
		var buckets Buckets
		var marks Marks
		var filter Filter
		random := rand.New(rand.NewPCG(5, 6))
		for i := range n {
			d := digest.Digest{ID: random.Uint64(), Sum: digest.Sum{X: random.Uint64(), Y: random.Uint64()}}
			buckets.Add(d)
			marks.Add(d.ID, i)
			filter.Add(d.ID)
		}
		pages := Buckets{table[Bucket]{few: maps.Clone(buckets.few), all: buckets.all}}
		if pages.all == nil {
			pages.spread()
		}
		for _, c := range []struct{ written, want, read file }{
			{&buckets, &buckets, new(Buckets)}, {&marks, &marks, new(Marks)}, {&filter, &filter, new(Filter)},
			{&pages, &buckets, new(Buckets)},
		} {
			var b bytes.Buffer
			if err := c.written.Write(&b); err != nil || b.Len() != c.written.Size() {
				t.Errorf("%d, %T: %d of %d bytes, %v", n, c.want, b.Len(), c.written.Size(), err)
			}
			if err := c.read.Restore(b.Bytes()); err != nil || !reflect.DeepEqual(c.want, c.read) {
				t.Errorf("%d, %T: another one was read, %v", n, c.want, err)
			}
			if b.Len() > 8 && c.read.Restore(b.Bytes()[:b.Len()-1]) == nil {
				t.Errorf("%d, %T: it is read though it is cut off", n, c.want)
			}
		}
	}
}

// TestSmall: a collection costs by its records while they are few.
func TestSmall(t *testing.T) {
	t.Parallel()
	var buckets Buckets
	var marks Marks
	var filter Filter
	random := rand.New(rand.NewPCG(7, 8))
	const records = 1000
	for i := range records {
		d := digest.Digest{ID: random.Uint64(), Sum: digest.Sum{X: 1}}
		buckets.Add(d)
		marks.Add(d.ID, i)
		filter.Add(d.ID)
	}
	if size := buckets.Size() + marks.Size() + filter.Size(); size > records*112 {
		t.Errorf("%d bytes of a file", size)
	}
	if buckets.all != nil || marks.all != nil || filter.all != nil {
		t.Error("memory for all cells")
	}
	var none Buckets
	if n := len(Differing(&buckets, &none)); n < records-20 || n > records {
		t.Errorf("%d buckets differ", n)
	}
}

// TestDiffering: buckets that differ, whether one server, both or none has more than a few.
func TestDiffering(t *testing.T) {
	t.Parallel()
	var servers [4]Buckets
	for i := range servers {
		for id := range uint64(100) {
			servers[i].Add(digest.Digest{ID: id * 7, Sum: digest.Sum{X: id}})
		}
		if i >= 2 {
			servers[i].spread()
		}
	}
	servers[1].Add(digest.Digest{ID: 70, Sum: digest.Sum{X: 1}})
	servers[1].Add(digest.Digest{ID: 69, Sum: digest.Sum{X: 1}})
	servers[3].Add(digest.Digest{ID: cells - 1, Sum: digest.Sum{X: 1}})
	last := uint32(cells - 1)
	for _, c := range []struct {
		a, b int
		want []uint32
	}{
		{0, 0, nil}, {0, 1, []uint32{69, 70}}, {0, 2, nil}, {0, 3, []uint32{last}}, {3, 2, []uint32{last}},
		{1, 3, []uint32{69, 70, last}},
	} {
		if got := Differing(&servers[c.a], &servers[c.b]); !slices.Equal(got, c.want) {
			t.Errorf("%d and %d: %d", c.a, c.b, got)
		}
	}
}
