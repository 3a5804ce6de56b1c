package migration

import (
	"bytes"
	"encoding/json"
	"log/slog"
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
	// PhaseCompleteUnclear: it says that it ended, beside something that this
	// package does not understand or that contradicts it; never success.
	// Status.NotUnderstood has that.
	PhaseCompleteUnclear Phase = "complete, with something that was not understood"
	// PhaseFailed: configure or the migration failed.
	PhaseFailed Phase = "failed"
)

// severity orders the phases for answers that hold several: what is not over
// decides, then what is not understood, then what is worst.
var severity = map[Phase]int{
	PhaseRunning: 9, PhasePending: 8, PhaseUnknown: 7, PhaseFailed: 6, PhaseNotConfigured: 5, PhaseConfigured: 4,
	PhaseCompleteUnclear: 3, PhaseCompleteWithFailures: 2, PhaseComplete: 1,
}

// Status is an answer of endpoint/migration, whose form was not found by us
// (assumed): its words are read liberally, and whatever else stands there must
// be understood before it counts as success.
type Status struct {
	Phase Phase `json:"phase"`
	// Word is the word that decided, as the server wrote it.
	Word    string `json:"word"`
	Message string `json:"message,omitempty"`
	// NotUnderstood is the first member that was not understood, or that
	// contradicts the word: its path and value, cut to some 300 bytes.
	NotUnderstood string `json:"notUnderstood,omitempty"`
	// Processed, Total and Failed count records, -1 while unknown. Total is the
	// number of those of the source, as the target says it; one that Processed has
	// passed is that of a page, and unknown here.
	Processed int64 `json:"processed"`
	Total     int64 `json:"total"`
	Failed    int64 `json:"failed"`
	// Rate is how many records a second were processed while [Client.Wait]
	// looked on, also in the status with which it ends; 0: unknown.
	Rate float64 `json:"rate,omitempty"`
	// Down is for how long the target has not answered while [Client.Wait] asked:
	// all else is what it said last. 0: it answers. In JSON it is in nanoseconds.
	Down time.Duration `json:"down,omitempty"`
	// Runs are the reconciliations that the answer shows, the first 500 of them.
	Runs []openidm.Recon `json:"runs,omitempty"`
	// Raw is the answer, of one that is larger than 256 KiB its beginning.
	Raw json.RawMessage `json:"-"`
	// Size is how many bytes the answer has, where Raw is only its beginning.
	Size int64 `json:"size,omitempty"`
}

// checkTotal drops a total that was passed: that of a page.
func (s *Status) checkTotal() {
	if s.Processed > s.Total {
		s.Total = -1
	}
}

// String returns the status on one line, with what is known of it.
func (s Status) String() string {
	phase := string(s.Phase)
	if phase == "" {
		phase = "no answer"
	}
	failed, down := "", ""
	if s.Failed > 0 {
		failed = text.Grouped(s.Failed) + " failed"
	}
	if s.Down > 0 {
		down = "not answered for " + text.Duration(s.Down)
	}
	line := text.List(phase, text.Progress(s.Processed, s.Total, "records", s.Rate, -1), failed, down)
	if s.Phase == "" && s.Processed == 0 { // the zero value
		line = text.List(phase, down)
	}
	for _, said := range []string{s.NotUnderstood, s.Message} {
		if said != "" {
			line += ": " + said
		}
	}
	return text.Line(line)
}

// LogValue gives what is known of the status to a [slog.Logger], without Raw and
// Runs.
func (s Status) LogValue() slog.Value { return slog.GroupValue(s.attrs()...) }

func (s Status) attrs() []slog.Attr {
	attrs := []slog.Attr{slog.String("phase", string(s.Phase))}
	for _, said := range []struct{ name, value string }{
		{"word", s.Word}, {"message", s.Message}, {"notUnderstood", s.NotUnderstood},
	} {
		if said.value != "" {
			attrs = append(attrs, slog.String(said.name, said.value))
		}
	}
	for _, count := range []struct {
		name string
		n    int64
	}{{"processed", s.Processed}, {"total", s.Total}, {"failed", s.Failed}} {
		if count.n >= 0 {
			attrs = append(attrs, slog.Int64(count.name, count.n))
		}
	}
	if s.Rate > 0 {
		attrs = append(attrs, slog.Float64("rate", s.Rate))
	}
	if s.Down > 0 {
		attrs = append(attrs, slog.Duration("down", s.Down))
	}
	return attrs
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
//     levels deep. Case does not matter. What else has words, below any other
//     member, can only make it worse.
//   - The first of these members that has a word decides, the others can
//     only make it worse.
//   - An unknown word is [PhaseUnknown], and so is an answer without a word.
//   - A reconciliation, alone, in a list or below any member, is judged by its
//     state, its stage and its failed records.
//   - A list is judged by what is not over yet, then by what is not understood,
//     and then by what is worst.
//   - Counts stand beside the word or under progress: processed, total, failed.
//     A good word beside failed records is [PhaseCompleteWithFailures], beside
//     an error [PhaseFailed].
//   - A member that is not known, or has a value that its name does not
//     explain, at any depth, turns "complete" into [PhaseCompleteUnclear] and
//     "configured" into [PhaseUnknown].
//   - What speaks of a bad certificate and is not known to run has failed.
func ParseStatus(raw json.RawMessage) Status {
	var a answer
	// An answer that is no JSON is an unknown phase.
	_, _ = a.ReadFrom(bytes.NewReader(raw))
	a.status.Raw = raw
	return a.status
}

// Read values are bounded: depth in nesting, runs in their number, the rest in
// bytes.
const (
	maxDepth   = 8
	maxWord    = 80
	maxMessage = 2000
	maxOdd     = 300
	maxRuns    = 500
	maxRaw     = 256 << 10
)

func nothing() Status {
	return Status{Phase: PhaseUnknown, Processed: -1, Total: -1, Failed: -1}
}

func phaseOf(word string, more map[string]Phase) Phase {
	word = strings.ToLower(strings.TrimSpace(word))
	for w, p := range more {
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

func isComplete(p Phase) bool {
	return p == PhaseComplete || p == PhaseCompleteWithFailures || p == PhaseCompleteUnclear
}

// worst joins the phases of two parts of one answer.
func worst(a, b Phase) Phase {
	switch {
	case isComplete(a) && b == PhaseUnknown, a == PhaseUnknown && isComplete(b):
		return PhaseCompleteUnclear
	case severity[b] > severity[a]:
		return b
	}
	return a
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
