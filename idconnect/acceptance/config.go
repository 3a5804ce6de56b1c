package acceptance

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/idconnect-go/upgrade/idconnect/internal/digest"
	"github.com/idconnect-go/upgrade/idconnect/verify"
	"github.com/idconnect-go/upgrade/internal/text"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// maxConnectors limits the configurations of connectors that are read.
const maxConnectors = 500

// kinds says what a connector or a mapping is about; a mapping may be about
// both.
type kinds int

const (
	salesforce kinds = 1 << iota
	directory
)

func (k kinds) String() string {
	switch k {
	case salesforce:
		return "Salesforce"
	case directory:
		return "Active Directory"
	}
	return "Salesforce or Active Directory"
}

// kindOf is the kind that a text tells.
func (t *checker) kindOf(texts ...string) (k kinds) {
	for _, s := range texts {
		if t.salesforce.MatchString(s) {
			k |= salesforce
		}
		if t.directory.MatchString(s) {
			k |= directory
		}
	}
	return k
}

// configuration is what is used of the configuration of one server.
type configuration struct {
	connectors   []connector // by name
	connectorsBy string      // why they could not be read, "" they could
	mappings     []mapping   // by name
	mappingsBy   string
}

// connector is a configuration provisioner.openicf/…, as far as it is
// looked at. What it holds to connect, secrets among it, is only compared.
type connector struct {
	Name string `json:"name"`
	Ref  struct {
		Name   string `json:"connectorName"`
		Bundle string `json:"bundleName"`
	} `json:"connectorRef"`
	Enabled     *bool                      `json:"enabled"`
	ObjectTypes map[string]json.RawMessage `json:"objectTypes"`
	Settings    map[string]json.RawMessage `json:"configurationProperties"`

	kind kinds
}

// types are the names of its object types, sorted, without that for all.
func (c connector) types() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(c.ObjectTypes)), func(s string) bool { return s == "__ALL__" })
}

// mapping is one of the configuration sync.
type mapping struct {
	name           string
	source, target string // resources, "" where they are of another form
	links          string // type of its links
	kind           kinds
	members        map[string]json.RawMessage
}

// read reads the configuration of a server once.
func (t *checker) read(ctx context.Context) {
	if t.config[0] != nil {
		return
	}
	both(func(side int) {
		c := &configuration{}
		t.config[side] = c
		ids, err := t.servers[side].Configs(ctx)
		if err != nil {
			c.connectorsBy = fmt.Sprintf("the %s does not show its configuration (%s)", sides[side], statusOf(err))
		} else if err := t.readConnectors(ctx, side, ids); err != nil {
			c.connectorsBy = fmt.Sprintf("the %s does not show its connectors (%s)", sides[side], statusOf(err))
		}
		if err := t.readMappings(ctx, side); err != nil {
			c.mappingsBy = fmt.Sprintf("the %s does not show its mappings (%s)", sides[side], statusOf(err))
		}
	})
}

func (t *checker) readConnectors(ctx context.Context, side int, ids []string) error {
	config := t.config[side]
	for _, id := range ids {
		if !strings.HasPrefix(id, "provisioner.") {
			continue
		}
		if len(config.connectors) >= maxConnectors {
			return fmt.Errorf("more than %d", maxConnectors)
		}
		var c connector
		err := t.servers[side].Config(ctx, id, &c)
		if errors.Is(err, openidm.ErrNotFound) {
			continue // gone since it was listed
		}
		if err != nil {
			return err
		}
		// Without a name it is called by its id (assumed).
		c.Name = cmp.Or(c.Name, id[strings.LastIndexByte(id, '/')+1:])
		c.kind = t.kindOf(id[strings.IndexByte(id, '/')+1:], c.Name, c.Ref.Name, c.Ref.Bundle)
		config.connectors = append(config.connectors, c)
	}
	slices.SortFunc(config.connectors, func(a, b connector) int { return strings.Compare(a.Name, b.Name) })
	return nil
}

func (t *checker) readMappings(ctx context.Context, side int) error {
	var doc struct {
		Mappings []map[string]json.RawMessage `json:"mappings"`
	}
	err := t.servers[side].Config(ctx, "sync", &doc)
	if err != nil && !errors.Is(err, openidm.ErrNotFound) { // a server without mappings may have none
		return err
	}
	config := t.config[side]
	for _, members := range doc.Mappings {
		text := func(name string) (s string) {
			_ = json.Unmarshal(members[name], &s) // an object, in linked mappings
			return s
		}
		m := mapping{name: text("name"), source: text("source"), target: text("target"), links: text("links"), members: members}
		m.links = cmp.Or(m.links, m.name)
		m.kind = t.kindOf(m.name)
		for _, resource := range []string{m.source, m.target} {
			system, ok := strings.CutPrefix(resource, "system/")
			if !ok {
				continue
			}
			name, _, _ := strings.Cut(system, "/")
			m.kind |= t.kindOf(name)
			for _, c := range config.connectors {
				if c.Name == name {
					m.kind |= c.kind
				}
			}
		}
		config.mappings = append(config.mappings, m)
	}
	slices.SortFunc(config.mappings, func(a, b mapping) int { return strings.Compare(a.name, b.name) })
	return nil
}

// ofKind are the connectors of a server that are of a kind.
func (c *configuration) ofKind(k kinds) (found []connector) {
	for _, x := range c.connectors {
		if x.kind&k != 0 {
			found = append(found, x)
		}
	}
	return found
}

func (c *configuration) connector(name string) (connector, bool) {
	i := slices.IndexFunc(c.connectors, func(x connector) bool { return x.Name == name })
	if i < 0 {
		return connector{}, false
	}
	return c.connectors[i], true
}

// linkKind is what a type of links is about: as the mappings say, else as its
// own name does.
func (t *checker) linkKind(linkType string) (k kinds) {
	for _, c := range t.config {
		for _, m := range c.mappings {
			if m.links == linkType {
				k |= m.kind
			}
		}
	}
	if k == 0 {
		k = t.kindOf(linkType)
	}
	return k
}

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
		skip(c, "none of the source's %s is recognised as one of Salesforce or Active Directory", text.Plural(len(t.config[0].mappings), "mapping"))
		return
	}
	t.conclude(c, "mapping", "bring the mappings of 2.1 to the target, as its tab Sync shows them, and compare again", missing, changed, other, unknown)
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

// connectors compares the connectors to Salesforce and Active Directory: every
// one of the source must be in the target by its name, with the same class and
// object types. Other settings that differ are named: an address may have to.
// Encrypted ones are not looked at, as each server has them in its own way.
func (t *checker) connectors(ctx context.Context, c *verify.Check) {
	t.read(ctx)
	if why := cmp.Or(t.config[0].connectorsBy, t.config[1].connectorsBy); why != "" {
		skip(c, "%s", why)
		return
	}
	const any = salesforce | directory
	here, there := t.config[0].ofKind(any), t.config[1].ofKind(any)
	if len(here) == 0 {
		skip(c, "none of the source's %s is recognised as one to Salesforce or Active Directory", text.Plural(len(t.config[0].connectors), "connector"))
		return
	}
	c.Source, c.Target = int64(len(here)), int64(len(there))
	var missing, changed, other []string
	for _, a := range here {
		b, ok := t.config[1].connector(a.Name)
		if !ok {
			missing = append(missing, a.Name)
			continue
		}
		var must, may []string
		if a.Ref.Name != b.Ref.Name {
			must = append(must, "class")
		}
		for _, name := range a.types() {
			if _, ok := b.ObjectTypes[name]; !ok {
				must = append(must, "object type "+name)
			}
		}
		for _, name := range slices.Sorted(maps.Keys(mergeNames(a.Settings, b.Settings))) {
			x, y := a.Settings[name], b.Settings[name]
			if !digest.SecretName(name) && !digest.Encrypted(x) && !digest.Encrypted(y) && !sameJSON(x, y) {
				may = append(may, name)
			}
		}
		if len(must) > 0 {
			changed = append(changed, fmt.Sprintf("%s (%s)", a.Name, strings.Join(must, ", ")))
		}
		if len(may) > 0 {
			other = append(other, fmt.Sprintf("%s (%s)", a.Name, strings.Join(may, ", ")))
		}
	}
	t.conclude(c, "connector", "set the connector up in the target, then compare again", missing, changed, other, len(t.config[0].connectors)-len(here))
}
