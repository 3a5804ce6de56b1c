package idconnect

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"slices"

	"github.com/idconnect-go/upgrade/keystore"
	"github.com/idconnect-go/upgrade/keystore/idmvalues"
)

// verifyMaxID limits the length of an id that is kept, in bytes.
const verifyMaxID = 1024

var errVerifyRecord = errors.New("record cannot be compared")

// verifyHash is the first half of a SHA-256 under a key that is drawn for each
// comparison, so that nobody can prepare two records of one hash.
type verifyHash [16]byte

// verifyRecord is what is left of a record.
type verifyRecord struct {
	id    string
	rest  verifyHash      // everything but encrypted values
	seals []canonicalSeal // encrypted values; valid until the next record
}

// verifyMember is what is left of one top-level member.
type verifyMember struct {
	rest  verifyHash
	seals []canonicalSeal
	value []byte // where that is kept, a byte more than is shown at most
}

// verifyReducer reduces records. It is not for two goroutines at once.
type verifyReducer struct {
	key    []byte
	keys   *keystore.Store
	ignore []string
	values bool // detail keeps them

	c canonicalizer
	h hash.Hash

	tree *verifyTree // which is quicker where only the id is asked for
}

func newVerifyReducer(key []byte, keys *keystore.Store, ignore []string) *verifyReducer {
	r := &verifyReducer{key: key, keys: keys, ignore: ignore, h: sha256.New(), tree: newVerifyTree(key, nil, nil)}
	r.c.skip = func(name string, depth int) bool {
		return name == "_rev" || depth == 0 && name != "_id" && slices.Contains(r.ignore, name)
	}
	r.c.seal = r.seal
	return r
}

// seal digests an encrypted value. One whose form or key the store does not
// know is taken as it is. So is one that does not open with the key it names,
// but as known: it is broken, and differs from whatever is not broken alike.
func (r *verifyReducer) seal(raw, canonical []byte) canonicalSeal {
	if r.keys == nil {
		return canonicalSeal{r.digest(canonical), false}
	}
	d, err := idmvalues.Digest(r.keys, raw, r.key)
	if err != nil {
		return canonicalSeal{r.digest(canonical), errors.Is(err, idmvalues.ErrDecrypt)}
	}
	return canonicalSeal{binary.LittleEndian.Uint64(d), true}
}

func (r *verifyReducer) digest(b []byte) uint64 {
	h := sha256.New()
	h.Write(r.key)
	h.Write(b)
	return binary.LittleEndian.Uint64(h.Sum(nil))
}

// id gives the id of a record, and the hash that the first pass has for it.
func (r *verifyReducer) id(raw json.RawMessage) (string, uint64, error) {
	d, err := r.tree.one(raw)
	if err != nil {
		return "", 0, err
	}
	if bytes.IndexByte(d.idText, '\\') < 0 {
		return string(d.idText), d.id, nil
	}
	id, err := canonicalName(slices.Concat([]byte{'"'}, d.idText, []byte{'"'}))
	return id, d.id, err
}

// members brings a record into canonical form and returns its id and members,
// ordered, as positions in r.c.out.
func (r *verifyReducer) members(raw json.RawMessage) (string, []canonicalMember, error) {
	c := &r.c
	if err := c.reset(raw); err != nil {
		return "", nil, err
	}
	if c.next() != '{' {
		return "", nil, fmt.Errorf("%w: not an object", errVerifyRecord)
	}
	if err := c.objectMembers(0); err != nil {
		return "", nil, err
	}
	if err := c.finish(); err != nil {
		return "", nil, err
	}
	members := c.sortMembers(0)
	for _, m := range members {
		if m.name != "_id" {
			continue
		}
		value := c.out[m.value:m.end]
		if value[0] != '"' || len(value) <= 2 || len(value) > verifyMaxID {
			break
		}
		id, err := canonicalName(value)
		return id, members, err
	}
	return "", nil, fmt.Errorf("%w: no usable _id", errVerifyRecord)
}

func (r *verifyReducer) record(raw json.RawMessage) (verifyRecord, error) {
	id, members, err := r.members(raw)
	if err != nil {
		return verifyRecord{}, err
	}
	r.h.Reset()
	r.h.Write(r.key)
	for _, m := range members {
		// A member begins with a quoted name and has one value: no two lists
		// of members are the same bytes.
		r.h.Write(r.c.out[m.start:m.end])
	}
	var sum [sha256.Size]byte
	r.h.Sum(sum[:0])
	return verifyRecord{id, verifyHash(sum[:16]), r.c.seals}, nil
}

// detail is record for one that is suspected, member by member.
func (r *verifyReducer) detail(raw json.RawMessage) (string, map[string]verifyMember, error) {
	id, members, err := r.members(raw)
	if err != nil {
		return "", nil, err
	}
	out := make(map[string]verifyMember, len(members))
	for _, m := range members {
		r.h.Reset()
		r.h.Write(r.key)
		r.h.Write(r.c.out[m.start:m.end])
		var sum [sha256.Size]byte
		r.h.Sum(sum[:0])
		member := verifyMember{rest: verifyHash(sum[:16]), seals: slices.Clone(r.c.seals[m.seal:m.sealEnd])}
		if value := r.c.out[m.value:m.end]; r.values {
			member.value = bytes.Clone(value[:min(len(value), verifyMaxValue+1)])
		}
		out[m.name] = member
	}
	return id, out, nil
}

// verifyCompareSeals compares the encrypted values of two records, or members,
// that are otherwise equal: whether one differs, and how many cannot be told.
func verifyCompareSeals(a, b []canonicalSeal) (differ bool, notChecked int64) {
	if len(a) != len(b) {
		return true, 0
	}
	for i := range a {
		switch {
		case a[i] == b[i]:
		case a[i].opened && b[i].opened:
			differ = true
		default:
			notChecked++
		}
	}
	return differ, notChecked
}

// verifyCompareMembers returns the names of the members that differ, sorted,
// and the number of encrypted values that cannot be told.
func verifyCompareMembers(a, b map[string]verifyMember) (names []string, notChecked int64) {
	for name, x := range a {
		y, ok := b[name]
		differ, unknown := verifyCompareSeals(x.seals, y.seals)
		if !ok || x.rest != y.rest || differ {
			names = append(names, name)
		} else {
			notChecked += unknown
		}
	}
	for name := range b {
		if _, ok := a[name]; !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, notChecked
}
