// Package exhaustive chooses how much of a large table a test runs: a fixed sample by default, the whole table with
// EXHAUSTIVE=1 in the environment, the largest tables only with NIGHTLY=1. It is for tests only. Begin with [Sample];
// the test then logs how many cases of how many it ran.
package exhaustive

import "os"

// All reports whether tests shall run their whole tables: EXHAUSTIVE or NIGHTLY is "1".
func All() bool {
	return os.Getenv("EXHAUSTIVE") == "1" || Nightly()
}

// Nightly reports whether tests shall run their largest tables whole, too: NIGHTLY is "1".
func Nightly() bool { return os.Getenv("NIGHTLY") == "1" }

// Sample returns n elements of all in their order, evenly spread and the same each time, the first and the last
// among them if n is at least two. It returns all itself if All reports true or n is not less than its length.
func Sample[T any](all []T, n int) []T {
	if All() || n >= len(all) {
		return all
	}
	if n <= 0 {
		return nil
	}
	if n == 1 {
		return all[:1:1]
	}
	sample := make([]T, n)
	for i := range sample {
		sample[i] = all[i*(len(all)-1)/(n-1)]
	}
	return sample
}
