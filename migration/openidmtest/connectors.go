package openidmtest

import (
	"maps"
	"net/http"
	"slices"

	"github.com/idconnect-go/upgrade/internal/crest"
	"github.com/idconnect-go/upgrade/migration/openidmtest/internal/generation"
)

// Connector is a connector of a server besides the XML connector, and what it
// shows. Nothing can be written through it.
type Connector struct {
	// Name is that of system/NAME.
	Name string
	// Config is the id of its configuration; "" means provisioner.openicf/NAME,
	// or provisioner.salesforce/NAME where the Class is that of 3.x.
	Config string
	// Class is the connectorName of its connectorRef.
	Class string
	// Settings are its configurationProperties.
	Settings map[string]any
	// Objects are the records of each of its object types, with their _id.
	Objects map[string][]map[string]any
	// Error is what a test of it says; "": it works.
	Error string
}

func (c Connector) config() string {
	switch {
	case c.Config != "":
		return c.Config
	case c.Class == generation.SalesforceOfThree:
		return generation.SystemOfThree + "/" + c.Name
	}
	return "provisioner.openicf/" + c.Name
}

func (c Connector) ref() record {
	if c.Class == generation.SalesforceOfThree {
		return record{"connectorName": c.Class, "systemType": generation.SystemOfThree}
	}
	return record{"bundleName": "org.example." + c.Name, "bundleVersion": "1.0.0.0", "connectorName": c.Class}
}

func (c Connector) configuration() record {
	types := record{}
	for name := range c.Objects {
		types[name] = record{"type": "object", "id": name, "nativeType": name}
	}
	return record{"name": c.Name, "connectorRef": c.ref(), "configurationProperties": maps.Clone(c.Settings),
		"objectTypes": types}
}

func (c Connector) state() record {
	return connectorState(c.Error, record{"name": c.Name, "displayName": c.Name, "config": "config/" + c.config(),
		"connectorRef": c.ref(), "objectTypes": slices.Sorted(maps.Keys(c.Objects))})
}

// connectorState is the answer of a connector with a problem, "" for none.
func connectorState(problem string, state record) record {
	state["enabled"], state["ok"] = true, problem == ""
	if problem != "" {
		state["error"] = problem
	}
	return state
}

func (o Options) connector(name string) (Connector, bool) {
	i := slices.IndexFunc(o.Connectors, func(c Connector) bool { return c.Name == name })
	if i < 0 {
		return Connector{}, false
	}
	return o.Connectors[i], true
}

// serve answers below system/NAME.
func (one Connector) serve(c *call) (*crest.Result, *crest.Error) {
	rest := c.Segments[2:]
	switch {
	case len(rest) == 0 && c.Operation == "action" && c.Action == "test":
		return &crest.Result{Body: one.state()}, nil
	case len(rest) == 0:
		return nil, crest.Unsupported(c.Request)
	case one.Objects[rest[0]] == nil:
		return nil, crest.NotFound(c.Path)
	case one.Error != "":
		return nil, crest.InternalError("Operation failed with ConnectorException on system object: %s",
			one.Error)
	case len(rest) == 1 && c.Operation == "query":
		var all crest.List
		for _, r := range one.Objects[rest[0]] {
			all = append(all, maps.Clone(r))
		}
		return crest.RunQuery(c.Request, all)
	case len(rest) == 2 && c.Operation == "read":
		for _, r := range one.Objects[rest[0]] {
			if r["_id"] == rest[1] {
				return &crest.Result{Body: crest.Pick(maps.Clone(r), c.Fields)}, nil
			}
		}
		return nil, crest.Errorf(http.StatusNotFound, "Object %s not found on system/%s/%s", rest[1], one.Name,
			rest[0])
	}
	return nil, crest.Unsupported(c.Request)
}

// tables are what a target copies, in that order.
func (s *Server) tables() []generation.Mapping {
	all := slices.Clip(s.world.traits.Mappings)
	for _, kind := range s.options.Managed {
		all = append(all, generation.Mapping{Name: "repo_managed/" + kind, Table: "managed/" + kind})
	}
	return all
}

// beginMigration adds the reconciliation of one table to the runs, as the
// product's migration service has one for each.
func (s *Server) beginMigration(m generation.Mapping) *reconRun {
	run := s.newRun(m.Name, "repo/"+m.Table, "repo/"+m.Table)
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	run.setStage("ACTIVE_RECONCILING_SOURCE", "reconciling source entries.")
	return run
}

// copied counts a record in the run; reason is why it failed, "" it did not.
func (r *reconRun) copied(w *world, id, reason string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r.sourceDone++
	if reason == "" {
		r.success++
		return
	}
	r.failure++
	entry := r.entry("ABSENT", "CREATE", "source", r.source+"/"+id, r.target+"/"+id,
		crest.InternalError("%s", reason))
	r.entries = append(r.entries, entry)
	r.audit = func() []record { return r.entries }
}

func (r *reconRun) endMigration(w *world, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil {
		r.end("FAILED")
		return
	}
	r.end("SUCCESS")
}
