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
	// Allow says which secrets an order may name, and to which servers they go.
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
	return a.carryOut(ctx, t, func(ctx context.Context, u *idconnect.Upgrade) (*report.Report, error) {
		rep := &report.Report{Version: report.Version, Started: time.Now()}
		plan, err := u.Plan(ctx)
		if err != nil {
			return nil, err
		}
		rep.Ended = time.Now()
		rep.Source, rep.Target, rep.Findings = plan.Source, plan.Target, plan.Findings
		for _, s := range plan.Steps {
			rep.Steps = append(rep.Steps, &report.StepResult{Name: s.Name, State: s.State, Detail: s.Detail})
		}
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
	return a.carryOut(ctx, t, func(ctx context.Context, u *idconnect.Upgrade) (*report.Report, error) {
		h := t.Installation.Handover
		passphrase, err := a.secret(ctx, h.Passphrase, "handover.passphrase")
		if err != nil {
			return nil, err
		}
		if _, err := os.Lstat(h.Source); errors.Is(err, fs.ErrNotExist) {
			if err := u.Export(ctx, h.Source, idconnect.HandoverKey{Passphrase: passphrase}); err != nil {
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
		if err := a.command(ctx, args); err != nil {
			return nil, fault{Type: FaultAccess, Code: FaultAccess, Text: "handover.carry: " + err.Error(),
				Remedy: "carry the file by hand, or repair the program; the step is retried automatically",
				after:  accessPause}
		}
		return nil, nil
	})
}

// upgrade is the installation as this machine sees it.
func (a *Activities) upgrade(ctx context.Context, t Task) (*idconnect.Upgrade, error) {
	i := &t.Installation
	if err := a.Allow.Site(&i.Config); err != nil {
		return nil, notAllowed("an address", err)
	}
	u, err := i.Upgrade()
	if err != nil {
		return nil, err
	}
	u.Logger, u.SourceDir, u.TargetDir, u.RepairList = a.Logger, "", "", ""
	if t.Patience > 0 && i.Settle == "" {
		u.SettleTime = min(t.Patience, time.Minute) // the latter is idconnect's own
	}
	together := i.SourceWorker() == i.Target.Worker
	switch queue := t.queue(t.Step); {
	case queue == Queue:
		u.StateDir = filepath.Join(a.Reports, i.ID, "state")
	case queue == MachineQueue(i.Target.Worker):
		u.TargetDir = i.Target.Dir
		switch {
		case together:
			u.SourceDir = i.Source.Dir
		case t.carries():
			u.StoresFile = i.Handover.Target
		}
	default:
		u.SourceDir = i.Source.Dir
		u.StateDir = filepath.Join(a.Reports, i.ID, "state")
	}
	into := siteconfig.Secrets(u)
	sourceOnly := t.Step == idconnect.StepPrepare || t.Step == stepExport
	for _, s := range i.Secrets() {
		switch s.Place {
		case siteconfig.TargetPassword, siteconfig.TargetTruststorePassword:
			if sourceOnly {
				continue
			}
		case siteconfig.KeystorePassword:
			if u.SourceDir == "" && u.TargetDir == "" {
				continue
			}
		case siteconfig.HandoverPassphrase:
			if u.StoresFile == "" {
				continue
			}
		}
		if *into[s.Place], err = a.secret(ctx, s.From, s.Place); err != nil {
			return nil, err
		}
	}
	return u, nil
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
