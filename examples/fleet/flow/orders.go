// Package flow carries a fleet of upgrades through Temporal: the workflows of
// a fleet, of its waves and of each installation, and the activities, which are
// thin over [idconnect.Upgrade]. What lies in the engine's history are
// references, codes, counts and times: no secret, no id of a record, no text
// that a server chose.
package flow

import (
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/idconnect-go/upgrade/examples/fleet/fleetfile"
	"github.com/idconnect-go/upgrade/idconnect"
)

// Queue is that of the workflows and of what any worker may do.
const Queue = "idconnect-fleet"

// MachineQueue is the queue of the worker with that name.
func MachineQueue(name string) string { return Queue + "-at-" + name }

// The names of the workflows. Plan and Upgrade have the id of their
// installation, so that neither runs beside the other.
const (
	FleetType   = "Fleet"
	WaveType    = "Wave"
	PlanType    = "Plan"
	UpgradeType = "Upgrade"
)

// FleetID is the id of a fleet's workflow.
func FleetID(name string) string { return "fleet:" + name }

// The signals: of a fleet, and of an installation.
const (
	ApproveSignal = "approve"
	DecideSignal  = "decide"
)

// What a person decides about a step whose outcome is not known.
const (
	DecideLook   = "look"    // look again: the step asks the target first
	DecideGoOn   = "go-on"   // it was received and has ended: the next step; verify will tell
	DecideResend = "resend"  // it was not received: send it once more
	DecideGiveUp = "give-up" // end this installation as failed
)

// Decisions are the known ones.
func Decisions() []string { return []string{DecideLook, DecideGoOn, DecideResend, DecideGiveUp} }

// Order is the input of the workflows of an installation.
type Order struct {
	Installation fleetfile.Installation `json:"installation"`
	// Patience is how long a server that does not answer is tried again.
	Patience time.Duration `json:"patience,omitempty"`
}

// steps of the order, in their order.
func (o Order) steps() []string {
	return slices.DeleteFunc(idconnect.StepNames(), func(s string) bool {
		return len(o.Installation.Steps) > 0 && !slices.Contains(o.Installation.Steps, s)
	})
}

// QueueOf says whose task a step is: that of the machine with the target's
// folder, and with the journal beside it, which keeps migrate to once; only
// what needs neither may be anybody's.
func (o Order) QueueOf(step string) string {
	i := &o.Installation
	switch {
	case slices.Contains(i.Anywhere, step):
		return Queue
	case step == idconnect.StepPrepare || step == stepExport:
		return MachineQueue(i.SourceWorker())
	}
	return MachineQueue(i.Target.Worker)
}

// carries says whether the stores have to come from another machine.
func (o Order) carries() bool {
	return o.Installation.Handover != nil && slices.ContainsFunc(o.steps(), func(s string) bool {
		return s == idconnect.StepStores || s == idconnect.StepSetup
	})
}

// What an activity does besides the steps of idconnect.
const (
	stepExport = "export"
	stepPlan   = "plan"
)

// Task is the input of an activity.
type Task struct {
	Order
	Step string `json:"step"`
	// Again repeats what is not known to have been received.
	Again bool `json:"again,omitempty"`
}

var workflows = map[string]any{FleetType: Fleet, WaveType: Wave, PlanType: Plan, UpgradeType: Upgrade}

// Register gives a worker of [Queue], or a replayer, the workflows.
func Register(w interface {
	RegisterWorkflowWithOptions(w any, options workflow.RegisterOptions)
}) {
	for name, f := range workflows {
		w.RegisterWorkflowWithOptions(f, workflow.RegisterOptions{Name: name})
	}
}
