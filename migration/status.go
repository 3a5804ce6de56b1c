package migration

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/idconnect-go/upgrade/migration/openidm"
)

// Phase is where a migration stands, as read from an answer.
type Phase string

// The phases. "" is none: no answer was read.
const (
	// PhaseUnknown: an answer that this package does not understand; never
	// success. Status.Raw has it.
	PhaseUnknown Phase = "unknown"
	// PhaseNotConfigured: the target was not told its source.
	PhaseNotConfigured Phase = "not configured"
	// PhasePending: configure is under way.
	PhasePending Phase = "pending"
	// PhaseConfigured: the target is connected to its source.
	PhaseConfigured Phase = "configured"
	// PhaseRunning: records are copied.
	PhaseRunning Phase = "running"
	// PhaseComplete: the migration ended, without a failure that it told.
	PhaseComplete Phase = "complete"
	// PhaseCompleteWithFailures: it ended, and records failed.
	PhaseCompleteWithFailures Phase = "complete with failures"
	// PhaseFailed: configure or the migration failed.
	PhaseFailed Phase = "failed"
)

// Status is an answer of endpoint/migration, whose form is documented nowhere
// (assumed): read liberally, and kept whole in Raw.
type Status struct {
	Phase Phase `json:"phase"`
	// Word is the word that decided, as the server wrote it.
	Word    string `json:"word"`
	Message string `json:"message,omitempty"`
	// Processed, Total and Failed count records, -1 while unknown.
	Processed int64 `json:"processed"`
	Total     int64 `json:"total"`
	Failed    int64 `json:"failed"`
	// Runs are the reconciliations that the answer shows, if any.
	Runs []openidm.Recon `json:"runs,omitempty"`
	Raw  json.RawMessage `json:"-"`
}

// words and what they mean, in lower case. "success" is the end of configure:
// whether it can also be that of a migration only [Client.Wait] can say, which
// has seen it run.
var words = map[string]Phase{
	"pending": PhasePending,
	"running": PhaseRunning, "active": PhaseRunning, "in progress": PhaseRunning, "in_progress": PhaseRunning,
	"in-progress": PhaseRunning, "started": PhaseRunning, "migrating": PhaseRunning,
	"success": PhaseConfigured, "succeeded": PhaseConfigured, "configured": PhaseConfigured,
	"complete": PhaseComplete, "completed": PhaseComplete, "done": PhaseComplete,
	"failed": PhaseFailed, "failure": PhaseFailed, "error": PhaseFailed, "canceled": PhaseFailed, "cancelled": PhaseFailed,
	"not configured": PhaseNotConfigured, "not_configured": PhaseNotConfigured, "unconfigured": PhaseNotConfigured,
}

const maxAnswerDepth = 8

// ParseStatus reads an answer: an object, a list, a string or null.
func ParseStatus(raw json.RawMessage) Status {
	s := parse(raw, 0)
	s.Raw = raw
	return s
}

func parse(raw json.RawMessage, depth int) Status {
	s := Status{Phase: PhaseUnknown, Processed: -1, Total: -1, Failed: -1}
	if depth > maxAnswerDepth {
		return s
	}
	var word string
	if json.Unmarshal(raw, &word) == nil && len(raw) > 0 && raw[0] == '"' {
		s.take(word)
		return s
	}
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) == nil && len(list) > 0 {
		return parseList(list, depth)
	}
	var object map[string]json.RawMessage
	if json.Unmarshal(raw, &object) != nil || object == nil {
		return s
	}
	if runs, ok := object["reconciliations"]; ok {
		if json.Unmarshal(runs, &list) == nil && len(list) > 0 {
			return parseList(list, depth)
		}
		return s
	}
	if _, isRun := object["mapping"]; isRun {
		if r, ok := parseRun(raw); ok {
			return r
		}
	} else if _, isRun := object["statusSummary"]; isRun {
		if r, ok := parseRun(raw); ok {
			return r
		}
	}
	for _, name := range []string{"status", "state", "result"} {
		member, ok := find(object, name)
		if !ok || string(member) == "null" {
			continue
		}
		if inner := parse(member, depth+1); inner.Word != "" || inner.Phase != PhaseUnknown {
			s = inner
			break
		}
	}
	for _, name := range []string{"message", "error", "reason", "detail"} {
		var text string
		if member, ok := find(object, name); ok && json.Unmarshal(member, &text) == nil && text != "" && s.Message == "" {
			s.Message = text
		}
	}
	if member, ok := find(object, "progress"); ok {
		var inner map[string]json.RawMessage
		if json.Unmarshal(member, &inner) == nil {
			s.count(inner)
		}
	}
	s.count(object)
	if s.Phase == PhaseComplete && s.Failed > 0 {
		s.Phase = PhaseCompleteWithFailures
	}
	return s
}

// take reads a word; the server's own form is kept.
func (s *Status) take(word string) {
	s.Word = strings.TrimSpace(word)
	if p, ok := words[strings.ToLower(s.Word)]; ok {
		s.Phase = p
	}
}

func find(object map[string]json.RawMessage, name string) (json.RawMessage, bool) {
	if m, ok := object[name]; ok {
		return m, true
	}
	for k, m := range object {
		if strings.EqualFold(k, name) {
			return m, true
		}
	}
	return nil, false
}

// count reads the numbers that an answer may have under these names (assumed).
func (s *Status) count(object map[string]json.RawMessage) {
	for name, into := range map[string]*int64{"processed": &s.Processed, "total": &s.Total, "failed": &s.Failed, "failures": &s.Failed} {
		member, ok := find(object, name)
		if !ok || *into >= 0 {
			continue
		}
		text := strings.Trim(string(member), `"`)
		if n, err := strconv.ParseInt(text, 10, 64); err == nil && n >= 0 {
			*into = n
		}
	}
}

// parseRun judges one reconciliation: a run may end SUCCESS although records
// failed.
func parseRun(raw json.RawMessage) (Status, bool) {
	s := Status{Phase: PhaseUnknown, Processed: -1, Total: -1, Failed: -1}
	var r openidm.Recon
	if json.Unmarshal(raw, &r) != nil || r.State == "" {
		return s, false
	}
	s.Word, s.Runs, s.Message = r.State, []openidm.Recon{r}, r.StageDescription
	s.Processed, s.Total = int64(r.Progress.Source.Existing.Processed), int64(r.Progress.Source.Existing.Total)
	if n, ok := r.StatusSummary["FAILURE"]; ok {
		s.Failed = n
	}
	switch strings.ToUpper(r.State) {
	case "ACTIVE":
		s.Phase = PhaseRunning
	case "SUCCESS":
		s.Phase = PhaseComplete
		if s.Failed > 0 {
			s.Phase = PhaseCompleteWithFailures
			s.Message = fmt.Sprintf("%d records failed", s.Failed)
		}
	case "FAILED", "CANCELED":
		s.Phase = PhaseFailed
	}
	return s, true
}

// parseList judges several runs together: what is worst, or not over, decides.
func parseList(list []json.RawMessage, depth int) Status {
	order := []Phase{PhaseUnknown, PhaseFailed, PhaseRunning, PhasePending, PhaseNotConfigured, PhaseConfigured, PhaseCompleteWithFailures, PhaseComplete}
	rank := func(p Phase) int {
		for i, o := range order {
			if o == p {
				return i
			}
		}
		return 0
	}
	var out Status
	for i, raw := range list {
		s := parse(raw, depth+1)
		processed, total, failed, runs := s.Processed, s.Total, s.Failed, s.Runs
		if i > 0 {
			processed, total, failed = add(out.Processed, processed), add(out.Total, total), add(out.Failed, failed)
			runs = append(out.Runs, runs...)
			if rank(out.Phase) < rank(s.Phase) {
				s = out
			}
		}
		out = s
		out.Processed, out.Total, out.Failed, out.Runs = processed, total, failed, runs
	}
	return out
}

func add(a, b int64) int64 {
	switch {
	case a < 0:
		return b
	case b < 0:
		return a
	}
	return a + b
}
