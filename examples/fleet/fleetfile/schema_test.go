package fleetfile

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/idconnect-go/upgrade/examples/internal/siteconfig"
)

var update = flag.Bool("update", false, "write the parts of siteconfig into fleet.schema.json")

// TestShared: an installation of a fleet is a site, of which the fleet has its own
// paths, and parts that are only its own.
func TestShared(t *testing.T) {
	var site, fleet map[string]any
	for text, into := range map[string]*map[string]any{string(siteconfig.Schema()): &site, string(Schema()): &fleet} {
		if err := json.Unmarshal([]byte(text), into); err != nil {
			t.Fatal(err)
		}
	}
	defs := fleet["$defs"].(map[string]any)
	own := func(def string) map[string]any {
		return defs[def].(map[string]any)["properties"].(map[string]any)
	}
	worker, carry := own("server")["worker"], own("handover")["carry"]
	id, place, anywhere := own("installation")["id"], own("installation")["site"], own("installation")["anywhere"]
	for name, def := range site["$defs"].(map[string]any) {
		if name != "path" { // each worker has a folder of its own
			defs[name] = def
		}
	}
	own("server")["worker"], own("handover")["carry"] = worker, carry
	defs["handover"].(map[string]any)["required"] = []any{"source", "target", "passphrase"}
	shared := maps.Clone(site["properties"].(map[string]any))
	for _, alone := range []string{"$schema", "version", "report"} { // of the file, and of the command
		delete(shared, alone)
	}
	delete(own("verify"), "ids")
	shared["id"], shared["site"], shared["anywhere"] = id, place, anywhere
	defs["installation"].(map[string]any)["properties"] = shared

	var want bytes.Buffer
	e := json.NewEncoder(&want)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(fleet); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("fleet.schema.json", want.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(want.Bytes(), Schema()) {
		t.Error("fleet.schema.json differs from siteconfig: go test -run TestShared -update")
	}
}

// TestSchema: the schema is one, and each of its examples keeps to it.
func TestSchema(t *testing.T) {
	root := fleetSchema().Root()
	c := jsonschema.NewCompiler()
	if err := c.AddResource("fleet.json", root); err != nil {
		t.Fatal(err)
	}
	examples := 0
	var look func(at string, v any)
	look = func(at string, v any) {
		switch v := v.(type) {
		case map[string]any:
			if list, ok := v["examples"].([]any); ok {
				s, err := c.Compile("fleet.json#" + at)
				if err != nil {
					t.Fatalf("%s: %v", at, err)
				}
				for _, e := range list {
					examples++
					if err := s.Validate(e); err != nil {
						t.Errorf("%s: %v", at, err)
					}
				}
			}
			for k, e := range v {
				if k != "examples" {
					look(at+"/"+strings.ReplaceAll(k, "$", "$"), e)
				}
			}
		case []any:
			for i, e := range v {
				look(fmt.Sprintf("%s/%d", at, i), e)
			}
		}
	}
	look("", root)
	if examples < 20 {
		t.Errorf("%d examples", examples)
	}
}
