package keystore

import "math"

//go:generate go run md5lanes_gen.go

//go:noescape
func md5Lanes(state *[4][4]uint32, table *[64][4]uint32, n int)

// md5Chains is md5Pair with both chains in one register, which is faster: SSE2
// has four lanes, of which two stay empty.
func md5Chains(p, q *[4]uint32, x *[16]uint32, n int) {
	var state [4][4]uint32
	for i := range state {
		state[i] = [4]uint32{p[i], q[i]}
	}
	var table [64][4]uint32
	for i := range table {
		v := uint32(math.Abs(math.Sin(float64(i+1))) * (1 << 32)) // RFC 1321, 3.4
		if word := [4]int{i, 5*i + 1, 3*i + 5, 7 * i}[i/16] % 16; word >= 4 {
			v += x[word]
		}
		table[i] = [4]uint32{v, v, v, v}
	}
	// In parts, so that the runtime can stop a goroutine in between.
	for n > 0 {
		part := min(n, 10_000)
		md5Lanes(&state, &table, part)
		n -= part
	}
	for i := range state {
		p[i], q[i] = state[i][0], state[i][1]
	}
}
