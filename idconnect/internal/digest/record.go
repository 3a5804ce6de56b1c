package digest

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
)

// MaxID limits the length of an id that is kept, in bytes.
const MaxID = 1024

// MaxValue is the longest value that a report shows, in bytes.
const MaxValue = 1024

var errRecord = errors.New("record cannot be compared")

// Hash is the first half of a SHA-256 under a key that is drawn for each
// comparison, so that nobody can prepare two records of one hash.
type Hash [16]byte

// Record is what is left of a record.
type Record struct {
	ID    string
	Rest  Hash   // everything but encrypted values
	Seals []Seal // encrypted values; valid until the next record
}

// Member is what is left of one top-level member.
type Member struct {
	Rest  Hash
	Seals []Seal
	Value []byte // where that is kept, a byte more than is shown at most
}

// Reducer reduces single records. It is not safe for concurrent use.
type Reducer struct {
	key    []byte
	keys   *keystore.Store
	ignore []string
	Values bool // Detail keeps the values

	rules *Rules

	c canonicalizer
	h hash.Hash

	tree *Hasher // which is quicker where only the id is asked for
}

// NewReducer returns a reducer for a comparison with that key. Keys, unless nil,
// decrypts values; ignore names top-level members that are left out; rules, unless
// nil, rewrite others.
func NewReducer(key []byte, keys *keystore.Store, ignore []string, rules *Rules) *Reducer {
	r := &Reducer{key: key, keys: keys, ignore: ignore, rules: rules, h: sha256.New(),
		tree: NewHasher(key, nil, nil, nil)}
	r.c.skip = func(name string, depth int) bool {
		return name == "_rev" || depth == 0 && name != "_id" && slices.Contains(r.ignore, name)
	}
	r.c.seal = r.seal
	return r
}

func (r *Reducer) digest(b []byte) uint64 {
	h := sha256.New()
	h.Write(r.key)
	h.Write(b)
	return binary.LittleEndian.Uint64(h.Sum(nil))
}

// ID returns the id of a record, and the hash that the first pass has for it.
func (r *Reducer) ID(raw json.RawMessage) (string, uint64, error) {
	d, err := r.tree.one(raw)
	if err != nil {
		return "", 0, err
	}
	return Unescape(d.IDText), d.ID, nil
}

// members brings a record into canonical form and returns its id and members,
// ordered, as positions in r.c.out.
func (r *Reducer) members(raw json.RawMessage) (string, []jsonMember, error) {
	c := &r.c
	if err := c.reset(raw); err != nil {
		return "", nil, err
	}
	if c.next() != '{' {
		return "", nil, fmt.Errorf("%w: not an object", errRecord)
	}
	if err := c.objectMembers(0); err != nil {
		return "", nil, err
	}
	if err := r.rewrite(); err != nil {
		return "", nil, err
	}
	members := c.sortMembers(0, 0)
	for _, m := range members {
		if m.name != "_id" {
			continue
		}
		value := c.out[m.value:m.end]
		if value[0] != '"' || len(value) <= 2 || len(value) > MaxID {
			break
		}
		return Unescape(value[1 : len(value)-1]), members, nil
	}
	return "", nil, fmt.Errorf("%w: no usable _id", errRecord)
}

// Record returns what is left of a record.
func (r *Reducer) Record(raw json.RawMessage) (Record, error) {
	id, members, err := r.members(raw)
	if err != nil {
		return Record{}, err
	}
	return Record{id, r.hash(members...), r.c.seals}, nil
}

// hash hashes members, and notes which of them their seals are of.
func (r *Reducer) hash(members ...jsonMember) Hash {
	r.h.Reset()
	r.h.Write(r.key)
	for _, m := range members {
		// A member begins with a quoted name and has one value: no two lists
		// of members are the same bytes.
		r.h.Write(r.c.out[m.start:m.end])
		for _, s := range r.c.seals[m.seal:m.sealEnd] {
			if s.Closed != nil {
				s.Closed.Member = m.name
			}
		}
	}
	var sum [sha256.Size]byte
	return Hash(r.h.Sum(sum[:0])[:16])
}

// Detail returns the id of a record and its top-level members by name.
func (r *Reducer) Detail(raw json.RawMessage) (string, map[string]Member, error) {
	id, members, err := r.members(raw)
	if err != nil {
		return "", nil, err
	}
	out := make(map[string]Member, len(members))
	for _, m := range members {
		member := Member{Rest: r.hash(m), Seals: slices.Clone(r.c.seals[m.seal:m.sealEnd])}
		if value := r.c.out[m.value:m.end]; r.Values {
			member.Value = bytes.Clone(value[:min(len(value), MaxValue+1)])
		}
		out[m.name] = member
	}
	return id, out, nil
}

// CompareMembers returns the names of the members that differ, sorted,
// and the encrypted values of the others that cannot be told.
func CompareMembers(a, b map[string]Member) (names []string, unknown []Closed) {
	for name, x := range a {
		y, ok := b[name]
		differ, closed := CompareSeals(x.Seals, y.Seals)
		if !ok || x.Rest != y.Rest || differ {
			names = append(names, name)
		} else {
			unknown = append(unknown, closed...)
		}
	}
	for name := range b {
		if _, ok := a[name]; !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, unknown
}
