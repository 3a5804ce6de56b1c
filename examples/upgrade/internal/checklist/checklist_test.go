package checklist_test

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/idconnect-go/upgrade/examples/upgrade/internal/checklist"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/evidence"
	"github.com/idconnect-go/upgrade/examples/upgrade/internal/layout"
)

var update = flag.Bool("update", false, "write the goldens")

var site = checklist.Site{Program: "upgrade", SourceDir: "/opt/idc21/salesforceIdConnect",
	SourceURL: "https://idc21.example.com:8443/openidm/",
	TargetURL: "https://localhost:9443/openidm/", InstanceURL: "https://idc21.example.com:8443/openidm/",
	Callbacks: []string{"https://idc21.example.com:8443/connect/", "https://localhost:9443/connect/"}}

const (
	journal = `{"target": "t", "unpack": {"began": "2026-11-28T10:00:00Z", "ended": "2026-11-28T10:01:00Z"},
		"stores": [{"began": "2026-11-28T10:02:00Z", "ended": "2026-11-28T10:02:00Z"}],
		"setup": {"began": "2026-11-28T10:03:00Z", "ended": "2026-11-28T10:05:00Z"},
		"migrate": {"began": "2026-11-28T10:06:00Z", "ended": "2026-11-28T10:09:00Z"}}`
	// head is a report of a run.
	head = `{"version": 1, "started": "2026-11-28T10:00:00Z", "ended": "2026-11-28T10:10:00Z",
		"source": {"url": "https://idc21.example.com:8443/openidm/"},
		"target": {"url": "https://localhost:9443/openidm/"},
		"steps": [{"name": "configure", "state": "done"}, {"name": "unpack", "state": "done"}],
		"findings": [{"code": "LIVE-SYNC-ON", "severity": "warns", "step": "prepare", "seen": "it is"}],
		"outcome": "done"`
)

func compared(outcome, at, more string) string {
	return head + `, "verify": {"ended": "2026-11-28T` + at + `Z", "verdict": {"outcome": "` + outcome +
		`", "source": 1000, "target": 1000` + more + `}}}`
}

// read makes evidence of the texts of files.
func read(t *testing.T, files map[string]string) *evidence.Evidence {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return evidence.Read(dir, dir)
}

// TestDecision: only a comparison that is the same, of this target, and later than
// the migration is a go.
func TestDecision(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		files         map[string]string
		want, because string
	}{
		"nothing": {nil, "no-go", "not been compared"},
		"same": {map[string]string{"report.json": compared("same", "10:10:00", "")}, "go",
			"1,000 records, the same"},
		"differs": {map[string]string{"report.json": compared("differences", "10:10:00", `, "differences": 3`)},
			"no-go", "3"},
		"nothing compared": {map[string]string{"report.json": compared("nothing to compare", "10:10:00", "")},
			"no-go", "neither server"},
		"partly": {map[string]string{"report.json": compared("same as far as compared", "10:10:00",
			`, "open": [{"code": "VALUES-USERS", "kind": "encrypted value", "count": 2}]`)}, "look", "VALUES-USERS"},
		"before the migration": {map[string]string{"journal.json": journal,
			"report.json": compared("same", "10:08:00", "")}, "no-go", "before the migration ended"},
		"after the migration": {map[string]string{"journal.json": journal,
			"report.json": compared("same", "10:10:00", "")}, "go", ""},
		"the one before was newer": {map[string]string{"report.json": compared("differences", "10:10:00", ""),
			"report.json.previous": compared("same", "10:11:00", "")}, "go", ""},
		"of another target": {map[string]string{"report.json": strings.Replace(compared("same", "10:10:00", ""),
			"localhost:9443", "localhost:9444", 1)}, "look", "localhost:9444"},
		"damaged": {map[string]string{"report.json": "hush-hush"}, "no-go", "not been compared"},
	} {
		l := checklist.Make(site, read(t, c.files))
		if l.Decision != c.want || !strings.Contains(l.Because, c.because) {
			t.Errorf("%s: %s: %s", name, l.Decision, l.Because)
		}
		if name == "damaged" && (len(l.Unread) != 1 || strings.Contains(l.Unread[0], "hush")) {
			t.Errorf("%s: %q", name, l.Unread)
		}
	}
}

// TestTicks: only what a journal proves is ticked, and without a journal what a
// report does; after a rollback the report proves nothing.
func TestTicks(t *testing.T) {
	t.Parallel()
	ticks := func(files map[string]string) (done int) {
		for _, s := range checklist.Make(site, read(t, files)).Sections {
			for _, i := range s.Items {
				if i.Done {
					done++
					if i.Seen == "" {
						t.Errorf("ticked without a proof: %s", i.Do)
					}
				}
			}
		}
		return done
	}
	report := head + "}"
	for name, c := range map[string]struct {
		files map[string]string
		want  int
	}{
		"nothing":          {nil, 0},
		"a journal":        {map[string]string{"journal.json": journal, "report.json": report}, 4},
		"a report":         {map[string]string{"report.json": report}, 2},
		"after a rollback": {map[string]string{"journal.json": `{"target": "t"}`, "report.json": report}, 0},
		"an action whose end is not known": {map[string]string{
			"journal.json": `{"target": "t", "migrate": {"began": "2026-11-28T10:06:00Z"}}`}, 0},
		"one store of two": {map[string]string{"journal.json": `{"target": "t", "stores": [
			{"began": "2026-11-28T10:06:00Z"},
			{"began": "2026-11-28T10:06:00Z", "ended": "2026-11-28T10:06:00Z"}]}`}, 0},
	} {
		if got := ticks(c.files); got != c.want {
			t.Errorf("%s: %d ticks, want %d", name, got, c.want)
		}
	}
}

// TestGolden: the list as text and as Markdown.
func TestGolden(t *testing.T) {
	t.Parallel()
	l := checklist.Make(site, read(t, map[string]string{"journal.json": journal,
		"report.json": compared("same", "10:10:00", "")}))
	var text, markdown bytes.Buffer
	if err := (layout.Layout{Width: 80}).Write(&text, l.Blocks()); err != nil {
		t.Fatal(err)
	}
	if err := l.WriteMarkdown(&markdown); err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string]string{"list.txt": text.String(), "list.md": markdown.String()} {
		file := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil || strings.ReplaceAll(string(want), "\r", "") != got {
			t.Errorf("%s: %v\n%s", file, err, got)
		}
	}
}

// TestSince: two comparisons say what changed between them, in any order and folder.
func TestSince(t *testing.T) {
	t.Parallel()
	report := func(at string, source, missing int) string {
		return compared("differences", at, fmt.Sprintf(`, "differences": %d}, "collections": [{"name": "users",
			"sourceCount": %d, "targetCount": 1000, "missingCount": %d}], "x": {"y": 1`, missing, source, missing))
	}
	for name, c := range map[string]struct {
		first, second, want string
	}{
		"changed": {report("10:10:00", 1000, 0), report("11:10:00", 1003, 3),
			"from 2026-11-28 10:10 UTC to 2026-11-28 11:10 UTC: users in 2.1: 1000, then 1003; " +
				"users that differ: 0, then 3"},
		"unchanged": {report("10:10:00", 1000, 0), report("11:10:00", 1000, 0), "no count changed"},
		"one":       {report("10:10:00", 1000, 0), "", ""},
		"twice":     {report("10:10:00", 1000, 0), report("10:10:00", 1000, 0), ""},
	} {
		for _, files := range []map[string]string{{"report.json": c.second, "report.json.previous": c.first},
			{"report.json": c.first, "report.json.previous": c.second}} {
			maps.DeleteFunc(files, func(_, content string) bool { return content == "" })
			var seen string
			for _, s := range checklist.Make(site, read(t, files)).Sections {
				for _, i := range s.Items {
					if strings.Contains(i.Do, "compared again") {
						seen = i.Seen
					}
				}
			}
			if !strings.Contains(seen, c.want) || c.want == "" && seen != "" {
				t.Errorf("%s: %q", name, seen)
			}
		}
	}
}
