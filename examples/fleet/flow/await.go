package flow

import (
	"context"
	"errors"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
)

// Await returns when at least one of the installations' workflows has ended,
// with those that have: for a wave that was continued as new, or found an
// installation under way.
func (a *Activities) Await(ctx context.Context, ids []string) ([]Brief, error) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		activity.RecordHeartbeat(ctx)
		var ended []Brief
		for _, id := range ids {
			d, err := a.Client.DescribeWorkflowExecution(ctx, id, "")
			if err != nil {
				return nil, err
			}
			if d.GetWorkflowExecutionInfo().GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
				continue
			}
			r, err := ResultOf(ctx, a.Client, id, "")
			if err != nil {
				return nil, err
			}
			ended = append(ended, r.brief())
		}
		if len(ended) > 0 {
			return ended, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-activity.GetWorkerStopChannel(ctx):
			stopped := fault{Type: FaultStopped, Code: FaultStopped, after: 100 * time.Millisecond}
			return nil, stopped.application(Looked{})
		case <-tick.C:
		}
	}
}

// ResultOf waits for the end of an installation's workflow, and says what
// became of it. The error is the engine's.
func ResultOf(ctx context.Context, c client.Client, id, run string) (*Result, error) {
	var r Result
	err := c.GetWorkflow(ctx, id, run).Get(ctx, &r)
	if err == nil {
		return &r, nil
	}
	var ended *temporal.WorkflowExecutionError
	if !errors.As(err, &ended) {
		return nil, err
	}
	return resultOfError(id, err), nil
}

// resultOfError is what a workflow's error says of an installation.
func resultOfError(id string, err error) *Result {
	var (
		application *temporal.ApplicationError
		canceled    *temporal.CanceledError
		terminated  *temporal.TerminatedError
		r           Result
	)
	switch {
	case errors.As(err, &application) && application.HasDetails() && application.Details(&r) == nil && r.ID != "":
		return &r
	case errors.As(err, &canceled):
		if canceled.HasDetails() && canceled.Details(&r) == nil && r.ID != "" {
			return &r
		}
		return &Result{ID: id, Outcome: Interrupted}
	case errors.As(err, &terminated):
		return &Result{ID: id, Outcome: Interrupted, Code: "TERMINATED",
			Text:   "its workflow was terminated in the engine",
			Remedy: "run the fleet again to resume it"}
	}
	return &Result{ID: id, Outcome: Failed, Code: "WORKFLOW-FAILED", Text: "its workflow failed",
		Remedy: "inspect it in the engine, then run the fleet again"}
}

// Brief is what a wave keeps of an installation.
type Brief struct {
	ID      string `json:"id"`
	Outcome string `json:"outcome"`
	Step    string `json:"step,omitempty"`
	Code    string `json:"code,omitempty"`
}

func (r *Result) brief() Brief { return Brief{r.ID, r.Outcome, r.Step, r.Code} }
