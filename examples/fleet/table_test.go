package main

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/idconnect-go/upgrade/examples/fleet/flow"
)

// bigSnapshot has thousands of rows, of every state, and words that would steer
// a terminal or break a page.
func bigSnapshot(n int) *Snapshot {
	began := time.Date(2026, 3, 14, 20, 0, 0, 0, time.UTC)
	s := &Snapshot{
		Name: "emea", Time: began.Add(time.Hour), Phase: "wave 3 of 3", Under: true, Started: &began,
		Totals: map[string]int{}, Left: 90 * time.Minute,
		NoWorker: []string{"bremen-app1"},
	}
	states := []string{flow.Done, running, waiting, looking, notBegun, flow.Blocked, flow.Differences, flow.Failed,
		flow.GivenUp, flow.Interrupted}
	for i := range n {
		r := Row{ID: fmt.Sprintf("idc-%05d", i), Site: []string{"bremen", "oslo"}[i%2], State: states[i%len(states)],
			Step: "migrate", Started: &began}
		switch r.State {
		case running:
			r.Done, r.Total, r.Unit, r.Left = 12, 40, "records", time.Minute
		case waiting:
			r.Stuck = "UNKNOWN-OUTCOME \x1b[2J<script>alert(1)</script> " + strings.Repeat("long ", 60)
			r.Remedy, r.Try = "fleet approve -installation ID -decide go-on", 3
		case flow.Blocked, flow.Failed:
			r.Code, r.Remedy = "STORE-PASSWORD", "give the keystore's password"
		}
		if r.State != running && r.State != looking && r.State != notBegun && r.State != waiting {
			ended := began.Add(time.Duration(i) * time.Second)
			r.Ended = &ended
		}
		s.Totals[r.State]++
		s.Rows = append(s.Rows, r)
	}
	return s
}

// TestTable: thousands of rows fit every terminal; what needs attention comes
// first, and what does not fit is counted.
func TestTable(t *testing.T) {
	s := bigSnapshot(5000)
	for _, size := range [][2]int{{80, 24}, {40, 10}, {200, 60}, {20, 3}, {1, 1}, {120, 5000}} {
		lines := s.lines(size[0], size[1])
		if len(lines) > size[1] {
			t.Errorf("%v: %d lines", size, len(lines))
		}
		for _, line := range lines {
			if n := utf8.RuneCountInString(line); n > size[0] || strings.ContainsAny(line, "\x1b\n") {
				t.Errorf("%v: %d columns: %q", size, n, line)
			}
		}
	}
	text := strings.Join(s.lines(100, 24), "\n")
	for _, want := range []string{"5000 installations, about 1h30m0s left: 500 done, 500 running",
		"no worker: bremen-app1", "needs attention", "under way", "12 of 40 records", "and 2", " more: -json", "[#",
		"10%"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	if look, under := strings.Index(text, "needs attention"), strings.Index(text, "under way"); look > under {
		t.Errorf("what needs attention does not come first:\n%s", text)
	}
	if all := s.lines(0, 0); len(all) < 3000 {
		t.Errorf("without a terminal there are %d lines", len(all))
	}
}
