package idconnect

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"math/bits"
	"unicode/utf8"

	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/keystore/idmvalues"
)

// verifyPad is how many bytes behind its end an input must have, so that eight
// can be looked at at once.
const verifyPad = 8

// verifySum is a hash of 128 bits under the key of a comparison: two that are
// the same by accident are not to be expected, and without the key nobody can
// prepare them.
type verifySum struct{ x, y uint64 }

// verifyTree hashes records in one pass over their text, without writing them
// down in canonical form: two records have the same hash when canonicalJSON
// gives the same text for both (which a test compares). It is what the first
// reading, of everything, is done with.
//
// An object is the sum of its members, so that their order does not matter; a
// string, number or word is hashed as RFC 8785 writes it. The zero value is
// not ready, and none is for two goroutines at once.
type verifyTree struct {
	k      [8]uint64
	keys   *keystore.Store
	run    []byte // the key of digests
	ignore []string

	in    []byte // what is read, with verifyPad bytes behind n
	n     int
	pos   int
	depth int
	twice bool // a name stood twice in an object

	text   []byte // the last string, as RFC 8785 writes it, without its quotes
	c      canonicalizer
	spare  []byte
	names  []uint64 // of the members of the open objects
	shape  verifyShape
	spares [canonicalMaxDepth + 2]verifyKnown // for members that are not learned
}

func newVerifyTree(key []byte, keys *keystore.Store, ignore []string) *verifyTree {
	t := &verifyTree{keys: keys, run: key, ignore: ignore}
	for i := range t.k {
		h := sha256.Sum256(append([]byte{'t', byte(i)}, key...))
		t.k[i] = binary.LittleEndian.Uint64(h[:])
	}
	return t
}

// Each kind of value begins with another state.
const (
	verifyText = iota + 1
	verifyNumber
	verifyWord
	verifyArray
	verifyObject
	verifySealOpened
	verifySealClosed
)

// verifyFold multiplies and keeps something of every bit.
func verifyFold(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

func (t *verifyTree) begin(kind uint64) (x, y uint64) { return t.k[0] + kind, t.k[1] + kind<<8 }

func (t *verifyTree) end(x, y uint64, n int) verifySum {
	return verifySum{verifyFold(x^uint64(n), t.k[4]), verifyFold(y^uint64(n), t.k[5])}
}

// join hashes two hashes into one.
func (t *verifyTree) join(a, b verifySum) verifySum {
	return verifySum{verifyFold(a.x^t.k[6], b.x^t.k[2]), verifyFold(a.y^t.k[7], b.y^t.k[3])}
}

// raw hashes in[from:to], which verifyPad readable bytes follow.
func (t *verifyTree) raw(kind uint64, in []byte, from, to int) verifySum {
	x, y := t.begin(kind)
	k2, k3 := t.k[2], t.k[3]
	p := from
	for ; p+8 <= to; p += 8 {
		w := binary.LittleEndian.Uint64(in[p:])
		x, y = verifyFold(x^w, k2), verifyFold(y^w, k3)
	}
	w := binary.LittleEndian.Uint64(in[p:]) & (1<<(8*(to-p)) - 1)
	return t.end(verifyFold(x^w, k2), verifyFold(y^w, k3), to-from)
}

// verifyDigest is what is left of a record in the first reading.
type verifyDigest struct {
	id     uint64 // hash of the id
	sum    verifySum
	idText []byte // as RFC 8785 writes it, without quotes; valid as long as the input
}

var errVerifyTree = errors.New("not JSON")

// record reads the record that begins at in[pos] and returns where it ends.
// When it is not JSON, or too deep, that is not known, and the error is
// errVerifyTree; other errors are of a record that cannot be compared. in must
// have verifyPad bytes behind n.
func (t *verifyTree) record(in []byte, pos, n int) (d verifyDigest, end int, err error) {
	t.in, t.pos, t.n, t.depth, t.twice, t.names = in, pos, n, 0, false, t.names[:0]
	t.space()
	if t.in[t.pos] != '{' || t.pos >= n {
		if _, ok := t.value(nil); !ok {
			return d, 0, errVerifyTree
		}
		return d, t.pos, errVerifyRecord
	}
	from := t.pos
	var id verifyID
	sum, ok := t.object(&id, &t.shape)
	if !ok {
		return d, 0, errVerifyTree
	}
	end = t.pos
	if end-from > canonicalMaxBytes {
		return d, end, errVerifyRecord
	}
	if t.twice {
		// Of members with one name the last counts: rare enough for the long way.
		text, err := canonicalJSON(in[from:end])
		if err != nil {
			return d, end, err
		}
		text = append(text, make([]byte, verifyPad)...)
		d, _, err = t.record(text, 0, len(text)-verifyPad)
		t.in, t.n = in, n // whose other records follow
		return d, end, err
	}
	if n := len(id.text); !id.found || n == 0 || n+2 > verifyMaxID {
		return d, end, errVerifyRecord
	}
	return verifyDigest{id: id.sum.x, sum: t.join(sum, id.sum), idText: id.text}, end, nil
}

// verifyID is the member _id of a record.
type verifyID struct {
	found bool
	sum   verifySum
	text  []byte
}

func (t *verifyTree) space() {
	if t.in[t.pos] <= ' ' {
		t.skipSpace()
	}
}

func (t *verifyTree) skipSpace() {
	for t.pos < t.n {
		switch t.in[t.pos] {
		case ' ', '\t', '\n', '\r':
			t.pos++
		default:
			return
		}
	}
}

// value reads any value; of is the member that it belongs to, nil for none.
func (t *verifyTree) value(of *verifyKnown) (verifySum, bool) {
	t.space()
	if t.depth > canonicalMaxDepth || t.pos >= t.n {
		return verifySum{}, false
	}
	switch b := t.in[t.pos]; b {
	case '"':
		return t.string()
	case '{':
		return t.object(nil, of.below(t.depth))
	case '[':
		return t.array(of)
	case 't':
		return t.word("true")
	case 'f':
		return t.word("false")
	case 'n':
		return t.word("null")
	}
	return t.number()
}

func (t *verifyTree) word(word string) (verifySum, bool) {
	if t.n-t.pos < len(word) || string(t.in[t.pos:t.pos+len(word)]) != word {
		return verifySum{}, false
	}
	t.pos += len(word)
	return t.raw(verifyWord, t.in, t.pos-len(word), t.pos), true
}

func (t *verifyTree) array(of *verifyKnown) (verifySum, bool) {
	x, y := t.begin(verifyArray)
	sum, n := verifySum{x, y}, 0
	t.pos++
	t.depth++
	if t.space(); t.in[t.pos] != ']' {
		for {
			v, ok := t.value(of)
			if !ok {
				return v, false
			}
			sum, n = t.join(sum, v), n+1
			if t.space(); t.in[t.pos] == ',' {
				t.pos++
				continue
			}
			break
		}
	}
	if t.pos >= t.n || t.in[t.pos] != ']' {
		return sum, false
	}
	t.pos++
	t.depth--
	return t.end(sum.x, sum.y, n), true
}

// object reads an object; that of a record itself has id set. shape, unless
// nil, is what was learned of the objects that stood at its place.
func (t *verifyTree) object(id *verifyID, shape *verifyShape) (verifySum, bool) {
	x, y := t.begin(verifyObject)
	from, base, n, sealed, alone := t.pos, len(t.names), 0, false, shape == nil
	var last verifySum // the value of the last member
	t.pos++
	t.depth++
	if t.space(); t.in[t.pos] != '}' {
		for at := 0; ; {
			t.space()
			member, whole := shape.find(t.in[t.pos:], &at)
			if member == nil {
				if member = t.learn(shape, at, id != nil); member == nil {
					return last, false
				}
				alone = alone || member == &t.spares[t.depth]
			} else if whole {
				// The whole member is what it was in the record before.
				t.pos += len(member.whole)
				t.names = append(t.names, member.hash.x)
				if !member.skip {
					x, y, n, last, sealed = x+member.joined.x, y+member.joined.y, n+1, member.value, member.crypto
				}
				goto next
			} else {
				t.pos += len(member.name)
			}
			{
				begin := t.pos
				if member.id {
					t.space()
					id.found = t.in[t.pos] == '"'
				}
				var v verifySum
				var ok bool
				if t.in[t.pos] == '"' && t.depth <= canonicalMaxDepth {
					v, ok = t.string()
				} else {
					v, ok = t.value(member)
				}
				if !ok {
					return v, false
				}
				if member.id && id.found {
					if id.sum, id.text = v, t.text; t.rewritten() {
						id.text = bytes.Clone(t.text)
					}
				}
				m := t.join(member.hash, v)
				if !t.twice {
					member.remember(t.in[begin:t.pos], v, m)
				}
				t.names = append(t.names, member.hash.x)
				if !member.skip {
					x, y, n, last, sealed = x+m.x, y+m.y, n+1, v, member.crypto
				}
			}
		next:
			at++
			if t.space(); t.in[t.pos] == ',' {
				t.pos++
				continue
			}
			break
		}
	}
	if t.pos >= t.n || t.in[t.pos] != '}' {
		return last, false
	}
	t.pos++
	t.depth--
	if (alone || !shape.distinct) && t.anyTwice(t.names[base:]) {
		t.twice = true
	}
	t.names = t.names[:base]
	if sealed && n == 1 {
		return t.seal(t.in[from:t.pos], last), true
	}
	return t.end(x, y, n), true
}

// rewritten says whether text lies in the scratch that the next string is
// written to, and not in the input.
func (t *verifyTree) rewritten() bool {
	return len(t.c.out) > 2 && len(t.text) > 0 && &t.text[0] == &t.c.out[1]
}

func (t *verifyTree) anyTwice(names []uint64) bool {
	if len(names) <= 32 {
		for i, a := range names {
			for _, b := range names[:i] {
				if a == b {
					return true
				}
			}
		}
		return false
	}
	seen := make(map[uint64]struct{}, len(names))
	for _, a := range names {
		seen[a] = struct{}{}
	}
	return len(seen) < len(names)
}

// seal is the hash of an encrypted value: of what it holds where it can be
// opened, else of what it is. See verifyReducer.seal.
func (t *verifyTree) seal(raw []byte, is verifySum) verifySum {
	x, y := t.begin(verifySealClosed)
	if t.keys != nil {
		d, err := idmvalues.Digest(t.keys, raw, t.run)
		if err == nil {
			x, y = t.begin(verifySealOpened)
			is = verifySum{binary.LittleEndian.Uint64(d), binary.LittleEndian.Uint64(d[8:])}
		} else if errors.Is(err, idmvalues.ErrDecrypt) {
			x, y = t.begin(verifySealOpened)
		}
	}
	return t.join(verifySum{x, y}, is)
}

const (
	verifyOnes  = 0x0101010101010101
	verifyHighs = 0x8080808080808080
)

// verifySpecial marks the high bit of each byte that is a quote, a backslash
// or a control character; of what follows the first of them nothing is said.
func verifySpecial(w uint64) uint64 {
	q, b := w^verifyOnes*'"', w^verifyOnes*'\\'
	return ((q-verifyOnes)&^q | (b-verifyOnes)&^b | (w-verifyOnes*' ')&^w) & verifyHighs
}

// string hashes the string that begins at pos, eight bytes at a time, and sets
// text.
func (t *verifyTree) string() (verifySum, bool) {
	from := t.pos + 1
	x, y := t.begin(verifyText)
	k2, k3 := t.k[2], t.k[3]
	in, p, high := t.in, from, uint64(0)
	for {
		w := binary.LittleEndian.Uint64(in[p:])
		special := verifySpecial(w)
		if special == 0 {
			x, y = verifyFold(x^w, k2), verifyFold(y^w, k3)
			high |= w
			if p += 8; p >= t.n {
				return verifySum{}, false
			}
			continue
		}
		i := bits.TrailingZeros64(special) / 8
		if in[p+i] != '"' || p+i >= t.n {
			return t.rewrite(from - 1)
		}
		w &= 1<<(8*i) - 1
		x, y = verifyFold(x^w, k2), verifyFold(y^w, k3)
		high |= w
		p += i
		break
	}
	t.text, t.pos = in[from:p], p+1
	if high&verifyHighs != 0 && !utf8.Valid(t.text) {
		return verifySum{}, false
	}
	return t.end(x, y, p-from), true
}

// rewrite is string for one that RFC 8785 may write otherwise.
func (t *verifyTree) rewrite(from int) (verifySum, bool) {
	t.c.in, t.c.pos, t.c.out = t.in[:t.n], from, t.c.out[:0]
	if t.c.text() != nil {
		return verifySum{}, false
	}
	t.pos = t.c.pos
	return t.scratch(verifyText, 1), true
}

// scratch hashes what the canonicalizer wrote, less so many bytes at both ends.
func (t *verifyTree) scratch(kind uint64, less int) verifySum {
	n := len(t.c.out)
	t.c.out = append(t.c.out, 0, 0, 0, 0, 0, 0, 0, 0)
	t.text = t.c.out[less : n-less]
	return t.raw(kind, t.c.out, less, n-less)
}

func (t *verifyTree) number() (verifySum, bool) {
	from, p := t.pos, t.pos
	for '0' <= t.in[p] && t.in[p] <= '9' {
		p++
	}
	if n := p - from; n > 0 && n <= 15 && (t.in[from] != '0' || n == 1) && p < t.n {
		if b := t.in[p]; b != '.' && b != 'e' && b != 'E' {
			t.pos = p
			return t.raw(verifyNumber, t.in, from, p), true
		}
	}
	if b := t.in[from]; b != '-' && (b < '0' || b > '9') {
		return verifySum{}, false
	}
	t.c.in, t.c.pos, t.c.out = t.in[:t.n], from, t.c.out[:0]
	if t.c.number() != nil {
		return verifySum{}, false
	}
	t.pos = t.c.pos
	return t.scratch(verifyNumber, 0), true
}
