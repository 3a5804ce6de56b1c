package openidmtest

import (
	"fmt"
	"net/http"

	"github.com/idconnect-go/upgrade/internal/crest"
	"github.com/idconnect-go/upgrade/migration/openidmtest/internal/generation"
	"github.com/idconnect-go/upgrade/migration/openidmtest/internal/table"
)

// Generation is the kind of server that a [Server] plays: what it has, what its
// records look like, and what a migration makes of those that it copies. All
// answers are in the words of 7.0.2, on which they were measured; what sets the
// other generations apart was read in sources or inferred, as the comments of
// package generation say for each fact.
type Generation int

// The generations. Identity Connect 2.1 sits on OpenIDM31, and 7.1.6 on IDM71
// (both inferred). OpenIDM702 is the community's server of which the recordings
// are, true of neither by itself.
const (
	OpenIDM30 Generation = iota + 1
	OpenIDM31
	OpenIDM702
	IDM71
)

// String returns the product and its version, such as "OpenIDM 3.1".
func (g Generation) String() string { return g.traits().Name }

func (g Generation) traits() generation.Traits {
	switch g {
	case OpenIDM30:
		return generation.OpenIDM30
	case OpenIDM31:
		return generation.OpenIDM31
	case IDM71:
		return generation.IDM71
	}
	return generation.OpenIDM702
}

// Salesforce returns the Salesforce connector of an organization, as this
// generation has it: with its class, the id of its configuration and its object
// types. It takes the objects of those types, and leaves out the others.
func (g Generation) Salesforce(org string, objects map[string][]map[string]any) Connector {
	t := g.traits()
	c := Connector{Name: org, Class: t.SalesforceClass(), Objects: map[string][]map[string]any{},
		Settings: map[string]any{"loginUrl": "https://login.salesforce.com/services/oauth2/token"}}
	for _, name := range t.SalesforceTypes() {
		c.Objects[name] = append([]map[string]any{}, objects[name]...)
	}
	return c
}

// Schedule is a job of a server.
type Schedule struct {
	// ID is that of the job. OpenIDM30 and OpenIDM31 have the configuration
	// "schedule-ID", unless OverREST.
	ID string
	// OverREST is whether it was made over REST, under scheduler.
	OverREST bool
	// Job has its members, such as "schedule" and "enabled".
	Job map[string]any
}

// check says what a generation does not have.
func (o Options) check() error {
	for _, n := range []int{o.Users, o.Roles, o.Assignments, o.Links} {
		if n < 0 || n > maxRecords {
			return fmt.Errorf("%d records: not between 0 and %d", n, maxRecords)
		}
	}
	if t := o.Generation.traits(); t.Old && o.Assignments > 0 {
		return fmt.Errorf("%d assignments: %s has none", o.Assignments, t.Name)
	}
	return nil
}

// putSchedules keeps the jobs where the generation has them.
func (w *world) putSchedules(jobs []Schedule) {
	for _, job := range jobs {
		switch {
		case w.traits.New:
			w.table(schedulerJob).Put(job.ID, w.traits.Carry(schedulerJob, job.ID, job.Job))
		case job.OverREST:
			w.table(scheduler).Put(job.ID, job.Job)
		default:
			w.config["schedule-"+job.ID] = job.Job
		}
	}
}

// Tables of jobs: schedulerJob is that of 7.x, scheduler what 3.x made over REST.
const (
	scheduler    = "scheduler"
	schedulerJob = "scheduler/job"

	relationshipTable = "relationships"
)

// schedules serves scheduler, and scheduler/job of 7.x.
func (s *Server) schedules(c *call) (*crest.Result, *crest.Error) {
	w := s.world
	w.mu.Lock()
	defer w.mu.Unlock()
	path, rest := scheduler, c.Segments[1:]
	if w.traits.New && len(rest) > 0 && rest[0] == "job" {
		path, rest = schedulerJob, rest[1:]
	}
	// Of 3.1 only the list of the ids is known (H).
	if len(rest) == 0 && c.Operation == "query" && w.traits.Old && (!c.Query.ByID || c.Query.ID != "query-all-ids") {
		return nil, crest.BadRequest("Query-filters are not supported by the scheduler")
	}
	return readOnly(c, w.table(path), rest, crest.Errorf(http.StatusNotFound, "Schedule does not exist"))
}

// readOnly serves a table for queries, and the record that rest names.
func readOnly(c *call, t *table.Table, rest []string, missing *crest.Error) (*crest.Result, *crest.Error) {
	switch {
	case len(rest) == 0 && c.Operation == "query":
		return crest.RunQuery(c.Request, view(t))
	case len(rest) == 1 && c.Operation == "read":
		if r, ok := t.Get(rest[0]); ok {
			return crest.NewResult(r, c.Fields, 0), nil
		}
		return nil, missing
	}
	return nil, crest.Unsupported(c.Request)
}

// internal serves internal/user and internal/role, which 7.x has beside the
// repository's tables.
func (s *Server) internal(c *call) (*crest.Result, *crest.Error) {
	w := s.world
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.traits.New || len(c.Segments) < 2 || !w.has("internal/"+c.Segments[1]) {
		return nil, crest.NotFound(c.Path)
	}
	return readOnly(c, w.table("internal/"+c.Segments[1]), c.Segments[2:], crest.NotFound(c.Path))
}
