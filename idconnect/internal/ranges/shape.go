package ranges

import (
	"slices"
	"strings"
)

// shape is how most ids of a collection are written: what they begin with, and
// the characters of each place behind that. Bounds of that shape are in the same
// order for a server that compares bytes, that folds case, or that sorts as people
// do, unless its letters are mixed: they have one case of letters, and no
// punctuation but in fixed places. The zero value is none.
type shape struct {
	prefix string
	places []string // the characters of each place, in order
	mixed  bool     // both cases of letters stand in it
	folds  bool     // and mean the same to the server
}

const (
	maxPlaces = 10
	hex       = 16
	digits    = "0123456789"
	lower     = "abcdefghijklmnopqrstuvwxyz"
	upper     = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
)

// plain reports whether an id has nothing that has a meaning anywhere.
func plain(id string) bool { return strings.Trim(id, digits+lower+upper+"-_.@=,:/ ") == "" }

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
	if set, _ := charactersAt(simple, len(s.prefix)); len(set) <= hex {
		s.prefix = strings.TrimRight(s.prefix, digits)
	}
	ended := false
	for place := len(s.prefix); len(s.places) < maxPlaces; place++ {
		set, few := charactersAt(simple, place)
		if few { // many ids are shorter
			ended = true
			break
		}
		if set == "" {
			break
		}
		s.places = append(s.places, set)
	}
	// So do hexadecimal ones, whose first letters may not be at hand either.
	most := ""
	for _, set := range s.places {
		if len(set) > len(most) && strings.HasPrefix(set, digits) {
			most = set
		}
	}
	for i, set := range s.places {
		if set == digits {
			s.places[i] = most
		}
	}
	// Where some are longer, there are many to tell apart.
	for ended && most != "" && len(s.places) < maxPlaces {
		s.places = append(s.places, most)
	}
	all := strings.Join(s.places, "")
	s.mixed = strings.ContainsAny(all, lower) && strings.ContainsAny(all, upper)
	return s
}

// disagree are two of some ids whose order depends on whether case counts: the first is
// before the other one if it does.
func disagree(ids []string) (a, b string, ok bool) {
	for _, a := range ids {
		for _, b := range ids {
			if a < b && strings.ToLower(a) > strings.ToLower(b) && plain(a) && plain(b) {
				return a, b, true
			}
		}
	}
	return "", "", false
}

// folded is the shape where the cases of letters mean the same.
func (s shape) folded() shape {
	s.folds, s.prefix, s.places = true, strings.ToLower(s.prefix), slices.Clone(s.places)
	for i, set := range s.places {
		chars := []byte(strings.ToLower(set))
		slices.Sort(chars)
		s.places[i] = string(slices.Compact(chars))
	}
	return s
}

// form is how an id is compared with those of the shape.
func (s shape) form(id string) string {
	if s.folds {
		return strings.ToLower(id)
	}
	return id
}

// charactersAt are those of one place, "" where there is no saying. It is few where
// most ids end before.
func charactersAt(ids []string, place int) (set string, few bool) {
	found, count := map[byte]bool{}, 0
	for _, id := range ids {
		if place < len(id) {
			found[id[place]] = true
			count++
		}
	}
	if count < len(ids)/2 || count == 0 {
		return "", count > 0
	}
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
	if set == "" && len(found) == 1 {
		for c := range found {
			return string(c), false
		}
	}
	return set, false
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

func (s shape) has(id string) bool {
	return len(s.places) > 0 && strings.HasPrefix(s.form(id), s.prefix)
}

// at is where an id lies among all of the shape, from 0 to 1.
func (s shape) at(id string) float64 {
	id = s.form(id)
	switch {
	case len(s.places) == 0:
		return 0
	case !strings.HasPrefix(id, s.prefix) && id > s.prefix:
		return 1
	case !strings.HasPrefix(id, s.prefix):
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

// between is a bound at a place between two others, of which an empty one is open;
// "" where there is none.
func (s shape) between(from, to string, at float64) string {
	if len(s.places) == 0 {
		return ""
	}
	b := []byte(s.prefix)
	for _, set := range s.places {
		at *= float64(len(set))
		n := min(max(int(at), 0), len(set)-1)
		b = append(b, set[n])
		at -= float64(n)
	}
	if bound := string(b); s.before(from, bound) && (to == "" || s.before(bound, to)) {
		return bound
	}
	return ""
}

// before reports whether an id is before another one for every server.
func (s shape) before(a, b string) bool {
	a, b = s.form(a), s.form(b)
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	if i == len(a) || i == len(b) {
		return i < len(b)
	}
	two := string([]byte{a[i], b[i]})
	return a[i] < b[i] && (strings.Trim(two, digits+lower) == "" || strings.Trim(two, digits+upper) == "" ||
		s.mixed && !s.folds && strings.Trim(two, digits+lower+upper) == "")
}
