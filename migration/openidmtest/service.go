package openidmtest

import (
	"slices"
	"time"

	"github.com/idconnect-go/upgrade/internal/crest"
)

// serviceMappings names the mappings of the product's own service as its
// documentation does, in the order of the copy; 3.x has no such service.
func (s *Server) serviceMappings() (names []string) {
	for _, m := range s.world.traits.Mappings {
		names = append(names, m.Name)
	}
	return names
}

// migrationService serves "migration", the product's own service. Its actions
// are documented; that migrate and status answer a list of reconciliations is
// assumed.
func (s *Server) migrationService(c *call) (*crest.Result, *crest.Error) {
	if len(c.Segments) > 1 || s.options.ServiceOf == nil {
		return nil, crest.NotFound(c.Path)
	}
	if c.Operation != "action" {
		return nil, crest.Unsupported(c.Request)
	}
	switch c.Action {
	case "mappingNames":
		return &crest.Result{Body: s.serviceMappings()}, nil
	case "mappingConfigurations":
		all := []any{}
		for _, name := range s.serviceMappings() {
			all = append(all, record{"name": name, "runTargetPhase": false, "allowEmptySourceSet": true})
		}
		return &crest.Result{Body: all}, nil
	case "status":
		return &crest.Result{Body: s.serviceStatus()}, nil
	case "migrate":
		if name := c.Params.Get("mapping"); name != "" && !slices.Contains(s.serviceMappings(), name) {
			return nil, crest.BadRequest("No such mapping: %s", name)
		}
	default:
		return nil, crest.ExpectingOneOf("migrate status mappingNames mappingConfigurations")
	}
	from := s.options.ServiceOf
	source := &sourceServer{url: from.URL, username: "openidm-admin", password: from.options.AdminPassword}
	if err := source.connect(get(s, &s.ctx), s); err != nil {
		return nil, crest.InternalError("%s", javaMessage(err))
	}
	s.mu.Lock()
	if !s.endpoint.migrating {
		s.endpoint.source = source
	}
	s.mu.Unlock()
	if _, e := s.migrate(c.fault); e != nil {
		return nil, e
	}
	return &crest.Result{Body: s.serviceStatus()}, nil
}

// serviceStatus shows the copy as one reconciliation for each mapping that has
// been begun; what is counted stands with the first.
func (s *Server) serviceStatus() []any {
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.endpoint
	all := []any{}
	if !e.counted {
		return all
	}
	state, stage := "ACTIVE", "ACTIVE_RECONCILING_SOURCE"
	switch {
	case e.migrating:
	case e.status == "failed" && e.failed == 0:
		state, stage = "FAILED", "COMPLETED_FAILED"
	default:
		state, stage = "SUCCESS", "COMPLETED_SUCCESS"
	}
	for i, name := range s.serviceMappings() {
		processed, failed := 0, 0
		if i == 0 {
			processed, failed = e.processed, e.failed
		}
		all = append(all, record{
			"_id": name, "mapping": name, "state": state, "stage": stage,
			"progress": record{
				"source": record{"existing": record{"processed": processed, "total": "?"}}},
			"statusSummary": record{"SUCCESS": processed - failed, "FAILURE": failed},
			"started":       timestamp(now.Truncate(time.Hour)), "ended": "",
		})
	}
	return all
}
