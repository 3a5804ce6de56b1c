package yamlfile

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Bounds of a file's form; real ones are four levels deep.
const (
	maxDepth  = 20
	maxValues = 5_000_000
)

// Document is a file as values, with the position of each. A place in it is a
// JSON pointer, such as "/installations/3/source/url".
type Document struct {
	// Value is made of map[string]any, []any, string, bool, numbers and nil; nil
	// if the text cannot be parsed.
	Value any

	name     string
	values   map[string]position
	keys     map[string]position
	problems Problems
}

type position struct{ line, column int }

// Parse reads YAML, and JSON, which is YAML too. What is wrong with the text is
// among the [Document.Problems]; name is the file's in them.
func Parse(name string, text []byte) *Document {
	d := &Document{name: name, values: map[string]position{}, keys: map[string]position{}}
	decoder := yaml.NewDecoder(strings.NewReader(string(text)))
	var root, second yaml.Node
	if err := decoder.Decode(&root); err != nil {
		d.problems = append(d.problems, syntaxProblem(string(text), err))
		return d
	}
	if err := decoder.Decode(&second); err == nil {
		d.refuse(&second, "", "a second document begins here", "one document")
		return d
	}
	left := maxValues
	d.Value = d.convert(&root, "", maxDepth, &left)
	return d
}

// Decode puts the value into a Go value, as JSON is.
func (d *Document) Decode(into any) error {
	b, err := json.Marshal(d.Value)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, into)
}

func (d *Document) refuse(n *yaml.Node, place, text, write string) {
	d.problems = append(d.problems, Problem{Line: n.Line, Column: n.Column, At: words(place), Text: text, Write: write})
}

func (d *Document) convert(n *yaml.Node, place string, depth int, left *int) any {
	if *left--; *left < 0 || depth < 0 {
		if *left == -1 || depth < 0 {
			d.refuse(n, place, "the file has too many values, or is nested too deeply", "a shorter file")
		}
		return nil
	}
	d.values[place] = position{n.Line, n.Column}
	switch {
	case n.Kind == yaml.DocumentNode && len(n.Content) == 1:
		return d.convert(n.Content[0], place, depth, left)
	case n.Kind == yaml.AliasNode:
		d.refuse(n, place, "aliases are not supported; a value that begins with * needs quotes", "the value itself")
	case n.Style&yaml.TaggedStyle != 0:
		d.refuse(n, place, "tags are not supported; a value that begins with ! needs quotes", "the value itself")
	case n.Kind == yaml.SequenceNode:
		out := make([]any, 0, len(n.Content))
		for i, c := range n.Content {
			out = append(out, d.convert(c, place+"/"+strconv.Itoa(i), depth-1, left))
		}
		return out
	case n.Kind == yaml.MappingNode:
		return d.convertMapping(n, place, depth, left)
	case n.Kind == yaml.ScalarNode:
		v, err := scalar(n)
		if err != nil {
			d.refuse(n, place, err.Error(), "a number")
		}
		return v
	}
	return nil
}

func (d *Document) convertMapping(n *yaml.Node, place string, depth int, left *int) any {
	out := make(map[string]any, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		if k.Kind != yaml.ScalarNode || k.Style&yaml.TaggedStyle != 0 {
			d.refuse(k, place, "not a key", "a name and a colon")
			continue
		}
		at := place + "/" + Escape(k.Value)
		if first, twice := d.keys[at]; twice {
			d.refuse(k, at, fmt.Sprintf("duplicate key, first in line %d", first.line), "it once")
			continue
		}
		d.keys[at] = position{k.Line, k.Column}
		out[k.Value] = d.convert(v, at, depth-1, left)
	}
	return out
}

// scalar is text unless it is a number, true, false or nothing.
func scalar(n *yaml.Node) (any, error) {
	switch n.ShortTag() {
	case "!!null":
		return nil, nil
	case "!!bool", "!!int", "!!float":
		var v any
		if err := n.Decode(&v); err != nil {
			return nil, errors.New("not a number that can be read")
		}
		if f, ok := v.(float64); ok && (math.IsInf(f, 0) || math.IsNaN(f)) {
			return nil, errors.New("not a number that can be read")
		}
		return v, nil
	}
	return n.Value, nil
}

// Escape writes a key as a part of a JSON pointer.
func Escape(key string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
}

// position is that of a place, or of the nearest one around it: of the value if
// it begins in the line of its key, else of the key.
func (d *Document) position(place string) position {
	for {
		value, ok := d.values[place]
		key, named := d.keys[place]
		switch {
		case ok && (!named || key.line == value.line):
			return value
		case named:
			return key
		}
		i := strings.LastIndexByte(place, '/')
		if i < 0 {
			return position{1, 1}
		}
		place = place[:i]
	}
}

// Position returns the line and column of a place, or of the nearest one around
// it.
func (d *Document) Position(place string) (line, column int) {
	at := d.position(place)
	return at.line, at.column
}

// Add records a problem with the value at a place.
func (d *Document) Add(place, text, write string) {
	at := d.position(place)
	d.problems = append(d.problems,
		Problem{Line: at.line, Column: at.column, At: words(place), Text: text, Write: write})
}

// addKey records a problem with a key.
func (d *Document) addKey(place, text, write string) {
	d.Add(place, text, write)
	if at, ok := d.keys[place]; ok {
		p := &d.problems[len(d.problems)-1]
		p.Line, p.Column = at.line, at.column
	}
}

// Problems returns what is wrong with the document, in the order of the lines;
// nil if nothing is.
func (d *Document) Problems() Problems {
	all := slices.Clone(d.problems)
	for i := range all {
		all[i].File = d.name
	}
	slices.SortStableFunc(all, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return slices.Compact(all)
}

// words of a place, for people: installations[3].source.url. What stands below a
// secret may be the secret itself.
func words(place string) string {
	var b strings.Builder
	secret := false
	for part := range strings.SplitSeq(strings.TrimPrefix(place, "/"), "/") {
		part = strings.NewReplacer("~1", "/", "~0", "~").Replace(part)
		if secret && !slices.Contains([]string{"file", "env", "command"}, part) {
			break
		}
		if _, err := strconv.Atoi(part); err == nil {
			b.WriteString("[" + part + "]")
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(clip(part))
		low := strings.ToLower(part)
		secret = strings.Contains(low, "password") || strings.Contains(low, "passphrase")
	}
	return b.String()
}

// keysOf are the keys of a map, sorted.
func keysOf(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }
