package openidmtest

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"strings"
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
	ids := configIDs[:len(configIDs):len(configIDs)]
	if s.options.Connector {
		ids = append(ids, "provisioner.openicf/xml")
	}
	for _, c := range s.options.Connectors {
		ids = append(ids, "provisioner.openicf/"+c.Name)
	}
	if s.options.Role == Target {
		ids = append(ids, "endpoint/migration")
	}
	return ids
}

// config serves the list and the configurations of which the content is known.
func (s *Server) config(c *call) (*result, *restError) {
	if c.operation != "read" {
		return nil, unsupported(c)
	}
	id := strings.Join(c.segs[1:], "/")
	if id == "" {
		all := []any{}
		for _, id := range s.configIDs() {
			one := record{"_id": id, "pid": id, "factoryPid": nil}
			if factory, _, ok := strings.Cut(id, "/"); ok {
				sum := sha256.Sum256([]byte(id))
				one["factoryPid"] = factory
				one["pid"] = fmt.Sprintf("%s.%x-%x-%x-%x-%x", factory, sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
			}
			all = append(all, one)
		}
		return &result{body: pick(record{"_id": "", "configurations": all}, c.fields)}, nil
	}
	for _, known := range s.configIDs() {
		if known == id {
			r := s.configuration(id)
			r["_id"] = id
			return &result{body: pick(r, c.fields)}, nil
		}
	}
	return nil, fail(http.StatusNotFound, "No configuration exists for id %s", id)
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
		for _, name := range []string{"user", "role", "assignment"} {
			objects = append(objects, record{"name": name, "schema": record{"type": "object", "required": managedSchema[name]}})
		}
		return record{"objects": objects}
	case "provisioner.openicf/xml":
		return record{
			"name":                      connectorName,
			"connectorRef":              connectorRef(),
			"producerBuffer":            "100",
			"operationTimeout":          record{"CREATE": -1, "TEST": -1, "SEARCH": -1},
			"configurationProperties":   record{"xmlFilePath": "&{launcher.project.location}/data/xmlConnectorData.xml", "xsdFilePath": "&{launcher.project.location}/data/resource-schema-1.xsd"},
			"syncFailureHandler":        record{"maxRetries": 5, "postRetryAction": "logged-ignore"},
			"connectorPoolingSupported": true,
			"objectTypes":               record{"account": record{"type": "object", "id": "__ACCOUNT__", "nativeType": "__ACCOUNT__"}},
		}
	case "ui/themeconfig":
		return record{"settings": record{"footer": record{"mailto": "info@example.com"}}}
	case "ui/configuration":
		return record{"configuration": record{"selfRegistration": false, "passwordReset": false, "forgotUsername": false, "lang": "en", "defaultNotificationType": "info"}}
	}
	if c, ok := s.options.connector(strings.TrimPrefix(id, "provisioner.openicf/")); ok {
		return c.configuration()
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
		record{"source": "roles", "target": "authzRoles", "transform": script("source.split(',').map(function(role) { return {'_ref': 'repo/internal/role/' + role} });")})
	return record{
		"name": reconMapping, "source": "system/" + connectorName + "/account", "target": managedUser,
		"correlationQuery": script("var query = {'_queryId' : 'for-userName', 'uid' : source.name};query;"),
		"properties":       properties,
		"policies":         policies,
	}
}
