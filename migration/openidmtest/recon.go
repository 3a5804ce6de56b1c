package openidmtest

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/idconnect-go/upgrade/internal/crest"
	"github.com/idconnect-go/upgrade/internal/text"
)

// maxRuns is how many runs a server remembers.
const maxRuns = 100

// reconRun is one run of the mapping. Its members need the world's lock.
type reconRun struct {
	id             string
	mapping        string
	source, target string // resources
	entries        []record
	state, stage   string
	stageText      string
	started, ended time.Time

	sourceDone, sourceTotal    int
	targetDone, targetTotal    int
	linkDone, linkTotal        int
	targetCreated, linkCreated int
	now                        func() time.Time
	situations                 map[string]int
	success, failure           int
	updated                    int
	ctx                        context.Context
	stop                       context.CancelFunc // ends ctx
	audit                      func() []record    // the entries, made when asked for
}

var situations = []string{
	"SOURCE_IGNORED", "UNASSIGNED", "AMBIGUOUS", "CONFIRMED", "FOUND_ALREADY_LINKED", "UNQUALIFIED",
	"ABSENT", "TARGET_IGNORED", "SOURCE_MISSING", "MISSING", "FOUND",
}

var mappingPolicies = []struct{ situation, action string }{
	{"CONFIRMED", "UPDATE"}, {"FOUND", "IGNORE"}, {"ABSENT", "CREATE"}, {"AMBIGUOUS", "IGNORE"},
	{"MISSING", "IGNORE"}, {"SOURCE_MISSING", "IGNORE"}, {"UNQUALIFIED", "IGNORE"}, {"UNASSIGNED", "IGNORE"},
}

var mappingProperties = [][2]string{
	{"email", "mail"}, {"firstname", "givenName"}, {"lastname", "sn"}, {"description", "description"},
	{"_id", "_id"}, {"name", "userName"}, {"mobileTelephoneNumber", "telephoneNumber"},
}

// recon serves recon and recon/<id>.
func (s *Server) recon(c *call) (*crest.Result, *crest.Error) {
	w := s.world
	id := ""
	if len(c.Segments) > 1 {
		id = c.Segments[len(c.Segments)-1]
	}
	if c.Operation != "read" && c.Operation != "action" {
		return nil, crest.NeverSupported(c.Request)
	}
	if id == "" && c.Operation == "action" {
		return s.startRecon(c)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if id == "" {
		all := []any{}
		for _, run := range w.runs {
			all = append(all, run.record())
		}
		return &crest.Result{Body: crest.Pick(record{"_id": "", "reconciliations": all}, c.Fields)}, nil
	}
	i := slices.IndexFunc(w.runs, func(r *reconRun) bool { return r.id == id })
	if i < 0 {
		return nil, crest.Errorf(http.StatusNotFound, "Reconciliation with id %s not found.", id)
	}
	run := w.runs[i]
	if c.Operation == "read" {
		return &crest.Result{Body: crest.Pick(run.record(), c.Fields)}, nil
	}
	if !strings.EqualFold(c.Action, "cancel") {
		return nil, crest.BadRequest("Action %s on recon run %s not supported {}", c.Action, id)
	}
	run.cancel()
	return &crest.Result{Body: record{"_id": id, "action": c.Action, "status": "SUCCESS"}}, nil
}

func (s *Server) startRecon(c *call) (*crest.Result, *crest.Error) {
	switch c.Action {
	case "recon", "reconByQuery", "reconById":
	default:
		return nil, crest.BadRequest("Action %s on reconciliation not supported {}", c.Action)
	}
	if !c.Params.Has("mapping") {
		return nil, crest.BadRequest("/mapping: Expecting a value")
	}
	if c.Action == "reconById" && !c.Params.Has("ids") {
		return nil, crest.BadRequest("Action reconById requires a parameter 'ids' " +
			"with the identifier(s) to reconcile")
	}
	w := s.world
	if name := c.Params.Get("mapping"); !w.connector || name != reconMapping {
		return nil, crest.Errorf(http.StatusConflict, "No such mapping: %s", name)
	}
	run := s.newRun(reconMapping, "system/"+connectorName+"/account", managedUser)
	wait := c.Params.Get("waitForCompletion") == "true"
	if s.options.ReconPace == 0 || wait {
		s.runRecon(run)
	} else {
		s.spawn(func() { s.runRecon(run) })
	}
	state := "ACTIVE"
	if wait {
		w.mu.Lock()
		state = run.state
		w.mu.Unlock()
	}
	return &crest.Result{Body: record{"_id": run.id, "state": state}}, nil
}

// newRun begins a run and remembers it.
func (s *Server) newRun(mapping, source, target string) *reconRun {
	s.mu.Lock()
	ctx, stop := context.WithCancel(s.ctx)
	s.mu.Unlock()
	w := s.world
	w.mu.Lock()
	defer w.mu.Unlock()
	run := &reconRun{
		id: newID() + "-" + strconv.Itoa(len(w.runs)+1), mapping: mapping, source: source, target: target,
		state: "ACTIVE", started: s.now(), situations: map[string]int{}, ctx: ctx, stop: stop, now: s.now,
	}
	run.setStage("ACTIVE_INITIALIZED", "reconciliation initialized.")
	if len(w.runs) >= maxRuns {
		w.runs = slices.Delete(w.runs, 0, 1)
	}
	w.runs = append(w.runs, run)
	return run
}

func (r *reconRun) setStage(stage, text string) { r.stage, r.stageText = stage, text }

func (r *reconRun) cancel() {
	if r.state == "ACTIVE" && r.stage != "ACTIVE_CANCELING" {
		r.setStage("ACTIVE_CANCELING", "cancelling a running reconciliation.")
		r.stop()
	}
}

// ends are the stages and their descriptions with which a run in a state is over.
var ends = map[string][2]string{
	"SUCCESS":  {"COMPLETED_SUCCESS", "reconciliation completed."},
	"FAILED":   {"COMPLETED_FAILED", "reconciliation failed."},
	"CANCELED": {"COMPLETED_CANCELED", "reconciliation aborted."},
}

func (r *reconRun) end(state string) {
	r.state, r.ended = state, r.now()
	r.setStage(ends[state][0], ends[state][1])
	r.stop()
}

func (s *Server) runRecon(run *reconRun) {
	w := s.world
	for _, p := range []struct {
		stage, text string
		do          func(*reconRun) error
	}{
		{"ACTIVE_QUERY_ENTRIES", "querying source, target and possibly link sets to reconcile", w.reconQuery},
		{"ACTIVE_RECONCILING_SOURCE", "reconciling source entries.", w.reconSource},
		{"ACTIVE_RECONCILING_TARGET", "reconciling target entries.", w.reconTarget},
	} {
		w.mu.Lock()
		run.setStage(p.stage, p.text)
		w.mu.Unlock()
		text.Sleep(run.ctx, s.options.ReconPace)
		if !w.goOn(run, p.do) {
			return
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	run.end("SUCCESS")
}

// goOn does what a phase is for, and reports whether the run goes on.
func (w *world) goOn(run *reconRun, do func(*reconRun) error) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if run.ctx.Err() != nil {
		run.end("CANCELED")
	} else if do(run) != nil {
		run.end("FAILED")
	}
	return run.state == "ACTIVE"
}

func (w *world) reconQuery(run *reconRun) error {
	if w.connectorFail {
		return fmt.Errorf("querying the connector: %s", brokenXML)
	}
	run.sourceTotal, run.targetTotal, run.linkTotal = len(w.rows), w.table(managedUser).Len(),
		w.table(repoLink).Len()
	return nil
}

// reconSource brings each account of the connector into the managed users.
func (w *world) reconSource(run *reconRun) error {
	links, users := w.table(repoLink), w.table(managedUser)
	linked := map[string]string{}
	for id := range links.Written() {
		if l, ok := links.Get(id); ok && l["linkType"] == reconMapping {
			first, _ := l["firstId"].(string)
			linked[first], _ = l["secondId"].(string)
		}
	}
	var entries []record
	for _, row := range w.rows {
		run.sourceDone++
		account := row.record()
		target, isLinked := linked[row.id]
		var problem *crest.Error
		situation, action := "ABSENT", "CREATE"
		switch {
		case isLinked && users.Has(target):
			situation, action = "CONFIRMED", "UPDATE"
			problem = w.updateMapped(account, target)
			run.updated++
		case isLinked:
			situation, action = "MISSING", "IGNORE"
		case w.findUser(row.name) != "":
			situation, action = "FOUND", "IGNORE"
			target = w.findUser(row.name)
		default:
			target = row.id
			if problem = w.createMapped(account, target); problem == nil {
				links.Put(newID(), w.link(row.id, target))
				run.targetCreated++
				run.linkCreated++
			}
		}
		if isLinked {
			run.linkDone++
		}
		run.situations[situation]++
		entries = append(entries, run.entry(situation, action, "source",
			"system/"+connectorName+"/account/"+row.id, managedUser+"/"+target, problem))
		if problem != nil {
			run.failure++
		} else {
			run.success++
		}
	}
	run.audit = func() []record { return entries }
	return nil
}

// reconTarget looks at the managed users that no account stands for.
func (w *world) reconTarget(run *reconRun) error {
	users, links := w.table(managedUser), w.table(repoLink)
	second := map[string]bool{}
	for id := range links.Written() {
		if l, ok := links.Get(id); ok {
			s, _ := l["secondId"].(string)
			second[s] = true
		}
	}
	alive := map[string]bool{}
	for _, row := range w.rows {
		alive[row.id] = true
	}
	n := users.Len()
	missing, known := 0, 0
	for id := range second {
		switch {
		case !users.Has(id):
		case alive[id]:
			known++
		default:
			missing++
		}
	}
	run.targetTotal, run.targetDone = n, n
	run.situations["SOURCE_MISSING"] += missing
	run.situations["UNASSIGNED"] += n - known - missing
	run.success += n - known
	source := run.audit
	at := run.started
	run.audit = func() []record {
		entries := source()
		for id := range users.IDs(false, 0) {
			if !second[id] {
				e := run.entry("UNASSIGNED", "IGNORE", "target", "", managedUser+"/"+id, nil)
				e["timestamp"] = timestamp(at)
				entries = append(entries, e)
			}
		}
		return entries
	}
	return nil
}

func (w *world) mapped(account record) record {
	r := record{}
	for _, p := range mappingProperties {
		if v, ok := account[p[0]]; ok {
			r[p[1]] = v
		}
	}
	delete(r, "_id")
	return r
}

func (w *world) createMapped(account record, id string) *crest.Error {
	r := w.mapped(account)
	r["password"] = mappedPassword
	if e := w.checkPolicies("user", "", r, nil); e != nil {
		return e
	}
	if w.table(managedUser).Has(id) {
		return w.table(managedUser).Duplicate(id)
	}
	r["accountStatus"] = "active"
	w.complete("user", r)
	w.table(managedUser).Put(id, r)
	return nil
}

func (w *world) updateMapped(account record, id string) *crest.Error {
	old, _ := w.table(managedUser).Get(id)
	next := maps.Clone(old)
	maps.Copy(next, w.mapped(account))
	if w.sameContent(old, next) {
		return nil
	}
	if e := w.checkPolicies("user", id, next, nil); e != nil {
		return e
	}
	w.table(managedUser).Put(id, next)
	return nil
}
