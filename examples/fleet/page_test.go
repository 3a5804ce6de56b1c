package main

import (
	"bytes"
	"context"
	"flag"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/idconnect-go/upgrade/examples/fleet/flow"
	"github.com/idconnect-go/upgrade/idconnect"
)

// pictures are for who changes the page and wants to see it.
var pictures = flag.String("pictures", "", "`folder` for pictures of the page")

// bigReport has a result for each row that has ended.
func bigReport(n int) *FleetReport {
	s := bigSnapshot(n)
	r := &FleetReport{Version: reportVersion, Snapshot: s}
	for _, row := range s.Rows {
		e := &Entry{Row: row}
		if row.Ended != nil {
			report := &idconnect.Report{Version: idconnect.ReportVersion, Started: *row.Started, Ended: *row.Ended, Outcome: row.State}
			report.Source.URL, report.Target.URL, report.Target.Version = "https://idc21.example.com:8443/openidm/", "https://idc716.example.com:8443/openidm/", "7.1.6"
			for _, name := range idconnect.StepNames() {
				report.Steps = append(report.Steps, &idconnect.StepResult{Name: name, State: idconnect.Done, Started: row.Started, Ended: row.Ended})
			}
			report.Verify = &idconnect.VerifyReport{Collections: []idconnect.CollectionReport{{Name: "users", Checked: true, SourceCount: 12408, TargetCount: 12405, MissingCount: 3}}}
			e.Result = &flow.Result{Report: report, Text: "<b>bold</b> & \"quoted\""}
		}
		r.Results = append(r.Results, e)
	}
	return r
}

// TestPage: the page stands alone, holds no script, says everything, and is a
// picture at two sizes, light and dark.
func TestPage(t *testing.T) {
	dir := t.TempDir()
	r := bigReport(60)
	if err := r.save(dir); err != nil {
		t.Fatal(err)
	}
	html, err := os.ReadFile(filepath.Join(dir, "fleet.html"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"idc-00059", "Needs a look", "STORE-PASSWORD", "give the keystore&#39;s password", "12408", "&lt;script&gt;", "&lt;b&gt;bold", "No worker: bremen-app1"} {
		if !bytes.Contains(html, []byte(want)) {
			t.Errorf("%q is not on the page", want)
		}
	}
	for _, never := range []string{"<script", "<b>bold", "\x1b", "src=", "href=", "@import", "url("} {
		if bytes.Contains(html, []byte(never)) {
			t.Errorf("%q is on the page", never)
		}
	}
	browser := findBrowser(t)
	for _, look := range []struct {
		name          string
		width, height int
		dark          bool
	}{{"wide", 1280, 900, false}, {"narrow", 500, 900, false}, {"dark", 1280, 900, true}} {
		content := photograph(t, browser, filepath.Join(dir, "fleet.html"), look.width, look.height, look.dark)
		picture, err := png.Decode(bytes.NewReader(content))
		if err != nil {
			t.Fatalf("%s: %v", look.name, err)
		}
		if b := picture.Bounds(); b.Dx() != look.width || b.Dy() != look.height {
			t.Errorf("%s: %v", look.name, b)
		}
		colours := map[[3]uint32]int{}
		for y := 0; y < look.height; y += 2 {
			for x := 0; x < look.width; x += 2 {
				red, green, blue, _ := picture.At(x, y).RGBA()
				colours[[3]uint32{red >> 8, green >> 8, blue >> 8}]++
			}
		}
		paper := [3]uint32{255, 255, 255}
		if look.dark {
			paper = [3]uint32{13, 17, 23}
		}
		if len(colours) < 20 || colours[paper] < look.width*look.height/16 {
			t.Errorf("%s: %d colours, and paper at %d points", look.name, len(colours), colours[paper])
		}
		if *pictures != "" {
			if err := os.MkdirAll(*pictures, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(*pictures, look.name+".png"), content, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func findBrowser(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("REQUIRE_TOOLS") == "1" {
		t.Fatal("needs chromium")
	}
	t.Skip("needs chromium")
	return ""
}

// photograph is what a browser shows of a page.
func photograph(t *testing.T, browser, path string, width, height int, dark bool) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	home := t.TempDir()
	out := filepath.Join(home, "page.png")
	args := []string{
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--user-data-dir=" + filepath.Join(home, "profile"),
		"--window-size=" + strconv.Itoa(width) + "," + strconv.Itoa(height), "--screenshot=" + out,
	}
	if dark {
		args = append(args, "--blink-settings=preferredColorScheme=0")
	}
	said, err := exec.CommandContext(ctx, browser, append(args, "file://"+path)...).CombinedOutput()
	content, readErr := os.ReadFile(out)
	if err != nil || readErr != nil {
		lines := strings.Split(strings.TrimSpace(string(said)), "\n")
		t.Fatalf("%v, %v: %s", err, readErr, lines[len(lines)-1])
	}
	return content
}
