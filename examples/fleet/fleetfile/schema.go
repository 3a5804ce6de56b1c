package fleetfile

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

//go:embed fleet.schema.json
var schemaText []byte

// Schema returns the JSON Schema (2020-12) of a fleet file.
func Schema() []byte { return bytes.Clone(schemaText) }

// compiled is the schema, ready, and as values.
var compiled = sync.OnceValues(func() (*jsonschema.Schema, map[string]any) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(schemaText))
	if err != nil {
		panic(err) // it is in the program
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("fleet.json", doc); err != nil {
		panic(err)
	}
	return c.MustCompile("fleet.json"), doc.(map[string]any)
})

// checkSchema compares the document with the schema.
func (d *document) checkSchema() {
	schema, _ := compiled()
	var invalid *jsonschema.ValidationError
	if err := schema.Validate(d.value); errors.As(err, &invalid) {
		d.invalid(invalid)
	} else if err != nil {
		d.problems = append(d.problems, placed{text: err.Error()})
	}
}

// invalid reports the innermost causes: the others only say where they are.
func (d *document) invalid(e *jsonschema.ValidationError) {
	place := pointer(e.InstanceLocation)
	_, choice := e.ErrorKind.(*kind.AnyOf)
	if len(e.Causes) > 0 && !choice {
		for _, c := range e.Causes {
			d.invalid(c)
		}
		return
	}
	at := schemaAt(e.SchemaURL)
	what := described(at)
	add := func(place, text, write string) {
		d.problems = append(d.problems, placed{place: place, text: text, write: write})
	}
	if strings.HasPrefix(e.SchemaURL[strings.IndexByte(e.SchemaURL, '#')+1:], "/$defs/secret") {
		// Whatever stands here may be the secret: it is not repeated.
		add(place, "not a reference to a secret", what)
		return
	}
	switch k := e.ErrorKind.(type) {
	case *kind.AdditionalProperties:
		known := keys(at["properties"])
		for _, p := range k.Properties {
			write := "one of " + strings.Join(known, ", ")
			if near := nearest(p, known); near != "" {
				write = near
			}
			add(place+"/"+escape(p), fmt.Sprintf("%q is not known here", p), write)
		}
	case *kind.Required:
		for _, m := range k.Missing {
			property, _ := at["properties"].(map[string]any)
			one, _ := property[m].(map[string]any)
			add(place, m+" is missing", m+": "+described(one))
		}
	case *kind.PropertyNames:
		add(place+"/"+escape(k.Property), fmt.Sprintf("%q is no name", k.Property), described(at))
	case *kind.Type:
		add(place, fmt.Sprintf("it is of the kind %s, not %s", k.Got, strings.Join(k.Want, " or ")), what)
	case *kind.UniqueItems:
		add(place, "something is there twice", "each once")
	case *kind.MinItems, *kind.MinProperties:
		add(place, "nothing is in it", what)
	case *kind.Enum:
		add(place, fmt.Sprintf("%v is not known", k.Got), "one of "+list(k.Want))
	case *kind.Const:
		add(place, fmt.Sprintf("%v is not known", k.Got), list([]any{k.Want}))
	default:
		add(place, "it has not the form that is needed", what)
	}
}

func pointer(parts []string) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteString("/" + escape(p))
	}
	return b.String()
}

// schemaAt is the part of the schema with the description of what failed: the
// address may end in the keyword.
func schemaAt(address string) map[string]any {
	_, root := compiled()
	at := root
	_, fragment, _ := strings.Cut(address, "#")
	var current any = root
	for part := range strings.SplitSeq(strings.TrimPrefix(fragment, "/"), "/") {
		part = strings.NewReplacer("~1", "/", "~0", "~").Replace(part)
		m, ok := current.(map[string]any)
		if !ok {
			break
		}
		if current = m[part]; current == nil {
			break
		}
		if next, ok := current.(map[string]any); ok {
			at = next
		}
	}
	return at
}

// described says what a part of the schema wants, with an example.
func described(part map[string]any) string {
	text, _ := part["description"].(string)
	examples, _ := part["examples"].([]any)
	if ref, ok := part["$ref"].(string); ok {
		other := schemaAt(ref)
		if text == "" {
			text, _ = other["description"].(string)
		}
		if len(examples) == 0 {
			examples, _ = other["examples"].([]any)
		}
	}
	if len(examples) > 0 {
		text += ", for example " + list(examples[:1])
	}
	return text
}

func list(values []any) string {
	var out []string
	for _, v := range values {
		b, err := json.Marshal(v)
		if err != nil {
			continue
		}
		out = append(out, string(b))
	}
	return strings.Join(out, ", ")
}

func keys(properties any) []string {
	m, _ := properties.(map[string]any)
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// nearest is the known word that differs by two letters at most, "" for none.
func nearest(word string, known []string) string {
	best, least := "", 3
	for _, k := range known {
		if n := distance(strings.ToLower(word), strings.ToLower(k)); n < least {
			best, least = k, n
		}
	}
	return best
}

// distance is that of Levenshtein; words longer than any key are far away.
func distance(a, b string) int {
	if len(a) > 64 {
		return len(a)
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		last := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := last
			if a[i] != b[j] {
				change++
			}
			last = row[j+1]
			row[j+1] = min(change, row[j]+1, last+1)
		}
	}
	return row[len(b)]
}
