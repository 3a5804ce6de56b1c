package installation

import "strings"

// Property is a value of boot.properties. References are resolved: &{launcher.install.location} and the like are the
// folder, &{name} or ${name} is another property, and &{name|otherwise} has a default, which may hold references
// itself. Up to 8 are resolved in one another. Unknown references stay as they are.
func (i *Installation) Property(name string) (string, bool) {
	v, ok := i.properties[name]
	return i.resolve(v), ok
}

func (i *Installation) or(name, otherwise string) string {
	if v, ok := i.Property(name); ok && v != "" {
		return v
	}
	return otherwise
}

func (i *Installation) resolve(value string) string {
	left := maxSubstitutions
	return i.substitute(value, substitutionDepth, &left)
}

// reference finds the first reference in a text that has an end, its braces balanced: text[begin:end]. begin is -1
// where there is none.
func reference(text string) (begin, end int) {
	var open []int
	begin, end = -1, -1
	for at := 0; at < len(text); at++ {
		switch {
		case strings.HasPrefix(text[at:], "&{"), strings.HasPrefix(text[at:], "${"):
			open = append(open, at)
			at++
		case text[at] == '}' && len(open) > 0:
			last := open[len(open)-1]
			open = open[:len(open)-1]
			// One that is inside another ends first, and is not the first where that ends, too.
			if begin < 0 || last < begin {
				begin, end = last, at+1
			}
			if len(open) == 0 {
				return begin, end
			}
		}
	}
	return begin, end
}

// substitute resolves the references of a text, as many as left says in all.
func (i *Installation) substitute(text string, depth int, left *int) string {
	var out strings.Builder
	for depth >= 0 && *left > 0 {
		begin, end := reference(text)
		if begin < 0 {
			break
		}
		*left--
		out.WriteString(text[:begin])
		out.WriteString(i.referred(text[begin:end], depth, left))
		text = text[end:]
	}
	out.WriteString(text)
	return out.String()
}

// referred is what a reference stands for, itself where that is not known.
func (i *Installation) referred(reference string, depth int, left *int) string {
	if depth == 0 {
		return reference
	}
	name, otherwise, hasDefault := strings.Cut(reference[2:len(reference)-1], "|")
	value, ok := i.refersTo(name)
	if !ok && hasDefault {
		value, ok = otherwise, true
	}
	if !ok || len(value) > maxSubstituted {
		return reference
	}
	return i.substitute(value, depth-1, left)
}

// refersTo knows OpenIDM's names for its folder, and other properties.
func (i *Installation) refersTo(name string) (string, bool) {
	switch name {
	case "launcher.install.location", "launcher.project.location", "launcher.working.location",
		"idm.install.dir", "idm.instance.dir", "idm.data.dir", "openidm.home", "user.dir":
		return i.Dir, true
	}
	value, ok := i.properties[name]
	return value, ok
}
