package idconnect

import (
	"bytes"
	"slices"
)

const (
	// verifyShapeMembers, verifyShapeDepth and verifyShapeMisses limit what is
	// learned: objects with other names in each record are not worth it.
	verifyShapeMembers = 96
	verifyShapeAhead   = 8
	verifyShapeDepth   = 8
	verifyShapeMisses  = 4096
	// verifyWhole is the longest member that is remembered, in bytes, and
	// verifyVaries how often it may be another one before that is given up.
	verifyWhole  = 512
	verifyVaries = 8
)

// verifyShape is what a verifyTree has learned of the objects at one place of
// the records: the names of their members in the order in which they come, and
// of those that are the same in most records the values. It only saves time:
// what is not as it was is read as if it had never been seen. Nil learns
// nothing.
type verifyShape struct {
	members  []verifyKnown
	misses   int
	distinct bool // no name stands twice in it
}

// verifyKnown is a member of a shape.
type verifyKnown struct {
	name   []byte // with its quotes and the colon
	hash   verifySum
	skip   bool // not compared
	id     bool // the _id of a record
	crypto bool // $crypto
	spare  bool // not kept

	whole         []byte // name and value, as they stood last
	value, joined verifySum
	varies        int // how often the value was another one
	shape         *verifyShape
}

// find looks for the member that begins in, from number at on: some records
// lack some members. whole says that it is, with its value, the one that was
// remembered.
func (s *verifyShape) find(in []byte, at *int) (m *verifyKnown, whole bool) {
	if s == nil {
		return nil, false
	}
	if *at < len(s.members) {
		if m := &s.members[*at]; m.whole != nil && m.same(in) {
			return m, true
		}
	}
	for i := *at; i < min(*at+verifyShapeAhead, len(s.members)); i++ {
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
func (m *verifyKnown) same(in []byte) bool {
	if bytes.HasPrefix(in, m.whole) {
		switch in[len(m.whole)] {
		case ',', '}':
			m.varies = 0
			return true
		}
	}
	if m.varies++; m.varies > verifyVaries {
		m.whole = nil
	}
	return false
}

// remember keeps a value, unless it was another one too often.
func (m *verifyKnown) remember(value []byte, v, joined verifySum) {
	if m.spare || m.id || m.varies > verifyVaries || len(m.name)+len(value) > verifyWhole {
		return
	}
	m.whole = append(append(m.whole[:0], m.name...), value...)
	m.value, m.joined = v, joined
}

// below is the shape of the objects in a member.
func (m *verifyKnown) below(depth int) *verifyShape {
	if m == nil || m.spare || depth >= verifyShapeDepth {
		return nil
	}
	if m.shape == nil {
		m.shape = &verifyShape{}
	}
	if m.shape.misses > verifyShapeMisses {
		return nil
	}
	return m.shape
}

// learn reads the name of a member the long way, up to what follows the colon,
// and keeps it in the shape as number at, or as a spare. Nil: it is not JSON.
func (t *verifyTree) learn(s *verifyShape, at int, top bool) *verifyKnown {
	from := t.pos
	if t.in[from] != '"' || from >= t.n {
		return nil
	}
	var m verifyKnown
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
	for _, ignored := range t.ignore {
		m.skip = m.skip || top && !m.id && string(t.text) == ignored
	}
	if t.space(); t.in[t.pos] != ':' {
		return nil
	}
	t.pos++
	if s == nil || len(s.members) >= verifyShapeMembers || s.misses >= verifyShapeMisses || t.pos-from > verifyWhole {
		m.spare = true
		t.spares[t.depth] = m
		return &t.spares[t.depth]
	}
	m.name = bytes.Clone(t.in[from:t.pos])
	s.misses++
	s.members = slices.Insert(s.members, at, m)
	names := make([]uint64, len(s.members))
	for i, known := range s.members {
		names[i] = known.hash.x
	}
	s.distinct = !t.anyTwice(names)
	return &s.members[at]
}
