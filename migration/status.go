package migration

import (
	"encoding/json"
	"math"
	"strings"
	"time"

	"github.com/idconnect-go/upgrade/internal/text"
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

// severity orders the phases for answers that hold several: what is not over
// decides, then what is not understood, then what is worst.
var severity = map[Phase]int{
	PhaseRunning: 8, PhasePending: 7, PhaseUnknown: 6, PhaseFailed: 5, PhaseNotConfigured: 4, PhaseConfigured: 3,
	PhaseCompleteWithFailures: 2, PhaseComplete: 1,
}

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
	// Rate is how many records a second were processed while [Client.Wait]
	// looked on; 0: unknown.
	Rate float64 `json:"rate,omitempty"`
	// Down is for how long the target has not answered while [Client.Wait] asked:
	// all else is what it said last. 0: it answers. In JSON it is in nanoseconds.
	Down time.Duration `json:"down,omitempty"`
	// Runs are the reconciliations that the answer shows, if any.
	Runs []openidm.Recon `json:"runs,omitempty"`
	Raw  json.RawMessage `json:"-"`
}

// words and what they mean, in lower case, with "_" and "-" as spaces
// (assumed). "success" is the end of configure: whether it can also be that of
// a migration only [Client.Wait] can say, which has seen it run.
var words = map[string]Phase{
	"pending": PhasePending,
	"running": PhaseRunning, "active": PhaseRunning, "in progress": PhaseRunning, "inprogress": PhaseRunning,
	"started": PhaseRunning, "migrating": PhaseRunning,
	"success": PhaseConfigured, "succeeded": PhaseConfigured, "configured": PhaseConfigured,
	"complete": PhaseComplete, "completed": PhaseComplete, "done": PhaseComplete,
	"failed": PhaseFailed, "failure": PhaseFailed, "error": PhaseFailed, "canceled": PhaseFailed,
	"cancelled":      PhaseFailed,
	"not configured": PhaseNotConfigured, "notconfigured": PhaseNotConfigured, "unconfigured": PhaseNotConfigured,
}

// ParseStatus reads an answer, which may be any JSON. The rules (assumed):
//
//   - The word stands under status, state or result, or is the answer itself.
//     The value of these members may be an object or a list in turn, up to 8
//     levels deep. Below other members no word is looked for. Case does not
//     matter.
//   - The first of the three members that has a word decides, the others can
//     only make it worse.
//   - An unknown word is [PhaseUnknown], also beside a good one, and so is an
//     answer without a word. A text under result is no word beside another if
//     it has a space or a digit.
//   - A reconciliation, alone, in a list or below any member, is judged by its
//     state and its failed records.
//   - A list is judged by what is not over yet, then by what is not understood,
//     and then by what is worst.
//   - Counts stand beside the word or under progress: processed, total, failed.
//     A good word beside failed records is [PhaseCompleteWithFailures], beside
//     an error [PhaseFailed].
//   - What speaks of a bad certificate and is not known to run has failed.
func ParseStatus(raw json.RawMessage) Status { return reader{}.status(raw) }

// reader reads answers, with words besides those that are known.
type reader struct{ more map[string]Phase }

func (r reader) status(raw json.RawMessage) Status {
	s := r.read(raw, 0)
	s.Raw = raw
	return s
}

func (r reader) phaseOf(word string) Phase {
	word = strings.ToLower(strings.TrimSpace(word))
	for w, p := range r.more {
		if strings.ToLower(w) == word {
			return p
		}
	}
	if p, ok := words[strings.Join(strings.FieldsFunc(word,
		func(c rune) bool { return c == ' ' || c == '_' || c == '-' }), " ")]; ok {
		return p
	}
	return PhaseUnknown
}

// Read values are bounded: depth in nesting, the rest in characters.
const (
	maxDepth   = 8
	maxWord    = 80
	maxMessage = 2000
)

func nothing() Status {
	return Status{Phase: PhaseUnknown, Processed: -1, Total: -1, Failed: -1}
}

func (r reader) read(raw json.RawMessage, depth int) Status {
	s := nothing()
	if depth > maxDepth {
		return s
	}
	switch first(raw) {
	case '"':
		var word string
		if json.Unmarshal(raw, &word) == nil {
			s = r.word(word)
		}
	case '[':
		var list []json.RawMessage
		if json.Unmarshal(raw, &list) == nil && len(list) > 0 {
			s = r.list(list, depth)
		}
	case '{':
		var members map[string]json.RawMessage
		if json.Unmarshal(raw, &members) == nil {
			s = r.object(raw, members, depth)
		}
	}
	return s
}

// word reads a bare word. A sentence is a message, not a word, and tells
// nothing unless it speaks of a certificate.
func (r reader) word(said string) Status {
	s := nothing()
	s.Word, s.Phase = strings.TrimSpace(said), r.phaseOf(said)
	if s.Phase == PhaseUnknown && (isBadCertificate(said) || len(s.Word) > maxWord) {
		s.Word, s.Message = text.Cut(s.Word, maxWord), text.Cut(said, maxMessage)
		if isBadCertificate(said) {
			s.Phase = PhaseFailed
		}
	}
	return s
}

func (r reader) list(list []json.RawMessage, depth int) Status {
	out := r.read(list[0], depth+1)
	for _, raw := range list[1:] {
		out = worse(out, r.read(raw, depth+1))
	}
	return out
}

// worse joins two statuses of one answer.
func worse(a, b Status) Status {
	out := a
	if severity[b.Phase] > severity[a.Phase] {
		out = b
	}
	out.Processed, out.Total, out.Failed = sum(a.Processed, b.Processed), sum(a.Total, b.Total),
		sum(a.Failed, b.Failed)
	out.Runs = append(a.Runs[:len(a.Runs):len(a.Runs)], b.Runs...)
	if out.Message == "" {
		out.Message = a.Message + b.Message
	}
	return out
}

func sum(a, b int64) int64 {
	if a < 0 || b < 0 {
		return max(a, b)
	}
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}

func (r reader) object(raw json.RawMessage, members map[string]json.RawMessage, depth int) Status {
	if s, ok := readRun(raw, members); ok {
		return s
	}
	s, found := nothing(), false
	for _, name := range []string{"status", "state", "result"} {
		inner := r.read(member(members, name), depth+1)
		switch {
		case !found && (inner.Word != "" || inner.Phase != PhaseUnknown):
			s, found = inner, true
		case found && (inner.Phase != PhaseUnknown || isWord(name, inner.Word)):
			s = worse(s, inner)
		}
	}
	if !found {
		s = r.wrapped(members, depth)
	}
	problem := s.details(members)
	s.judge(problem)
	return s
}

// isWord reports whether text, which is no known word, was meant as one. Under
// result it may be something else, such as "1003 records".
func isWord(member, text string) bool {
	return text != "" && (member != "result" || !strings.ContainsAny(text, " 0123456789"))
}

// wrapped looks for reconciliations below other members: in recon's own list,
// or by the name of their mapping. Beside them nothing may stand that is not
// understood.
func (r reader) wrapped(members map[string]json.RawMessage, depth int) Status {
	var inner []Status
	runs := 0
	for _, name := range sortedKeys(members) {
		if c := first(members[name]); c != '{' && c != '[' || isDetail(name) || isNothing(members[name]) {
			continue
		}
		s := r.read(members[name], depth+1)
		if len(s.Runs) == 0 {
			s = nothing()
		}
		runs += len(s.Runs)
		inner = append(inner, s)
	}
	if runs == 0 {
		return nothing()
	}
	out := inner[0]
	for _, s := range inner[1:] {
		out = worse(out, s)
	}
	return out
}

// judge looks once more at a word, beside what stood around it.
func (s *Status) judge(problem bool) {
	good := s.Phase == PhaseComplete || s.Phase == PhaseConfigured
	switch {
	case good && problem:
		s.Phase = PhaseFailed
	case good && s.Failed > 0:
		s.Phase = PhaseCompleteWithFailures
	case s.Phase == PhaseUnknown && s.Word == "" && problem:
		s.Phase = PhaseFailed
	case (s.Phase == PhaseUnknown || s.Phase == PhaseNotConfigured) && isBadCertificate(s.Message):
		s.Phase = PhaseFailed
	}
}
