package flow

import (
	"context"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/report"
)

// The heartbeat. The engine tells an activity that it is cancelled in the
// answer to a heartbeat, so one is sent more often than once a second; the SDK
// holds them back for 80 % of the timeout unless the worker says less
// ([MaxHeartbeatInterval] in its options). A worker that was killed is noticed
// after the timeout.
const (
	heartbeatTimeout     = 5 * time.Second
	heartbeatTick        = 400 * time.Millisecond
	MaxHeartbeatInterval = 500 * time.Millisecond
)

// Progress is what a heartbeat carries: an event of idconnect without its
// words.
type Progress struct {
	Worker string              `json:"worker"`
	Time   time.Time           `json:"time"`
	Kind   idconnect.EventKind `json:"kind,omitempty"`
	Step   string              `json:"step,omitempty"`
	State  report.State        `json:"state,omitempty"`
	// Done of Total in Unit, see [idconnect.Event].
	Done  int64         `json:"done,omitempty"`
	Total int64         `json:"total,omitempty"`
	Unit  string        `json:"unit,omitempty"`
	Rate  float64       `json:"rate,omitempty"`
	Left  time.Duration `json:"left,omitempty"`
	// Code is that of a finding.
	Code string `json:"code,omitempty"`
	// First is when the activity was tried first.
	First time.Time `json:"first"`
}

// pulse sends heartbeats with the last event until it is stopped.
type pulse struct {
	mu   sync.Mutex
	last Progress
}

func (p *pulse) event(e idconnect.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last.Time, p.last.Kind, p.last.Step, p.last.State = e.Time.UTC(), e.Kind, e.Step, e.State
	p.last.Done, p.last.Total, p.last.Unit, p.last.Rate, p.last.Left = e.Done, e.Total, e.Unit, e.Rate, e.Left
	p.last.Code = ""
	if e.Finding != nil {
		p.last.Code = e.Finding.Code
	}
}

// beat starts the heartbeats of an activity; the context that it returns also
// ends when the worker is told to. stop must be called.
func beat(ctx context.Context, worker, step string, first time.Time) (_ context.Context, p *pulse, stop func()) {
	p = &pulse{last: Progress{Worker: worker, Step: step, Time: time.Now().UTC(), First: first}}
	own, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(heartbeatTick)
		defer tick.Stop()
		stopping := activity.GetWorkerStopChannel(ctx)
		for {
			p.mu.Lock()
			last := p.last
			p.mu.Unlock()
			activity.RecordHeartbeat(ctx, last)
			select {
			case <-own.Done():
				return
			case <-stopping:
				cancel()
				stopping = nil
			case <-tick.C:
			}
		}
	}()
	return own, p, func() { cancel(); <-ended }
}
