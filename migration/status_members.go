package migration

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/idconnect-go/upgrade/internal/text"
	"github.com/idconnect-go/upgrade/migration/openidm"
)

// Names of members, in lower case (assumed, but for those of a reconciliation).
var (
	wordNames    = [...]string{"status", "state", "result"}
	messageNames = [...]string{"message", "error", "errors", "reason", "detail", "cause"}
	problemNames = [...]string{"error", "errors", "exception", "exceptions", "fault", "cause"}
	// runNames are what only a reconciliation has.
	runNames = [...]string{"mapping", "stage", "situationsummary"}
	// countNames count records, whatever came of them.
	countNames = [...]string{"processed", "total", "remaining", "existing", "created", "updated", "unchanged",
		"deleted", "copied", "migrated", "succeeded", "successes", "records", "users", "roles", "assignments", "links",
		"count", "processedrecords", "totalrecords"}
	// partNames are the parts of a progress.
	partNames = [...]string{"source", "target", "links", "existing"}
	// textNames say who, when and how long, and nothing of the outcome.
	textNames = [...]string{"_id", "_rev", "id", "name", "mapping", "stage", "stagedescription", "description",
		"started", "ended", "start", "end", "starttime", "endtime", "startdate", "enddate", "startedat", "endedat",
		"timestamp", "time", "date", "duration", "elapsed", "instanceurl", "source", "target", "version",
		"productversion", "action", "transactionid", "reconid", "userid", "username"}
	// yesNames say that all is well, where they are true.
	yesNames = [...]string{"success", "succeeded", "ok", "done", "complete", "completed", "finished"}
	// situationNames are the situations of a reconciliation (measured).
	situationNames = [...]string{"source_ignored", "unassigned", "ambiguous", "confirmed", "found_already_linked",
		"unqualified", "absent", "target_ignored", "source_missing", "missing", "found", "link_only", "all_gone"}
)

// failedNames are parts of what counts records that did not arrive, or says
// whether there are any.
var failedNames = []string{"fail", "error", "abort", "reject", "skip", "lost", "unmatched", "cancel"}

type kind int

const (
	kindOther kind = iota
	kindFailed
	kindProblem
	kindMessage
	kindCount
	kindPercent
	kindCode
	kindText
	kindYes
	kindFree
)

func kindOf(key string, m mode) kind {
	switch {
	case index(problemNames[:], key) >= 0:
		return kindProblem
	case m == situations && index(situationNames[:], key) >= 0:
		return kindCount
	case holds(key, failedNames):
		return kindFailed
	case m == statuses || m == situations:
		return kindCount
	case index(messageNames[:], key) >= 0:
		return kindMessage
	case index(countNames[:], key) >= 0 && !(m == plain && index(textNames[:], key) >= 0):
		return kindCount
	case m == free:
		return kindFree
	case key == "progress" || strings.HasPrefix(key, "percent"):
		return kindPercent
	case key == "code":
		return kindCode
	case index(textNames[:], key) >= 0:
		return kindText
	case index(yesNames[:], key) >= 0:
		return kindYes
	}
	return kindOther
}

func modeOf(key string, outer mode) mode {
	switch {
	case key == "progress", outer == progress && index(partNames[:], key) >= 0:
		return progress
	case key == "statussummary":
		return statuses
	case key == "situationsummary":
		return situations
	case outer == free, key == "parameters", key == "durationsummary", key == "sourceprocessedbynode":
		return free
	}
	return plain
}

// holds reports whether one of the parts is in s.
func holds(s string, parts []string) bool {
	return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(s, part) })
}

func index(names []string, key string) int { return slices.Index(names, key) }

// isNone reports whether a value says "none".
func isNone(t json.Token) bool {
	return t == nil || t == "" || t == false || t == json.Number("0")
}

// countOf reads a count, -1 where it is none.
func countOf(t json.Token) int64 {
	n := openidm.Number(-1)
	switch v := t.(type) {
	case json.Number:
		n.UnmarshalJSON([]byte(v))
	case string:
		n.UnmarshalJSON([]byte(v))
	}
	return int64(n)
}

// isUnknownCount: what servers give in the place of a count that they do not
// know.
func isUnknownCount(t json.Token) bool {
	return t == "?" || t == "" || t == json.Number("-1") || t == "-1"
}

var hundred = regexp.MustCompile(`^100(\.0+)? ?%?$`)

// isHundred: all of it, as a percentage.
func isHundred(t json.Token) bool { return hundred.MatchString(strings.TrimSpace(fmt.Sprint(t))) }

var timestamp = regexp.MustCompile(`^\d{4}-\d\d-\d\d([T ][\d:.]+(Z|[+-]\d\d:?\d\d)?)?$`)

// isTime: when something was tells nothing of how it ended.
func isTime(t json.Token) bool {
	s, ok := t.(string)
	return ok && len(s) <= 40 && timestamp.MatchString(s)
}

var amount = regexp.MustCompile(`^[\d,.]+ (records?|users?|roles?|links?|assignments?|objects?|entries|entry)$`)

func isAmount(s string) bool { return amount.MatchString(strings.ToLower(strings.TrimSpace(s))) }

var (
	alarms = []string{"fail", "error", "exception", "abort", "cancel", "reject", "incomplete", "partial", "not all",
		"not complete", "refused", "denied", "unable", "cannot", "could not", "timed out", "timeout", "unreachable"}
	noAlarms = regexp.MustCompile(`\b(no|0|zero|without)( any)? (failed|failures?|errors?|exceptions?)( records)?\b` +
		`|\b0 (records )?failed\b|\bfailed: 0\b`)
)

// isAlarming reports whether a message speaks of failures.
func isAlarming(said string) bool {
	said = strings.ToLower(said)
	return holds(said, alarms) && holds(noAlarms.ReplaceAllString(said, ""), alarms)
}

// contradicts reports whether a text cannot stand beside a success.
func contradicts(key, s string) bool {
	switch key {
	case "stage":
		return !strings.EqualFold(s, "COMPLETED_SUCCESS")
	case "stagedescription", "description", "action":
		return isAlarming(s)
	}
	return false
}

// textOfRun is where a text of a reconciliation is kept, nil for other members.
func (o *object) textOfRun(key string) *string {
	switch key {
	case "_id":
		return &o.run.ID
	case "mapping":
		return &o.run.Mapping
	case "stage":
		return &o.run.Stage
	case "stagedescription":
		return &o.run.StageDescription
	case "started":
		return &o.run.Started
	case "ended":
		return &o.run.Ended
	}
	return nil
}

var phasesOfRun = map[string]Phase{"ACTIVE": PhaseRunning, "SUCCESS": PhaseComplete, "FAILED": PhaseFailed,
	"CANCELED": PhaseFailed, "CANCELLED": PhaseFailed}

// asRun reads the object as one reconciliation.
func (o *object) asRun() reading {
	s := silent()
	s.Word, s.Message, s.runs = text.Cut(o.state, maxWord), o.run.StageDescription, 1
	r := o.run
	r.State = text.Cut(o.state, maxWord)
	if o.p.runs < maxRuns {
		o.p.runs++
		s.Runs = []openidm.Recon{r}
	}
	s.Processed, s.Total = int64(r.Progress.Source.Existing.Processed), int64(r.Progress.Source.Existing.Total)
	s.Failed = o.own.Failed
	s.Phase = cmp.Or(phasesOfRun[strings.ToUpper(strings.TrimSpace(o.state))], PhaseUnknown)
	if s.Phase == PhaseUnknown {
		s.odd(o.at.member("state"), raw(o.state))
	}
	if s.Phase == PhaseComplete && s.Failed > 0 {
		s.Phase, s.Message = PhaseCompleteWithFailures, text.Plural(s.Failed, "record")+" failed"
	}
	return s
}
