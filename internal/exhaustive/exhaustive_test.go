package exhaustive_test

import (
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/idconnect-go/upgrade/internal/exhaustive"
)

func Example() {
	for _, name := range []string{"EXHAUSTIVE", "NIGHTLY"} {
		defer os.Setenv(name, os.Getenv(name))
		os.Unsetenv(name)
	}
	cases := []string{"a", "b", "c", "d", "e", "f", "g"}
	sample := exhaustive.Sample(cases, 3)
	fmt.Printf("%d of %d cases: %v\n", len(sample), len(cases), sample)
	// Output: 3 of 7 cases: [a d g]
}

func TestSample(t *testing.T) {
	all := []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}
	t.Setenv("NIGHTLY", "")
	t.Setenv("EXHAUSTIVE", "")
	for _, test := range []struct {
		n    int
		want []int
	}{
		{-1, nil}, {0, nil}, {1, []int{0}}, {2, []int{0, 9}}, {4, []int{0, 3, 6, 9}},
		{9, []int{0, 1, 2, 3, 4, 5, 6, 7, 9}},
		{10, all}, {11, all},
	} {
		if got := exhaustive.Sample(all, test.n); !slices.Equal(got, test.want) {
			t.Errorf("Sample of %d: %v, want %v", test.n, got, test.want)
		}
	}
	for _, name := range []string{"EXHAUSTIVE", "NIGHTLY"} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(name, "1")
			if got := exhaustive.Sample(all, 2); !exhaustive.All() || !slices.Equal(got, all) {
				t.Errorf("with %s=1: %v, want all", name, got)
			}
		})
	}
}
