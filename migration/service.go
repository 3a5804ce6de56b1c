package migration

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/idconnect-go/upgrade/migration/openidm"
)

// ServiceEndpoint is the product's own migration service, which newer servers
// have in the place of endpoint/migration where their conf/migration.json
// enables it. Documented are its actions: migrate, status (the last status of
// all reconciliations that it triggered), mappingNames, mappingConfigurations.
// The form of the answers is not: reconciliations are understood in every
// wrapping that [ParseStatus] knows, and one that holds nothing as "nothing was
// started" (assumed).
const ServiceEndpoint = "migration"

// ErrNoConfigure: the target has the product's own migration service, which is
// told its source by its file conf/migration.json and not over the wire.
var ErrNoConfigure = errors.New("the target's migration service is configured by its conf/migration.json " +
	"(connection.instanceUrl), not over the wire")

// find reports whether the target has the service: it is asked once for its mappings,
// where endpoint/migration was not there and has not answered before, which a
// server that starts may not have yet.
func (c *Client) find(ctx context.Context) bool {
	c.found.Lock()
	defer c.found.Unlock()
	if c.Endpoint == "" && !c.service && !c.script {
		var names json.RawMessage
		err := c.API.Action(ctx, ServiceEndpoint, "mappingNames", openidm.ActionRequest{Repeatable: true}, &names)
		c.service = err == nil
	}
	return c.service
}

// isService reports whether the service is known to be the one to ask.
func (c *Client) isService() bool {
	if c.Endpoint != "" {
		return strings.Trim(c.Endpoint, "/") == ServiceEndpoint
	}
	c.found.Lock()
	defer c.found.Unlock()
	return c.service
}

// idle is the status of a service that has started nothing yet: its source is
// in its configuration, so a migration can be asked for.
func idle(s Status) Status {
	if s.Phase == PhaseUnknown && s.Word == "" && len(s.Runs) == 0 && holdsNothing(s.Raw) {
		s.Phase, s.Word = PhaseConfigured, "nothing was started"
	}
	return s
}

// holdsNothing reports whether an answer is null, empty, or an object whose
// members all are.
func holdsNothing(raw json.RawMessage) bool {
	var members map[string]json.RawMessage
	if isNothing(raw) {
		return true
	}
	if json.Unmarshal(raw, &members) != nil {
		return false
	}
	for name, inner := range members {
		if name != "_id" && name != "_rev" && !isNothing(inner) {
			return false
		}
	}
	return true
}

// isNothing reports whether a value is absent or says "none".
func isNothing(raw json.RawMessage) bool {
	switch strings.TrimSpace(string(raw)) {
	case "", "null", `""`, "0", "false", "[]", "{}":
		return true
	}
	return false
}
