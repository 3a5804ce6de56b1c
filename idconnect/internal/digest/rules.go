package digest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
)

const (
	// MaxRules is how many rules a collection may have.
	MaxRules = 32
	// maxForms is how many forms of the members of rules a Hasher remembers.
	maxForms = 1 << 12
)

// Rules rewrite some of a record's top-level members before it is hashed.
type Rules struct {
	// Members are what they see and change.
	Members []string
	// Without names members of the objects inside of them that are not compared.
	Without []string
	// Apply changes the members, by their names, in canonical form. It must depend
	// on them alone. It returns what each rule found; where it deletes _id, the
	// record is left out.
	Apply func(members map[string]json.RawMessage) Effects
}

// Effects are what rules found in a record: two bits each.
type Effects uint64

// Add notes what rule i found, 0 to 3.
func (e *Effects) Add(i, found int) { *e |= Effects(found&3) << (2 * i) }

// Tally counts what rules found: for each the records with 1 and those with 2.
type Tally [MaxRules][2]int64

// Join adds another tally.
func (t *Tally) Join(o *Tally) {
	for i := range o {
		t[i][0], t[i][1] = t[i][0]+o[i][0], t[i][1]+o[i][1]
	}
}

func (t *Tally) add(e Effects) {
	for i := 0; e != 0; i, e = i+1, e>>2 {
		if found := e & 3; found == 1 || found == 2 {
			t[i][found-1]++
		}
	}
}

// ErrLeftOut is of a record that the rules leave out.
var ErrLeftOut = errors.New("left out")

// names returns the rules' members, none where there are no rules.
func (r *Rules) names() []string {
	if r == nil {
		return nil
	}
	return r.Members
}

// Canonical returns the value of a member as rules see it.
func (r *Rules) Canonical(value []byte) ([]byte, error) {
	c := canonicalizer{
		skip: func(name string, _ int) bool { return name == "_rev" || slices.Contains(r.Without, name) },
		seal: func(_, _ []byte) Seal { return Seal{} },
	}
	if err := c.reset(value); err != nil {
		return nil, err
	}
	err := c.value(1)
	return c.out, err
}

// held is a member of rules as it was read.
type held struct {
	from, to int // its value; to 0: it is absent
	sum      Sum
}

// form is what the rules make of a record's members.
type form struct {
	x, y    uint64
	n       int
	effects Effects
	leftOut bool
}

// settle adds what the rules make of the members that were held back. A form that
// was seen before is not made again: most records are alike in them.
func (t *Hasher) settle(x, y uint64, n int) (uint64, uint64, int) {
	key := Sum{t.k[0], t.k[1]}
	for i, h := range t.held {
		if h.to > 0 {
			key = t.join(key, t.join(Sum{uint64(i), 1}, h.sum))
		}
	}
	f, known := t.forms[key]
	if !known {
		var err error
		if f, err = t.newForm(); err != nil {
			t.unruly = true
			return x, y, n
		}
		if t.forms == nil {
			t.forms = map[Sum]form{}
		}
		if len(t.forms) < maxForms {
			t.forms[key] = f
		}
	}
	t.settled = f
	return x + f.x, y + f.y, n + f.n
}

func (t *Hasher) newForm() (form, error) {
	members := map[string]json.RawMessage{}
	for i, h := range t.held {
		if h.to == 0 {
			continue
		}
		value, err := t.rules.Canonical(t.in[h.from:h.to])
		if err != nil {
			return form{}, err
		}
		members[t.rules.Members[i]] = value
	}
	before := maps.Clone(members)
	f := form{effects: t.rules.Apply(members)}
	if t.sub == nil {
		t.sub = &Hasher{k: t.k, keys: t.keys, run: t.run}
	}
	for i, name := range t.rules.Members {
		value, has := members[name]
		switch {
		case name == idMember: // hashed with the others
			f.leftOut = f.leftOut || !has
			continue
		case !has:
			continue
		}
		sum := t.held[i].sum
		if old, had := before[name]; !had || !bytes.Equal(old, value) {
			var err error
			if sum, err = t.sub.alone(value); err != nil {
				return form{}, fmt.Errorf("member %s was rewritten: %w", name, err)
			}
		}
		title, err := t.sub.alone(quoted(name))
		if err != nil {
			return form{}, err
		}
		m := t.join(title, sum)
		f.x, f.y, f.n = f.x+m.X, f.y+m.Y, f.n+1
	}
	return f, nil
}

// alone hashes one value.
func (t *Hasher) alone(value []byte) (Sum, error) {
	t.in, t.n = append(bytes.Clone(value), make([]byte, padding)...), len(value)
	t.pos, t.depth, t.names = 0, 1, t.names[:0]
	sum, ok := t.value(nil)
	if t.space(); !ok || t.pos != t.n {
		return sum, errNotJSON
	}
	return sum, nil
}

const idMember = "_id"

func quoted(name string) []byte {
	out, _ := json.Marshal(name) // a string always can
	return out
}

// rewrite lets the rules change the members that were read, before they are
// ordered.
func (r *Reducer) rewrite() error {
	if r.rules == nil {
		return nil
	}
	c, members, before := &r.c, map[string]json.RawMessage{}, map[string]json.RawMessage{}
	for _, m := range c.members {
		if !slices.Contains(r.rules.Members, m.name) {
			continue
		}
		value, err := r.rules.Canonical(c.out[m.value:m.end])
		if err != nil {
			return err
		}
		members[m.name], before[m.name] = value, value
		if m.seal == m.sealEnd { // else what is not compared would take its seals along
			before[m.name] = bytes.Clone(c.out[m.value:m.end])
		}
	}
	r.rules.Apply(members)
	if _, had := before[idMember]; had && members[idMember] == nil {
		return ErrLeftOut
	}
	for _, name := range r.rules.Members {
		value, has := members[name]
		old, had := before[name]
		if name == idMember || has == had && bytes.Equal(old, value) {
			continue
		}
		c.members = slices.DeleteFunc(c.members, func(m jsonMember) bool { return m.name == name })
		if !has {
			continue
		}
		canonical, err := Canonical(value)
		if err != nil {
			return err
		}
		m := jsonMember{name: name, start: len(c.out), seal: len(c.seals), sealEnd: len(c.seals)}
		title, err := Canonical(quoted(name))
		if err != nil {
			return err
		}
		c.out = append(append(c.out, title...), ':')
		m.value = len(c.out)
		c.out = append(c.out, canonical...)
		m.end = len(c.out)
		c.members = append(c.members, m)
	}
	return nil
}
