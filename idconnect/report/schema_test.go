package report

import (
	"bytes"
	"encoding/json"
	"github.com/idconnect-go/upgrade/idconnect/internal/verdict"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/idconnect-go/upgrade/idconnect/changes"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/idconnect/verify"
)

// compileSchema compiles the schema, or a part of it such as "#/$defs/verify".
func compileSchema(t *testing.T, part string) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(Schema))
	if err != nil {
		t.Fatal(err)
	}
	id := doc.(map[string]any)["$id"].(string)
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource(id, doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(id + part)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func validate(s *jsonschema.Schema, text []byte) error {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return err
	}
	return s.Validate(doc)
}

// Every report is valid by the schema, and so is a comparison alone; what
// leaves a member out, adds one or gives one another type is not.
func TestSchema(t *testing.T) {
	t.Parallel()
	schema, verify := compileSchema(t, ""), compileSchema(t, "#/$defs/verify")
	eachSample(t, func(t *testing.T, rep *Report) {
		var b bytes.Buffer
		if err := rep.Write(&b, JSON); err != nil {
			t.Fatal(err)
		}
		if err := validate(schema, b.Bytes()); err != nil {
			t.Errorf("%v", err)
		}
		if rep.Verify != nil {
			alone, err := json.Marshal(rep.Verify)
			if err != nil {
				t.Fatal(err)
			}
			if err := validate(verify, alone); err != nil {
				t.Errorf("alone: %v", err)
			}
		}
		var back Report
		if err := json.Unmarshal(b.Bytes(),
			&back); err != nil || back.Outcome != rep.Outcome || len(back.Steps) != len(rep.Steps) {
			t.Errorf("read again: %v, %+v", err, back)
		}
	})
	var b bytes.Buffer
	if err := sampleDifferences(3, 5).Write(&b, JSON); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ old, with string }{
		{`"version": 1`, `"version": 2`}, {`"outcome": "differences"`,
			`"outcome": "fine"`}, {`"outcome": "differences"`, `"outcome": "done"`},
		{`"missingCount": 5`, `"missingCount": -1`}, {`"missingCount": 5`,
			`"missingCount": "5"`}, {`"missingCount": 5,`, ``},
		{`"missing": true`, `"missing": true, "password": "x"`}, {`"severity": "warns"`,
			`"severity": "bad"`}, {`"result": "failed"`, `"result": "ok"`},
		{`"started": "2026-03-14T20:00:00Z"`, `"started": "yesterday"`}, {`"code": "STORE-UNVERIFIED"`,
			`"code": ""`},
	} {
		changed := strings.Replace(b.String(), c.old, c.with, 1)
		if changed == b.String() {
			t.Errorf("%s is not there", c.old)
		} else if validate(schema, []byte(changed)) == nil {
			t.Errorf("valid with %s", c.with)
		}
	}
}

// The schema has exactly the members of the structs: those without omitempty
// are required, and no others are allowed.
func TestSchemaMembers(t *testing.T) {
	t.Parallel()
	type object struct {
		AdditionalProperties *bool                      `json:"additionalProperties"`
		Required             []string                   `json:"required"`
		Properties           map[string]json.RawMessage `json:"properties"`
		Defs                 map[string]json.RawMessage `json:"$defs"`
	}
	var root object
	if err := json.Unmarshal([]byte(Schema), &root); err != nil {
		t.Fatal(err)
	}
	names := schemaNames()
	seen := map[reflect.Type]bool{}
	var look func(reflect.Type)
	look = func(typ reflect.Type) {
		for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice {
			typ = typ.Elem()
		}
		if typ.Kind() != reflect.Struct || typ == reflect.TypeFor[time.Time]() || seen[typ] {
			return
		}
		seen[typ] = true
		o := root
		if typ != reflect.TypeFor[Report]() {
			o = object{}
			if err := json.Unmarshal(root.Defs[names[typ]], &o); err != nil {
				t.Fatalf("%v has no schema: %v", typ, err)
			}
		}
		if o.AdditionalProperties == nil || *o.AdditionalProperties {
			t.Errorf("%v: other members are allowed", typ)
		}
		required := map[string]bool{}
		for _, r := range o.Required {
			required[r] = true
		}
		for i := range typ.NumField() {
			f := typ.Field(i)
			if !f.IsExported() {
				continue
			}
			name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
			if name == "" || name == "-" {
				t.Errorf("%v.%s has no name in JSON", typ, f.Name)
			}
			if _, ok := o.Properties[name]; !ok {
				t.Errorf("%v: the schema has no %s", typ, name)
			}
			if required[name] == strings.Contains(options, "omit") {
				t.Errorf("%v: is %s required?", typ, name)
			}
			delete(o.Properties, name)
			delete(required, name)
			look(f.Type)
		}
		if typ == reflect.TypeFor[verify.Report]() { // what MarshalJSON adds
			delete(o.Properties, "verdict")
			delete(required, "verdict")
			look(reflect.TypeFor[verdict.Verdict]())
		}
		if len(o.Properties) > 0 || len(required) > 0 {
			t.Errorf("%v: only the schema has %v %v", typ, o.Properties, required)
		}
	}
	look(reflect.TypeFor[Report]())
	if len(seen) != len(root.Defs)+1-4 { // time, count, ids and items are no objects
		t.Errorf("%d types, %d in the schema", len(seen), len(root.Defs))
	}
}

// schemaNames are the names of the structs in the schema.
func schemaNames() map[reflect.Type]string {
	return map[reflect.Type]string{
		reflect.TypeFor[ServerSeen]():              "server",
		reflect.TypeFor[StepResult]():              "step",
		reflect.TypeFor[preflight.Finding]():       "finding",
		reflect.TypeFor[verify.Report]():           "verify",
		reflect.TypeFor[verify.CollectionReport](): "collection",
		reflect.TypeFor[verify.Change]():           "change",
		reflect.TypeFor[changes.Count]():           "expected",
		reflect.TypeFor[verdict.Closed]():          "closed",
		reflect.TypeFor[verdict.Verdict]():         "verdict",
		reflect.TypeFor[verdict.Item]():            "item",
		reflect.TypeFor[verify.Check]():            "check",
		reflect.TypeFor[verify.FailedRecords]():    "failed",
		reflect.TypeFor[verify.FailedRecord]():     "failedRecord",
		reflect.TypeFor[verify.ChangedValue]():     "value",
	}
}
