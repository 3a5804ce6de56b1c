package fleetfile

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// document is the file as values, and the line of each.
type document struct {
	value any
	// lines by place: "/installations/3/source/url".
	lines    map[string]int
	problems []placed
}

// placed is a problem at a place.
type placed struct {
	place       string
	line        int // 0: that of the place
	text, write string
}

// Bounds of a file's form; real ones are three levels deep.
const (
	maxDepth  = 20
	maxValues = 5_000_000
)

var yamlLine = regexp.MustCompile(`line (\d+):? `)

// parse reads YAML, and JSON, which is YAML too.
func parse(text []byte) *document {
	d := &document{lines: map[string]int{}}
	decoder := yaml.NewDecoder(strings.NewReader(string(text)))
	var root, second yaml.Node
	if err := decoder.Decode(&root); err != nil {
		line, said := 1, strings.TrimPrefix(err.Error(), "yaml: ")
		if m := yamlLine.FindStringSubmatch(said); m != nil {
			line, _ = strconv.Atoi(m[1])
			said = strings.Replace(said, m[0], "", 1)
		}
		if len(strings.TrimSpace(string(text))) == 0 {
			said = "the file is empty"
		}
		d.problems = append(d.problems,
			placed{line: line, text: said, write: "YAML or JSON, as the example in the README"})
		return d
	}
	if err := decoder.Decode(&second); err == nil {
		d.problems = append(d.problems,
			placed{line: second.Line, text: "a second document begins here", write: "one fleet into one file"})
		return d
	}
	left := maxValues
	d.value = d.convert(&root, "", maxDepth, &left)
	return d
}

func (d *document) refuse(n *yaml.Node, place, text, write string) {
	d.problems = append(d.problems, placed{place, n.Line, text, write})
}

func (d *document) convert(n *yaml.Node, place string, depth int, left *int) any {
	if *left--; *left < 0 || depth < 0 {
		if *left == -1 || depth < 0 {
			d.refuse(n, place, "more, or deeper, than a fleet file is", "a shorter file")
		}
		return nil
	}
	d.lines[place] = n.Line
	switch n.Kind {
	case yaml.DocumentNode:
		if len(n.Content) == 1 {
			return d.convert(n.Content[0], place, depth, left)
		}
	case yaml.SequenceNode:
		out := make([]any, 0, len(n.Content))
		for i, c := range n.Content {
			out = append(out, d.convert(c, place+"/"+strconv.Itoa(i), depth-1, left))
		}
		return out
	case yaml.MappingNode:
		out := make(map[string]any, len(n.Content)/2)
		for i := 0; i+1 < len(n.Content); i += 2 {
			k, v := n.Content[i], n.Content[i+1]
			if k.Kind != yaml.ScalarNode {
				d.refuse(k, place, "a key must be a word", "a name and a colon")
				continue
			}
			at := place + "/" + escape(k.Value)
			if _, twice := out[k.Value]; twice {
				d.refuse(k, at, fmt.Sprintf("it is there twice, first in line %d", d.lines[at]), "it once")
				continue
			}
			out[k.Value] = d.convert(v, at, depth-1, left)
			d.lines[at] = k.Line
		}
		return out
	case yaml.AliasNode:
		d.refuse(n, place, "aliases are not known here", "the value itself, or put it under defaults")
		return nil
	case yaml.ScalarNode:
		v, err := scalar(n)
		if err != nil {
			d.refuse(n, place, err.Error(), "")
		}
		return v
	}
	d.refuse(n, place, "nothing is here", "a value")
	return nil
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
		return v, nil
	}
	return n.Value, nil
}

// escape is that of a JSON pointer.
func escape(key string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
}

// line of a place, or of the nearest one around it.
func (d *document) line(place string) int {
	for {
		if n, ok := d.lines[place]; ok {
			return max(n, 1)
		}
		i := strings.LastIndexByte(place, '/')
		if i < 0 {
			return 1
		}
		place = place[:i]
	}
}

// words of a place, for people: installations[3].source.url.
func words(place string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(strings.TrimPrefix(place, "/"), "/") {
		part = strings.NewReplacer("~1", "/", "~0", "~").Replace(part)
		if _, err := strconv.Atoi(part); err == nil {
			b.WriteString("[" + part + "]")
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(part)
	}
	return b.String()
}
