package screen

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rivo/uniseg"

	"github.com/idconnect-go/upgrade/idconnect"
	"github.com/idconnect-go/upgrade/idconnect/preflight"
	"github.com/idconnect-go/upgrade/idconnect/report"
	"github.com/idconnect-go/upgrade/migration"
)

func noEnv(string) string { return "" }

var someEvents = []idconnect.Event{
	{Kind: idconnect.EventRun, State: report.Running},
	{Kind: idconnect.EventFinding, Step: "stores",
		Finding: &preflight.Finding{Code: "STORE-PASSWORD", Severity: preflight.Blocks, Seen: "it does not open"}},
	{Kind: idconnect.EventStep, Step: "unpack", State: report.Running},
	{Kind: idconnect.EventProgress, Step: "unpack", Done: 512 << 10, Total: 20 << 20, Unit: "bytes"},
	{Kind: idconnect.EventProgress, Step: "unpack", Done: 20 << 20, Total: 20 << 20, Unit: "bytes"},
	{Kind: idconnect.EventStep, Step: "unpack", State: report.Done, Detail: "3 files"},
	{Kind: idconnect.EventOutput, Step: "setup", Detail: "The server starts.\x1b[2J"},
	{Kind: idconnect.EventNotice, Step: "migrate", Detail: "the target has not answered for 20 s"},
	{Kind: idconnect.EventProgress, Step: "migrate", Detail: "running", Done: 1500, Total: 12408, Unit: "records",
		Rate: 512.4, Left: 21 * time.Second},
	{Kind: idconnect.EventProgress, Step: "verify", Detail: "使用者", Done: 500, Total: -1, Unit: "records"},
	{Kind: idconnect.EventStep, Step: "verify", State: report.Failed, Detail: "the servers differ"},
	{Kind: idconnect.EventRun, State: report.Failed, Detail: "differences"},
}

// shown is what stderr gets of some events, and of one request.
func shown(t *testing.T, o Options) string {
	var out bytes.Buffer
	p := o.Progress(&out, noEnv)
	for _, e := range someEvents {
		p.Event(e)
	}
	if log := p.Logger(); log != nil { // as the SDK does
		for level, said := range map[slog.Level]string{slog.LevelInfo: "done", slog.LevelError: "failed"} {
			log.Log(t.Context(), level, "upgrade event", "state", said, "remedy", "set Upgrade.Package")
		}
		log.Debug("openidm request", "path", "info/ping")
	}
	p.End()
	return out.String()
}

// TestOptions: what each combination of -quiet, -v and -log shows on stderr.
func TestOptions(t *testing.T) {
	t.Parallel()
	const steps = "unpack     done     3 files\nmigrate    the target has not answered for 20 s\n" +
		"verify     failed   the servers differ\n"
	const everything = "stores     blocks: STORE-PASSWORD: it does not open\nunpack     done     3 files\n" +
		"setup      | The server starts.�[2J\nmigrate    the target has not answered for 20 s\n" +
		"verify     failed   the servers differ\nmsg=\"openidm request\" path=info/ping\n"
	for name, c := range map[string]struct {
		options Options
		want    string
	}{
		"default": {Options{}, steps},
		"-quiet":  {Options{Quiet: true}, ""},
		"-v":      {Options{Verbose: true}, everything},
	} {
		if d := cmp.Diff(c.want, shown(t, c.options)); d != "" {
			t.Errorf("%s:\n%s", name, d)
		}
	}
	for name, c := range map[string]struct {
		options  Options
		lines    int
		requests bool
	}{
		"-log text":        {Options{Log: "text"}, 2, false},
		"-log text -v":     {Options{Log: "text", Verbose: true}, 3, true},
		"-log text -quiet": {Options{Log: "text", Quiet: true}, 1, false},
		"-log json":        {Options{Log: "json"}, 2, false},
		"-log json -v":     {Options{Log: "json", Verbose: true}, 3, true},
		"-log json -quiet": {Options{Log: "json", Quiet: true}, 1, false},
	} {
		got := shown(t, c.options)
		if strings.Count(got, "\n") != c.lines || strings.Contains(got, "info/ping") != c.requests ||
			strings.ContainsAny(got, "\r\x1b") || !strings.Contains(got, "set -package") {
			t.Errorf("%s: %d lines, want %d:\n%s", name, strings.Count(got, "\n"), c.lines, got)
		}
		for l := range strings.Lines(got) {
			var record struct {
				Time       time.Time
				Level, Msg string
			}
			if c.options.Log == "json" && (json.Unmarshal([]byte(l), &record) != nil || record.Time.IsZero()) {
				t.Errorf("%s: %q", name, l)
			}
			if c.options.Quiet && !strings.Contains(l, slog.LevelError.String()) {
				t.Errorf("%s: %q", name, l)
			}
		}
	}
	if err := (Options{Quiet: true, Verbose: true}).Check(); err == nil {
		t.Error("-quiet -v is right")
	}
}

// left is what stays of an output on a terminal.
func left(out string) string {
	var lines []string
	for l := range strings.SplitSeq(out, "\n") {
		row := []rune{}
		for part := range strings.SplitSeq(l, "\r") {
			at := 0
			for _, r := range part {
				for range uniseg.StringWidth(string(r)) {
					row = append(row, ' ')[:max(len(row), at+1)]
					row[at] = r
					at++
				}
			}
		}
		lines = append(lines, strings.TrimRight(string(row), " "))
	}
	return strings.Join(lines, "\n")
}

// TestLive: on a terminal one line shows the step that runs. It is never wider than the terminal, and nothing of it
// stays.
func TestLive(t *testing.T) {
	t.Parallel()
	for _, width := range []int{1, 20, 40, 60, 80, 200} {
		var out bytes.Buffer
		p := &Progress{w: &out, line: &line{w: &out, width: func() int { return width }}}
		for _, e := range someEvents {
			p.Event(e)
		}
		p.End()
		for l := range strings.SplitSeq(out.String(), "\n") {
			for part := range strings.SplitSeq(l, "\r") {
				notice := strings.HasPrefix(part, "migrate    the target") // which is folded by the terminal's layout
				if n := uniseg.StringWidth(part); n >= max(width, 2) && !notice {
					t.Errorf("%d of %d columns: %q", n, width, part)
				}
			}
		}
		if strings.Contains(out.String(), "\x1b") {
			t.Errorf("%d columns: an escape in %q", width, &out)
		}
		if width < 60 {
			continue
		}
		const want = "unpack     done     3 files\nmigrate    the target has not answered for 20 s\n" +
			"verify     failed   the servers differ\n"
		if d := cmp.Diff(want, left(out.String())); d != "" {
			t.Errorf("%d columns:\n%s", width, d)
		}
		for _, want := range []string{"512 KB of 20 MB, 2%", "1,500 of 12,408 records, 12%, 21 s left",
			"使用者: 500 records", "The server starts.�[2J"} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%d columns: no %q in %q", width, want, &out)
			}
		}
		if bar := strings.Contains(out.String(), "[##.."); bar != (width >= 80) {
			t.Errorf("%d columns: a bar is %v", width, bar)
		}
	}
}

// TestLinesPulse: without a terminal a long step says now and then how far it is.
func TestLinesPulse(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	p := Options{}.Progress(&out, noEnv)
	for range 3 {
		p.Event(someEvents[8])
	}
	p.now.said = time.Now().Add(-pulse)
	p.Event(someEvents[8])
	p.Event(someEvents[8])
	if got := out.String(); got != "migrate    1,500 of 12,408 records, 12%, 21 s left, 512 records/s\n" {
		t.Errorf("%q", got)
	}
}

// TestWatchLine: one line, written over until the last look.
func TestWatchLine(t *testing.T) {
	t.Parallel()
	w := idconnect.Watched{Rate: 12, Left: 90 * time.Second}
	w.Phase, w.Processed, w.Total, w.Failed = migration.PhaseRunning, 5, 1085, -1
	for width, want := range map[int]string{
		20:  "migrate: running",
		40:  "migrate: running",
		50:  "migrate: running, 5 of 1,085 records (0%)",
		200: "migrate: running, 5 of 1,085 records (0%), 1 min 30 s left, 12 records/s",
	} {
		if got := join(watched(w), width-1); got != want {
			t.Errorf("%d columns: %q", width, got)
		}
	}
	var out bytes.Buffer
	show := Options{Quiet: true}.Watch(&out, noEnv)
	for _, last := range []bool{false, false, true} {
		if err := show(w, last); err != nil {
			t.Fatal(err)
		}
	}
	if got := out.String(); strings.Count(got, "\n") != 1 {
		t.Errorf("-quiet: %q", got)
	}
}
