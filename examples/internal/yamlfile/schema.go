package yamlfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"go.yaml.in/yaml/v3"

	"github.com/idconnect-go/upgrade/examples/internal/spelling"
)

// secretDef is the definition of a schema whose values are not repeated.
const secretDef = "/$defs/secret"

// Schema is a JSON Schema (2020-12). The descriptions and examples in it are
// what problems say to write.
type Schema struct {
	compiled *jsonschema.Schema
	root     map[string]any
	hints    map[string]func(string) string
}

// NewSchema compiles a schema, which is a part of the program: it panics if that
// is not one. A hint, by the name of a definition, returns what to write instead
// of a text that the definition refuses, "" where it cannot tell.
func NewSchema(text []byte, hints map[string]func(value string) string) *Schema {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		panic(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema.json", doc); err != nil {
		panic(err)
	}
	return &Schema{c.MustCompile("schema.json"), doc.(map[string]any), hints}
}

// Root returns the schema as values.
func (s *Schema) Root() map[string]any { return s.root }

// Check compares the document with a schema and records what is wrong, unless
// something is already.
func (d *Document) Check(s *Schema) {
	if d.problems != nil {
		return
	}
	var invalid *jsonschema.ValidationError
	if err := s.compiled.Validate(d.Value); errors.As(err, &invalid) {
		d.invalid(s, invalid)
	} else if err != nil {
		d.Add("", err.Error(), "")
	}
}

// invalid records the innermost causes: the others only say where they are.
func (d *Document) invalid(s *Schema, e *jsonschema.ValidationError) {
	place := pointer(e.InstanceLocation)
	_, choice := e.ErrorKind.(*kind.AnyOf)
	if len(e.Causes) > 0 && !choice {
		for _, c := range e.Causes {
			d.invalid(s, c)
		}
		return
	}
	at := s.at(e.SchemaURL)
	what := s.described(at)
	if t, ok := e.ErrorKind.(*kind.Type); ok && t.Got == "null" {
		d.Add(place, "no value", what)
		return
	}
	if strings.HasPrefix(e.SchemaURL[strings.IndexByte(e.SchemaURL, '#')+1:], secretDef) {
		d.invalidSecret(e, place, what)
		return
	}
	switch k := e.ErrorKind.(type) {
	case *kind.AdditionalProperties:
		for _, p := range k.Properties {
			text, write := s.unknown(p, at)
			d.addKey(place+"/"+Escape(p), text, write)
		}
	case *kind.Required:
		for _, m := range k.Missing {
			property, _ := at["properties"].(map[string]any)
			one, _ := property[m].(map[string]any)
			d.Add(place, m+" is missing", m+": "+s.described(one))
		}
	case *kind.PropertyNames:
		d.addKey(place+"/"+Escape(k.Property), "not a name", what)
	case *kind.Type:
		d.Add(place, fmt.Sprintf("%s, not %s", article(k.Got), article(k.Want...)), what)
	case *kind.UniqueItems:
		d.Add(place, "an entry is listed twice", "each once")
	case *kind.MinItems, *kind.MinProperties:
		d.Add(place, "empty", what)
	case *kind.Enum:
		text := "unknown value " + clip(list([]any{k.Got}))
		if word, ok := k.Got.(string); ok {
			if near := nearest(word, texts(k.Want)); near != "" {
				d.Add(place, text, near)
				return
			}
		}
		d.Add(place, text, "one of "+list(k.Want))
	case *kind.Const:
		d.Add(place, "unknown value "+clip(list([]any{k.Got})), list([]any{k.Want}))
	case *kind.Pattern:
		def := e.SchemaURL[strings.LastIndexByte(e.SchemaURL, '/')+1:]
		if hint := s.hints[def]; hint != nil && hint(k.Got) != "" {
			what = hint(k.Got)
		}
		d.Add(place, "not in the expected form", what)
	case *kind.Minimum, *kind.Maximum:
		d.Add(place, "out of range", what)
	case *kind.MaxLength, *kind.MaxItems, *kind.MaxProperties:
		d.Add(place, "too long", what)
	default:
		d.Add(place, "not in the expected form", what)
	}
}

// invalidSecret says what is wrong with a reference to a secret. Whatever stands
// there may be the secret: it is not repeated.
func (d *Document) invalidSecret(e *jsonschema.ValidationError, place, what string) {
	if t, ok := e.ErrorKind.(*kind.Type); ok && (t.Got == "string" || t.Got == "number") &&
		slices.Equal(t.Want, []string{"object"}) {
		d.Add(place, "a secret in the file itself", what)
		return
	}
	d.Add(place, "not a reference to a secret", what)
}

// article is a type of JSON in the words of YAML.
func article(kinds ...string) string {
	names := map[string]string{"object": "a block of keys", "array": "a list", "string": "text",
		"boolean": "true or false", "number": "a number", "integer": "a whole number"}
	var out []string
	for _, k := range kinds {
		out = append(out, names[k])
	}
	return strings.Join(out, " or ")
}

// unknown says what is wrong with a key, and which one may be meant.
func (s *Schema) unknown(key string, part map[string]any) (text, write string) {
	properties, _ := part["properties"].(map[string]any)
	known := keysOf(properties)
	if near := nearest(key, known); near != "" {
		return fmt.Sprintf("unknown key, did you mean %s?", near), ""
	}
	// A flag, or the key of a block inside.
	for _, k := range known {
		one, _ := properties[k].(map[string]any)
		inner, _ := s.resolved(one)["properties"].(map[string]any)
		for _, in := range keysOf(inner) {
			if plain(key) == plain(k+in) || plain(key) == plain(in) || plain(key) == plain(k+in+"file") {
				return fmt.Sprintf("unknown key, did you mean %s in the block %s?", in, k), ""
			}
		}
	}
	return "unknown key", "one of " + strings.Join(known, ", ")
}

// plain is a key without what separates its words.
func plain(key string) string {
	return strings.NewReplacer("-", "", "_", "", ".", "", " ", "").Replace(strings.ToLower(key))
}

func pointer(parts []string) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteString("/" + Escape(p))
	}
	return b.String()
}

// at is the part of the schema with the description of what failed: the address
// may end in the keyword.
func (s *Schema) at(address string) map[string]any {
	at := s.root
	_, fragment, _ := strings.Cut(address, "#")
	var current any = s.root
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

// resolved is a part with what its reference names.
func (s *Schema) resolved(part map[string]any) map[string]any {
	ref, ok := part["$ref"].(string)
	if !ok {
		return part
	}
	out := maps.Clone(s.resolved(s.at(ref)))
	maps.Copy(out, part)
	return out
}

// Describe says what a definition of the schema wants, with an example.
func (s *Schema) Describe(def string) string {
	return s.described(map[string]any{"$ref": "#/$defs/" + def})
}

func (s *Schema) described(part map[string]any) string {
	part = s.resolved(part)
	text, _ := part["description"].(string)
	text, _, _ = strings.Cut(text, "; default")
	if examples, _ := part["examples"].([]any); len(examples) > 0 {
		return "for example " + Flow(examples[0]) + " (" + text + ")"
	}
	return text
}

// Flow writes a value of a document in one line, as YAML.
func Flow(value any) string {
	var parts []string
	switch v := value.(type) {
	case map[string]any:
		for _, k := range keysOf(v) {
			parts = append(parts, k+": "+Flow(v[k]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case []any:
		for _, e := range v {
			parts = append(parts, Flow(e))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case string:
		return Quote(v)
	}
	b, err := json.Marshal(value)
	if err != nil {
		return ""
	}
	return string(b)
}

// plainText needs no quotes, not even in a list.
var plainText = regexp.MustCompile(`^[A-Za-z0-9/][A-Za-z0-9_./=:-]*[A-Za-z0-9_./=-]$`)

// Quote writes a text as a value of YAML, in quotes if it needs them.
func Quote(s string) string {
	var v any
	plain := plainText.MatchString(s) && yaml.Unmarshal([]byte(s), &v) == nil && v == any(s)
	switch {
	case plain:
		return s
	case strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) >= 0:
		b, err := json.Marshal(s)
		if err != nil {
			return ""
		}
		return string(b)
	}
	return "'" + strings.ReplaceAll(s, "'", "''") + "'"
}

func list(values []any) string {
	var out []string
	for _, v := range values {
		out = append(out, Flow(v))
	}
	return strings.Join(out, ", ")
}

func texts(values []any) (out []string) {
	for _, v := range values {
		if s, ok := v.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// nearest is the known word that differs by two letters at most, "" for none.
func nearest(word string, known []string) string {
	best, least := "", 3
	for _, k := range known {
		if plain(word) == plain(k) {
			return k
		}
		if n := spelling.Distance(strings.ToLower(word), strings.ToLower(k)); n < least && n < len(k) {
			best, least = k, n
		}
	}
	return best
}
