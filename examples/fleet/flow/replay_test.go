package flow

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// histories are those that were kept: FLEET_KEEP_HISTORIES=DIR of the module's
// tests writes new ones.
func histories(t *testing.T) map[string]*historypb.History {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "histories", "*.json"))
	if err != nil || len(files) < 4 {
		t.Fatalf("%v: %d histories", err, len(files))
	}
	all := map[string]*historypb.History{}
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if all[filepath.Base(file)], err = client.HistoryFromJSON(f, client.HistoryJSONOptions{}); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
	}
	return all
}

// replay runs a history against workflows.
func replay(t *testing.T, h *historypb.History, workflows map[string]any) error {
	t.Helper()
	r, err := worker.NewWorkflowReplayerWithOptions(worker.WorkflowReplayerOptions{DataConverter: DataConverter()})
	if err != nil {
		t.Fatal(err)
	}
	for name, f := range workflows {
		r.RegisterWorkflowWithOptions(f, workflow.RegisterOptions{Name: name})
	}
	began := h.Events[0].GetWorkflowExecutionStartedEventAttributes()
	return r.ReplayWorkflowHistoryWithOptions(silent{}, h, worker.ReplayWorkflowHistoryOptions{
		OriginalExecution: workflow.Execution{ID: began.GetWorkflowId(), RunID: began.GetOriginalExecutionRunId()},
	})
}

// TestReplay: histories of before still lead where they led. One that does not
// belongs to upgrades that run somewhere.
func TestReplay(t *testing.T) {
	for name, h := range histories(t) {
		if err := replay(t, h, workflows); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestReplayFindsChanges: each history finds a change that would break it.
func TestReplayFindsChanges(t *testing.T) {
	delayed := map[string]any{
		FleetType: func(ctx workflow.Context, o FleetOrder) (FleetResult, error) {
			return after(ctx, func() (FleetResult, error) { return Fleet(ctx, o) })
		},
		WaveType: func(ctx workflow.Context, o WaveOrder) (WaveResult, error) {
			return after(ctx, func() (WaveResult, error) { return Wave(ctx, o) })
		},
		PlanType: func(ctx workflow.Context, o Order) (*Result, error) {
			return after(ctx, func() (*Result, error) { return Plan(ctx, o) })
		},
		UpgradeType: func(ctx workflow.Context, o Order) (*Result, error) {
			return after(ctx, func() (*Result, error) { return Upgrade(ctx, o) })
		},
	}
	for name, h := range histories(t) {
		if err := replay(t, h, delayed); err == nil {
			t.Errorf("%s: a workflow that waits a second first is not found", name)
		}
	}
}

func after[T any](ctx workflow.Context, f func() (T, error)) (T, error) {
	if err := workflow.Sleep(ctx, time.Second); err != nil {
		var none T
		return none, err
	}
	return f()
}

// silent is a logger: what a replay says is in its error.
type silent struct{}

func (silent) Debug(string, ...any) {}
func (silent) Info(string, ...any)  {}
func (silent) Warn(string, ...any)  {}
func (silent) Error(string, ...any) {}
