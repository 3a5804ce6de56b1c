package flow

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"

	"github.com/idconnect-go/upgrade/examples/fleet/allow"
	"github.com/idconnect-go/upgrade/examples/internal/siteconfig"
	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/idconnect/report"
)

// Activities are what a worker does on its machine: the steps of idconnect, one
// a call.
type Activities struct {
	// Name of the worker.
	Name string
	// Reports is the folder for whole reports, which stay on this machine.
	Reports string
	// Allow says what an order may name.
	Allow allow.List
	// Client asks the engine about other workflows.
	Client client.Client
	Logger *slog.Logger
}

// The names of the activities.
const (
	stepActivity   = "Step"
	planActivity   = "LookAtAll"
	exportActivity = "Export"
	awaitActivity  = "AwaitOthers"
)

// Register gives a worker the activities. Only one of [Queue] waits for others.
func (a *Activities) Register(w worker.ActivityRegistry) {
	for name, f := range map[string]any{
		stepActivity: a.Step, planActivity: a.Plan, exportActivity: a.Export, awaitActivity: a.Await,
	} {
		w.RegisterActivityWithOptions(f, activity.RegisterOptions{Name: name})
	}
}

// Step carries out one step. What ends it otherwise than well comes as an
// application error with a [Trouble].
func (a *Activities) Step(ctx context.Context, t Task) (Looked, error) {
	return a.carryOut(ctx, t, func(ctx context.Context, u *idconnect.Upgrade) (*report.Report, error) {
		u.Steps, u.Again = []string{t.Step}, t.Again
		return u.Run(ctx)
	})
}

// Plan looks at everything that the chosen steps need, and changes nothing.
func (a *Activities) Plan(ctx context.Context, t Task) (Looked, error) {
	t.Step = stepPlan
	return a.carryOut(ctx, t, func(ctx context.Context, u *idconnect.Upgrade) (*report.Report, error) {
		began := time.Now()
		plan, err := u.Plan(ctx)
		if err != nil {
			return nil, err
		}
		rep := plan.Report()
		rep.Started = began
		if rep.Outcome = Ready; plan.Blocked() {
			rep.Outcome = Blocked
			err = preflight.ErrBlocked
		}
		return rep, err
	})
}

// carryOut is what all activities on an installation have in common.
func (a *Activities) carryOut(
	ctx context.Context, t Task, do func(context.Context, *idconnect.Upgrade) (*report.Report, error),
) (Looked, error) {
	first := firstTry(ctx)
	own, pulse, stop := beat(ctx, a.Name, t.Step, first)
	defer stop()
	looked := Looked{Worker: a.Name}
	u, err := a.upgrade(own, t)
	if err == nil {
		err = reachable(u)
	}
	var rep *report.Report
	if err == nil {
		u.Events = pulse.event
		u.ReportDir = filepath.Join(a.Reports, t.Installation.ID, t.Step)
		rep, err = do(own, u)
	}
	if rep != nil {
		looked.Folder = u.ReportDir
		if saveErr := rep.Save(looked.Folder); saveErr != nil {
			a.Logger.Error("the report is not saved", "installation", t.Installation.ID, "step", t.Step, "error",
				saveErr)
			looked.Unsaved = true
		}
		looked.Report = public(rep)
	}
	if err == nil {
		return looked, nil
	}
	if ctx.Err() != nil {
		return looked, ctx.Err()
	}
	if own.Err() != nil {
		return looked, fault{Type: FaultStopped, Code: FaultStopped,
			Text:  "the worker was stopped; another one resumes the step",
			after: 100 * time.Millisecond}.application(looked)
	}
	f, known := err.(fault)
	if !known {
		var findings preflight.Findings
		if rep != nil {
			findings = rep.Findings
		}
		f = faultOf(err, findings)
	}
	// A lock goes with its process; everything else is waited for as long as
	// the fleet file says.
	if !f.final && f.Type != FaultLocked && time.Since(first) > t.Patience {
		f.final = true
		f.Text += " (since " + first.Format(time.RFC3339) + ")"
	}
	log := a.Logger.With("installation", t.Installation.ID, "step", t.Step, "code", f.Code)
	if rep == nil && !known {
		log = log.With("error", err) // no report has it
	}
	log.Warn("a step did not end well", "report", looked.Folder)
	return looked, f.application(looked)
}

// firstTry is when an activity was begun first: the heartbeats of its earlier
// tries say so.
func firstTry(ctx context.Context) time.Time {
	var last Progress
	if activity.HasHeartbeatDetails(ctx) && activity.GetHeartbeatDetails(ctx, &last) == nil && !last.First.IsZero() {
		return last.First
	}
	return time.Now().UTC()
}

// Export writes the stores of the source into one encrypted file, and carries
// it to the machine of the target where the fleet file says how. One that is
// there is kept.
func (a *Activities) Export(ctx context.Context, t Task) (Looked, error) {
	t.Step = stepExport // for which the list is asked
	return a.carryOut(ctx, t, func(ctx context.Context, u *idconnect.Upgrade) (*report.Report, error) {
		h := t.Installation.Handover
		if _, err := os.Lstat(h.Source); errors.Is(err, fs.ErrNotExist) {
			if err := u.Export(ctx, h.Source, u.StoresKey); err != nil {
				return nil, err
			}
		} else if err != nil {
			return nil, err
		}
		if len(h.Carry) == 0 {
			return nil, nil
		}
		args := slices.Clone(h.Carry)
		for i := range args {
			args[i] = strings.NewReplacer("{source}", h.Source, "{target}", h.Target).Replace(args[i])
		}
		if _, err := (siteconfig.Reader{Commands: true}).Run(ctx, args); err != nil {
			return nil, fault{Type: FaultAccess, Code: FaultAccess, Text: "handover.carry: " + err.Error(),
				Remedy: "carry the file by hand, or repair the program; the step is retried automatically",
				after:  accessPause}
		}
		return nil, nil
	})
}

// upgrade is the installation as this machine sees it. It is the one place in which an
// order is held to what this worker allows.
func (a *Activities) upgrade(ctx context.Context, t Task) (*idconnect.Upgrade, error) {
	if !slices.Contains(append(idconnect.StepNames(), stepPlan, stepExport), t.Step) {
		return nil, failure(FaultFailed, "an order for an unknown step", "check who gave it")
	}
	c := t.here()
	if err := a.Allow.Site(&c); err != nil {
		return nil, fault{Type: FaultNotAllowed, Code: FaultNotAllowed, Text: err.Error(),
			Remedy: "add it to the worker's -allow file, if it is right, and start the worker again; " +
				"the step is retried automatically", after: accessPause}
	}
	u, err := c.Upgrade()
	if err != nil {
		return nil, err
	}
	u.Logger = a.Logger
	if t.Patience > 0 && c.Settle == "" {
		u.SettleTime = min(t.Patience, time.Minute) // the latter is idconnect's own
	}
	if c.Handover != nil && t.Step != stepExport {
		u.StoresFile = c.Handover.Target
	}
	if u.TargetDir == "" {
		u.StateDir = filepath.Join(a.Reports, c.ID, "state")
	}
	into := siteconfig.Secrets(u)
	for _, s := range c.Secrets() {
		if *into[s.Place], err = secret(ctx, s.From, s.Place); err != nil {
			return nil, err
		}
	}
	return u, nil
}

// here is the site without what this step on this machine has no use for.
func (t Task) here() siteconfig.Config {
	i := &t.Installation
	c := i.Config
	c.Report = "" // Reports is the folder for them
	if c.Verify != nil {
		v := *c.Verify
		c.Verify, v.IDs = &v, ""
	}
	queue, together := t.QueueOf(t.Step), i.SourceWorker() == i.Target.Worker
	onTarget := queue == MachineQueue(i.Target.Worker)
	onSource := onTarget && together || !onTarget && queue != Queue
	if !onSource {
		c.Source.Dir = ""
	}
	if !onTarget {
		c.Target.Dir, c.Package, c.JavaHome = "", "", ""
	}
	if !onSource && !onTarget {
		c.KeystorePassword = nil
	}
	if t.Step == idconnect.StepPrepare || t.Step == stepExport {
		c.Target.Password, c.Target.TruststorePassword = nil, nil
	}
	switch {
	case t.Step == stepExport && i.Handover != nil: // the target's path is the program's
		c.Handover = &siteconfig.Handover{Source: i.Handover.Source, Passphrase: i.Handover.Passphrase,
			Carry: i.Handover.Carry}
	case onTarget && !together && t.carries():
		c.Handover = &siteconfig.Handover{Target: i.Handover.Target, Passphrase: i.Handover.Passphrase}
	default:
		c.Handover = nil
	}
	return c
}

// reachable says which folder or file that must be there this worker cannot
// read: a mount that is missing is no fault of the installation.
func reachable(u *idconnect.Upgrade) error {
	for _, path := range []string{u.SourceDir, u.StoresFile, u.Source.Truststore, u.Target.Truststore} {
		if path == "" {
			continue
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		f.Close()
	}
	// The target's folder need not be there yet.
	for dir := u.TargetDir; dir != ""; dir = filepath.Dir(dir) {
		f, err := os.Open(dir)
		if errors.Is(err, fs.ErrNotExist) && dir != filepath.Dir(dir) {
			continue
		}
		if err != nil {
			return err
		}
		return f.Close()
	}
	return nil
}
