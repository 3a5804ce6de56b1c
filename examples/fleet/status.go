package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"golang.org/x/sync/errgroup"

	"github.com/idconnect-go/upgrade/examples/fleet/fleetfile"
	"github.com/idconnect-go/upgrade/examples/fleet/flow"
)

// Row is where one installation stands.
type Row struct {
	ID   string `json:"id"`
	Site string `json:"site,omitempty"`
	// State is an outcome, or "running", "looking", "waiting", "not begun".
	State string `json:"state"`
	Step  string `json:"step,omitempty"`
	Code  string `json:"code,omitempty"`
	// Done of Total records or bytes, while they are counted.
	Done  int64         `json:"done,omitempty"`
	Total int64         `json:"total,omitempty"`
	Unit  string        `json:"unit,omitempty"`
	Left  time.Duration `json:"left,omitempty"`
	// Try counts from 1. Stuck says why it does not go on by itself, or went
	// wrong and is tried again; Remedy what to do.
	Try    int32  `json:"try,omitempty"`
	Stuck  string `json:"stuck,omitempty"`
	Remedy string `json:"remedy,omitempty"`
	// Worker is who works on it, or last did.
	Worker  string     `json:"worker,omitempty"`
	Started *time.Time `json:"started,omitempty"`
	Ended   *time.Time `json:"ended,omitempty"`

	// Result is set in a report, once it has ended.
	Result *flow.Result `json:"result,omitempty"`

	upgrade bool // not a plan
	run     string
}

// The states of a row beside the outcomes.
const (
	running  = "running"
	looking  = "looking"
	waiting  = "waiting"
	notBegun = "not begun"
)

// Snapshot is where a fleet stands.
type Snapshot struct {
	Name string    `json:"name"`
	Time time.Time `json:"time"`
	// Phase of the fleet; Under says whether it is under way.
	Phase   string         `json:"phase"`
	Under   bool           `json:"underWay"`
	Started *time.Time     `json:"started,omitempty"`
	Totals  map[string]int `json:"totals"`
	// Left is how long the rest takes at the rate so far, -1 while unknown.
	Left time.Duration `json:"left"`
	// Engine says that it does not answer, and since when; the rest is what it
	// said last.
	Engine string `json:"engine,omitempty"`
	// NoWorker are the names of workers that are needed now and do not poll.
	NoWorker []string `json:"noWorker,omitempty"`
	Rows     []Row    `json:"installations,omitempty"`
}

// startWorker is the command that starts a worker.
const startWorker = "fleet worker -name NAME -reports DIR -allow FILE"

// watcher asks the engine; no worker has to answer.
type watcher struct {
	c       client.Client
	fleet   *fleetfile.Fleet
	mu      sync.Mutex
	pollers map[string]bool
}

func (a *app) status(ctx context.Context, args []string) error {
	f := a.flags("status")
	watch := f.Bool("watch", false, "poll every two seconds until the fleet has ended")
	asJSON := f.Bool("json", false, "print all installations as JSON")
	fleet, err := a.file(f, args)
	if err != nil {
		return err
	}
	c, err := a.connect(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	w := &watcher{c: c, fleet: fleet}
	if *watch {
		return a.watch(ctx, fleet.Name, w.look, *asJSON)
	}
	s, err := w.look(ctx)
	if err != nil {
		return err
	}
	if *asJSON {
		e := json.NewEncoder(a.out)
		e.SetIndent("", "  ")
		return e.Encode(s)
	}
	_, err = fmt.Fprintln(a.out, strings.Join(s.lines(0, 0), "\n"))
	return err
}

// look asks for everything.
func (w *watcher) look(ctx context.Context) (*Snapshot, error) {
	w.pollers = map[string]bool{}
	s := &Snapshot{Name: w.fleet.Name, Time: time.Now().UTC(), Phase: "was not begun", Totals: map[string]int{},
		Left: -1}
	if err := w.lookAtFleet(ctx, s); err != nil {
		return nil, err
	}
	if err := w.list(ctx, s); err != nil {
		return nil, err
	}
	if err := w.lookAtRunning(ctx, s); err != nil {
		return nil, err
	}
	for _, r := range s.Rows {
		s.Totals[r.State]++
	}
	for queue, polled := range w.pollers {
		if !polled {
			name := strings.TrimPrefix(strings.TrimPrefix(queue, flow.Queue), "-at-")
			s.NoWorker = append(s.NoWorker, name)
		}
	}
	slices.Sort(s.NoWorker)
	s.timeLeft()
	return s, nil
}

func (w *watcher) lookAtFleet(ctx context.Context, s *Snapshot) error {
	d, err := w.c.DescribeWorkflowExecution(ctx, flow.FleetID(w.fleet.Name), "")
	var none *serviceerror.NotFound
	if errors.As(err, &none) {
		return nil
	}
	if err != nil {
		return err
	}
	info := d.GetWorkflowExecutionInfo()
	state := stateOf(info.GetMemo())
	started := info.GetStartTime().AsTime()
	s.Started, s.Under = &started, info.GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING
	if s.Phase = state.Phase; state.Waiting != "" {
		s.Phase += " for " + state.Waiting
	}
	switch {
	case s.Under && (s.Phase == "" || d.GetPendingWorkflowTask() != nil) && !w.polled(ctx, flow.Queue):
		s.Phase = strings.TrimSpace(s.Phase + " (no worker for the fleet: " + startWorker + ")")
	case info.GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED:
		s.Phase = "was ended in the engine"
	}
	// A wave says that it waits for its window.
	for _, child := range d.GetPendingChildren() {
		wave, err := w.c.DescribeWorkflowExecution(ctx, child.GetWorkflowId(), "")
		if err != nil {
			return err
		}
		if own := stateOf(wave.GetWorkflowExecutionInfo().GetMemo()); own.Until != nil {
			s.Phase += ", " + own.Phase + " until " + own.Until.Format(time.RFC3339)
		}
	}
	return nil
}

// list is one row for each installation, from the engine's list of workflows.
func (w *watcher) list(ctx context.Context, s *Snapshot) error {
	at := make(map[string]*Row, len(w.fleet.Installations))
	s.Rows = make([]Row, len(w.fleet.Installations))
	for n, i := range w.fleet.Installations {
		s.Rows[n] = Row{ID: i.ID, Site: i.Site, State: notBegun}
		at[i.ID] = &s.Rows[n]
	}
	request := &workflowservice.ListWorkflowExecutionsRequest{PageSize: 1000,
		Query: fmt.Sprintf("WorkflowType IN ('%s', '%s')", flow.PlanType, flow.UpgradeType)}
	known := 0
	for {
		page, err := w.c.ListWorkflow(ctx, request)
		if err != nil {
			return err
		}
		for _, e := range page.GetExecutions() {
			r := at[e.GetExecution().GetWorkflowId()]
			if r == nil || r.upgrade {
				continue
			}
			if upgrade := e.GetType().GetName() == flow.UpgradeType; upgrade || r.State == notBegun {
				if upgrade && r.State == looking {
					continue // it is looked at anew
				}
				r.take(e, upgrade)
				if upgrade {
					known++
				}
			}
		}
		request.NextPageToken = page.GetNextPageToken()
		if len(request.NextPageToken) == 0 || known == len(at) {
			return nil
		}
	}
}

// take fills a row from a workflow of the engine's list.
func (r *Row) take(e *workflowpb.WorkflowExecutionInfo, upgrade bool) {
	s := stateOf(e.GetMemo())
	started := e.GetStartTime().AsTime()
	r.upgrade, r.run, r.Started = upgrade, e.GetExecution().GetRunId(), &started
	r.Step, r.Code, r.Remedy = s.Step, s.Code, s.Remedy
	if e.GetCloseTime() != nil {
		ended := e.GetCloseTime().AsTime()
		r.Ended = &ended
	}
	switch e.GetStatus() {
	case enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING:
		switch r.State = running; {
		case s.Waiting != "":
			r.State, r.Stuck = waiting, "waits for "+s.Waiting
		case !upgrade:
			r.State = looking
		}
	case enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED, enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED:
		r.State = flow.Interrupted
	case enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED:
		r.State = cmp.Or(s.Outcome, flow.Done)
	default:
		r.State = cmp.Or(s.Outcome, flow.Failed)
	}
}

// maxDescribed bounds how many that run are asked for their step: the limits
// of a fleet keep their number small.
const maxDescribed = 1000

// askedAtOnce bounds the questions that the engine is asked side by side.
const askedAtOnce = 8

func (w *watcher) lookAtRunning(ctx context.Context, s *Snapshot) error {
	asked, ctx := errgroup.WithContext(ctx)
	asked.SetLimit(askedAtOnce)
	n := 0
	for i := range s.Rows {
		if r := &s.Rows[i]; (r.State == running || r.State == looking) && n < maxDescribed {
			n++
			asked.Go(func() error { return w.describe(ctx, r) })
		}
	}
	return asked.Wait()
}

// describe says what a workflow that runs is about, and why it does not get on.
func (w *watcher) describe(ctx context.Context, r *Row) error {
	d, err := w.c.DescribeWorkflowExecution(ctx, r.ID, r.run)
	if err != nil {
		return err
	}
	if len(d.GetPendingActivities()) == 0 && d.GetPendingWorkflowTask() != nil && !w.polled(ctx, flow.Queue) {
		r.Stuck, r.Remedy = "no worker for the fleet", startWorker
	}
	for _, p := range d.GetPendingActivities() {
		r.Step, _, _ = strings.Cut(p.GetActivityId(), "-")
		r.Try, r.Worker = p.GetAttempt(), p.GetLastWorkerIdentity()
		var last flow.Progress
		if h := p.GetHeartbeatDetails().GetPayloads(); len(h) == 1 &&
			flow.DataConverter().FromPayload(h[0], &last) == nil {
			r.Done, r.Total, r.Unit, r.Left = last.Done, last.Total, last.Unit, last.Left
		}
		if p.GetState() == enumspb.PENDING_ACTIVITY_STATE_SCHEDULED {
			if queue := w.queueOf(r); !w.polled(ctx, queue) {
				name := strings.TrimPrefix(queue, flow.MachineQueue(""))
				r.Stuck = "no worker " + name
				r.Remedy = "start it on its machine: " + strings.Replace(startWorker, "NAME", name, 1)
				return nil
			}
		}
		if f := p.GetLastFailure(); f != nil {
			r.Stuck, r.Code, r.Remedy = told(f)
		}
	}
	return nil
}

// told says what a failed try was about.
func told(f *failurepb.Failure) (stuck, code, remedy string) {
	if a := f.GetApplicationFailureInfo(); a != nil {
		var t flow.Trouble
		if p := a.GetDetails().GetPayloads(); len(p) == 1 && flow.DataConverter().FromPayload(p[0], &t) == nil {
			remedy = t.Remedy
		}
		return f.GetMessage() + ", retrying", a.GetType(), remedy
	}
	if f.GetTimeoutFailureInfo() != nil {
		return "its worker was lost, retrying", "WORKER-LOST", ""
	}
	return "failed, retrying", "", ""
}

// queueOf is the queue of the step that a row is at.
func (w *watcher) queueOf(r *Row) string {
	for n := range w.fleet.Installations {
		if i := &w.fleet.Installations[n]; i.ID == r.ID {
			return flow.Order{Installation: *i}.QueueOf(r.Step)
		}
	}
	return flow.Queue
}

// pollFresh is how old the last poll of a worker that lives may be: a poll
// lasts a minute.
const pollFresh = 75 * time.Second

// polled says whether a worker polls a queue. Where that cannot be asked the
// answer is yes: nothing is claimed then.
func (w *watcher) polled(ctx context.Context, queue string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if polled, known := w.pollers[queue]; known {
		return polled
	}
	d, err := w.c.DescribeTaskQueue(ctx, queue, enumspb.TASK_QUEUE_TYPE_ACTIVITY)
	polled := err != nil
	for _, p := range d.GetPollers() {
		polled = polled || time.Since(p.GetLastAccessTime().AsTime()) < pollFresh
	}
	w.pollers[queue] = polled
	return polled
}

// stateOf reads what a workflow says of itself.
func stateOf(memo *commonpb.Memo) (s flow.State) {
	if p := memo.GetFields()[flow.MemoState]; p != nil {
		// One of another version says nothing.
		if flow.DataConverter().FromPayload(p, &s) != nil {
			return flow.State{}
		}
	}
	return s
}

// timeLeft is by the rate of the upgrades that have ended in this run.
func (s *Snapshot) timeLeft() {
	if s.Started == nil {
		return
	}
	var first time.Time
	ended, open := 0, 0
	for _, r := range s.Rows {
		switch {
		case r.upgrade && r.Started.After(*s.Started):
			if first.IsZero() || r.Started.Before(first) {
				first = *r.Started
			}
			if r.Ended != nil {
				ended++
			} else {
				open++
			}
		case r.State == notBegun, r.State == flow.Ready, r.State == looking:
			open++
		}
	}
	switch {
	case open == 0:
		s.Left = 0
	case ended > 0:
		s.Left = (s.Time.Sub(first) / time.Duration(ended) * time.Duration(open)).Round(time.Second)
	}
}

// Troubled are the rows that do not go on by themselves, or not well: those
// that wait for a person first.
func (s *Snapshot) Troubled() []Row {
	weight := func(r Row) int {
		switch {
		case r.State == waiting:
			return 0
		case r.Stuck != "":
			return 1
		}
		return 2
	}
	var out []Row
	for _, r := range s.Rows {
		switch r.State {
		case flow.Done, flow.Ready, notBegun:
		case running, looking:
			if r.Stuck != "" {
				out = append(out, r)
			}
		default:
			out = append(out, r)
		}
	}
	slices.SortStableFunc(out, func(a, b Row) int { return cmp.Compare(weight(a), weight(b)) })
	return out
}
