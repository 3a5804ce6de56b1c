package idconnect

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"hash/maphash"
)

const (
	// verifyBuckets is how many sums are kept for each server: at a million
	// records there are eight in each.
	verifyBuckets = 1 << 17
	// verifyFilterBits and verifyFilterTests make a filter that takes two of a
	// million ids for one three times in a thousand runs (which costs a pass),
	// and verifyFilterMax is where it would do so all the time.
	verifyFilterBits  = 1 << 26
	verifyFilterTests = 8
	verifyFilterMax   = 8 << 20
)

// verifyBucket sums the hashes of the records whose ids fall into it. Added,
// not XORed: a record that stands twice does not cancel itself.
type verifyBucket struct {
	a, b  uint64
	count uint32
}

func (b *verifyBucket) add(h verifyHash) {
	b.a += binary.LittleEndian.Uint64(h[:8])
	b.b += binary.LittleEndian.Uint64(h[8:])
	b.count++
}

// verifyFilter remembers ids, roughly (a Bloom filter).
type verifyFilter struct {
	bits  []uint64
	count int64
}

// add reports whether the id may have been there already.
func (f *verifyFilter) add(h uint64) bool {
	if f.count++; f.count > verifyFilterMax {
		return false
	}
	seen := true
	for range verifyFilterTests {
		h ^= h >> 32
		h *= 0xd6e8feb86659fd93
		bit := h >> 38
		if word, mask := bit/64, uint64(1)<<(bit%64); f.bits[word]&mask == 0 {
			f.bits[word] |= mask
			seen = false
		}
	}
	return seen
}

// verifyDiffering is a bucket that must be looked at.
type verifyDiffering struct {
	bucket uint32
	counts [2]uint32
	alike  bool // the sums are equal: an id may stand twice on both servers
}

func (v *verifier) bucket(id string) uint32 {
	return uint32(maphash.String(v.seed, id) % verifyBuckets)
}

// first reads both servers once and returns the buckets that differ.
func (v *verifier) first(ctx context.Context) ([]verifyDiffering, error) {
	var (
		sums       [2][]verifyBucket
		reducers   [2]*verifyReducer
		counts     [2]int64
		unreadable [2]int64
		twice      = map[uint32]bool{}
		filter     = verifyFilter{bits: make([]uint64, verifyFilterBits/64)}
	)
	for side := range sums {
		sums[side] = make([]verifyBucket, verifyBuckets)
		reducers[side] = newVerifyReducer(v.key, v.opts.Keys, v.collection.Ignore)
	}
	err := v.pass(ctx, func(side int, batch []json.RawMessage) error {
		counts[side] += int64(len(batch))
		for _, raw := range batch {
			r, err := reducers[side].record(raw)
			if err != nil {
				unreadable[side]++
				continue
			}
			h := maphash.String(v.seed, r.id)
			sums[side][h%verifyBuckets].add(r.sum())
			// What stands twice on the target only differs anyway.
			if side == 0 && filter.add(h) {
				twice[uint32(h%verifyBuckets)] = true
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	v.report.SourceCount, v.report.TargetCount = counts[0], counts[1]
	v.report.Unreadable = unreadable[0] + unreadable[1]
	var differing []verifyDiffering
	for i := range sums[0] {
		if alike := sums[0][i] == sums[1][i]; !alike || twice[uint32(i)] {
			differing = append(differing, verifyDiffering{uint32(i), [2]uint32{sums[0][i].count, sums[1][i].count}, alike})
		}
	}
	return differing, nil
}
