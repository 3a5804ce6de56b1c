package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"html"
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
	"github.com/idconnect-go/upgrade/idconnect/report"
	"github.com/idconnect-go/upgrade/idconnect/verify"
)

// pictures are for who changes the page and wants to see it.
var pictures = flag.String("pictures", "", "`folder` for pictures of the page")

// bigReport has a result for each row that has ended.
func bigReport(n int) *FleetReport {
	s := bigSnapshot(n)
	r := &FleetReport{Version: reportVersion, Snapshot: s}
	for i := range s.Rows {
		row := &s.Rows[i]
		if row.Ended != nil {
			rep := &report.Report{Version: report.Version, Started: *row.Started, Ended: *row.Ended, Outcome: row.State}
			rep.Source.URL = "https://idc21.example.com:8443/openidm/"
			rep.Target.URL, rep.Target.Version = "https://idc716.example.com:8443/openidm/", "7.1.6"
			for _, name := range idconnect.StepNames() {
				rep.Steps = append(rep.Steps,
					&report.StepResult{Name: name, State: report.Done, Started: row.Started, Ended: row.Ended})
			}
			rep.Verify = &verify.Report{Collections: []verify.CollectionReport{
				{Name: "users", Checked: true, SourceCount: 12408, TargetCount: 12405, MissingCount: 3},
			}}
			row.Result = &flow.Result{Report: rep, Text: "<b>bold</b> & \"quoted\""}
		}
	}
	return r
}

// lookAtPage finds out in the page what a reader would see; it runs in a copy
// that allows scripts. Contrast is that of WCAG 2.2.
const lookAtPage = `<script>addEventListener('load', () => {
  const rgb = s => (s.match(/[\d.]+/g) || [0, 0, 0, 0]).map(Number);
  const light = c => {
    const f = c.slice(0, 3).map(v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
    return .2126 * f[0] + .7152 * f[1] + .0722 * f[2];
  };
  const behind = e => {
    for (; e; e = e.parentElement) {
      const c = rgb(getComputedStyle(e).backgroundColor);
      if (c.length < 4 || c[3] === 1) return c;
    }
    return [255, 255, 255];
  };
  const out = {
    Width: innerWidth, Scrolls: document.scrollingElement.scrollWidth,
    Faint: [], Outside: [], Headings: '', Unfocusable: 0, Texts: 0,
  };
  for (const e of document.body.querySelectorAll('*')) {
    if (/^H[1-6]$/.test(e.tagName)) out.Headings += e.tagName;
    const scrolls = e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflowX === 'auto';
    if (scrolls && e.getAttribute('tabindex') !== '0') out.Unfocusable++;
    const own = [...e.childNodes].filter(n => n.nodeType === 3 && n.data.trim());
    if (!own.length || e.tagName === 'SCRIPT' || !e.checkVisibility()) continue;
    out.Texts++;
    const a = light(rgb(getComputedStyle(e).color)), b = light(behind(e));
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (!(ratio >= 4.5)) out.Faint.push(own[0].data.trim().slice(0, 30) + ' ' + ratio.toFixed(2));
    const r = document.createRange(); r.selectNodeContents(own[0]);
    for (const box of r.getClientRects()) {
      if ((box.right > innerWidth + .5 || box.left < -.5) && !e.closest('.scroll')) {
        out.Outside.push(own[0].data.trim().slice(0, 30));
        break;
      }
    }
  }
  document.title = 'LOOK' + JSON.stringify(out) + 'KOOL';
})</script></body>`

type pageLook struct {
	Width, Scrolls, Texts, Unfocusable int
	Faint, Outside                     []string
	Headings                           string
}

// TestPage: the page stands alone, holds no script and says everything; a
// browser shows it at two sizes, light and dark, legible and without anything
// outside of its window.
func TestPage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := bigReport(60)
	if err := r.save(dir); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "fleet.html"))
	must(t, err)
	for _, want := range []string{"idc-00059", "6 of 60 installations are upgraded", "Needs attention",
		"STORE-PASSWORD", "give the keystore&#39;s password", "12408", "&lt;script&gt;", "&lt;b&gt;bold",
		"bremen-app1", "By site", "oslo"} {
		if !bytes.Contains(text, []byte(want)) {
			t.Errorf("%q is not on the page", want)
		}
	}
	for _, never := range []string{"<script", "<b>bold", "\x1b", "src=", "href=", "@import", "url("} {
		if bytes.Contains(text, []byte(never)) {
			t.Errorf("%q is on the page", never)
		}
	}
	browser := findBrowser(t)
	// A copy whose script tells what is seen.
	_, rest, _ := strings.Cut(string(text), `<meta http-equiv="Content-Security-Policy"`)
	_, rest, _ = strings.Cut(rest, ">")
	copied := filepath.Join(dir, "look.html")
	scripted := `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">` +
		strings.Replace(rest, "</body>", lookAtPage, 1)
	must(t, os.WriteFile(copied, []byte(scripted), 0o600))
	for _, look := range []struct {
		name          string
		width, height int
		dark          bool
		paper         [3]uint32
	}{
		{"wide", 1280, 900, false, [3]uint32{0xfa, 0xf9, 0xf6}},
		{"narrow", 500, 900, false, [3]uint32{0xfa, 0xf9, 0xf6}},
		{"dark", 1280, 900, true, [3]uint32{0x14, 0x17, 0x1b}},
	} {
		content := photograph(t, browser, filepath.Join(dir, "fleet.html"), look.width, look.height, look.dark)
		picture, err := png.Decode(bytes.NewReader(content))
		if err != nil {
			t.Fatalf("%s: %v", look.name, err)
		}
		if b := picture.Bounds(); b.Dx() != look.width || b.Dy() != look.height {
			t.Errorf("%s: %v", look.name, b)
			continue
		}
		colours := map[[3]uint32]int{}
		for y := 0; y < look.height; y += 2 {
			for x := 0; x < look.width; x += 2 {
				red, green, blue, _ := picture.At(x, y).RGBA()
				colours[[3]uint32{red >> 8, green >> 8, blue >> 8}]++
			}
		}
		if len(colours) < 20 || colours[look.paper] < look.width*look.height/40 {
			t.Errorf("%s: %d colours, and paper at %d points", look.name, len(colours), colours[look.paper])
		}
		if *pictures != "" {
			must(t, os.MkdirAll(*pictures, 0o755))
			must(t, os.WriteFile(filepath.Join(*pictures, look.name+".png"), content, 0o644))
			must(t, os.WriteFile(filepath.Join(*pictures, look.name+"-long.png"),
				photograph(t, browser, filepath.Join(dir, "fleet.html"), look.width, 5000, look.dark), 0o644))
		}
		l := lookAt(t, browser, copied, look.width, look.height, look.dark)
		if l.Width != look.width || l.Scrolls > look.width || len(l.Outside) > 0 || l.Unfocusable > 0 {
			t.Errorf("%s: %d wide, scrolls to %d, %d not by keyboard; outside: %q", look.name, l.Width, l.Scrolls,
				l.Unfocusable, l.Outside)
		}
		if len(l.Faint) > 0 || l.Texts < 300 {
			t.Errorf("%s: %d texts, too little contrast: %q", look.name, l.Texts, l.Faint)
		}
		if l.Headings != "H1H2H2H2H2H2" {
			t.Errorf("%s: headings %s", look.name, l.Headings)
		}
	}
	checkFaultsSeen(t, browser, copied)
}

// checkFaultsSeen proves that lookAt finds what is wrong on a page.
func checkFaultsSeen(t *testing.T, browser, path string) {
	t.Helper()
	wrong := `<!DOCTYPE html><meta name=viewport content="width=device-width">` +
		`<style>body{margin:0;color:#777;background:#fff}</style><body><h1>a</h1>` +
		`<p style="color:#000;margin-left:400px;width:300px;white-space:nowrap">it reaches outside of the window</p>` +
		lookAtPage
	must(t, os.WriteFile(path, []byte(wrong), 0o600))
	if l := lookAt(t, browser, path, 500, 900, false); len(l.Faint) != 1 || len(l.Outside) != 1 || l.Scrolls <= 500 {
		t.Errorf("faults are not seen: %+v", l)
	}
}

// TestVerdict: the first line of the page, for each kind of end.
func TestVerdict(t *testing.T) {
	t.Parallel()
	for want, states := range map[string][]string{
		"good All 2 installations are upgraded":               {flow.Done, flow.Done},
		"good All 2 installations can be upgraded":            {flow.Ready, flow.Ready},
		"bad 1 of 2 installations are upgraded":               {flow.Done, flow.Differences},
		"bad 0 of 2 installations are upgraded":               {flow.Ready, flow.Blocked},
		"bad 1 of 3 installations are upgraded":               {flow.Done, flow.Nothing, flow.Partly},
		"bad 0 of 1 installations are upgraded":               {flow.Nothing},
		"bad 0 of 3 installations are upgraded":               {flow.Differences, flow.Nothing, flow.Partly},
		"care 1 of 2 installations are upgraded and verified": {flow.Done, flow.Partly},
		"care 0 of 1 installations are upgraded and verified": {flow.Partly},
		"care 0 of 2 installations are upgraded":              {flow.Partly, running},
		"care 1 of 2 installations are upgraded":              {flow.Done, waiting},
		"care 1 of 3 installations are upgraded":              {flow.Done, running, notBegun},
	} {
		r := &FleetReport{Snapshot: &Snapshot{Totals: map[string]int{}}}
		for _, state := range states {
			r.Totals[state]++
			r.Rows = append(r.Rows, Row{State: state})
		}
		v := r.Verdict()
		if v.Mood+" "+v.Title != want {
			t.Errorf("%v: %+v", states, v)
		}
		// Each outcome that is no proof has its sentence and its count in the head.
		for state, says := range map[string]string{
			flow.Differences: "1 installation, the servers differ",
			flow.Nothing:     "1 installation, there was nothing to compare",
			flow.Partly:      "1 installation, no difference was found, but not everything was compared",
		} {
			if strings.Contains(v.Lead, says) != (r.Totals[state] == 1) ||
				strings.Contains(countsText(r.Totals), "1 "+state) != (r.Totals[state] == 1) {
				t.Errorf("%v: %s; %s", states, v.Lead, countsText(r.Totals))
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

// lookAt is what the script of a page says of it.
func lookAt(t *testing.T, browser, path string, width, height int, dark bool) (l pageLook) {
	t.Helper()
	said := browse(t, browser, path, width, height, dark, "--dump-dom")
	_, said, _ = strings.Cut(said, "<title>LOOK")
	said, _, ok := strings.Cut(said, "KOOL</title>")
	if err := json.Unmarshal([]byte(html.UnescapeString(said)), &l); !ok || err != nil {
		t.Fatalf("the page says nothing: %v", err)
	}
	return l
}

// photograph is what a browser shows of a page.
func photograph(t *testing.T, browser, path string, width, height int, dark bool) []byte {
	t.Helper()
	out := filepath.Join(t.TempDir(), "page.png")
	browse(t, browser, path, width, height, dark, "--screenshot="+out)
	content, err := os.ReadFile(out)
	must(t, err)
	return content
}

// browse gives what a browser writes.
func browse(t *testing.T, browser, path string, width, height int, dark bool, what string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	args := []string{
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
		"--user-data-dir=" + t.TempDir(),
		"--window-size=" + strconv.Itoa(width) + "," + strconv.Itoa(height), what,
	}
	if dark {
		args = append(args, "--blink-settings=preferredColorScheme=0")
	}
	said, err := exec.CommandContext(ctx, browser, append(args, "file://"+path)...).Output()
	if err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	return string(said)
}
