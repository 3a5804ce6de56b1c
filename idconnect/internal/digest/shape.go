package digest

import (
	"bytes"
	"slices"
)

const (
	// maxShapeMembers, maxShapeDepth and maxShapeMisses limit what is
	// learned: objects with other names in each record are not worth it.
	maxShapeMembers = 96
	shapeLookahead  = 8
	maxShapeDepth   = 8
	maxShapeMisses  = 4096
	// maxWhole is the longest member that is remembered, in bytes, and
	// maxVaries how often it may be another one before that is given up.
	maxWhole  = 512
	maxVaries = 8
)

// objectShape is what a Hasher has learned of the objects at one place of
// the records: the names of their members in the order in which they come, and
// of those that are the same in most records the values. It only saves time:
// what is not as it was is read as if it had never been seen. Nil learns
// nothing.
type objectShape struct {
	members  []knownMember
	misses   int
	distinct bool // no name stands twice in it
}

// knownMember is a member of a shape.
type knownMember struct {
	name   []byte // with its quotes and the colon
	hash   Sum
	skip   bool // not compared
	id     bool // the _id of a record
	crypto bool // $crypto
	spare  bool // not kept
	rule   int  // 1 + its number among the members of rules, 0: none of them

	whole         []byte // name and value, as they stood last
	value, joined Sum
	varies        int // how often the value was another one
	shape         *objectShape
}

// find looks for the member that begins in, from number at on: some records
// lack some members. whole says that it is, with its value, the one that was
// remembered.
func (s *objectShape) find(in []byte, at *int) (m *knownMember, whole bool) {
	if s == nil {
		return nil, false
	}
	if *at < len(s.members) {
		if m := &s.members[*at]; m.whole != nil && m.same(in) {
			return m, true
		}
	}
	for i := *at; i < min(*at+shapeLookahead, len(s.members)); i++ {
		if m := &s.members[i]; bytes.HasPrefix(in, m.name) {
			was := i == *at
			*at = i
			return m, !was && m.whole != nil && m.same(in)
		}
	}
	return nil, false
}

// same says whether the member at the beginning of in is, as a whole, the one
// that was remembered. What follows it must end a value: 1 begins as 12 does.
func (m *knownMember) same(in []byte) bool {
	if bytes.HasPrefix(in, m.whole) {
		switch in[len(m.whole)] {
		case ',', '}':
			m.varies = 0
			return true
		}
	}
	if m.varies++; m.varies > maxVaries {
		m.whole = nil
	}
	return false
}

// remember keeps a value, unless it was another one too often.
func (m *knownMember) remember(value []byte, v, joined Sum) {
	if m.spare || m.id || m.varies > maxVaries || len(m.name)+len(value) > maxWhole {
		return
	}
	m.whole = append(append(m.whole[:0], m.name...), value...)
	m.value, m.joined = v, joined
}

// below is the shape of the objects in a member.
func (m *knownMember) below(depth int) *objectShape {
	if m == nil || m.spare || depth >= maxShapeDepth {
		return nil
	}
	if m.shape == nil {
		m.shape = &objectShape{}
	}
	if m.shape.misses > maxShapeMisses {
		return nil
	}
	return m.shape
}

// learn reads the name of a member the long way, up to what follows the colon,
// and keeps it in the shape as number at, or as a spare. Nil: it is not JSON.
func (t *Hasher) learn(s *objectShape, at int, top bool) *knownMember {
	from := t.pos
	if t.in[from] != '"' || from >= t.n {
		return nil
	}
	var m knownMember
	var ok bool
	if m.hash, ok = t.string(); !ok {
		return nil
	}
	switch string(t.text) {
	case "_rev":
		m.skip = true
	case "_id":
		m.id = top
	case "$crypto":
		m.crypto = !top
	}
	m.skip = m.skip || t.within && slices.Contains(t.rules.Without, string(t.text))
	if top {
		m.rule = 1 + slices.Index(t.rules.names(), string(t.text))
	}
	for _, ignored := range t.ignore {
		m.skip = m.skip || top && !m.id && string(t.text) == ignored
	}
	if !t.take(':') {
		return nil
	}
	if s == nil || len(s.members) >= maxShapeMembers || s.misses >= maxShapeMisses || t.pos-from > maxWhole {
		m.spare = true
		t.spares[t.depth] = m
		return &t.spares[t.depth]
	}
	m.name = bytes.Clone(t.in[from:t.pos])
	s.misses++
	s.members = slices.Insert(s.members, at, m)
	names := make([]uint64, len(s.members))
	for i, known := range s.members {
		names[i] = known.hash.X
	}
	s.distinct = !t.anyTwice(names)
	return &s.members[at]
}
