package idconnect_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/idconnect/report"
	"github.com/idconnect-go/upgrade/idconnect/verify"
	"github.com/idconnect-go/upgrade/migration"
)

// TestStrings: what a program prints is one line, without what is not known.
func TestStrings(t *testing.T) {
	t.Parallel()
	finding := preflight.Codes.JavaMissing.Finding("java", "no java in PATH")
	running := migration.Status{Phase: migration.PhaseRunning, Word: "ACTIVE", Processed: 1200, Total: 3000, Failed: 3}
	unknown := migration.Status{Processed: -1, Total: -1, Failed: -1}
	for _, test := range []struct {
		value fmt.Stringer
		want  string
	}{
		{idconnect.Event{}, ""},
		{idconnect.Event{Kind: idconnect.EventRun, State: report.Running}, "run: running"},
		{idconnect.Event{Kind: idconnect.EventRun, State: report.Done, Detail: "done"}, "run: done"},
		{idconnect.Event{Kind: idconnect.EventStep, Step: "stores", State: report.Done,
			Detail: "5 keys\n77 certificates"},
			"stores: done: 5 keys 77 certificates"},
		{idconnect.Event{Kind: idconnect.EventFinding, Step: "java", Finding: &finding},
			"java blocks: JAVA-MISSING: no java in PATH (remedy: install a JDK 11, 64-bit)"},
		{idconnect.Event{Kind: idconnect.EventOutput, Step: "setup", Detail: "Done."}, "setup: | Done."},
		{idconnect.Event{Kind: idconnect.EventNotice, Step: "migrate", Detail: "the target has not answered for 10s"},
			"migrate: the target has not answered for 10s"},
		{idconnect.Event{Kind: idconnect.EventProgress, Step: "migrate", Total: -1, Unit: "records", Left: -1},
			"migrate: 0 records"},
		{idconnect.Event{Kind: idconnect.EventProgress, Step: "verify", Detail: "users", Done: 1200, Total: 3000,
			Unit: "records", Rate: 400, Left: 12 * time.Second},
			"verify: 1,200 of 3,000 records, 400 records/s, 12 s left, users"},
		{migration.Status{}, "no answer"},
		{unknown, "no answer"},
		{running, "running, 1,200 of 3,000 records, 3 failed"},
		{migration.Status{Phase: migration.PhaseFailed, Message: "bad\ncertificate", Processed: -1, Total: -1,
			Failed: -1},
			"failed: bad certificate"},
		{migration.Status{Phase: migration.PhaseRunning, Processed: 10, Total: -1, Failed: -1, Down: 20 * time.Second},
			"running, 10 records, not answered for 20 s"},
		{idconnect.Watched{}, "no answer"},
		{idconnect.Watched{Status: unknown, Left: -1, Waiting: true}, "no answer, a run is under way"},
		{idconnect.Watched{Status: running, Rate: 400, Left: 12 * time.Second},
			"running, 1,200 of 3,000 records, 400 records/s, 3 failed, 12 s left"},
		{idconnect.Watched{Status: running, Left: -1}, "running, 1,200 of 3,000 records, 3 failed"},
		{report.StepPlan{Name: "java", State: report.ToDo}, "java: to do"},
		{report.StepResult{Name: "java", State: report.Failed, Detail: "why"}, "java: failed: why"},
		{verify.Check{Code: "SALESFORCE-ORGS", Result: verify.CheckPassed}, "SALESFORCE-ORGS: passed"},
		{verify.CollectionReport{Name: "users", Checked: true, SourceCount: 1200, TargetCount: 1199, MissingCount: 1},
			"users: 1,200 at the source, 1,199 at the target: 1 missing"},
		{verify.CollectionReport{Name: "links", Reason: "404 Not Found"}, "links: not checked: 404 Not Found"},
	} {
		if got := test.value.String(); got != test.want {
			t.Errorf("%T: got %q, want %q", test.value, got, test.want)
		}
	}
}

// TestLogger: one logger gets every step, finding and wait at info level, and the requests at debug, each once.
func TestLogger(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 20)
	var out bytes.Buffer
	w.u.Logger = slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	var events []idconnect.Event
	w.u.Events = func(e idconnect.Event) { events = append(events, e) }
	rep, err := w.u.Run(t.Context())
	must(t, err)
	levels, collections, phases := map[string][]string{}, 0, []string{}
	count := map[string]int{}
	for line := range strings.Lines(out.String()) {
		var entry struct {
			Level, Msg, Kind, Phase, Code, Collection, Path string
			Differences                                     *int
		}
		must(t, json.Unmarshal([]byte(line), &entry))
		name := strings.TrimSpace(entry.Msg + " " + entry.Kind)
		count[name]++
		if !slices.Contains(levels[name], entry.Level) {
			levels[name] = append(levels[name], entry.Level)
		}
		switch {
		case entry.Msg == "migration status":
			phases = append(phases, entry.Phase)
		case entry.Msg == "collection compared" && entry.Collection != "" && entry.Differences != nil:
			collections++
		case entry.Kind == "finding" && entry.Code == "", entry.Msg == "openidm request" && entry.Path == "":
			t.Error(line)
		}
	}
	for name, want := range map[string]string{"upgrade event run": "INFO", "upgrade event step": "INFO",
		"upgrade event progress": "DEBUG", "upgrade event output": "DEBUG", "migration request": "INFO",
		"migration status": "INFO", "collection compared": "INFO", "openidm request": "DEBUG"} {
		if !slices.Equal(levels[name], []string{want}) {
			t.Errorf("%s is logged at %v", name, levels[name])
		}
	}
	if collections != len(rep.Verify.Collections) || count["migration request"] != 2 ||
		count["upgrade event finding"] != len(rep.Findings) || !slices.Contains(phases, "complete") {
		t.Errorf("%d collections, %v, phases %v", collections, count, phases)
	}
	logged := 0
	for name, n := range count {
		if strings.HasPrefix(name, "upgrade event") {
			logged += n
		}
	}
	if logged != len(events) {
		t.Errorf("%d of %d events", logged, len(events))
	}
}

// TestProgressAtEnd: at the end of migrate its count is there, though its last status may have none; at that of verify
// the total is the source's, and nothing is left.
func TestProgressAtEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 20)
	last := map[string]idconnect.Event{}
	w.u.Events = func(e idconnect.Event) {
		if e.Kind == idconnect.EventProgress {
			last[e.Step+" "+map[bool]string{true: e.Detail}[e.Step == "verify"]] = e
			if e.Total >= 0 && e.Done > e.Total {
				t.Errorf("%v", e)
			}
		}
	}
	_, err := w.u.Run(t.Context())
	must(t, err)
	if e := last["migrate "]; e.Done == 0 || e.Detail != "complete" {
		t.Errorf("migrate: %+v", e)
	}
	if e := last["verify users"]; e.Done != 20 || e.Total != 20 || e.Left != 0 {
		t.Errorf("verify: %+v", e)
	}
}
