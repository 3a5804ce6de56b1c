package keystore

import (
	"math"
	"math/bits"
)

// The four rounds of MD5 (RFC 1321, 3.4); t is the step's constant and word. What
// depends on b, the result of the step before, is added last.
func md5F(a, b, c, d, t uint32, s int) uint32 { return b + bits.RotateLeft32(a+t+((c^d)&b^d), s) }
func md5G(a, b, c, d, t uint32, s int) uint32 { return b + bits.RotateLeft32(a+t+c&^d+b&d, s) }
func md5H(a, b, c, d, t uint32, s int) uint32 { return b + bits.RotateLeft32(a+t+(b^(c^d)), s) }
func md5I(a, b, c, d, t uint32, s int) uint32 { return b + bits.RotateLeft32(a+t+(c^(b|^d)), s) }

// md5Pair hashes, n times and for two chains side by side, the chain's last
// digest with the words from 4 on, which are one padded block of MD5. One chain
// alone leaves a processor waiting for each step's result. Loops of four steps,
// because in one long block the compiler loads all words first and spills them.
func md5Pair(p, q *[4]uint32, x *[16]uint32, n int) {
	var k [64]uint32
	var t [64][2]uint32 // for each step the constant and the chain's word, added
	for i := range k {
		k[i] = uint32(math.Abs(math.Sin(float64(i+1))) * (1 << 32))
		word := [4]int{i, 5*i + 1, 3*i + 5, 7 * i}[i/16] % 16
		t[i] = [2]uint32{k[i] + x[word], k[i] + x[word]}
	}
	const ia, ib, ic, id = 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476
	a, b, c, d := p[0], p[1], p[2], p[3]
	e, f, g, h := q[0], q[1], q[2], q[3]
	for range n {
		// The digest is the words 0 to 3 in the rounds to come.
		t[19] = [2]uint32{a + k[19], e + k[19]}
		t[41] = [2]uint32{a + k[41], e + k[41]}
		t[48] = [2]uint32{a + k[48], e + k[48]}
		t[16] = [2]uint32{b + k[16], f + k[16]}
		t[36] = [2]uint32{b + k[36], f + k[36]}
		t[55] = [2]uint32{b + k[55], f + k[55]}
		t[29] = [2]uint32{c + k[29], g + k[29]}
		t[47] = [2]uint32{c + k[47], g + k[47]}
		t[62] = [2]uint32{c + k[62], g + k[62]}
		t[26] = [2]uint32{d + k[26], h + k[26]}
		t[42] = [2]uint32{d + k[42], h + k[42]}
		t[53] = [2]uint32{d + k[53], h + k[53]}
		u, v := d+k[3], h+k[3]
		a, e = md5F(ia, ib, ic, id, a+k[0], 7), md5F(ia, ib, ic, id, e+k[0], 7)
		d, h = md5F(id, a, ib, ic, b+k[1], 12), md5F(id, e, ib, ic, f+k[1], 12)
		c, g = md5F(ic, d, a, ib, c+k[2], 17), md5F(ic, h, e, ib, g+k[2], 17)
		b, f = md5F(ib, c, d, a, u, 22), md5F(ib, g, h, e, v, 22)
		for i := 4; i < 16; i += 4 {
			t := (*[4][2]uint32)(t[i:])
			a, e = md5F(a, b, c, d, t[0][0], 7), md5F(e, f, g, h, t[0][1], 7)
			d, h = md5F(d, a, b, c, t[1][0], 12), md5F(h, e, f, g, t[1][1], 12)
			c, g = md5F(c, d, a, b, t[2][0], 17), md5F(g, h, e, f, t[2][1], 17)
			b, f = md5F(b, c, d, a, t[3][0], 22), md5F(f, g, h, e, t[3][1], 22)
		}
		for i := 16; i < 32; i += 4 {
			t := (*[4][2]uint32)(t[i:])
			a, e = md5G(a, b, c, d, t[0][0], 5), md5G(e, f, g, h, t[0][1], 5)
			d, h = md5G(d, a, b, c, t[1][0], 9), md5G(h, e, f, g, t[1][1], 9)
			c, g = md5G(c, d, a, b, t[2][0], 14), md5G(g, h, e, f, t[2][1], 14)
			b, f = md5G(b, c, d, a, t[3][0], 20), md5G(f, g, h, e, t[3][1], 20)
		}
		for i := 32; i < 48; i += 4 {
			t := (*[4][2]uint32)(t[i:])
			a, e = md5H(a, b, c, d, t[0][0], 4), md5H(e, f, g, h, t[0][1], 4)
			d, h = md5H(d, a, b, c, t[1][0], 11), md5H(h, e, f, g, t[1][1], 11)
			c, g = md5H(c, d, a, b, t[2][0], 16), md5H(g, h, e, f, t[2][1], 16)
			b, f = md5H(b, c, d, a, t[3][0], 23), md5H(f, g, h, e, t[3][1], 23)
		}
		for i := 48; i < 64; i += 4 {
			t := (*[4][2]uint32)(t[i:])
			a, e = md5I(a, b, c, d, t[0][0], 6), md5I(e, f, g, h, t[0][1], 6)
			d, h = md5I(d, a, b, c, t[1][0], 10), md5I(h, e, f, g, t[1][1], 10)
			c, g = md5I(c, d, a, b, t[2][0], 15), md5I(g, h, e, f, t[2][1], 15)
			b, f = md5I(b, c, d, a, t[3][0], 21), md5I(f, g, h, e, t[3][1], 21)
		}
		a, b, c, d = a+ia, b+ib, c+ic, d+id
		e, f, g, h = e+ia, f+ib, g+ic, h+id
	}
	*p, *q = [4]uint32{a, b, c, d}, [4]uint32{e, f, g, h}
}
