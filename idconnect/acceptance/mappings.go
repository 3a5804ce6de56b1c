package acceptance

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	"github.com/idconnect-go/upgrade/idconnect/verify"
)

// mappings compares the mappings to and from Salesforce and Active Directory.
// Every one of the source must be in the target, from and to the same, with the
// same properties and their default values. What else differs, such as a
// script, is named and no failure: the versions write mappings in other ways.
func (t *checker) mappings(ctx context.Context, c *verify.Check) {
	t.read(ctx)
	compareEntries(c, "mapping", "of",
		"bring the mappings of 2.1 to the target, as its tab Sync shows them, and compare again",
		t.config[0].mappings, t.config[1].mappings, compareMappings)
}

// compareMappings names what must not differ, and what may.
func compareMappings(a, b mapping) (must, may []string) {
	for _, name := range []string{"source", "target"} {
		if !sameJSON(a.members[name], b.members[name]) {
			must = append(must, name)
		}
	}
	x, y := mappingProperties(a.members["properties"]), mappingProperties(b.members["properties"])
	for _, key := range slices.Sorted(maps.Keys(x)) {
		there, ok := y[key]
		switch {
		case !ok:
			must = append(must, "property "+key)
		case !sameJSON(x[key]["default"], there["default"]):
			must = append(must, "default of "+key)
		case !sameMembers(x[key], there):
			may = append(may, "property "+key)
		}
	}
	for key := range y {
		if _, ok := x[key]; !ok {
			may = append(may, "property "+key+" added")
		}
	}
	for _, name := range namesOf(a.members, b.members) {
		switch name {
		case "source", "target", "properties", "name", "_id", "_rev":
			continue
		}
		if !sameJSON(a.members[name], b.members[name]) {
			may = append(may, name)
		}
	}
	slices.Sort(may)
	return must, may
}

// mappingProperties are a mapping's properties by what they map to and from.
func mappingProperties(raw json.RawMessage) map[string]map[string]json.RawMessage {
	var list []map[string]json.RawMessage
	_ = json.Unmarshal(raw, &list) // what is no list has no properties
	out := map[string]map[string]json.RawMessage{}
	for _, p := range list {
		var source, target string
		_ = json.Unmarshal(p["source"], &source)
		_ = json.Unmarshal(p["target"], &target)
		key := target
		if source != "" {
			key += " from " + source
		}
		out[key] = p
	}
	return out
}
