package sums

import (
	"bytes"
	"io"
	"math/rand/v2"
	"reflect"
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

// TestWrite: what is written is read by the rules of package binary.
func TestWrite(t *testing.T) {
	t.Parallel()
	type table interface {
		Size() int
		Write(w io.Writer) error
		Restore(in []byte) error
	}
	var buckets Buckets
	var marks Marks
	var filter Filter
	random := rand.New(rand.NewPCG(5, 6))
	for i := range 3000 {
		d := digest.Digest{ID: random.Uint64(), Sum: digest.Sum{X: random.Uint64(), Y: random.Uint64()}}
		buckets.Add(d)
		marks.Add(d.ID, i)
		filter.Add(d.ID)
	}
	for _, pair := range [][2]table{{&buckets, new(Buckets)}, {&marks, new(Marks)}, {&filter, new(Filter)}} {
		var b bytes.Buffer
		if err := pair[0].Write(&b); err != nil || b.Len() != pair[0].Size() {
			t.Errorf("%T: %d of %d bytes, %v", pair[0], b.Len(), pair[0].Size(), err)
		}
		if err := pair[1].Restore(b.Bytes()); err != nil || !reflect.DeepEqual(pair[0], pair[1]) {
			t.Errorf("%T: another one was read, %v", pair[0], err)
		}
	}
}
