package openidmtest

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/idconnect-go/upgrade/internal/crest"
)

func timestamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

// record shows a run.
func (r *reconRun) record() record {
	total := func(n int) string {
		if r.stage == "ACTIVE_INITIALIZED" || r.stage == "ACTIVE_QUERY_ENTRIES" {
			return "?"
		}
		return strconv.Itoa(n)
	}
	existing := func(done, all int) record { return record{"processed": done, "total": total(all)} }
	counts := record{}
	for _, name := range situations {
		counts[name] = r.situations[name]
	}
	duration := int64(-1)
	if !r.ended.IsZero() {
		duration = r.ended.Sub(r.started).Milliseconds()
	}
	return record{
		"_id": r.id, "mapping": r.mapping, "state": r.state, "stage": r.stage,
		"stageDescription": r.stageText,
		"progress": record{
			"source": record{"existing": existing(r.sourceDone, r.sourceTotal)},
			"target": record{"existing": existing(r.targetDone, r.targetTotal), "created": r.targetCreated},
			"links":  record{"existing": existing(r.linkDone, r.linkTotal), "created": r.linkCreated},
		},
		"situationSummary": counts,
		"statusSummary":    record{"SUCCESS": r.success, "FAILURE": r.failure},
		"durationSummary":  r.durations(),
		"parameters": record{
			"sourceQuery": record{"resourceName": r.source, "queryId": "query-all-ids"},
			"targetQuery": record{"resourceName": r.target, "queryId": "query-all-ids"},
		},
		"started": timestamp(r.started), "ended": timestamp(r.ended), "duration": duration,
	}
}

// durations has a row for each thing that the run did; how long each took is
// not measured here but spread evenly.
func (r *reconRun) durations() record {
	out := record{}
	ms := r.now().Sub(r.started).Milliseconds()
	if !r.ended.IsZero() {
		ms = r.ended.Sub(r.started).Milliseconds()
	}
	add := func(count int, names ...string) {
		if count == 0 {
			return
		}
		for _, name := range names {
			mean := ms / int64(count)
			out[name] = record{"min": mean, "max": mean, "mean": mean, "count": count,
				"sum": mean * int64(count), "stdDev": 0}
		}
	}
	if r.sourceTotal == 0 && r.state != "SUCCESS" {
		return out
	}
	absent := r.situations["ABSENT"] + r.situations["FOUND"]
	add(1, "sourceQuery", "targetQuery", "linkQuery", "onReconScript", "sourcePhase")
	add(r.success+r.failure, "auditLog")
	add(absent, "correlationQuery")
	add(r.sourceDone, "sourceObjectQuery")
	add(r.targetCreated+r.updated+r.failure, "propertyMappingScript", "postMappingScript")
	add(r.targetCreated+r.failure, "defaultMappingScript")
	add(r.updated, "targetObjectQuery")
	if r.targetDone > 0 {
		add(1, "targetPhase")
		add(r.situations["UNASSIGNED"], "targetLinkQuery")
	}
	return out
}

// entry is a record of audit/recon.
func (r *reconRun) entry(situation, action, reconciling, sourceID, targetID string, problem *crest.Error) record {
	orNull := func(s string) any {
		if s == "" {
			return nil
		}
		return s
	}
	e := record{
		"transactionId": r.id, "timestamp": timestamp(r.now()), "eventName": "recon", "userId": "openidm-admin",
		"action": action, "exception": nil, "linkQualifier": "default",
		"mapping": r.mapping, "message": nil,
		"situation": situation, "sourceObjectId": orNull(sourceID), "status": "SUCCESS",
		"targetObjectId": orNull(targetID),
		"reconciling":    reconciling, "ambiguousTargetObjectIds": nil, "entryType": "entry", "reconId": r.id,
	}
	if problem != nil {
		e["status"], e["message"], e["messageDetail"], e["exception"] = "FAILURE", problem.Message,
			problem.Body(), "org.forgerock.openidm.sync.SynchronizationException"
	}
	return e
}

// audit serves audit/recon, of the runs that are remembered, and audit/access, of actions.
func (s *Server) audit(c *call) (*crest.Result, *crest.Error) {
	if c.Operation == "patch" || c.Operation == "delete" {
		return nil, crest.Errorf(http.StatusNotImplemented, "%s operations are not supported",
			strings.ToUpper(c.Operation))
	}
	if c.Operation == "action" {
		return nil, crest.InternalError("Internal Server Error")
	}
	if len(c.Segments) == 1 {
		return nil, crest.BadRequest("Invalid resource path object specified.")
	}
	topic := c.Segments[1]
	switch topic {
	case "recon", "access", "activity", "authentication", "config", "sync":
	default:
		return nil, crest.Errorf(http.StatusNotImplemented, "Audit service called with unknown event topic %s",
			topic)
	}
	switch {
	case c.Operation == "create" || c.Operation == "update":
		return nil, crest.BadRequest("The request requires a transactionId and a timestamp")
	case c.Operation == "read" && len(c.Segments) > 2:
		return nil, crest.Errorf(http.StatusNotFound, "Object %s not found in audit/%s",
			strings.Join(c.Segments[2:], "/"), topic)
	case c.Operation == "read":
		return nil, crest.BadRequest("Invalid resource path object specified.")
	case topic == "access":
		return crest.RunQuery(c.Request, s.access.Entries())
	case topic != "recon":
		return crest.RunQuery(c.Request, crest.List(nil)) // nothing of it is kept
	}
	w := s.world
	w.mu.Lock()
	defer w.mu.Unlock()
	var entries crest.List
	for _, run := range w.runs {
		entries = append(entries, run.auditRecords()...)
	}
	return crest.RunQuery(c.Request, entries)
}

// auditRecords returns the entries of a run between those of its start and
// its end.
func (r *reconRun) auditRecords() []record {
	var all []record
	if r.audit != nil {
		// In the order of the measured server: what was found in the target
		// comes before the accounts, which wait for their scripts.
		for _, e := range r.audit() {
			all = append(all, maps.Clone(e))
		}
		slices.SortStableFunc(all, func(a, b record) int {
			x, _ := a["reconciling"].(string)
			y, _ := b["reconciling"].(string)
			return strings.Compare(y, x)
		})
	}
	for i, e := range all {
		e["_id"], e["_rev"] = r.id+"."+strconv.Itoa(i), "1"
	}
	if r.ended.IsZero() {
		return all
	}
	bracket := func(id, kind string, at time.Time, message string) record {
		e := r.entry("", "", "", "", "", nil)
		e["_id"], e["_rev"], e["entryType"] = r.id+id, "1", kind
		e["timestamp"], e["message"] = timestamp(at), message
		return e
	}
	end := bracket(".end", "summary", r.ended, "Reconciliation completed.")
	end["messageDetail"] = r.record()
	end["status"] = map[string]string{"SUCCESS": "SUCCESS", "FAILED": "FAILURE", "CANCELED": "CANCELED"}[r.state]
	return append(all, bracket(".start", "start", r.started, "Reconciliation initiated by openidm-admin"), end)
}
