package sums

import (
	"math/rand/v2"
	"testing"
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
