package digest

import (
	"encoding/binary"
	"encoding/json"
	"math/bits"
	"unicode/utf8"
)

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// specialBytes marks the high bit of each byte that is a quote, a backslash
// or a control character; of what follows the first of them nothing is said.
func specialBytes(w uint64) uint64 {
	q, b := w^ones*'"', w^ones*'\\'
	return ((q-ones)&^q | (b-ones)&^b | (w-ones*' ')&^w) & highs
}

// string hashes the string that begins at pos, eight bytes at a time, and sets
// text.
func (t *Hasher) string() (Sum, bool) {
	from := t.pos + 1
	x, y := t.begin(kindText)
	k2, k3 := t.k[2], t.k[3]
	in, p, high := t.in, from, uint64(0)
	for {
		w := binary.LittleEndian.Uint64(in[p:])
		special := specialBytes(w)
		if special == 0 {
			x, y = Fold(x^w, k2), Fold(y^w, k3)
			high |= w
			if p += 8; p >= t.n {
				return Sum{}, false
			}
			continue
		}
		i := bits.TrailingZeros64(special) / 8
		if in[p+i] != '"' || p+i >= t.n {
			return t.rewrite(from - 1)
		}
		w &= 1<<(8*i) - 1
		x, y = Fold(x^w, k2), Fold(y^w, k3)
		high |= w
		p += i
		break
	}
	t.text, t.pos = in[from:p], p+1
	if high&highs != 0 && !utf8.Valid(t.text) {
		return Sum{}, false
	}
	return t.end(x, y, p-from), true
}

// rewrite is string for one that RFC 8785 may write otherwise.
func (t *Hasher) rewrite(from int) (Sum, bool) {
	end := from + 1
	for ; end < t.n && t.in[end] != '"'; end++ {
		if t.in[end] == '\\' {
			end++
		}
	}
	raw := t.in[from:min(end+1, t.n)]
	if !utf8.Valid(raw) || !json.Valid(raw) {
		return Sum{}, false
	}
	t.pos = end + 1
	t.c.in, t.c.pos, t.c.out = raw, 0, t.c.out[:0]
	t.c.text()
	return t.scratch(kindText, 1), true
}

// scratch hashes what the canonicalizer wrote, less so many bytes at both ends.
func (t *Hasher) scratch(kind uint64, less int) Sum {
	n := len(t.c.out)
	t.c.out = append(t.c.out, 0, 0, 0, 0, 0, 0, 0, 0)
	t.text = t.c.out[less : n-less]
	return t.raw(kind, t.c.out, less, n-less)
}

func (t *Hasher) number() (Sum, bool) {
	from, p := t.pos, t.pos
	for '0' <= t.in[p] && t.in[p] <= '9' {
		p++
	}
	if n := p - from; n > 0 && n <= 15 && (t.in[from] != '0' || n == 1) && p < t.n {
		if b := t.in[p]; b != '.' && b != 'e' && b != 'E' {
			t.pos = p
			return t.raw(kindNumber, t.in, from, p), true
		}
	}
	raw := t.in[from : from+numberLength(t.in[from:t.n])]
	if !json.Valid(raw) {
		return Sum{}, false
	}
	t.pos += len(raw)
	t.c.in, t.c.pos, t.c.out = raw, 0, t.c.out[:0]
	t.c.number()
	return t.scratch(kindNumber, 0), true
}
