package flow

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/idconnect-go/upgrade/examples/fleet/fleetfile"
)

// WaveOrder is the input of a wave, also of one that goes on in a new history.
type WaveOrder struct {
	// Type is that of the workflows that it starts: [PlanType] or [UpgradeType].
	Type string `json:"type"`
	// Left are the installations that were not begun, Begun the ids of those
	// that an earlier history of this wave began and that have not ended.
	Left  []fleetfile.Installation `json:"left,omitempty"`
	Begun []Held                   `json:"begun,omitempty"`

	AtOnce   int                       `json:"atOnce"`
	Patience time.Duration             `json:"patience,omitempty"`
	Window   *fleetfile.Window         `json:"window,omitempty"`
	Sites    map[string]fleetfile.Site `json:"sites,omitempty"`
	// MayFail is how many may fail before nothing new begins; -1: any number.
	MayFail int `json:"mayFail"`

	Result WaveResult `json:"result"`
	// MaxEvents is the length of a history after which the wave goes on in a
	// new one; 0: 8,000, and whenever the engine says so.
	MaxEvents int `json:"maxEvents,omitempty"`
}

// Held is an installation that is under way.
type Held struct {
	ID   string `json:"id"`
	Site string `json:"site,omitempty"`
}

// WaveResult is what became of a wave.
type WaveResult struct {
	// Counts by outcome; Others are all that are neither done nor ready.
	Counts map[string]int `json:"counts,omitempty"`
	Others []Brief        `json:"others,omitempty"`
	// Stopped: more failed than may, and NotBegun were not begun for that, or
	// because the fleet was told to stop.
	Stopped  bool `json:"stopped,omitempty"`
	NotBegun int  `json:"notBegun,omitempty"`
}

const maxEvents = 8000

// wave is the state of a Wave.
type wave struct {
	o       WaveOrder
	ctx     workflow.Context
	running map[string]string // id to site
	// starting are children whose start the engine has not said yet.
	starting int
	// others are those to wait for that are not children of this history.
	others   []string
	waiting  bool // an activity waits for others
	canceled bool
	woken    bool // by a timer
	said     State
	err      error
}

// Wave works on installations side by side, within the limits.
func Wave(ctx workflow.Context, o WaveOrder) (WaveResult, error) {
	if o.MaxEvents == 0 {
		o.MaxEvents = maxEvents
	}
	w := &wave{o: o, ctx: ctx, running: map[string]string{}}
	if w.o.Result.Counts == nil {
		w.o.Result.Counts = map[string]int{}
	}
	for _, h := range o.Begun {
		w.running[h.ID] = h.Site
		w.others = append(w.others, h.ID)
	}
	w.o.Begun = nil
	selector := workflow.NewSelector(ctx)
	selector.AddFuture(canceled(ctx), func(workflow.Future) { w.cancel() })
	for w.err == nil {
		next := w.begin(selector)
		if len(w.running) == 0 && w.starting == 0 && (len(w.o.Left) == 0 || w.o.Result.Stopped || w.canceled) {
			break
		}
		if w.full() && w.starting == 0 {
			return WaveResult{}, w.goOn()
		}
		w.await(selector)
		if next > 0 && !w.woken {
			w.woken = true
			selector.AddFuture(workflow.NewTimer(ctx, next), func(workflow.Future) { w.woken = false })
		}
		selector.Select(ctx)
	}
	w.o.Result.NotBegun = len(w.o.Left)
	if w.err == nil && w.canceled {
		w.err = temporal.NewCanceledError(w.o.Result)
	}
	return w.o.Result, w.err
}

// canceled is ready once, when the workflow is cancelled: a channel that is
// closed would be so for ever.
func canceled(ctx workflow.Context) workflow.Future {
	future, set := workflow.NewFuture(ctx)
	workflow.Go(ctx, func(ctx workflow.Context) {
		ctx.Done().Receive(ctx, nil)
		set.Set(nil, nil)
	})
	return future
}

// full: the history is long enough. Nothing new begins then until it has gone
// on in a new one.
func (w *wave) full() bool {
	info := workflow.GetInfo(w.ctx)
	return !w.canceled && (info.GetCurrentHistoryLength() > w.o.MaxEvents || info.GetContinueAsNewSuggested())
}

// goOn continues in a new history, which waits for what is under way.
func (w *wave) goOn() error {
	next := w.o
	for id, site := range w.running {
		next.Begun = append(next.Begun, Held{id, site})
	}
	slices.SortFunc(next.Begun, func(a, b Held) int { return cmp.Compare(a.ID, b.ID) })
	return workflow.NewContinueAsNewError(w.ctx, WaveType, next)
}

// begin starts what the limits allow. It returns how long it is until a window
// opens, 0 where none is waited for.
func (w *wave) begin(selector workflow.Selector) (next time.Duration) {
	if w.canceled || w.o.Result.Stopped || w.full() {
		return 0
	}
	at := map[string]int{}
	for _, site := range w.running {
		at[site]++
	}
	now := workflow.Now(w.ctx)
	left := w.o.Left[:0:0]
	for n, i := range w.o.Left {
		if len(w.running) >= w.o.AtOnce {
			left = append(left, w.o.Left[n:]...)
			break
		}
		limits := w.o.Sites[i.Site]
		if limits.AtOnce > 0 && at[i.Site] >= limits.AtOnce {
			left = append(left, i)
			continue
		}
		window := w.o.Window
		if limits.Window != nil {
			window = limits.Window
		}
		closed, err := window.Opens(now)
		if err != nil {
			w.err = temporal.NewNonRetryableApplicationError("a time zone is not known", "ZONE", nil)
			return 0
		}
		if closed > 0 && w.o.Type == UpgradeType {
			if next == 0 || closed < next {
				next = closed
			}
			left = append(left, i)
			continue
		}
		at[i.Site]++
		w.start(selector, i)
	}
	w.o.Left = left
	w.announce(now, next)
	return next
}

// announce says in the memo that a window is waited for, and when no more.
func (w *wave) announce(now time.Time, next time.Duration) {
	var s State
	if next > 0 && len(w.running) == 0 {
		until := now.Add(next).UTC()
		s = State{Phase: "waits for its window", Until: &until}
	}
	if s.Phase != w.said.Phase {
		w.said = s
		if err := say(w.ctx, s); err != nil {
			w.err = err
		}
	}
}

// start begins an installation as a child. It outlives this history, which may
// end by going on in a new one.
func (w *wave) start(selector workflow.Selector, i fleetfile.Installation) {
	w.running[i.ID] = i.Site
	w.starting++
	child := workflow.ExecuteChildWorkflow(workflow.WithChildOptions(w.ctx, workflow.ChildWorkflowOptions{
		WorkflowID: i.ID, WaitForCancellation: true,
		WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		ParentClosePolicy:     enumspb.PARENT_CLOSE_POLICY_ABANDON,
	}), w.o.Type, Order{Installation: i, Patience: w.o.Patience})
	selector.AddFuture(child.GetChildWorkflowExecution(), func(f workflow.Future) {
		w.starting--
		err := f.Get(w.ctx, nil)
		var there *temporal.ChildWorkflowExecutionAlreadyStartedError
		switch {
		case errors.As(err, &there):
			// Somebody has begun it: it is waited for, and not run beside.
			w.others = append(w.others, i.ID)
			if w.canceled {
				workflow.RequestCancelExternalWorkflow(w.ctx, i.ID, "")
			}
		case err != nil:
			w.ended(Brief{ID: i.ID, Outcome: Interrupted})
		default:
			selector.AddFuture(child, func(f workflow.Future) {
				var r Result
				if err := f.Get(w.ctx, &r); err != nil {
					r = *resultOfError(i.ID, err)
				}
				w.ended(r.brief())
			})
		}
	})
}

// await waits for those that are not children of this history, by an activity
// that ends when one of them has.
func (w *wave) await(selector workflow.Selector) {
	if len(w.others) == 0 || w.waiting {
		return
	}
	w.waiting = true
	// The end of a wave that is cancelled still waits for them.
	free, _ := workflow.NewDisconnectedContext(w.ctx)
	free = workflow.WithActivityOptions(free, workflow.ActivityOptions{
		TaskQueue: Queue, StartToCloseTimeout: stepTimeout, HeartbeatTimeout: heartbeatTimeout,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: 15 * time.Second,
		},
	})
	selector.AddFuture(workflow.ExecuteActivity(free, awaitActivity, w.others), func(f workflow.Future) {
		w.waiting = false
		var all []Brief
		if err := f.Get(free, &all); err != nil {
			w.err = err
			return
		}
		for _, b := range all {
			w.ended(b)
		}
	})
}

func (w *wave) ended(b Brief) {
	if _, here := w.running[b.ID]; !here {
		return
	}
	delete(w.running, b.ID)
	w.others = slices.DeleteFunc(w.others, func(id string) bool { return id == b.ID })
	r := &w.o.Result
	if w.o.Type == UpgradeType && b.Outcome == Ready {
		// What ended was a plan that somebody else had begun.
		b.Outcome = Interrupted
	}
	if w.o.Type == PlanType && b.Outcome == Done {
		// And here an upgrade: it may be carried out again.
		b.Outcome = Ready
	}
	r.Counts[b.Outcome]++
	if b.Outcome != Done && b.Outcome != Ready {
		r.Others = append(r.Others, b)
	}
	if w.o.MayFail >= 0 && w.failures() > w.o.MayFail {
		r.Stopped = true
	}
}

// failures are those that weigh against the limit. A history that was begun before
// partly compared ones were spared goes on as it began.
func (w *wave) failures() int {
	n, partly := failures(w.o.Result.Counts), w.o.Result.Counts[Partly]
	if partly > 0 && workflow.GetVersion(w.ctx, "partly-spared", workflow.DefaultVersion, 1) < 1 {
		n += partly
	}
	return n
}

// cancel passes it on to those that are not children; the SDK does for those
// that are.
func (w *wave) cancel() {
	w.canceled = true
	free, _ := workflow.NewDisconnectedContext(w.ctx)
	for _, id := range w.others {
		workflow.RequestCancelExternalWorkflow(free, id, "")
	}
}

func waveID(fleet string, n int) string { return fleet + "/wave-" + strconv.Itoa(n) }
