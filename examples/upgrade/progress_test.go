package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/idconnect/report"
)

var someEvents = []idconnect.Event{
	{Kind: idconnect.EventRun, State: report.Running},
	{Kind: idconnect.EventFinding, Step: "stores",
		Finding: &preflight.Finding{Code: "STORE-PASSWORD", Severity: preflight.Blocks, Seen: "it does not open"}},
	{Kind: idconnect.EventStep, Step: "unpack", State: report.Running},
	{Kind: idconnect.EventProgress, Step: "unpack", Done: 512 << 10, Total: 1 << 20, Unit: "bytes"},
	{Kind: idconnect.EventProgress, Step: "unpack", Done: 1 << 20, Total: 1 << 20, Unit: "bytes"},
	{Kind: idconnect.EventStep, Step: "unpack", State: report.Done, Detail: "3 files"},
	{Kind: idconnect.EventOutput, Step: "setup", Detail: "The server starts."},
	{Kind: idconnect.EventProgress, Step: "verify", Detail: "users", Done: 500, Total: -1, Unit: "records"},
	{Kind: idconnect.EventStep, Step: "verify", State: report.Failed, Detail: "the servers differ"},
	{Kind: idconnect.EventRun, State: report.Failed, Detail: "differences"},
}

func TestJSONProgress(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	p := (&app{err: &out}).newProgress("json")
	for _, e := range someEvents {
		p.event(e)
	}
	p.end()
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != len(someEvents) {
		t.Fatalf("%d lines for %d events:\n%s", len(lines), len(someEvents), &out)
	}
	for i, l := range lines {
		var got struct {
			Time  time.Time
			Level string
			Event struct {
				Kind, Step, State, Code, Unit string
				Done, Total                   int64
			}
		}
		if err := json.Unmarshal([]byte(l), &got); err != nil {
			t.Fatalf("%s: %v", l, err)
		}
		want := someEvents[i]
		if got.Time.IsZero() || got.Event.Kind != string(want.Kind) || got.Event.Step != want.Step ||
			got.Event.State != string(want.State) ||
			got.Event.Done != want.Done || got.Event.Total != want.Total || got.Event.Unit != want.Unit {
			t.Errorf("%s", l)
		}
		if bad := want.State == report.Failed || want.Finding != nil; bad != (got.Level == "ERROR") {
			t.Errorf("level: %s", l)
		}
	}
}

// TestBarProgress: a bar for what counts, whole lines for the rest, and nothing
// of a bar left on a line.
func TestBarProgress(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	p := &barProgress{w: &out}
	for _, e := range someEvents {
		p.event(e)
		time.Sleep(time.Millisecond)
	}
	p.end()
	text := out.String()
	for _, want := range []string{"unpack", "50%", "524 kB", "verify users", "500"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in %q", want, text)
		}
	}
	// What stays on the screen is what follows the last return on each line.
	var seen []string
	for _, l := range strings.Split(text, "\n") {
		l = l[strings.LastIndex(l, "\r")+1:]
		seen = append(seen, strings.TrimPrefix(l, "\x1b[K"))
	}
	want := "unpack     running  \nunpack     done     3 files\nsetup      | The server starts.\n" +
		"verify     failed   the servers differ\n"
	if got := strings.Join(seen, "\n"); got != want {
		t.Errorf("%q", got)
	}
}

func TestLineProgress(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	p := (&app{err: &out}).newProgress("")
	for _, e := range someEvents {
		p.event(e)
	}
	p.end()
	if text := out.String(); strings.ContainsAny(text, "\r\x1b") ||
		!strings.Contains(text, "unpack     524288 of 1048576") ||
		!strings.Contains(text, "setup      | The server starts.\n") {
		t.Errorf("%q", text)
	}
}
