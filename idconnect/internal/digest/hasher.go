// Package digest reduces the records of a server to hashes under a key, so that
// two servers can be compared without keeping what they hold. It knows JSON and
// encrypted values, but sends nothing and does not decide what differs; that is
// for package verify. Begin with [Hasher], which reads whole pages quickly, and
// [Reducer], which tells the members of one record apart.
package digest

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"math/bits"

	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/keystore/idmvalues"
)

// padding is the number of bytes that must follow an input, so that eight can be
// read at once.
const padding = 8

// Sum is a hash of 128 bits under the key of a comparison: accidental collisions
// are not to be expected, and without the key nobody can prepare one.
type Sum struct{ X, Y uint64 }

// Hasher hashes records in one pass over their text, without writing their
// canonical form: two records have the same hash if [Canonical] returns the same
// text for both, which a test compares. The first pass, over everything, uses it.
//
// An object is the sum of its members, so that their order does not matter; a
// string, number or word is hashed as RFC 8785 writes it. Make one with
// [NewHasher]; it is not safe for concurrent use.
type Hasher struct {
	k      [8]uint64
	keys   *keystore.Store
	run    []byte // the key of digests
	ignore []string

	rules   *Rules
	held    []held       // the members of rules of this record
	forms   map[Sum]form // what was made of such members
	sub     *Hasher      // for what rules write
	within  bool         // a member of rules
	settled form         // of the last record
	unruly  bool         // its members could not be rewritten

	in    []byte // what is read, with padding bytes behind n
	n     int
	pos   int
	depth int
	twice bool // a name stood twice in an object

	text   []byte // the last string, as RFC 8785 writes it, without its quotes
	c      canonicalizer
	spare  []byte
	names  []uint64 // of the members of the open objects
	shape  objectShape
	spares [maxDepth + 2]knownMember // for members that are not learned
}

// NewHasher returns a hasher for a comparison with that key. Keys, unless nil,
// decrypts values; ignore names top-level members that are left out; rules, unless
// nil, rewrite others.
func NewHasher(key []byte, keys *keystore.Store, ignore []string, rules *Rules) *Hasher {
	t := &Hasher{keys: keys, run: key, ignore: ignore, rules: rules}
	t.held = make([]held, len(rules.names()))
	for i := range t.k {
		h := sha256.Sum256(append([]byte{'t', byte(i)}, key...))
		t.k[i] = binary.LittleEndian.Uint64(h[:])
	}
	return t
}

// Each kind of value begins with another state.
const (
	kindText = iota + 1
	kindNumber
	kindWord
	kindArray
	kindObject
	kindSealOpened
	kindSealClosed
)

// Fold multiplies and keeps something of every bit.
func Fold(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

func (t *Hasher) begin(kind uint64) (x, y uint64) { return t.k[0] + kind, t.k[1] + kind<<8 }

func (t *Hasher) end(x, y uint64, n int) Sum {
	return Sum{Fold(x^uint64(n), t.k[4]), Fold(y^uint64(n), t.k[5])}
}

// join hashes two hashes into one.
func (t *Hasher) join(a, b Sum) Sum {
	return Sum{Fold(a.X^t.k[6], b.X^t.k[2]), Fold(a.Y^t.k[7], b.Y^t.k[3])}
}

// raw hashes in[from:to], which padding readable bytes follow.
func (t *Hasher) raw(kind uint64, in []byte, from, to int) Sum {
	x, y := t.begin(kind)
	k2, k3 := t.k[2], t.k[3]
	p := from
	for ; p+8 <= to; p += 8 {
		w := binary.LittleEndian.Uint64(in[p:])
		x, y = Fold(x^w, k2), Fold(y^w, k3)
	}
	w := binary.LittleEndian.Uint64(in[p:]) & (1<<(8*(to-p)) - 1)
	return t.end(Fold(x^w, k2), Fold(y^w, k3), to-from)
}

// Digest is what is left of a record in the first reading.
type Digest struct {
	ID     uint64 // hash of the id
	Sum    Sum
	IDText []byte // as RFC 8785 writes it, without quotes; valid as long as the input
}

var errNotJSON = errors.New("not JSON")

// record reads the record that begins at in[pos] and returns where it ends.
// When it is not JSON, or too deep, that is not known, and the error is
// errNotJSON; other errors are of a record that cannot be compared. in must
// have padding bytes behind n.
func (t *Hasher) record(in []byte, pos, n int) (d Digest, end int, err error) {
	t.in, t.pos, t.n, t.depth, t.twice, t.names = in, pos, n, 0, false, t.names[:0]
	t.space()
	if t.in[t.pos] != '{' || t.pos >= n {
		if _, ok := t.value(nil); !ok {
			return d, 0, errNotJSON
		}
		return d, t.pos, errRecord
	}
	from := t.pos
	var id recordID
	clear(t.held)
	t.settled, t.unruly = form{}, false
	sum, ok := t.object(&id, &t.shape)
	if !ok {
		return d, 0, errNotJSON
	}
	end = t.pos
	if end-from > maxBytes {
		return d, end, errRecord
	}
	if t.twice {
		// Of members with one name the last counts: rare enough for the long way.
		text, err := Canonical(in[from:end])
		if err != nil {
			return d, end, err
		}
		text = append(text, make([]byte, padding)...)
		d, _, err = t.record(text, 0, len(text)-padding)
		t.in, t.n = in, n // whose other records follow
		return d, end, err
	}
	if n := len(id.text); !id.found || n == 0 || n+2 > MaxID {
		return d, end, errRecord
	}
	switch {
	case t.unruly:
		return d, end, errRecord
	case t.settled.leftOut:
		return d, end, ErrLeftOut
	}
	return Digest{ID: id.sum.X, Sum: t.join(sum, id.sum), IDText: id.text}, end, nil
}

// recordID is the member _id of a record.
type recordID struct {
	found bool
	sum   Sum
	text  []byte
}

func (t *Hasher) space() {
	if t.in[t.pos] <= ' ' {
		t.skipSpace()
	}
}

func (t *Hasher) skipSpace() {
	for t.pos < t.n {
		switch t.in[t.pos] {
		case ' ', '\t', '\n', '\r':
			t.pos++
		default:
			return
		}
	}
}

// take reads a byte that stands next, after white space.
func (t *Hasher) take(b byte) bool {
	t.space()
	if t.in[t.pos] != b || t.pos >= t.n {
		return false
	}
	t.pos++
	return true
}

// value reads any value; of is the member that it belongs to, nil for none.
func (t *Hasher) value(of *knownMember) (Sum, bool) {
	t.space()
	if t.depth > maxDepth || t.pos >= t.n {
		return Sum{}, false
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

func (t *Hasher) word(word string) (Sum, bool) {
	if t.n-t.pos < len(word) || string(t.in[t.pos:t.pos+len(word)]) != word {
		return Sum{}, false
	}
	t.pos += len(word)
	return t.raw(kindWord, t.in, t.pos-len(word), t.pos), true
}

func (t *Hasher) array(of *knownMember) (Sum, bool) {
	x, y := t.begin(kindArray)
	sum, n := Sum{x, y}, 0
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
	return t.end(sum.X, sum.Y, n), true
}

// object reads an object; that of a record itself has id set. shape, unless
// nil, is what was learned of the objects that stood at its place.
func (t *Hasher) object(id *recordID, shape *objectShape) (Sum, bool) {
	x, y := t.begin(kindObject)
	from, base, n, sealed, alone := t.pos, len(t.names), 0, false, shape == nil
	var last Sum // the value of the last member
	t.pos++
	t.depth++
	if t.space(); t.in[t.pos] != '}' {
		for at := 0; ; {
			t.space()
			member, whole := shape.find(t.in[t.pos:], &at)
			begin := t.pos
			var v, m Sum
			if whole { // the whole member is what it was in the record before
				begin += len(member.name)
				t.pos += len(member.whole)
				v, m = member.value, member.joined
			} else {
				if member != nil {
					t.pos += len(member.name)
				} else if member = t.learn(shape, at, id != nil); member == nil {
					return last, false
				}
				alone = alone || member == &t.spares[t.depth]
				begin = t.pos
				var ok bool
				if v, ok = t.memberValue(member, id); !ok {
					return v, false
				}
				if m = t.join(member.hash, v); !t.twice {
					member.remember(t.in[begin:t.pos], v, m)
				}
			}
			t.names = append(t.names, member.hash.X)
			if member.rule > 0 {
				t.held[member.rule-1] = held{begin, t.pos, v}
			}
			if !member.skip && (member.rule == 0 || member.id) {
				x, y, n, last, sealed = x+m.X, y+m.Y, n+1, v, member.crypto
			}
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
	if id != nil && t.rules != nil && !t.twice {
		x, y, n = t.settle(x, y, n)
	}
	return t.end(x, y, n), true
}

// memberValue reads the value of a member; that of the id of a record is kept.
func (t *Hasher) memberValue(member *knownMember, id *recordID) (v Sum, ok bool) {
	if member.id {
		t.space()
		id.found = t.in[t.pos] == '"'
	}
	if t.in[t.pos] == '"' && t.depth <= maxDepth {
		v, ok = t.string()
	} else if member.rule > 0 {
		t.within = true
		v, ok = t.value(member)
		t.within = false
	} else {
		v, ok = t.value(member)
	}
	if ok && member.id && id.found {
		if id.sum, id.text = v, t.text; t.rewritten() {
			id.text = bytes.Clone(t.text)
		}
	}
	return v, ok
}

// rewritten says whether text lies in the scratch that the next string is
// written to, and not in the input.
func (t *Hasher) rewritten() bool {
	return len(t.c.out) > 2 && len(t.text) > 0 && &t.text[0] == &t.c.out[1]
}

func (t *Hasher) anyTwice(names []uint64) bool {
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
// opened, else of what it is. See Reducer.seal.
func (t *Hasher) seal(raw []byte, is Sum) Sum {
	x, y := t.begin(kindSealClosed)
	if t.keys != nil {
		if d, err := idmvalues.Digest(t.keys, raw, t.run); err == nil {
			x, y = t.begin(kindSealOpened)
			is = Sum{binary.LittleEndian.Uint64(d), binary.LittleEndian.Uint64(d[8:])}
		}
	}
	return t.join(Sum{x, y}, is)
}
