package ranges

import "strings"

// shape is how most ids of a collection are written: what they begin with, and
// the characters of each place behind that. Bounds of that shape are in the same
// order for a server that compares bytes, that folds case, or that sorts as people
// do: they have one case of letters, and punctuation in fixed places. The zero
// value is none.
type shape struct {
	prefix string
	places []string // the characters of each place, in order
}

const (
	maxPlaces = 10
	digits    = "0123456789"
	lower     = "abcdefghijklmnopqrstuvwxyz"
	upper     = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
)

// plain reports whether an id has nothing that has a meaning anywhere.
func plain(id string) bool { return strings.Trim(id, digits+lower+upper+"-_.@") == "" }

func shapeOf(ids []string) (s shape) {
	simple := ids[:0:0]
	for _, id := range ids {
		if plain(id) {
			simple = append(simple, id)
		}
	}
	if len(simple) < 2 || len(simple) < len(ids)/2 {
		return s
	}
	s.prefix = simple[0]
	for _, id := range simple[1:] {
		for !strings.HasPrefix(id, s.prefix) {
			s.prefix = s.prefix[:len(s.prefix)-1]
		}
	}
	// Numbers vary from their first digit, though those at hand may not.
	s.prefix = strings.TrimRight(s.prefix, digits)
	for place := len(s.prefix); len(s.places) < maxPlaces; place++ {
		set := charactersAt(simple, place)
		if set == "" {
			break
		}
		s.places = append(s.places, set)
	}
	// So do hexadecimal ones, whose first letters may not be at hand either.
	mixed := ""
	for _, set := range s.places {
		if len(set) > len(mixed) && strings.HasPrefix(set, digits) {
			mixed = set
		}
	}
	for i, set := range s.places {
		if set == digits {
			s.places[i] = mixed
		}
	}
	if all := strings.Join(s.places, ""); strings.ContainsAny(all, lower) && strings.ContainsAny(all, upper) {
		return shape{}
	}
	return s
}

// charactersAt are those of one place, "" where there is no saying.
func charactersAt(ids []string, place int) string {
	found, count := map[byte]bool{}, 0
	for _, id := range ids {
		if place < len(id) {
			found[id[place]] = true
			count++
		}
	}
	if count < len(ids)/2 || count == 0 {
		return ""
	}
	var set string
	for _, class := range []string{digits, upper, lower} {
		within := ""
		for c := range found {
			switch i := strings.IndexByte(class, c); {
			case i >= 6 && class != digits, i >= 0 && class == digits:
				within = class
			case i >= 0 && within == "":
				within = class[:6] // of hexadecimal numbers
			}
		}
		set += within
	}
	for c := range found {
		if strings.IndexByte(set, c) < 0 {
			if len(found) > 1 {
				return ""
			}
			return string(c)
		}
	}
	return set
}

// bounds are before and behind all ids of the shape.
func (s shape) bounds() (low, high string, ok bool) {
	if len(s.places) == 0 {
		return "", "", false
	}
	var b strings.Builder
	b.WriteString(s.prefix)
	for _, set := range s.places {
		b.WriteByte(set[len(set)-1])
	}
	return s.prefix, b.String(), true
}

func (s shape) has(id string) bool { return len(s.places) > 0 && strings.HasPrefix(id, s.prefix) }

// at is where an id lies among all of the shape, from 0 to 1.
func (s shape) at(id string) float64 {
	if !s.has(id) {
		return 0
	}
	at, unit := 0.0, 1.0
	for i, set := range s.places {
		if len(s.prefix)+i >= len(id) {
			break
		}
		unit /= float64(len(set))
		n := strings.IndexByte(set, id[len(s.prefix)+i])
		for c := range len(set) {
			if n < 0 && set[c] > id[len(s.prefix)+i] {
				n = c
			}
		}
		if n < 0 {
			n = len(set) - 1
		}
		at += float64(n) * unit
	}
	return at
}

// between is a bound at a place between two others, "" where there is none.
func (s shape) between(from, to string, at float64) string {
	if !s.ours(from) || !s.ours(to) {
		return ""
	}
	b := []byte(s.prefix)
	for _, set := range s.places {
		at *= float64(len(set))
		n := min(max(int(at), 0), len(set)-1)
		b = append(b, set[n])
		at -= float64(n)
	}
	if bound := string(b); bound > from && bound < to {
		return bound
	}
	return ""
}

// ours reports whether an id is of the shape, up to its last place.
func (s shape) ours(id string) bool {
	if !s.has(id) {
		return false
	}
	for i, set := range s.places {
		if p := len(s.prefix) + i; p < len(id) && strings.IndexByte(set, id[p]) < 0 {
			return false
		}
	}
	return true
}
