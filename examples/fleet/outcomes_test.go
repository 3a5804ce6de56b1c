package main

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/idconnect-go/upgrade/examples/fleet/fleetfile"
	"github.com/idconnect-go/upgrade/examples/fleet/flow"
	"github.com/idconnect-go/upgrade/idconnect/report"
	"github.com/idconnect-go/upgrade/idconnect/verify"
)

// comparisonOf is a report whose comparison has an outcome.
func comparisonOf(outcome string) *report.Report {
	users := verify.CollectionReport{Name: "users", Checked: true, SourceCount: 3, TargetCount: 3}
	switch outcome {
	case flow.Partly:
		users.NotCheckedValues = 2
	case flow.Nothing:
		users.SourceCount, users.TargetCount = 0, 0
	case flow.Differences:
		users.MissingCount = 1
	}
	return &report.Report{Version: report.Version, Outcome: outcome,
		Verify: &verify.Report{Collections: []verify.CollectionReport{users}}}
}

// TestOutcomes: the four outcomes of a comparison, alone and in a fleet of all, in
// status, on the page and in the exit code.
func TestOutcomes(t *testing.T) {
	of := map[string]struct {
		mood, says string
		code       int
	}{
		flow.Done:        {"good", "All 3 records of the source are in the target with the same content", 0},
		flow.Partly:      {"care", "Not compared: 2 encrypted values", 4},
		flow.Nothing:     {"bad", "Neither server showed a record, so nothing is verified", 5},
		flow.Differences: {"bad", "1 is missing from the target", 1},
	}
	for _, c := range []struct {
		states []string
		code   int
	}{
		{[]string{flow.Done}, 0},
		{[]string{flow.Partly}, 4},
		{[]string{flow.Nothing}, 5},
		{[]string{flow.Differences}, 1},
		{[]string{flow.Done, flow.Partly}, 4},
		{[]string{flow.Partly, flow.Nothing}, 5},
		{[]string{flow.Done, flow.Partly, flow.Nothing, flow.Differences}, 1},
	} {
		began := time.Date(2026, 3, 14, 20, 0, 0, 0, time.UTC)
		s := &Snapshot{Name: "emea", Time: began, Phase: "has ended", Started: &began, Totals: map[string]int{}}
		r := &FleetReport{Version: reportVersion, Snapshot: s}
		order := flow.FleetOrder{Fleet: fleetfile.Fleet{Name: "emea"}}
		for n, state := range c.states {
			row := Row{ID: fmt.Sprintf("idc-%d", n), State: state, Started: &began, Ended: &began,
				Result: &flow.Result{Outcome: state, Report: comparisonOf(state)}}
			s.Totals[state]++
			s.Rows = append(s.Rows, row)
			order.Fleet.Installations = append(order.Fleet.Installations, fleetfile.Installation{})
		}
		var html, out bytes.Buffer
		must(t, page.Execute(&html, r))
		status := strings.Join(s.lines(0, 0), "\n")
		a := &app{out: &out, err: &out}
		var code codeError
		if err := a.outcome(order, flow.FleetResult{Counts: s.Totals}, nil); err != nil && !errors.As(err, &code) {
			t.Fatal(err)
		}
		if int(code) != c.code {
			t.Errorf("%v: exit code %d, not %d", c.states, code, c.code)
		}
		for _, state := range c.states {
			tag := fmt.Sprintf(`<span class="tag %s">%s</span>`, of[state].mood, state)
			for _, want := range []string{tag, of[state].says, "<dt>" + state + "</dt><dd>1</dd>"} {
				if !strings.Contains(html.String(), want) {
					t.Errorf("%v: %q is not on the page", c.states, want)
				}
			}
			if !strings.Contains(status, "1 "+state) || !strings.Contains(out.String(), "1 "+state) ||
				strings.Contains(status, "idc-") == (len(c.states) == 1 && state == flow.Done) {
				t.Errorf("%v: %s\n%s", c.states, status, &out)
			}
		}
	}
}
