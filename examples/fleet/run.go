package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/idconnect-go/upgrade/examples/fleet/fleetfile"
	"github.com/idconnect-go/upgrade/examples/fleet/flow"
	"github.com/idconnect-go/upgrade/internal/text"
)

// digestMemo is the key under which a fleet keeps the digest of its order.
const digestMemo = "digest"

// plan runs the preflight checks of every installation.
func (a *app) plan(ctx context.Context, args []string) error {
	fleet, err := a.file(a.flags("plan"), args)
	if err != nil {
		return err
	}
	return a.follow(ctx, flow.FleetOrder{Fleet: *fleet, PlanOnly: true}, args[len(args)-1])
}

// carryOut is the command run.
func (a *app) carryOut(ctx context.Context, args []string) error {
	f := a.flags("run")
	approved := f.Bool("approve", false, "do not wait for approval")
	stop := f.Bool("stop", false, "stop a run, interrupting its steps; another run resumes it")
	fleet, err := a.file(f, args)
	if err != nil {
		return err
	}
	if *stop {
		return a.stop(ctx, fleet)
	}
	return a.follow(ctx, flow.FleetOrder{Fleet: *fleet, Approved: *approved}, f.Arg(0))
}

// follow starts a fleet, or joins the run in progress, and prints its progress
// until it ends.
func (a *app) follow(ctx context.Context, o flow.FleetOrder, file string) error {
	c, err := a.connect(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	run, err := a.start(ctx, c, o)
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	var result flow.FleetResult
	go func() { ended <- getResult(ctx, run, &result) }()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	said := ""
	for {
		select {
		case err := <-ended:
			return a.outcome(o, result, err)
		case <-tick.C:
			if line := a.progress(ctx, c, run, file); line != said && line != "" {
				fmt.Fprintln(a.err, line)
				said = line
			}
		}
	}
}

// start starts a fleet unless it is in progress.
func (a *app) start(ctx context.Context, c client.Client, o flow.FleetOrder) (client.WorkflowRun, error) {
	id := flow.FleetID(o.Fleet.Name)
	digest, err := digestOf(o)
	if err != nil {
		return nil, err
	}
	run, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: id, TaskQueue: flow.Queue, WorkflowExecutionErrorWhenAlreadyStarted: true,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		Memo:                     map[string]any{digestMemo: digest},
	}, flow.FleetType, o)
	var there *serviceerror.WorkflowExecutionAlreadyStarted
	if !errors.As(err, &there) {
		return run, err
	}
	d, err := c.DescribeWorkflowExecution(ctx, id, "")
	if err != nil {
		return nil, err
	}
	var has string
	if p := d.GetWorkflowExecutionInfo().GetMemo().GetFields()[digestMemo]; p == nil ||
		flow.DataConverter().FromPayload(p, &has) != nil || has != digest {
		return nil, fmt.Errorf("%s is under way with another fleet file, or as a plan: "+
			"wait until it ends (fleet status), or stop it (fleet run -stop)", o.Fleet.Name)
	}
	fmt.Fprintf(a.err, "%s: joined the run in progress\n", o.Fleet.Name)
	return c.GetWorkflow(ctx, id, there.RunId), nil
}

// digestOf identifies an order, approved or not.
func digestOf(o flow.FleetOrder) (string, error) {
	o.Approved = false
	b, err := json.Marshal(o)
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), err
}

// getResult waits for the end, also while the engine is unreachable.
func getResult(ctx context.Context, run client.WorkflowRun, result *flow.FleetResult) error {
	for {
		err := run.Get(ctx, result)
		if err == nil || ctx.Err() != nil || !gone(err) {
			return err
		}
		text.Sleep(ctx, time.Second)
	}
}

// progress describes the state of a fleet in one line.
func (a *app) progress(ctx context.Context, c client.Client, run client.WorkflowRun, file string) string {
	try, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	d, err := c.DescribeWorkflowExecution(try, run.GetID(), run.GetRunID())
	switch {
	case ctx.Err() != nil:
		return ""
	case err != nil:
		return "the engine is not responding; workers wait for it and then continue"
	}
	s := stateOf(d.GetWorkflowExecutionInfo().GetMemo())
	if s.Phase == "" && len(d.GetPendingChildren()) == 0 {
		return "waiting for a worker: " + startWorker
	}
	line := s.Phase
	if s.Waiting != "" {
		line += " for " + s.Waiting + ": look at it (fleet status " + file + "), then fleet approve " + file
	}
	if len(s.Counts) > 0 {
		line += " (" + countsText(s.Counts) + ")"
	}
	return line
}

// countsText says how many installations there are of each state.
func countsText(counts map[string]int) string {
	var parts []string
	for _, state := range states {
		if n := counts[state]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, state))
		}
	}
	return strings.Join(parts, ", ")
}

// outcome prints the outcome of a fleet. Its error carries the exit code.
func (a *app) outcome(o flow.FleetOrder, r flow.FleetResult, err error) error {
	var canceled *temporal.CanceledError
	stopped := errors.As(err, &canceled)
	if stopped && canceled.HasDetails() {
		if detailErr := canceled.Details(&r); detailErr != nil {
			return detailErr
		}
	} else if err != nil {
		return err
	}
	others, counts := r.Others, r.Counts
	if o.PlanOnly {
		others, counts = r.Planned.Others, r.Planned.Counts
	}
	table := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	for i, b := range others {
		if i == maxOthers {
			fmt.Fprintf(table, "and %d more: fleet status, fleet report\n", len(others)-i)
			break
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", b.ID, b.Outcome, b.Step, b.Code, flow.RemedyOf(b.Code))
	}
	table.Flush()
	fmt.Fprintf(a.out, "%s: %d installations: %s", o.Fleet.Name, len(o.Fleet.Installations), countsText(counts))
	if r.NotBegun > 0 && !o.PlanOnly {
		fmt.Fprintf(a.out, "; %d not started", r.NotBegun)
	}
	fmt.Fprintln(a.out)
	switch {
	case stopped:
		fmt.Fprintln(a.out, "stopped on request; fleet run resumes it")
		return codeError(exitInterrupted)
	case r.Stopped:
		fmt.Fprintln(a.out, "stopped: more of a wave failed than stopAbove allows; "+
			"repair them, then resume with fleet run")
		return codeError(exitFailed)
	}
	if code := flow.ExitCode(counts, len(o.Fleet.Installations), o.PlanOnly); code != exitDone {
		return codeError(code)
	}
	return nil
}

// maxOthers limits how many installations that are not done are listed.
const maxOthers = 20

// stop stops a run.
func (a *app) stop(ctx context.Context, fleet *fleetfile.Fleet) error {
	c, err := a.connect(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.CancelWorkflow(ctx, flow.FleetID(fleet.Name), ""); err != nil {
		return notRunning(fleet.Name, err)
	}
	fmt.Fprintf(a.out, "stopping %s: its steps are interrupted; fleet run resumes it\n", fleet.Name)
	return nil
}

func notRunning(name string, err error) error {
	var none *serviceerror.NotFound
	if errors.As(err, &none) {
		return fmt.Errorf("no run of %s in progress: see fleet status", name)
	}
	return err
}

// approve approves a waiting fleet, or decides about an installation.
func (a *app) approve(ctx context.Context, args []string) error {
	f := a.flags("approve")
	installation := f.String("installation", "", "`id` of the installation to decide about")
	decide := f.String("decide", "", "what to `do`: "+strings.Join(flow.Decisions(), ", ")+
		" (poll the target again; it was received and has ended, continue; "+
		"it was not received, send it again; fail)")
	fleet, err := a.file(f, args)
	if err != nil {
		return err
	}
	if (*installation == "") != (*decide == "") {
		return usagef("approve: -installation and -decide must be used together")
	}
	id, signal, value := flow.FleetID(fleet.Name), flow.ApproveSignal, any(nil)
	if *decide != "" {
		if !slices.Contains(flow.Decisions(), *decide) {
			return usagef("approve: -decide %s: must be one of %s", *decide,
				strings.Join(flow.Decisions(), ", "))
		}
		named := func(i fleetfile.Installation) bool { return i.ID == *installation }
		if !slices.ContainsFunc(fleet.Installations, named) {
			return usagef("approve: %s is not in the fleet file", *installation)
		}
		id, signal, value = *installation, flow.DecideSignal, *decide
	}
	c, err := a.connect(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	d, err := c.DescribeWorkflowExecution(ctx, id, "")
	if err != nil {
		return notRunning(id, err)
	}
	info := d.GetWorkflowExecutionInfo()
	s := stateOf(info.GetMemo())
	if info.GetStatus() != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING || s.Waiting == "" {
		return fmt.Errorf("%s is not waiting for anything: see fleet status", id)
	}
	// Signal exactly the execution that was described, not a later one.
	if err := c.SignalWorkflow(ctx, id, info.GetExecution().GetRunId(), signal, value); err != nil {
		return notRunning(id, err)
	}
	fmt.Fprintf(a.out, "%s has %s\n", id, s.Waiting)
	return nil
}
