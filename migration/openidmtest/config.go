package openidmtest

import (
	"crypto/sha256"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/idconnect-go/upgrade/internal/crest"
	"github.com/idconnect-go/upgrade/migration/openidmtest/internal/policy"
)

// configIDs are the configurations of a default server. Of most of them only
// the id is known here.
var configIDs = []string{
	"ui/dashboard", "ui.context/api", "info/login", "script", "endpoint/getprocessesforuser", "sync",
	"process/access", "endpoint/mappingDetails", "endpoint/gettasksview", "ui.context/admin",
	"ui.context/selfservice", "router", "workflow", "scheduler", "info/ping", "managed", "info/version",
	"ui/configuration", "authentication", "policy", "org.apache.felix.fileinstall/activiti", "repo.orientdb",
	"cluster", "endpoint/reconResults", "endpoint/usernotifications", "endpoint/linkedView", "ui/themeconfig",
	"audit", "felix.webconsole", "selfservice.kba", "endpoint/oauthproxy", "servletfilter/cors",
	"org.apache.felix.fileinstall/openidm", "selfservice.propertymap",
}

func (s *Server) configIDs() []string {
	ids := s.world.traits.Configurations(configIDs)
	if s.options.Connector {
		ids = append(ids, "provisioner.openicf/xml")
	}
	for _, c := range s.options.Connectors {
		ids = append(ids, c.config())
	}
	if s.options.Role == Target {
		ids = append(ids, "endpoint/migration")
	}
	return ids
}

// config serves the list, the configurations of which the content is known,
// and those that are written.
func (s *Server) config(c *call) (*crest.Result, *crest.Error) {
	id := strings.Join(c.Segments[1:], "/")
	if c.Operation == "action" {
		return nil, crest.NeverSupported(c.Request)
	}
	if c.Operation == "query" {
		return crest.RunQuery(c.Request, crest.List(nil)) // the measured server finds nothing by a filter
	}
	if len(c.Segments) > 3 {
		return nil, crest.BadRequest("The passed resourcePath has more than two parts")
	}
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	if c.Operation != "read" {
		return s.writeConfig(c, id)
	}
	if id == "" {
		all := []any{}
		for _, id := range s.allConfigIDs() {
			one := record{"_id": id, "pid": id, "factoryPid": nil}
			if factory, _, ok := strings.Cut(id, "/"); ok {
				sum := sha256.Sum256([]byte(id))
				one["factoryPid"], one["pid"] = factory, factory+"."+uuid([16]byte(sum[:16]))
			}
			all = append(all, one)
		}
		return &crest.Result{Body: crest.Pick(record{"_id": "", "configurations": all}, c.Fields)}, nil
	}
	if r := s.findConfig(id); r != nil {
		r["_id"] = id
		return &crest.Result{Body: crest.Pick(r, c.Fields)}, nil
	}
	return nil, crest.Errorf(http.StatusNotFound, "No configuration exists for id %s", id)
}

// allConfigIDs are those of the start, without the deleted ones, and then the
// written ones.
func (s *Server) allConfigIDs() []string {
	written := s.world.config
	ids := slices.DeleteFunc(s.configIDs(), func(id string) bool {
		r, ok := written[id]
		return ok && r == nil
	})
	for _, id := range slices.Sorted(maps.Keys(written)) {
		if written[id] != nil && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// findConfig returns a copy of a configuration, nil if there is none.
func (s *Server) findConfig(id string) record {
	if r, written := s.world.config[id]; written {
		return maps.Clone(r)
	}
	if slices.Contains(s.configIDs(), id) {
		return s.configuration(id)
	}
	return nil
}

// writeConfig creates, changes and deletes. A nil record stands for one that
// was deleted. What is written has no effect on the fake itself.
func (s *Server) writeConfig(c *call, id string) (*crest.Result, *crest.Error) {
	old := s.findConfig(id)
	if c.Upsert && old != nil {
		c.Operation = "update"
	}
	switch {
	case c.Operation == "create" && c.Posted:
		return nil, crest.BadRequest("The passed identifier to create is null")
	case c.Operation == "create" && id == "":
		return nil, crest.NotFound("")
	case id == "":
		return nil, crest.BadRequest("The passed identifier to %s is null", c.Operation)
	case c.Operation == "create" && old != nil:
		return nil, crest.Errorf(http.StatusPreconditionFailed,
			"Can not create a new factory configuration with ID %s, "+
				"configuration for this ID already exists.", id)
	case c.Operation != "create" && old == nil:
		return nil, crest.Errorf(http.StatusNotFound,
			"No existing configuration found for %s, can not %s the configuration.", id, c.Operation)
	}
	next, status := record(nil), 0
	switch c.Operation {
	case "create":
		next, status = maps.Clone(c.Body.(record)), http.StatusCreated
	case "update":
		next = maps.Clone(c.Body.(record))
	case "patch":
		var e *crest.Error
		if next, _, e = crest.Patch(old, c.Body); e != nil {
			return nil, e
		}
	}
	s.world.config[id] = next
	shown := maps.Clone(next)
	if c.Operation == "delete" {
		shown = old
	}
	shown["_id"] = id
	return &crest.Result{Status: status, Body: crest.Pick(shown, c.Fields)}, nil
}

func (s *Server) configuration(id string) record {
	switch id {
	case "sync":
		mappings := []any{}
		if s.options.Connector {
			mappings = append(mappings, mappingConfig())
		}
		for _, m := range s.options.Mappings {
			mappings = append(mappings, m)
		}
		return record{"mappings": mappings}
	case "managed":
		objects := []any{}
		for _, name := range s.managedKinds() {
			schema := record{"type": "object"}
			if required := policy.Required(name); required != nil {
				schema["required"] = required
			}
			objects = append(objects, record{"name": name, "schema": schema})
		}
		return record{"objects": objects}
	case "provisioner.openicf/xml":
		return record{
			"name":             connectorName,
			"connectorRef":     connectorRef(),
			"producerBuffer":   "100",
			"operationTimeout": record{"CREATE": -1, "TEST": -1, "SEARCH": -1},
			"configurationProperties": record{
				"xmlFilePath": "&{launcher.project.location}/data/xmlConnectorData.xml",
				"xsdFilePath": "&{launcher.project.location}/data/resource-schema-1.xsd",
			},
			"syncFailureHandler":        record{"maxRetries": 5, "postRetryAction": "logged-ignore"},
			"connectorPoolingSupported": true,
			"objectTypes": record{"account": record{"type": "object", "id": "__ACCOUNT__",
				"nativeType": "__ACCOUNT__"}},
		}
	case "ui/themeconfig":
		return record{"settings": record{"footer": record{"mailto": "info@example.com"}}}
	case "ui/configuration":
		return record{"configuration": record{"selfRegistration": false, "passwordReset": false,
			"forgotUsername": false, "lang": "en", "defaultNotificationType": "info"}}
	}
	for _, c := range s.options.Connectors {
		if c.config() == id {
			return c.configuration()
		}
	}
	return record{}
}

// mappingConfig is the mapping from the XML connector to the managed users.
func mappingConfig() record {
	script := func(text string) record { return record{"type": "text/javascript", "source": text} }
	policies := []any{}
	for _, p := range mappingPolicies {
		policies = append(policies, record{"situation": p.situation, "action": p.action})
	}
	properties := []any{}
	for _, p := range mappingProperties {
		properties = append(properties, record{"source": p[0], "target": p[1]})
	}
	properties = append(properties,
		record{"default": mappedPassword, "target": "password"},
		record{"source": "roles", "target": "authzRoles",
			"transform": script("source.split(',').map(function(role) " +
				"{ return {'_ref': 'repo/internal/role/' + role} });")})
	return record{
		"name": reconMapping, "source": "system/" + connectorName + "/account", "target": managedUser,
		"correlationQuery": script("var query = {'_queryId' : 'for-userName', 'uid' : source.name};query;"),
		"properties":       properties,
		"policies":         policies,
	}
}
