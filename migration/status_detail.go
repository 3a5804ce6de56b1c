package migration

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/idconnect-go/upgrade/internal/text"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// detailNames are members that say more about a status and are none (assumed).
var detailNames = []string{"message", "error", "errors", "reason", "detail", "cause", "progress", "statusSummary",
	"situationSummary", "durationSummary", "parameters"}

func isDetail(name string) bool {
	return slices.ContainsFunc(detailNames, func(n string) bool { return strings.EqualFold(n, name) })
}

// details reads message and counts that stand beside a word, and reports whether
// an error stands there.
func (s *Status) details(members map[string]json.RawMessage) (problem bool) {
	for _, name := range []string{"message", "error", "errors", "reason", "detail", "cause"} {
		raw := member(members, name)
		if said := textOf(raw); said != "" && s.Message == "" {
			s.Message = text.Cut(said, maxMessage)
		}
		if (name == "error" || name == "errors") && !isNothing(raw) {
			problem = true
		}
	}
	if code := numberOf(member(members, "code")); code >= 400 && code < 600 && (s.Message != "" || s.Word != "") {
		problem = true // the error object of a REST answer
	}
	var progress map[string]json.RawMessage
	if json.Unmarshal(member(members, "progress"), &progress) == nil {
		s.counts(progress)
	}
	s.counts(members)
	var summary map[string]json.RawMessage
	if json.Unmarshal(member(members, "statusSummary"), &summary) == nil && s.Failed < 0 {
		s.Failed = numberOf(member(summary, "FAILURE"))
	}
	return problem
}

// counts reads the numbers that an answer may have under these names (assumed).
func (s *Status) counts(members map[string]json.RawMessage) {
	for _, c := range []struct {
		name string
		into *int64
	}{{"processed", &s.Processed}, {"total", &s.Total}, {"failed", &s.Failed}, {"failures", &s.Failed},
		{"failure", &s.Failed}} {
		if *c.into < 0 {
			*c.into = numberOf(member(members, c.name))
		}
	}
}

// readRun reads one reconciliation: an object with a state, and something that
// only runs have.
func readRun(raw json.RawMessage, members map[string]json.RawMessage) (Status, bool) {
	isRun := false
	for _, name := range []string{"mapping", "stage", "situationSummary"} {
		isRun = isRun || !isNothing(members[name])
	}
	var state string
	if !isRun || json.Unmarshal(members["state"], &state) != nil || state == "" {
		return Status{}, false
	}
	var r openidm.Recon
	// A member of an unexpected type is left out; the state is what counts.
	_ = json.Unmarshal(raw, &r)
	s := nothing()
	s.Word, s.Message, s.Runs = state, text.Cut(r.StageDescription, maxMessage), []openidm.Recon{r}
	s.Processed, s.Total, s.Failed = int64(r.Progress.Source.Existing.Processed),
		int64(r.Progress.Source.Existing.Total), r.Failures()
	switch strings.ToUpper(strings.TrimSpace(state)) {
	case "ACTIVE":
		s.Phase = PhaseRunning
	case "SUCCESS":
		s.Phase = PhaseComplete
	case "FAILED", "CANCELED", "CANCELLED":
		s.Phase = PhaseFailed
	}
	if s.Phase == PhaseComplete && s.Failed > 0 {
		s.Phase, s.Message = PhaseCompleteWithFailures, fmt.Sprintf("%d records failed", s.Failed)
	}
	return s, true
}

// member finds a member without regard to case, the exact name first.
func member(members map[string]json.RawMessage, name string) json.RawMessage {
	if raw, ok := members[name]; ok {
		return raw
	}
	for _, k := range sortedKeys(members) {
		if strings.EqualFold(k, name) {
			return members[k]
		}
	}
	return nil
}

func sortedKeys(m map[string]json.RawMessage) []string { return slices.Sorted(maps.Keys(m)) }

func first(raw json.RawMessage) byte {
	for _, c := range raw {
		if c != ' ' && c != '\t' && c != '\n' && c != '\r' {
			return c
		}
	}
	return 0
}

// isNothing reports whether a member is absent or says "none".
func isNothing(raw json.RawMessage) bool {
	switch strings.TrimSpace(string(raw)) {
	case "", "null", `""`, "0", "false", "[]", "{}":
		return true
	}
	return false
}

// textOf reads a string, or the message of an object.
func textOf(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	var inner map[string]json.RawMessage
	if json.Unmarshal(raw, &inner) == nil && json.Unmarshal(member(inner, "message"), &s) == nil {
		return s
	}
	return ""
}

func numberOf(raw json.RawMessage) int64 {
	n := openidm.Number(-1)
	if raw != nil {
		n.UnmarshalJSON(raw)
	}
	return int64(n)
}
