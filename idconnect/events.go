package idconnect

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"strings"
	"time"

	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/idconnect/report"
	"github.com/idconnect-go/upgrade/internal/text"
)

// EventKind says what an [Event] is about.
type EventKind string

// The kinds of events.
const (
	EventRun      EventKind = "run"      // the run began or ended: State, and at its end Detail is the report's Outcome
	EventFinding  EventKind = "finding"  // Finding was found before anything was changed
	EventStep     EventKind = "step"     // State and Detail of Step changed
	EventProgress EventKind = "progress" // Done of Total in Step
	EventOutput   EventKind = "output"   // Detail is a line that the set-up script printed
	EventNotice   EventKind = "notice"   // Detail is what to know while Step goes on: the target does not answer
)

// Event is one thing that happened during a run or a rollback. It holds no
// secret.
type Event struct {
	Time time.Time `json:"time"`
	Kind EventKind `json:"kind"`
	Step string    `json:"step,omitempty"`
	// State of the step, or of the run.
	State report.State `json:"state,omitempty"`
	// Detail for people.
	Detail string `json:"detail,omitempty"`
	// Done and Total count in Unit, "bytes" or "records"; Total is -1 while
	// unknown.
	Done  int64  `json:"done,omitempty"`
	Total int64  `json:"total,omitempty"`
	Unit  string `json:"unit,omitempty"`
	// Rate is in units a second, 0 while unknown. Left is how long the rest
	// takes at that rate, -1 while unknown; in JSON it is in nanoseconds. Both
	// are of EventProgress.
	Rate float64       `json:"rate,omitempty"`
	Left time.Duration `json:"left,omitempty"`
	// Finding is that of EventFinding.
	Finding *preflight.Finding `json:"finding,omitempty"`
}

// String returns the event on one line, without its time.
func (e Event) String() string {
	about, what := string(e.Kind), ""
	if e.Step != "" {
		about = e.Step
	}
	switch e.Kind {
	case EventFinding:
		if e.Finding != nil {
			about += " " + string(e.Finding.Severity)
			what = e.Finding.String()
		}
	case EventProgress:
		what = text.List(text.Progress(e.Done, e.Total, e.Unit, e.Rate, e.Left), e.Detail)
	case EventOutput:
		what = "| " + e.Detail
	default:
		if what = string(e.State); e.Detail != "" && e.Detail != what {
			what = strings.TrimPrefix(what+": "+e.Detail, ": ")
		}
	}
	return text.Line(strings.TrimSuffix(about+": "+what, ": "))
}

// level is that of Upgrade.Logger.
func (e Event) level() slog.Level {
	switch {
	// What a notice says of a wait, the migration client has logged.
	case e.Kind == EventProgress, e.Kind == EventOutput, e.Kind == EventNotice:
		return slog.LevelDebug
	case e.State == report.Failed, e.Finding != nil && e.Finding.Severity == preflight.Blocks:
		return slog.LevelError
	case e.State == report.Interrupted, e.Finding != nil && e.Finding.Severity == preflight.Warns:
		return slog.LevelWarn
	}
	return slog.LevelInfo
}

// LogValue gives the event's fields to a [slog.Logger], but for its time.
func (e Event) LogValue() slog.Value {
	attrs := []slog.Attr{slog.String("kind", string(e.Kind))}
	add := func(name, value string) {
		if value != "" {
			attrs = append(attrs, slog.String(name, value))
		}
	}
	add("step", e.Step)
	add("state", string(e.State))
	add("detail", e.Detail)
	if e.Kind == EventProgress {
		attrs = append(attrs, slog.Int64("done", e.Done), slog.Int64("total", e.Total)) // -1 while unknown
		add("unit", e.Unit)
		if e.Rate > 0 {
			attrs = append(attrs, slog.Float64("rate", e.Rate))
		}
		if e.Left > 0 || e.Left == 0 && e.Done == e.Total {
			attrs = append(attrs, slog.Duration("left", e.Left))
		}
	}
	if e.Finding != nil {
		f := *e.Finding
		f.Step = "" // that of the event
		attrs = append(attrs, f.LogValue().Group()...)
	}
	return slog.GroupValue(attrs...)
}

// Stream is a run whose events a program ranges over:
//
//	s := u.Stream(ctx)
//	for e := range s.Events() {
//		fmt.Println(e.Step, e.State, e.Detail)
//	}
//	report, err := s.Result()
//
// It is for one goroutine.
type Stream struct {
	ctx    context.Context
	u      *Upgrade
	began  bool
	report *report.Report
	err    error
}

// String says what it is: its fields hold secrets.
func (*Stream) String() string { return "the events of a run" }

// GoString is String.
func (s *Stream) GoString() string { return s.String() }

// Stream prepares a [Upgrade.Run], which begins when its events are ranged
// over. u.Events, where it is set, is called as well.
func (u *Upgrade) Stream(ctx context.Context) *Stream {
	if u == nil {
		return &Stream{err: errNoUpgrade}
	}
	own := *u
	return &Stream{ctx: ctx, u: &own}
}

// Events carries out the run and gives its events as they happen; the run waits
// for a loop body that takes its time. Leaving the loop interrupts the run as
// the end of its context does, and returns when it has ended. A second call
// gives nothing.
func (s *Stream) Events() iter.Seq[Event] {
	return func(yield func(Event) bool) {
		if s == nil || s.began || s.u == nil {
			return
		}
		s.began = true
		ctx, cancel := context.WithCancel(s.ctx)
		events, left, ended := make(chan Event), make(chan struct{}), make(chan struct{})
		also := s.u.Events
		s.u.Events = func(e Event) {
			if also != nil {
				also(e)
			}
			select {
			case events <- e:
			case <-left:
			}
		}
		go func() {
			defer close(ended)
			s.report, s.err = s.u.Run(ctx)
		}()
		defer func() {
			cancel()
			close(left)
			<-ended
		}()
		for {
			select {
			case e := <-events:
				if !yield(e) {
					return
				}
			case <-ended:
				return
			}
		}
	}
}

// Result is that of [Upgrade.Run]. Without a loop before it, it carries out
// the run.
func (s *Stream) Result() (*report.Report, error) {
	for range s.Events() {
	}
	switch {
	case s == nil:
		return nil, errors.New("the stream is nil")
	case s.u == nil && s.err == nil:
		return nil, errors.New("the stream has no upgrade: Upgrade.Stream makes one that has")
	}
	return s.report, s.err
}
