package flow

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/idconnect-go/upgrade/examples/fleet/fleetfile"
	"github.com/idconnect-go/upgrade/examples/internal/siteconfig"
	"github.com/idconnect-go/upgrade/idconnect/report"
	"github.com/idconnect-go/upgrade/internal/await"
)

// script plays the activities: what a step ends with, by its number of tries.
type script struct {
	steps map[string][]error
	calls []string
	// resent are steps that were told to send again.
	resent []string
}

func (s *script) do(_ context.Context, t Task) (Looked, error) {
	s.calls = append(s.calls, t.Step)
	if t.Again {
		s.resent = append(s.resent, t.Step)
	}
	l := Looked{Worker: "w", Report: &report.Report{Steps: []*report.StepResult{{Name: t.Step, State: report.Done}}}}
	if left := s.steps[t.Step]; len(left) > 0 {
		s.steps[t.Step] = left[1:]
		return l, left[0]
	}
	return l, nil
}

func newEnv(t *testing.T, s *script) *testsuite.TestWorkflowEnvironment {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	env.SetDataConverter(DataConverter())
	env.SetTestTimeout(await.Patience)
	Register(env)
	(&Activities{}).Register(env)
	for _, name := range []string{stepActivity, planActivity, exportActivity} {
		env.OnActivity(name, mock.Anything, mock.Anything).Return(s.do)
	}
	return env
}

func installation(id string) fleetfile.Installation {
	return fleetfile.Installation{Config: siteconfig.Config{ID: id, Target: siteconfig.Server{Worker: "w"},
		Steps: []string{"configure", "migrate", "verify"}}}
}

func unknown() error {
	return fault{Type: FaultUnknown, Code: FaultUnknown, final: true}.application(Looked{})
}

func outcomeOf(t *testing.T, env *testsuite.TestWorkflowEnvironment) *Result {
	t.Helper()
	if !env.IsWorkflowCompleted() {
		t.Fatal("the workflow did not end")
	}
	if err := env.GetWorkflowError(); err != nil {
		return resultOfError("?", err)
	}
	var r Result
	if err := env.GetWorkflowResult(&r); err != nil {
		t.Fatal(err)
	}
	return &r
}

// A step whose outcome is not known waits for a person, for as long as it
// takes, and is never carried out meanwhile.
func TestDecisions(t *testing.T) {
	for decision, want := range map[string]struct{ outcome, calls, resent string }{
		DecideLook:   {Done, "plan configure migrate migrate verify", ""},
		DecideGoOn:   {Done, "plan configure migrate verify", ""},
		DecideResend: {Done, "plan configure migrate migrate verify", "migrate"},
		DecideGiveUp: {GivenUp, "plan configure migrate", ""},
	} {
		t.Run(decision, func(t *testing.T) {
			s := &script{steps: map[string][]error{"migrate": {unknown()}}}
			env := newEnv(t, s)
			before := 0
			env.RegisterDelayedCallback(func() { env.SignalWorkflow(DecideSignal, "nonsense") }, time.Hour)
			env.RegisterDelayedCallback(func() {
				before = len(s.calls)
				env.SignalWorkflow(DecideSignal, decision)
			}, 72*time.Hour)
			env.ExecuteWorkflow(UpgradeType, Order{Installation: installation("a")})
			r := outcomeOf(t, env)
			if calls := strings.Join(s.calls, " "); r.Outcome != want.outcome || calls != want.calls ||
				strings.Join(s.resent, " ") != want.resent || before != 3 {
				t.Errorf("%s; %s; resent %v; %d calls before the decision", r.Outcome, calls, s.resent, before)
			}
			if len(r.Decisions) != 1 || r.Decisions[0] != "migrate: "+decision {
				t.Errorf("%v", r.Decisions)
			}
		})
	}
}

// What passes is tried again; what does not ends the installation, and names
// its outcome.
func TestRetries(t *testing.T) {
	of := func(kind string, final bool) error {
		return fault{Type: kind, Code: kind, final: final}.application(Looked{})
	}
	for name, c := range map[string]struct {
		fails   []error
		outcome string
		tries   int
	}{
		"a folder comes back":  {[]error{of(FaultAccess, false), of(FaultAccess, false)}, Done, 3},
		"another try has lock": {[]error{of(FaultLocked, false)}, Done, 2},
		"it is blocked":        {[]error{of(FaultBlocked, true)}, Blocked, 1},
		"differences":          {[]error{of(FaultDifferences, true)}, Differences, 1},
		"partly compared":      {[]error{of(FaultPartly, true)}, Partly, 1},
		"nothing compared":     {[]error{of(FaultNothing, true)}, Nothing, 1},
		"it failed":            {[]error{of(FaultFailed, true)}, Failed, 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := &script{steps: map[string][]error{"migrate": c.fails}}
			env := newEnv(t, s)
			env.ExecuteWorkflow(UpgradeType, Order{Installation: installation("a")})
			r := outcomeOf(t, env)
			tries := strings.Count(strings.Join(s.calls, " "), "migrate")
			if r.Outcome != c.outcome || tries != c.tries {
				t.Errorf("%s after %d tries", r.Outcome, tries)
			}
		})
	}
}

// yard plays installations: how long each takes, and its end.
type yard struct {
	now, most  int
	site, peak map[string]int
	began      map[string]time.Time
	fails      map[string]string // the outcome
}

func (y *yard) upgrade(ctx workflow.Context, o Order) (*Result, error) {
	i := o.Installation
	y.now++
	y.site[i.Site]++
	y.most, y.peak[i.Site] = max(y.most, y.now), max(y.peak[i.Site], y.site[i.Site])
	y.began[i.ID] = workflow.Now(ctx)
	err := workflow.Sleep(ctx, time.Hour)
	y.now--
	y.site[i.Site]--
	r := &Result{ID: i.ID, Outcome: Done}
	if outcome := y.fails[i.ID]; outcome != "" {
		r.Outcome = outcome
		return nil, temporal.NewNonRetryableApplicationError(outcome, outcome, nil, r)
	}
	return r, err
}

func (y *yard) plan(_ workflow.Context, o Order) (*Result, error) {
	r := &Result{ID: o.Installation.ID, Outcome: Ready}
	if strings.HasPrefix(r.ID, "blocked") {
		r.Outcome, r.Code = Blocked, "SOURCE-TLS"
	}
	return r, nil
}

func newYard(t *testing.T, fails ...string) (*yard, *testsuite.TestWorkflowEnvironment) {
	t.Helper()
	y := &yard{site: map[string]int{}, peak: map[string]int{}, began: map[string]time.Time{},
		fails: map[string]string{}}
	for _, id := range fails {
		y.fails[id] = Failed
	}
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	env.SetDataConverter(DataConverter())
	env.SetTestTimeout(await.Patience)
	for name, f := range map[string]any{FleetType: Fleet, WaveType: Wave, PlanType: y.plan, UpgradeType: y.upgrade} {
		env.RegisterWorkflowWithOptions(f, workflow.RegisterOptions{Name: name})
	}
	return y, env
}

func many(n int) (all []fleetfile.Installation) {
	for i := range n {
		one := installation(fmt.Sprintf("i%02d", i))
		one.Site = []string{"a", "b"}[i%2]
		all = append(all, one)
	}
	return all
}

// Limits: of all at once, and of a site.
func TestLimits(t *testing.T) {
	y, env := newYard(t)
	env.ExecuteWorkflow(WaveType, WaveOrder{
		Type: UpgradeType, Left: many(20), AtOnce: 6, Sites: map[string]fleetfile.Site{"a": {AtOnce: 2}}, MayFail: -1,
	})
	var r WaveResult
	if err := env.GetWorkflowResult(&r); err != nil || r.Counts[Done] != 20 {
		t.Fatalf("%v, %+v", err, r)
	}
	if y.most != 6 || y.peak["a"] != 2 {
		t.Errorf("at most %d at once, %d of the site", y.most, y.peak["a"])
	}
}

// A fleet: the plan first, nothing before the approval, the blocked one left
// out, waves after one another.
func TestWaves(t *testing.T) {
	y, env := newYard(t)
	all := append(many(10), installation("blocked"))
	f := fleetfile.Fleet{Name: "f", Approval: fleetfile.ApproveOnce, Waves: []fleetfile.WaveSize{"1", "20%", "rest"},
		AtOnce: 50, StopAbove: "0%", Installations: all}
	begin := env.Now()
	env.RegisterDelayedCallback(func() {
		if len(y.began) > 0 {
			t.Error("something began before the approval")
		}
		env.SignalWorkflow(ApproveSignal, nil)
	}, 24*time.Hour)
	env.ExecuteWorkflow(FleetType, FleetOrder{Fleet: f})
	var r FleetResult
	if err := env.GetWorkflowResult(&r); err != nil || r.Counts[Done] != 10 || r.Counts[Blocked] != 1 ||
		r.Waves != 3 || r.NotBegun != 0 {
		t.Fatalf("%v, %+v", err, r)
	}
	for id, hours := range map[string]time.Duration{"i00": 24, "i01": 25, "i03": 25, "i04": 26, "i09": 26} {
		if got := y.began[id].Sub(begin).Truncate(time.Hour); got != hours*time.Hour {
			t.Errorf("%s began after %v", id, got)
		}
	}
}

// Where each wave is approved, none begins without.
func TestApprovalOfWaves(t *testing.T) {
	y, env := newYard(t)
	f := fleetfile.Fleet{Name: "f", Approval: fleetfile.ApproveWaves, Waves: []fleetfile.WaveSize{"1", "rest"},
		AtOnce: 50, StopAbove: "0%", Installations: many(5)}
	for n, hours := range map[int]time.Duration{0: 1, 1: 48} {
		env.RegisterDelayedCallback(func() {
			if len(y.began) != n {
				t.Errorf("%d began before approval %d", len(y.began), n+1)
			}
			env.SignalWorkflow(ApproveSignal, nil)
		}, hours*time.Hour)
	}
	env.ExecuteWorkflow(FleetType, FleetOrder{Fleet: f})
	var r FleetResult
	if err := env.GetWorkflowResult(&r); err != nil || r.Counts[Done] != 5 || r.Waves != 2 {
		t.Errorf("%v, %+v", err, r)
	}
}

// More failures than may be: what runs ends, nothing new begins.
func TestStopAbove(t *testing.T) {
	y, env := newYard(t, "i00", "i01")
	f := fleetfile.Fleet{Name: "f", Approval: fleetfile.ApproveNone, Waves: []fleetfile.WaveSize{"10", "rest"},
		AtOnce: 4, StopAbove: "10%", Installations: many(20)}
	env.ExecuteWorkflow(FleetType, FleetOrder{Fleet: f})
	var r FleetResult
	// Four at once; the two that fail may be the last of them to be seen, when
	// three others have begun.
	if err := env.GetWorkflowResult(&r); err != nil || !r.Stopped || r.Counts[Failed] != 2 || r.Counts[Done] < 2 ||
		r.NotBegun != 20-len(y.began) || len(y.began) > 7 {
		t.Errorf("%v, %+v, %d began", err, r, len(y.began))
	}
}

// What ended with bad news weighs against the limit. Where only something was not
// compared, it does not, except in a wave that was begun when it did.
func TestWhatStops(t *testing.T) {
	for outcome, stops := range map[string]bool{
		Done: false, Partly: false, Blocked: true, Nothing: true, Differences: true, Failed: true, GivenUp: true,
	} {
		for _, before := range []bool{false, true} {
			y, env := newYard(t)
			if before {
				env.OnGetVersion("partly-spared", workflow.DefaultVersion, workflow.Version(1)).
					Return(workflow.DefaultVersion)
			}
			if outcome != Done {
				y.fails["i00"], y.fails["i01"] = outcome, outcome
			}
			env.ExecuteWorkflow(WaveType, WaveOrder{Type: UpgradeType, Left: many(9), AtOnce: 3, MayFail: 1})
			var r WaveResult
			want := stops || before && outcome == Partly
			if err := env.GetWorkflowResult(&r); err != nil || r.Stopped != want || (r.NotBegun > 0) != want {
				t.Errorf("%s, a wave of before %v: %v, %+v", outcome, before, err, r)
			}
		}
	}
}

// Outside the window nothing begins.
func TestWindowOfWave(t *testing.T) {
	y, env := newYard(t)
	env.SetStartTime(time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC))
	env.ExecuteWorkflow(WaveType, WaveOrder{Type: UpgradeType, Left: many(3), AtOnce: 1, MayFail: -1,
		Window: &fleetfile.Window{From: "22:00", To: "23:30", Zone: "Europe/Berlin"}})
	if err := env.GetWorkflowError(); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]string{"i00": "06-01 22:00", "i01": "06-01 23:00", "i02": "06-02 22:00"} {
		zone, err := time.LoadLocation("Europe/Berlin")
		if err != nil {
			t.Fatal(err)
		}
		if got := y.began[id].In(zone).Format("01-02 15:04"); got != want {
			t.Errorf("%s began on %s, not %s", id, got, want)
		}
	}
}

// A long wave goes on in a new history with what is left and what runs.
func TestContinued(t *testing.T) {
	_, env := newYard(t)
	env.SetCurrentHistoryLength(10_000)
	env.ExecuteWorkflow(WaveType, WaveOrder{
		Type: UpgradeType, Left: many(3), AtOnce: 2, MayFail: -1, Result: WaveResult{Counts: map[string]int{Done: 7}},
	})
	var again *workflow.ContinueAsNewError
	if err := env.GetWorkflowError(); !errors.As(err, &again) {
		t.Fatalf("%v", err)
	}
	var next WaveOrder
	if err := DataConverter().FromPayloads(again.Input, &next); err != nil || len(next.Left) != 3 ||
		next.Result.Counts[Done] != 7 {
		t.Errorf("%v, %+v", err, next)
	}
}
