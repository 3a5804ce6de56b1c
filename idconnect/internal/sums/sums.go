// Package sums keeps of the records of a server, however many they are, sums of
// hashes by their ids, and which ids were seen, in a few megabytes at most that can
// be written to a file. Two servers whose [Buckets] are equal hold the same records;
// what to read again where they are not is for package verify.
package sums

import (
	"slices"

	"github.com/idconnect-go/upgrade/idconnect/internal/digest"
)

// As many blocks of 512 bits as there are cells make a filter that takes two of a
// million ids for one in a few of a hundred runs (which costs a pass), and filterMax is
// where it would do so all the time.
const (
	filterTests = 7
	filterMax   = 8 << 20
)

// Bucket sums the hashes of the records whose ids fall into it. They are added,
// not XORed: a record that stands twice does not cancel itself.
type Bucket struct {
	A, B  uint64
	Count uint32
}

// Buckets are the buckets of one server. The zero value is ready.
type Buckets struct{ table[Bucket] }

// BucketOf returns the bucket of an id by its hash.
func BucketOf(id uint64) uint32 { return uint32(id % cells) }

// Add adds a record.
func (s *Buckets) Add(d digest.Digest) {
	b := s.at(BucketOf(d.ID))
	b.A, b.B, b.Count = b.A+d.Sum.X, b.B+d.Sum.Y, b.Count+1
}

// Bucket returns a sum.
func (s *Buckets) Bucket(i uint32) Bucket { return s.get(i) }

// Differing returns the numbers of the buckets that differ, in order.
func Differing(a, b *Buckets) []uint32 {
	numbers := b.filled(a.filled(nil))
	numbers = slices.DeleteFunc(numbers, func(i uint32) bool { return a.Bucket(i) == b.Bucket(i) })
	slices.Sort(numbers)
	return slices.Compact(numbers)
}

// Filter remembers ids, roughly: a Bloom filter, in blocks of a cache
// line each. The zero value is ready.
type Filter struct {
	table[[8]uint64]
	count int64
}

// Add reports whether the id may have been there already.
func (f *Filter) Add(h uint64) bool {
	if f.count++; f.count > filterMax {
		return false
	}
	// The buckets have the low bits; what is tested is independent of both.
	block := f.at(uint32(h >> 47))
	h = digest.Fold(h, 0xd6e8feb86659fd93)
	// Without a branch, so that the processor can go ahead to the next id while
	// this block comes from the memory.
	var missing uint64
	for range filterTests {
		word, mask := h>>6&7, uint64(1)<<(h&63)
		missing |= ^block[word] & mask
		block[word] |= mask
		h >>= 9
	}
	return missing == 0
}
