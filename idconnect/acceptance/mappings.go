package acceptance

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/idconnect-go/upgrade/idconnect/internal/digest"
	"github.com/idconnect-go/upgrade/idconnect/verify"
	"github.com/idconnect-go/upgrade/internal/text"
)

// mappings compares the mappings to and from Salesforce and Active Directory.
// Every one of the source must be in the target, from and to the same, with the
// same properties and their default values. What else differs, such as a
// script, is named and no failure: the versions write mappings in other ways.
func (t *checker) mappings(ctx context.Context, c *verify.Check) {
	t.read(ctx)
	if why := cmp.Or(t.config[0].mappingsBy, t.config[1].mappingsBy); why != "" {
		skip(c, "%s", why)
		return
	}
	var missing, changed, other []string
	n, unknown := [2]int64{}, 0
	for side, config := range t.config {
		for _, m := range config.mappings {
			if m.kind != 0 {
				n[side]++
			} else if side == 0 {
				unknown++
			}
		}
	}
	for _, m := range t.config[0].mappings {
		if m.kind == 0 {
			continue
		}
		i := slices.IndexFunc(t.config[1].mappings, func(x mapping) bool { return x.name == m.name })
		if i < 0 {
			missing = append(missing, m.name)
			continue
		}
		must, may := compareMappings(m, t.config[1].mappings[i])
		if len(must) > 0 {
			changed = append(changed, fmt.Sprintf("%s (%s)", m.name, strings.Join(must, ", ")))
		}
		if len(may) > 0 {
			other = append(other, fmt.Sprintf("%s (%s)", m.name, strings.Join(may, ", ")))
		}
	}
	c.Source, c.Target = n[0], n[1]
	if n[0] == 0 {
		c.Source, c.Target = -1, -1
		skip(c, "none of the source's %s is recognised as one of Salesforce or Active Directory",
			text.Plural(len(t.config[0].mappings), "mapping"))
		return
	}
	t.conclude(c, "mapping",
		"bring the mappings of 2.1 to the target, as its tab Sync shows them, and compare again",
		missing, changed, other, unknown)
}

// conclude turns what was found of mappings or connectors into a result.
func (t *checker) conclude(c *verify.Check, what, remedy string, missing, changed, other []string, unknown int) {
	var also string
	if len(other) > 0 {
		also += "; also different, and no failure: " + list(other)
	}
	if unknown > 0 {
		also += fmt.Sprintf("; not compared: %s of another kind", text.Plural(unknown, what))
	}
	var wrong []string
	if len(missing) > 0 {
		wrong = append(wrong, "not in the target: "+list(missing))
	}
	if len(changed) > 0 {
		wrong = append(wrong, "different: "+list(changed))
	}
	if len(wrong) > 0 {
		fail(c, remedy, "%s%s", strings.Join(wrong, "; "), also)
		return
	}
	pass(c, "all of the source's are in the target%s", also)
}

// list names some of what was found; the text is the servers'.
func list(names []string) string {
	const most = 10
	out := make([]string, 0, most)
	for _, name := range names[:min(len(names), most)] {
		out = append(out, text.Cut(text.Printable(name), 200))
	}
	s := strings.Join(out, ", ")
	if more := len(names) - most; more > 0 {
		s += fmt.Sprintf(" and %d more", more)
	}
	return s
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
	for _, name := range slices.Sorted(maps.Keys(mergeNames(a.members, b.members))) {
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

func mergeNames[V any](a, b map[string]V) map[string]bool {
	out := map[string]bool{}
	for name := range a {
		out[name] = true
	}
	for name := range b {
		out[name] = true
	}
	return out
}

func sameMembers(a, b map[string]json.RawMessage) bool {
	for name := range mergeNames(a, b) {
		if !sameJSON(a[name], b[name]) {
			return false
		}
	}
	return true
}

// sameJSON compares two values by their canonical form; what is not there is
// the same as null in a configuration.
func sameJSON(a, b json.RawMessage) bool {
	text := func(raw json.RawMessage) string {
		if len(raw) == 0 {
			return "null"
		}
		out, err := digest.Canonical(raw)
		if err != nil {
			return string(raw)
		}
		return string(out)
	}
	return text(a) == text(b)
}
