package flow

import (
	"errors"
	"slices"
	"strconv"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/idconnect-go/upgrade/idconnect/report"
)

// Memo is what the engine's list of workflows shows of one; see the constants
// of the keys.
const (
	// MemoState holds a [State].
	MemoState = "state"
)

// State is what a workflow says of itself, in its memo: who asks needs no
// worker to answer.
type State struct {
	// Phase of a fleet or wave, or the Outcome of an installation; while it
	// waits for a person, Waiting says for what.
	Phase   string `json:"phase,omitempty"`
	Outcome string `json:"outcome,omitempty"`
	Step    string `json:"step,omitempty"`
	Code    string `json:"code,omitempty"`
	Remedy  string `json:"remedy,omitempty"`
	Waiting string `json:"waiting,omitempty"`
	// Until is when a window opens.
	Until *time.Time `json:"until,omitempty"`
	// Counts of a fleet: what became of the installations so far.
	Counts map[string]int `json:"counts,omitempty"`
}

func say(ctx workflow.Context, s State) error {
	return workflow.UpsertMemo(ctx, map[string]any{MemoState: s})
}

// work is one workflow of an installation.
type work struct {
	order  Order
	result *Result
	tries  map[string]int
}

func newWork(o Order) *work {
	return &work{
		order: o, result: &Result{ID: o.Installation.ID, Site: o.Installation.Site}, tries: map[string]int{},
	}
}

// Plan looks at an installation and changes nothing in it; where the stores
// have to be carried, they are exported first, which only reads them. What
// blocks is in the result, not an error.
func Plan(ctx workflow.Context, o Order) (*Result, error) {
	w := newWork(o)
	if !w.look(ctx) && w.result.Outcome == Interrupted {
		return w.end(ctx)
	}
	if w.result.Outcome == "" {
		w.result.Outcome = Ready
	}
	return w.result, say(ctx,
		State{Outcome: w.result.Outcome, Step: w.result.Step, Code: w.result.Code, Remedy: w.result.Remedy})
}

// Upgrade carries out the upgrade of one installation, step by step. It looks
// at everything before the first one. Anything but success is an application
// error whose type is the outcome and whose detail the [Result].
func Upgrade(ctx workflow.Context, o Order) (*Result, error) {
	w := newWork(o)
	if !w.look(ctx) {
		return w.end(ctx)
	}
	for _, step := range o.steps() {
		if !w.step(ctx, step) {
			return w.end(ctx)
		}
	}
	w.result.Outcome = Done
	return w.end(ctx)
}

// look is all of preflight, at once.
func (w *work) look(ctx workflow.Context) bool {
	if w.order.carries() {
		if err := w.try(ctx, exportActivity, stepExport, false); err != nil {
			return w.ended(stepExport, err)
		}
	}
	if err := w.try(ctx, planActivity, stepPlan, false); err != nil {
		return w.ended(stepPlan, err)
	}
	return true
}

// step carries out one step until it is done, or until a person or a fault ends
// it.
func (w *work) step(ctx workflow.Context, step string) bool {
	again := false
	for {
		err := w.try(ctx, stepActivity, step, again)
		var said *temporal.ApplicationError
		if err == nil {
			return true
		}
		if !errors.As(err, &said) || said.Type() != FaultUnknown {
			return w.ended(step, err)
		}
		decision, err := w.ask(ctx, step, said)
		if err != nil {
			return w.ended(step, err)
		}
		switch decision {
		case DecideGoOn:
			return true
		case DecideGiveUp:
			w.result.Outcome, w.result.Step, w.result.Code = GivenUp, step, FaultUnknown
			return false
		}
		again = decision == DecideResend
	}
}

// ask waits for what a person decides.
func (w *work) ask(ctx workflow.Context, step string, said *temporal.ApplicationError) (string, error) {
	var t Trouble
	if said.HasDetails() {
		if err := said.Details(&t); err != nil {
			return "", err
		}
		w.result.add(t.Looked)
	}
	if err := say(ctx, State{Waiting: "a decision", Step: step, Code: FaultUnknown, Remedy: t.Remedy}); err != nil {
		return "", err
	}
	for {
		var decision string
		selector := workflow.NewSelector(ctx)
		selector.AddReceive(workflow.GetSignalChannel(ctx, DecideSignal), func(c workflow.ReceiveChannel, _ bool) {
			c.Receive(ctx, &decision)
		})
		selector.AddReceive(ctx.Done(), func(workflow.ReceiveChannel, bool) {})
		selector.Select(ctx)
		if err := ctx.Err(); err != nil {
			return "", err
		}
		if slices.Contains(Decisions(), decision) {
			w.result.Decisions = append(w.result.Decisions, step+": "+decision)
			return decision, say(ctx, State{})
		}
	}
}

// try is an activity, which the engine tries again where its error allows it:
// when its worker was killed, at once and for ever, since a step that is
// carried out again converges.
func (w *work) try(ctx workflow.Context, activity, step string, again bool) error {
	w.tries[step]++
	id := step
	if n := w.tries[step]; n > 1 {
		id += "-" + strconv.Itoa(n)
	}
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		ActivityID: id, TaskQueue: w.order.QueueOf(step),
		StartToCloseTimeout: stepTimeout, HeartbeatTimeout: heartbeatTimeout, WaitForCancellation: true,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: 5 * time.Second,
		},
	})
	var looked Looked
	err := workflow.ExecuteActivity(ctx, activity, Task{Order: w.order, Step: step, Again: again}).Get(ctx, &looked)
	if err == nil {
		w.result.add(looked)
	}
	return err
}

// stepTimeout bounds one try of a step: the longest migration.
const stepTimeout = 7 * 24 * time.Hour

// ended takes over why a step did not end well.
func (w *work) ended(step string, err error) bool {
	r := w.result
	r.Step = step
	var said *temporal.ApplicationError
	switch {
	case temporal.IsCanceledError(err):
		r.Outcome = Interrupted
		return false
	case errors.As(err, &said) && said.HasDetails():
		var t Trouble
		if said.Details(&t) == nil {
			r.add(t.Looked)
			r.Code, r.Text, r.Remedy = t.Code, t.Text, t.Remedy
		}
	}
	r.Outcome = Failed
	if said != nil {
		r.Outcome = outcomeOfFault(said.Type())
		if r.Code == "" {
			r.Code = said.Type()
		}
	}
	return false
}

// end says the outcome in the memo too, and makes of all but success an error.
func (w *work) end(ctx workflow.Context) (*Result, error) {
	r := w.result
	if r.Report != nil {
		r.Report.Outcome = r.Outcome
		for _, s := range r.Report.Steps {
			if s.State == report.ToDo {
				s.State = report.NotRun
			}
		}
	}
	err := say(ctx, State{Outcome: r.Outcome, Step: r.Step, Code: r.Code, Remedy: r.Remedy})
	switch {
	case err != nil:
		return nil, err
	case r.Outcome == Done:
		return r, nil
	case r.Outcome == Interrupted:
		return nil, temporal.NewCanceledError(r)
	}
	return nil, temporal.NewNonRetryableApplicationError(r.Outcome, r.Outcome, nil, r)
}
