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

// kindOfConnector is what a connector is, as its class and the id of its
// configuration tell, else what it is called. The connector of 3.x to Salesforce
// is none of OpenICF; before October 2014 its id began otherwise (H). That the
// products have these classes is inferred (M).
func (t *checker) kindOfConnector(id string, c connector) kinds {
	factory, name, _ := strings.Cut(id, "/")
	switch {
	case !t.known:
	case factory == "provisioner.salesforce", factory == "salesforce", c.Ref.System == "provisioner.salesforce",
		c.Ref.Name == "org.forgerock.openidm.salesforce.Salesforce",
		c.Ref.Name == "org.forgerock.openicf.connectors.salesforce.SalesforceConnector":
		return salesforce
	case c.Ref.Name == "org.identityconnectors.ldap.LdapConnector":
		return directory
	}
	return t.kindOf(name, c.Name, c.Ref.Name, c.Ref.Bundle)
}

// configuration is what is used of the configuration of one server.
type configuration struct {
	connectors entries[connector]
	mappings   entries[mapping]
}

// connector is a configuration provisioner.openicf/… or of the like, as far as it is
// looked at. What it holds to connect, secrets among it, is only compared.
type connector struct {
	Name string `json:"name"`
	Ref  struct {
		Name   string `json:"connectorName"`
		Bundle string `json:"bundleName"`
		System string `json:"systemType"`
	} `json:"connectorRef"`
	Enabled     *bool                      `json:"enabled"`
	ObjectTypes map[string]json.RawMessage `json:"objectTypes"`
	Settings    map[string]json.RawMessage `json:"configurationProperties"`

	kind kinds
}

func (c connector) called() string { return c.Name }
func (c connector) about() kinds   { return c.kind }

// types are the names of its object types, sorted, without that for all.
func (c connector) types() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(c.ObjectTypes)),
		func(s string) bool { return s == "__ALL__" })
}

// mapping is one of the configuration sync.
type mapping struct {
	name           string
	source, target string // resources, "" where they are of another form
	links          string // type of its links
	kind           kinds
	members        map[string]json.RawMessage
}

func (m mapping) called() string { return m.name }
func (m mapping) about() kinds   { return m.kind }

// read reads the configuration of both servers once.
func (t *checker) read(ctx context.Context) {
	t.reading.do(func() { t.readConfig(ctx) })
}

func (t *checker) readConfig(ctx context.Context) {
	both(func(side int) {
		c := &configuration{}
		t.config[side] = c
		ids, err := t.servers[side].Configs(ctx)
		if err != nil {
			c.connectors.why = fmt.Sprintf("the %s does not show its configuration (%s)", sides[side], statusOf(err))
		} else if err := t.readConnectors(ctx, side, ids); err != nil {
			c.connectors.why = fmt.Sprintf("the %s does not show its connectors (%s)", sides[side], statusOf(err))
		}
		if err == nil && !slices.Contains(ids, "sync") {
			return // it has no mappings, as a server may
		}
		if err := t.readMappings(ctx, side); err != nil {
			c.mappings.why = fmt.Sprintf("the %s does not show its mappings (%s)", sides[side], statusOf(err))
		}
	})
}

func (t *checker) readConnectors(ctx context.Context, side int, ids []string) error {
	connectors := &t.config[side].connectors
	for _, id := range ids {
		// Salesforce's had ids of another kind before October 2014.
		if !strings.HasPrefix(id, "provisioner.") && !strings.HasPrefix(id, "salesforce/") {
			continue
		}
		if len(connectors.all) >= maxConnectors {
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
		c.kind = t.kindOfConnector(id, c)
		connectors.all = append(connectors.all, c)
	}
	connectors.sort()
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
		m := mapping{name: text("name"), source: text("source"), target: text("target"), links: text("links"),
			members: members}
		m.links = cmp.Or(m.links, m.name)
		m.kind = t.kindOf(m.name)
		for _, resource := range []string{m.source, m.target} {
			system, ok := strings.CutPrefix(resource, "system/")
			if !ok {
				continue
			}
			name, _, _ := strings.Cut(system, "/")
			if c, ok := config.connectors.named(name); ok && c.kind != 0 {
				m.kind |= c.kind
			} else {
				m.kind |= t.kindOf(name)
			}
		}
		config.mappings.all = append(config.mappings.all, m)
	}
	config.mappings.sort()
	return nil
}

// linkKind is what a type of links is about: as the mappings say, else as its
// own name does.
func (t *checker) linkKind(linkType string) (k kinds) {
	for _, c := range t.config {
		for _, m := range c.mappings.all {
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
