package digest

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"
)

// Limits of what is brought into canonical form. A record of the servers has a
// few kilobytes and a depth of four or five.
const (
	maxDepth = 64
	maxBytes = 16 << 20
)

var (
	errSyntax = errors.New("not JSON")
	errLimit  = errors.New("too deep or too large")
)

// canonicalizer writes JSON in the form of RFC 8785: members ordered by the
// UTF-16 units of their names, numbers as ECMAScript prints them, the shortest
// escapes, no white space.
//
// It goes beyond the RFC where that would refuse a record or call two records
// equal that are not: of two members with one name the last counts, as it does
// for the servers' own parser; a lone surrogate is kept as an escape; and a
// number that a double cannot hold (an integer beyond 2^53 that would be
// rounded, anything out of range) is kept as it is written.
//
// The zero value is ready and may be used again, but not by two goroutines.
type canonicalizer struct {
	in  []byte // valid JSON
	pos int
	out []byte

	// skip, unless nil, names members that are left out; depth 0 is the
	// outermost object.
	skip func(name string, depth int) bool
	// seal, unless nil, is given each object whose only member is $crypto, as it
	// was read and in canonical form, and must keep neither. In the output the
	// object is the same for all of them; what seal returns is added to seals,
	// in the order of the output.
	seal  func(raw, canonical []byte) Seal
	seals []Seal

	members []jsonMember // stack of the open objects' members
	scratch []byte
	spare   []Seal
}

// jsonMember is a member that was written to out[start:end], its value at
// out[value:end].
type jsonMember struct {
	name              string // decoded
	start, value, end int
	seal, sealEnd     int // its part of seals
}

const sealedText = `{"$crypto":true}`

// Canonical returns one JSON value in canonical form.
func Canonical(in []byte) ([]byte, error) {
	var c canonicalizer
	if err := c.reset(in); err != nil {
		return nil, err
	}
	if err := c.value(0); err != nil {
		return nil, err
	}
	return c.out, nil
}

// reset takes the next input. The standard library decides whether it is JSON,
// so that what follows need not. Its error would quote the input, which may be
// personal.
func (c *canonicalizer) reset(in []byte) error {
	if len(in) > maxBytes {
		return fmt.Errorf("%w: %d bytes", errLimit, len(in))
	}
	if !utf8.Valid(in) || !json.Valid(in) {
		return errSyntax
	}
	c.in, c.pos, c.out, c.members, c.seals = in, 0, c.out[:0], c.members[:0], c.seals[:0]
	return nil
}

// next skips white space and returns the byte that follows.
func (c *canonicalizer) next() byte {
	for {
		switch b := c.in[c.pos]; b {
		case ' ', '\t', '\n', '\r':
			c.pos++
		default:
			return b
		}
	}
}

func (c *canonicalizer) value(depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("%w: more than %d levels", errLimit, maxDepth)
	}
	switch c.next() {
	case '{':
		return c.object(depth)
	case '[':
		return c.array(depth)
	case '"':
		c.text()
	case 't', 'n':
		c.word(len("true"))
	case 'f':
		c.word(len("false"))
	default:
		c.number()
	}
	return nil
}

func (c *canonicalizer) word(n int) {
	c.out = append(c.out, c.in[c.pos:c.pos+n]...)
	c.pos += n
}

func (c *canonicalizer) array(depth int) error {
	c.word(len("["))
	for c.next() != ']' {
		if c.in[c.pos] == ',' {
			c.word(len(","))
		}
		if err := c.value(depth + 1); err != nil {
			return err
		}
	}
	c.word(len("]"))
	return nil
}

func (c *canonicalizer) object(depth int) error {
	from, at, first, seals := c.pos, len(c.out), len(c.members), len(c.seals)
	if err := c.objectMembers(depth); err != nil {
		return err
	}
	members := c.sortMembers(first, seals)
	c.members = c.members[:first]
	c.scratch = append(c.scratch[:0], '{')
	for i, m := range members {
		if i > 0 {
			c.scratch = append(c.scratch, ',')
		}
		c.scratch = append(c.scratch, c.out[m.start:m.end]...)
	}
	c.scratch = append(c.scratch, '}')
	if c.seal != nil && len(members) == 1 && members[0].name == "$crypto" {
		c.seals = append(c.seals[:seals], c.seal(c.in[from:c.pos], c.scratch))
		c.out = append(c.out[:at], sealedText...)
		return nil
	}
	c.out = append(c.out[:at], c.scratch...)
	return nil
}

// objectMembers reads an object and leaves its members on the stack, in the
// order of the input and with their text in out.
func (c *canonicalizer) objectMembers(depth int) error {
	for c.pos++; c.next() != '}'; {
		if c.in[c.pos] == ',' {
			c.pos++
			c.next()
		}
		m := jsonMember{start: len(c.out), seal: len(c.seals)}
		c.text()
		m.name = Unescape(c.out[m.start+1 : len(c.out)-1])
		c.next()
		c.word(len(":"))
		m.value = len(c.out)
		if err := c.value(depth + 1); err != nil {
			return err
		}
		if c.skip != nil && c.skip(m.name, depth) {
			c.out, c.seals = c.out[:m.start], c.seals[:m.seal]
		} else {
			m.end, m.sealEnd = len(c.out), len(c.seals)
			c.members = append(c.members, m)
		}
	}
	c.pos++
	return nil
}

// sortMembers orders the members from first on and drops those that a later
// one of the same name replaces. Their seals, from seals on, are put in the same
// order.
func (c *canonicalizer) sortMembers(first, seals int) []jsonMember {
	members := c.members[first:]
	slices.SortStableFunc(members, func(a, b jsonMember) int { return compareNames(a.name, b.name) })
	kept := members[:0]
	for i, m := range members {
		if i+1 == len(members) || members[i+1].name != m.name {
			kept = append(kept, m)
		}
	}
	if len(c.seals) > seals {
		c.spare = append(c.spare[:0], c.seals[seals:]...)
		c.seals = c.seals[:seals]
		for i, m := range kept {
			kept[i].seal = len(c.seals)
			c.seals = append(c.seals, c.spare[m.seal-seals:m.sealEnd-seals]...)
			kept[i].sealEnd = len(c.seals)
		}
	}
	return kept
}

// compareNames orders names by their UTF-16 units. In UTF-8 the order is the
// same, but that the leading bytes of what lies beyond U+FFFF (F0 to F4) come
// before EE and EF.
func compareNames(a, b string) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return int(utf16Order(a[i])) - int(utf16Order(b[i]))
		}
	}
	return len(a) - len(b)
}

func utf16Order(b byte) byte {
	switch {
	case b >= 0xF0:
		return b - 2
	case b >= 0xEE:
		return b + 0x10
	}
	return b
}
