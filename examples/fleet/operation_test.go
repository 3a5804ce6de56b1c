package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/idconnect-go/upgrade/examples/fleet/engine"
	"github.com/idconnect-go/upgrade/examples/fleet/fakes"
	"github.com/idconnect-go/upgrade/examples/fleet/fleetfile"
	"github.com/idconnect-go/upgrade/examples/fleet/flow"
	"github.com/idconnect-go/upgrade/internal/await"
	"github.com/idconnect-go/upgrade/migration/openidmtest"
)

// patience is how long the processes of a stage may take on a busy machine; on an idle one
// it is less than half a minute.
const patience = 5 * time.Minute

// until waits for something that the processes of a stage bring about.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("not within %v: %s", patience, what)
}

// begin starts a command, and gives what ends with its exit code.
func (s *stage) begin(t *testing.T, args ...string) (wait func() (int, string)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	cmd := s.command(ctx, args...)
	var both bytes.Buffer
	cmd.Stdout, cmd.Stderr = &both, &both
	must(t, cmd.Start())
	return func() (int, string) {
		t.Helper()
		defer cancel()
		err := cmd.Wait()
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			t.Fatalf("%v did not end within %v:\n%s", args, patience, &both)
		}
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		return cmd.ProcessState.ExitCode(), both.String()
	}
}

// says asks status until it says something.
func (s *stage) says(t *testing.T, words ...string) {
	t.Helper()
	last := ""
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(last)
		}
	})
	until(t, "status says "+strings.Join(words, ", "), func() bool {
		_, last = s.run(t, "status", s.file)
		for _, w := range words {
			if !strings.Contains(last, w) {
				return false
			}
		}
		return true
	})
}

// TestOperation: what keeps a fleet from going on is said in status, and it
// goes on by itself afterwards; nothing changes before the approval; a run that
// is stopped interrupts its steps within a second, and goes on when it is given
// again.
func TestOperation(t *testing.T) {
	t.Parallel()
	users := 6
	s := newStage(t, fakes.Options{Count: 4, Users: users, Workers: []string{"one", "two"},
		Pace: 700 * time.Millisecond},
		map[string]any{"waves": []any{"rest"}, "patience": "10m"})
	away := s.world.All[0].Upgrade().SourceDir
	must(t, os.Rename(away, away+".away"))
	result := s.begin(t, "run", s.file)
	s.says(t, "no worker for the fleet")
	s.hire(t, "one")
	s.says(t, "no worker two", "NO-ACCESS", away)
	must(t, os.Rename(away+".away", away))
	s.hire(t, "two")
	s.says(t, "the approval of wave 1")
	for _, f := range s.world.All {
		if _, err := os.Stat(f.Upgrade().TargetDir); err == nil {
			t.Errorf("%s was changed before the approval", f.ID)
		}
	}
	if code, out := s.run(t, "plan", s.file); code != exitFailed || !strings.Contains(out, "is under way") {
		t.Errorf("a plan beside it: %d %s", code, out)
	}
	if code, out := s.run(t, "approve", s.file); code != exitDone {
		t.Fatalf("approve: %d %s", code, out)
	}
	joined := s.begin(t, "run", s.file)
	until(t, "a target copies", func() bool {
		target := s.world.All[0].Target()
		return target != nil && target.Count("managed/user") > 0
	})
	if code, out := s.run(t, "run", "-stop", s.file); code != exitDone {
		t.Fatalf("stop: %d %s", code, out)
	}
	if code, out := result(); code != exitInterrupted {
		t.Errorf("the run that was stopped: %d %s", code, out)
	}
	if code, out := joined(); code != exitInterrupted || !strings.Contains(out, "joined") {
		t.Errorf("the run that joined: %d %s", code, out)
	}
	s.checkCancellation(t)

	result = s.begin(t, "run", "-approve", s.file)
	s.says(t, "under way")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	watch := s.command(ctx, "status", "-watch", s.file)
	pipe, err := watch.StdoutPipe()
	must(t, err)
	must(t, watch.Start())
	watched := bufio.NewReader(pipe)
	seen, err := watched.ReadString('\n') // it has seen the engine
	must(t, err)
	s.engine.Kill()
	if code, out := s.run(t, "status", s.file); code != exitFailed ||
		!strings.Contains(out, "the engine is not responding") {
		t.Errorf("status without an engine: %d %s", code, out)
	}
	for !strings.Contains(seen, "the engine is not responding since") {
		line, err := watched.ReadString('\n')
		if seen += line; err != nil {
			t.Fatalf("the watch ended with the engine: %v\n%s", err, seen)
		}
	}
	must(t, s.engine.Resume(t.Context()))
	if code, out := result(); code != exitDone {
		t.Fatalf("the last run: %d %s", code, out)
	}
	rest, err := io.ReadAll(watched)
	must(t, err)
	if err := watch.Wait(); err != nil || !bytes.Contains(rest, []byte("has ended")) {
		t.Errorf("the watch: %v\n%s%s", err, seen, rest)
	}
	if n := s.world.Once(); n != 4 {
		t.Errorf("%d of 4 installations migrated once", n)
	}
	s.checkHistories(t)
	s.checkReport(t)
}

// TestDecision: targets that cut the connection when they are told to migrate
// wait for a person, who decides about each: look again, send it once more, end
// it as failed. None is told a second time before that.
func TestDecision(t *testing.T) {
	t.Parallel()
	cut := []openidmtest.Fault{{Action: "migrate", Times: 1, Effect: openidmtest.Reset}}
	s := newStage(t, fakes.Options{Count: 3, Workers: []string{"one"},
		Faults: map[int][]openidmtest.Fault{0: cut, 1: cut, 2: cut}},
		map[string]any{"waves": []any{"rest"}, "stopAbove": "100%", "patience": "3s"})
	s.hire(t, "one")
	result := s.begin(t, "run", "-approve", s.file)
	s.says(t, "3 waiting", "waits for a decision", "-decide look|go-on|resend|give-up")
	for _, f := range s.world.All {
		if n := f.Migrations(); n != 1 {
			t.Errorf("%s: told %d times before the decision", f.ID, n)
		}
	}
	if code, out := s.run(t, "approve", "-installation", "idc-1", "-decide", "perhaps", s.file); code != exitUsage {
		t.Errorf("a decision that there is not: %d %s", code, out)
	}
	if code, out := s.run(t, "approve", "-installation", "idc-9", "-decide", "look", s.file); code != exitUsage {
		t.Errorf("an installation that there is not: %d %s", code, out)
	}
	for id, decision := range map[string]string{"idc-1": flow.DecideLook, "idc-2": flow.DecideResend,
		"idc-3": flow.DecideGiveUp} {
		if code, out := s.run(t, "approve", "-installation", id, "-decide", decision, s.file); code != exitDone {
			t.Errorf("%s: %d %s", id, code, out)
		}
	}
	code, out := result()
	if code != exitFailed || !strings.Contains(out, "2 done, 1 given up") {
		t.Errorf("%d %s", code, out)
	}
	for i, want := range []int{2, 2, 1} { // the one that was cut, too
		if n := s.world.All[i].Migrations(); n != want {
			t.Errorf("%s: told %d times, not %d", s.world.All[i].ID, n, want)
		}
	}
	if code, out := s.run(t, "approve", "-installation", "idc-3", "-decide", "look", s.file); code != exitFailed ||
		!strings.Contains(out, "is not waiting for anything") {
		t.Errorf("a decision too late: %d %s", code, out)
	}
	s.checkHistories(t)
}

// checkCancellation measures how long a step that ran went on.
func (s *stage) checkCancellation(t *testing.T) {
	t.Helper()
	seen := 0
	for name, h := range s.histories(t) {
		asked := map[int64]time.Time{}
		for _, e := range h.GetEvents() {
			switch e.GetEventType() {
			case enumspb.EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED:
				id := e.GetActivityTaskCancelRequestedEventAttributes().GetScheduledEventId()
				asked[id] = e.GetEventTime().AsTime()
			case enumspb.EVENT_TYPE_ACTIVITY_TASK_CANCELED:
				at, ok := asked[e.GetActivityTaskCanceledEventAttributes().GetScheduledEventId()]
				if !ok {
					continue
				}
				seen++
				took := e.GetEventTime().AsTime().Sub(at)
				t.Logf("%s: interrupted after %v", name, took.Round(time.Millisecond))
				if took > await.Patience { // a second on an idle machine
					t.Errorf("%s: interrupted after %v", name, took)
				}
			}
		}
	}
	if seen == 0 {
		t.Error("no step was interrupted")
	}
}

// checkReport looks at the page and its JSON.
func (s *stage) checkReport(t *testing.T) {
	t.Helper()
	dir := filepath.Join(s.dir, "report")
	if code, out := s.run(t, "report", "-out", dir, s.file); code != exitDone {
		t.Fatalf("report: %d %s", code, out)
	}
	html, err := os.ReadFile(filepath.Join(dir, "fleet.html"))
	must(t, err)
	text, err := os.ReadFile(filepath.Join(dir, "fleet.json"))
	must(t, err)
	var r struct {
		Installations []struct {
			ID, State string
			Result    flow.Result
		}
	}
	must(t, json.Unmarshal(text, &r))
	for _, i := range r.Installations {
		if i.State != flow.Done || i.Result.Report == nil || !i.Result.Report.Verify.Same() ||
			len(i.Result.Report.Steps) != 8 {
			t.Errorf("%+v", i)
		}
	}
	if len(r.Installations) != len(s.world.All) {
		t.Errorf("%d installations in the report", len(r.Installations))
	}
	for _, secret := range s.world.Secrets() {
		if bytes.Contains(html, []byte(secret)) || bytes.Contains(text, []byte(secret)) {
			t.Errorf("the report holds %q", secret)
		}
	}
	if bytes.Contains(html, []byte("<script")) || bytes.Contains(html, []byte("http-equiv=\"refresh")) {
		t.Error("the page holds a script")
	}
}

// TestContinuedHistories: waves whose histories are short go on in new ones,
// while workers are killed; nothing is lost and nothing done twice. One
// installation is under way already, and is waited for.
func TestContinuedHistories(t *testing.T) {
	t.Parallel()
	names := []string{"one", "two"}
	s := newStage(t, fakes.Options{Count: 10, Workers: names}, map[string]any{"atOnce": 4, "waves": []any{"rest"}})
	fleet, err := fleetfile.Read(s.file)
	must(t, err)
	c, err := client.Dial(client.Options{HostPort: s.engine.Address, Logger: engine.Silent(),
		DataConverter: flow.DataConverter()})
	must(t, err)
	defer c.Close()
	workers := s.hire(t, names...)
	_, err = c.ExecuteWorkflow(t.Context(),
		client.StartWorkflowOptions{ID: fleet.Installations[9].ID, TaskQueue: flow.Queue}, flow.UpgradeType,
		flow.Order{Installation: fleet.Installations[9], Patience: time.Minute})
	must(t, err)
	run, err := c.ExecuteWorkflow(t.Context(),
		client.StartWorkflowOptions{ID: flow.FleetID(fleet.Name), TaskQueue: flow.Queue}, flow.FleetType,
		flow.FleetOrder{Fleet: *fleet, Approved: true, MaxEvents: 25})
	must(t, err)
	end := workers.rampage(7, names, 3*time.Second, 6)
	var r flow.FleetResult
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	err = run.Get(ctx, &r)
	end()
	must(t, err)
	// The one that was under way ended as an upgrade in the plan's wave.
	t.Logf("%+v", r)
	if n := s.world.Once(); n != 10 || r.Counts[flow.Done] != 10 {
		t.Errorf("%d of 10 installations migrated once; %+v", n, r)
	}
	continued := 0
	for _, h := range s.histories(t) {
		if h.Events[len(h.Events)-1].GetEventType() == enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW {
			continued++
		}
	}
	if continued < 2 {
		t.Errorf("only %d histories were continued", continued)
	}
	fmt.Printf("%d histories continued\n", continued)
	s.checkHistories(t)
}
