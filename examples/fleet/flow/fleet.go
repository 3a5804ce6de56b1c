package flow

import (
	"errors"
	"fmt"
	"maps"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/idconnect-go/upgrade/examples/fleet/fleetfile"
)

// FleetOrder is the input of a fleet.
type FleetOrder struct {
	Fleet fleetfile.Fleet `json:"fleet"`
	// PlanOnly ends after everything was looked at; Approved needs no approval.
	PlanOnly bool `json:"planOnly,omitempty"`
	Approved bool `json:"approved,omitempty"`
	// MaxEvents, see [WaveOrder].
	MaxEvents int `json:"maxEvents,omitempty"`
}

// FleetResult is what became of a fleet.
type FleetResult struct {
	// Planned is what the look at all of them found; Counts by outcome is of
	// those that were to be upgraded, with the ones that the plan found to be
	// blocked.
	Planned WaveResult     `json:"planned"`
	Counts  map[string]int `json:"counts,omitempty"`
	Others  []Brief        `json:"others,omitempty"`
	// Waves is how many came to their end, Of how many there are.
	Waves int `json:"waves"`
	Of    int `json:"of"`
	// Stopped: more of a wave failed than may. NotBegun were not begun.
	Stopped  bool `json:"stopped,omitempty"`
	NotBegun int  `json:"notBegun,omitempty"`
}

// planPatience is how long a plan tries again what may pass: a person waits for
// it.
const planPatience = time.Minute

// fleet is the state of a Fleet.
type fleet struct {
	o      FleetOrder
	id     string
	result FleetResult
}

// Fleet looks at every installation of a fleet, waits for the approval of a
// person, and upgrades them wave by wave. An installation that the plan finds
// to be blocked is left out.
func Fleet(ctx workflow.Context, o FleetOrder) (FleetResult, error) {
	f := &fleet{o: o, id: workflow.GetInfo(ctx).WorkflowExecution.ID}
	f.result.Counts = map[string]int{}
	err := f.run(ctx)
	phase := "has ended"
	switch {
	case temporal.IsCanceledError(err):
		phase = "was told to stop"
		err = temporal.NewCanceledError(f.result)
	case err != nil:
		phase = "failed"
	case f.result.Stopped:
		phase = "stopped: too many failed"
	case o.PlanOnly:
		phase = "planned"
	}
	if sayErr := f.say(ctx, State{Phase: phase}); err == nil {
		err = sayErr
	}
	return f.result, err
}

func (f *fleet) say(ctx workflow.Context, s State) error {
	s.Counts = f.result.Counts
	return say(ctx, s)
}

func (f *fleet) run(ctx workflow.Context) error {
	all := f.o.Fleet.Installations
	if err := f.say(ctx, State{Phase: "looks at all of them"}); err != nil {
		return err
	}
	var err error
	if f.result.Planned, err = f.wave(ctx, f.id+"/plan", f.order(PlanType, all)); err != nil {
		return err
	}
	f.result.NotBegun = len(all)
	if f.o.PlanOnly {
		return nil
	}
	todo := f.ready(all)
	sizes := f.o.Fleet.WaveSizes(len(todo))
	f.result.Of = len(sizes)
	for n, size := range sizes {
		if f.o.Fleet.Approval == fleetfile.ApproveWaves || n == 0 {
			if err := f.approval(ctx, n+1); err != nil {
				return err
			}
		}
		phase := fmt.Sprintf("wave %d of %d, %d installations", n+1, len(sizes), size)
		if err := f.say(ctx, State{Phase: phase}); err != nil {
			return err
		}
		order := f.order(UpgradeType, todo[:size])
		order.MayFail = f.o.Fleet.MayFail(size)
		todo = todo[size:]
		r, err := f.wave(ctx, waveID(f.id, n+1), order)
		f.add(r)
		f.result.NotBegun = len(todo) + r.NotBegun
		if err != nil {
			return err
		}
		if f.result.Stopped = r.Stopped; r.Stopped {
			return nil
		}
		f.result.Waves++
	}
	return nil
}

// ready leaves out what the plan did not find to be ready.
func (f *fleet) ready(all []fleetfile.Installation) []fleetfile.Installation {
	not := map[string]bool{}
	for _, b := range f.result.Planned.Others {
		not[b.ID] = true
		f.result.Counts[b.Outcome]++
		f.result.Others = append(f.result.Others, b)
	}
	out := make([]fleetfile.Installation, 0, len(all))
	for _, i := range all {
		if !not[i.ID] {
			out = append(out, i)
		}
	}
	return out
}

func (f *fleet) add(r WaveResult) {
	counts := maps.Clone(f.result.Counts)
	for outcome, n := range r.Counts {
		counts[outcome] += n
	}
	f.result.Counts = counts
	f.result.Others = append(f.result.Others, r.Others...)
}

func (f *fleet) order(kind string, all []fleetfile.Installation) WaveOrder {
	o := WaveOrder{Type: kind, Left: all, AtOnce: f.o.Fleet.AtOnce, Sites: f.o.Fleet.Sites,
		Patience: f.o.Fleet.PatienceTime(), MayFail: -1, MaxEvents: f.o.MaxEvents}
	if kind == UpgradeType {
		o.Window = f.o.Fleet.Window
	} else {
		o.Patience = min(o.Patience, planPatience)
	}
	return o
}

// wave runs one, and gives its result also when it was cancelled.
func (f *fleet) wave(ctx workflow.Context, id string, o WaveOrder) (r WaveResult, err error) {
	ctx = workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{WorkflowID: id, WaitForCancellation: true})
	err = workflow.ExecuteChildWorkflow(ctx, WaveType, o).Get(ctx, &r)
	var canceled *temporal.CanceledError
	if errors.As(err, &canceled) && canceled.HasDetails() {
		if detailErr := canceled.Details(&r); detailErr != nil {
			return r, detailErr
		}
	}
	return r, err
}

// approval waits for a person, unless none is needed.
func (f *fleet) approval(ctx workflow.Context, wave int) error {
	if f.o.Fleet.Approval == fleetfile.ApproveNone || f.o.Approved {
		return nil
	}
	if err := f.say(ctx, State{Phase: "waits", Waiting: fmt.Sprintf("the approval of wave %d", wave)}); err != nil {
		return err
	}
	selector := workflow.NewSelector(ctx)
	selector.AddReceive(workflow.GetSignalChannel(ctx, ApproveSignal), func(c workflow.ReceiveChannel, _ bool) {
		c.Receive(ctx, nil)
	})
	selector.AddReceive(ctx.Done(), func(workflow.ReceiveChannel, bool) {})
	selector.Select(ctx)
	return ctx.Err()
}
