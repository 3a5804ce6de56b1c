package openidmtest

import (
	"net/http"
	"slices"
	"strings"

	"github.com/idconnect-go/upgrade/internal/crest"
)

const (
	connectorName  = "xmlfile"
	reconMapping   = "systemXmlfileAccounts_managedUser"
	mappedPassword = "Passw0rd"
)

// connectorRow is one account of the XML connector.
type connectorRow struct{ id, name, firstName, lastName, email, phone string }

func (r connectorRow) record() record {
	return record{
		"_id": r.id, "name": r.name, "firstname": r.firstName, "lastname": r.lastName,
		"email": r.email, "mobileTelephoneNumber": r.phone, "description": "Created by the connector",
		"roles": "openidm-authorized",
	}
}

// AddConnectorRow adds an account to the XML connector, or replaces it.
func (s *Server) AddConnectorRow(id, firstName, lastName, email string) {
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	row := connectorRow{id, id + "@example.com", firstName, lastName, email, "1-360-229-7100"}
	for i, old := range s.world.rows {
		if old.id == id {
			s.world.rows[i] = row
			return
		}
	}
	s.world.rows = append(s.world.rows, row)
}

// BreakConnector lets the XML connector fail, as if its file were damaged, or
// repairs it.
func (s *Server) BreakConnector(broken bool) {
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	s.world.connectorFail = broken
}

const brokenXML = "org.xml.sax.SAXParseException: XML document structures must start and end within the same entity."

func connectorRef() record {
	return record{
		"bundleName":    "org.openidentityplatform.openicf.connectors.xml-connector",
		"bundleVersion": "[2.0.0.0,3)",
		"connectorName": "org.forgerock.openicf.connectors.xml.XMLConnector",
	}
}

// system serves the connectors: the action test, and reading of accounts.
func (s *Server) system(c *call) (*crest.Result, *crest.Error) {
	w := s.world
	w.mu.Lock()
	defer w.mu.Unlock()
	rest := c.Segments[1:]
	if len(rest) == 0 {
		return s.connectors(c)
	}
	if one, ok := s.options.connector(rest[0]); ok {
		return one.serve(c)
	}
	if !w.connector || rest[0] != connectorName {
		return nil, crest.NotFound(c.Path)
	}
	if len(rest) == 1 {
		if c.Operation == "action" && c.Action == "test" {
			return &crest.Result{Body: w.connectorState()}, nil
		}
		if c.Operation == "action" {
			return nil, crest.BadRequest("Unsupported actionId: %s", c.Action)
		}
		return nil, crest.Unsupported(c.Request)
	}
	if rest[1] != "account" {
		return nil, crest.Errorf(http.StatusNotFound, "Not found: %s", rest[1])
	}
	id := strings.Join(rest[2:], "/")
	if w.connectorFail {
		return nil, crest.InternalError("Operation %s failed with ConnectorException on system object: %s",
			strings.ToUpper(c.Operation), brokenXML)
	}
	accounts := w.accounts()
	switch {
	case len(rest) == 2 && c.Operation == "query":
		return queryAccounts(c, accounts)
	case len(rest) == 2 && c.Operation == "action":
		if c.Action == "authenticate" {
			return nil, crest.Errorf(http.StatusUnauthorized,
				"Invalid password has been provided to operation ACTION for system object: null")
		}
		return nil, crest.ExpectingOneOf("authenticate resolveUsername liveSync")
	case id != "" && c.Operation == "read":
		for _, a := range accounts {
			if a["_id"] == id {
				return &crest.Result{Body: crest.Pick(a, c.Fields)}, nil
			}
		}
		return nil, crest.Errorf(http.StatusNotFound, "Object %s not found on system/%s/account", id,
			connectorName)
	case id != "" && c.Operation == "delete" &&
		!slices.ContainsFunc(w.rows, func(r connectorRow) bool { return r.id == id }):
		e := crest.Errorf(http.StatusNotFound, "Operation DELETE could not find resource %s on system object: "+
			"system/%s/account", id, connectorName)
		e.Detail = record{}
		return nil, e
	case len(rest) == 2 && c.Operation != "action":
		return nil, crest.CollectionError(c.Operation)
	}
	return nil, crest.Unsupported(c.Request)
}

// connectors serves system itself: what is asked of all connectors at once.
func (s *Server) connectors(c *call) (*crest.Result, *crest.Error) {
	w := s.world
	switch c.Operation {
	case "read":
		return nil, crest.Errorf(http.StatusNotImplemented,
			"Read are not supported for resource instances")
	case "action":
	default:
		return nil, crest.BadRequest("The singleton resource  cannot be queried")
	}
	switch c.Action {
	case "test":
	case "testConfig":
		return nil, crest.Errorf(http.StatusNotFound, "No connector name provided")
	case "availableConnectors":
		return &crest.Result{Body: record{"connectorRef": []any{connectorRef()}}}, nil
	case "liveSync", "activeSync":
		if !c.Params.Has("source") {
			return nil, crest.BadRequest("%s action requires either an explicit source parameter, "+
				"or needs to be called on a specific provisioner URI", c.Action)
		}
		source := c.Params.Get("source")
		if !w.connector || !strings.HasPrefix(source, "system/"+connectorName+"/") {
			return nil, crest.InternalError("System: %s is not available.", source)
		}
		return nil, crest.InternalError("org.forgerock.json.resource.NotSupportedException: " +
			"Operation org.identityconnectors.framework.api.operations.SyncApiOp " +
			"is not supported by the Connector")
	default:
		return nil, crest.ExpectingOneOf("activeSync liveSync test testConfig createConfiguration " +
			"availableConnectors createCoreConfig createFullConfig")
	}
	all := []any{}
	if w.connector {
		all = append(all, w.connectorState())
	}
	for _, one := range s.options.Connectors {
		all = append(all, one.state())
	}
	return &crest.Result{Body: all}, nil
}

// queryAccounts knows no pages: the connector is one that cannot search by
// them.
func queryAccounts(c *call, accounts []record) (*crest.Result, *crest.Error) {
	for _, pointer := range c.Query.Pointers {
		if len(accounts) > 0 && accounts[0][pointer[0]] == nil {
			return nil, crest.BadRequest("Attribute %s does not exist as part of ObjectClass: __ACCOUNT__",
				pointer[0])
		}
	}
	if c.Query.ByID && c.Query.ID != "query-all-ids" {
		return nil, crest.BadRequest("Unsupported _queryId: %s", c.Query.ID)
	}
	if c.Query.ByID {
		c.Fields = []string{"_id", "name"}
		c.Query.ByID, c.Query.FilterText = false, "true"
	}
	c.Query.PageSize = 0
	return crest.RunQuery(c.Request, crest.List(accounts))
}

func (w *world) accounts() []record {
	out := make([]record, len(w.rows))
	for i, r := range w.rows {
		out[i] = r.record()
	}
	return out
}

func (w *world) connectorState() record {
	problem := ""
	if w.connectorFail {
		problem = brokenXML
	}
	return connectorState(problem, record{
		"name": connectorName, "displayName": "XML Connector", "config": "config/provisioner.openicf/xml",
		"connectorRef": connectorRef(), "objectTypes": []string{"__ALL__", "account"},
	})
}
